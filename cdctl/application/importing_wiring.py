"""Composes an import of spans: files of any format, and the store that keeps them. See `wiring` for the rest."""

from __future__ import annotations

import gc
import glob
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING

from cdctl.application.importing import Opened, Store, Taken, take
from cdctl.application.traces_wiring import folder_of
from cdctl.domain.text import safe
from cdctl.domain.traces.ports import Message
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.domain.settings import Settings
    from cdctl.stores.spans.folder import SpanFolder

_EDGE = 1 << 16
"""Bytes at the beginning, and before the end, by which a file is known again wherever it lies."""
_MARK = "import:"
_SMALL, _MANY = 8192, 64
"""Spans of a small file of the store, and how many of these are too many."""


def import_files(
    settings: Settings, names: Sequence[str], store: str, told: Callable[[Sequence[Taken]], None] = lambda _: None
) -> tuple[Path, list[Taken]]:
    """Take files in (`-` is stdin, patterns find files); where they are kept, and what became of each. Raises
    UsageError and UnavailableError."""
    from cdctl.stores.spans.folder import SpanFolder

    files = [_Stdin() if name == "-" else _File(Path(name)) for name in found(names)]
    folder = folder_of(settings.contexts.get(settings.default_context), store)
    with SpanFolder(folder) as kept:
        with _uncollected():
            results = take(files, kept, time.time(), told)
        _tidy(kept)
    return folder, results


def _tidy(folder: SpanFolder) -> None:
    """Many small files of one hour are slow to read: they become large ones. What a large import leaves is large enough
    until the next receiver looks after it; to write all of it again would cost a third of the import, and memory."""
    from cdctl.stores.spans.tending import Keeping, Tending

    if sum(file.rows < _SMALL for file in folder.files()) >= _MANY:
        Tending(folder, Keeping(), time.time).once()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for objects in circles, of which an import makes none: it costs a sixth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def found(names: Sequence[str]) -> list[str]:
    """Files by their names or patterns, each once, in the order they are named. Raises UsageError."""
    files: dict[str, None] = {}
    for name in names:
        path = Path(name).expanduser()
        if name == "-" or path.is_file() or path.is_fifo():
            files[name if name == "-" else str(path)] = None
            continue
        if path.is_dir():
            raise UsageError("this is a folder", subject=name, hint=f"name the files in it: '{name.rstrip('/')}/*'")
        every = glob.glob(str(path), recursive=True)  # noqa: PTH207 - absolute patterns, too
        matching = [one for one in sorted(every) if Path(one).is_file()]
        if not matching:
            raise UsageError("there is no such file", subject=name)
        files |= dict.fromkeys(matching)
    return list(files)


class _Stdin:
    """What comes by a pipe; nobody can tell whether it came before, but for its spans."""

    name, size, at = "stdin", 0, 0

    def taken(self, store: Store) -> int:
        return 0

    def marks(self, end: int) -> Mapping[str, str]:
        return {}

    def open(self) -> Opened:
        return _opened(sys.stdin.buffer, self.name)

    def close(self) -> None:
        """It is not ours."""


class _File:
    """A file on disk. It is known again by its first bytes and by those before the place to which it was seen."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = str(path)
        self.size = path.stat().st_size if path.is_file() else 0

    @cached_property
    def _stream(self) -> IO[bytes]:
        try:
            return self._path.open("rb")
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror}", subject=self.name) from None

    @property
    def at(self) -> int:
        return self._stream.tell() if self.size else 0

    def taken(self, store: Store) -> int:
        marks = store.marks(_MARK) if self.size else {}
        lengths = {int(key.split(":")[1]) for key in marks}
        for length in sorted((one for one in lengths if one <= self.size), reverse=True):
            said = marks.get(self._key(length))
            if said and (end := self._same(json.loads(said))):
                return end
        return 0

    def marks(self, end: int) -> Mapping[str, str]:
        if not self.size:
            return {}
        said = {"end": end, "size": self.size, "edge": self._edge(self.size), "name": safe(self.name)}
        return {self._key(min(self.size, _EDGE)): json.dumps(said)}

    def open(self) -> Opened:
        return _opened(self._stream, self.name)

    def close(self) -> None:
        if "_stream" in self.__dict__:
            self._stream.close()

    def _key(self, length: int) -> str:
        return f"{_MARK}{length}:{self._hash(0, length)}"

    def _edge(self, size: int) -> str:
        return self._hash(max(0, size - _EDGE), size)

    def _same(self, said: Mapping[str, object]) -> int:
        """How far it was taken, when it is what was marked, or has grown since; else 0."""
        size, end = said.get("size"), said.get("end")
        if not isinstance(size, int) or not isinstance(end, int) or not 0 < size <= self.size:
            return 0
        return end if self._edge(size) == said.get("edge") else 0

    def _hash(self, begin: int, end: int) -> str:
        """Of these bytes; another reader of the file, so that the place of the first stays."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(begin)
                return sha256(stream.read(end - begin)).hexdigest()[:32]
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror}", subject=self.name) from None


def _opened(stream: IO[bytes], name: str) -> Opened:
    from cdctl.formats import reading

    form, source = reading.opened(stream, name)
    return Opened(form.name, form.reader(), lambda taken: _named(form.framing(source, taken), name))


def _named(messages: Iterator[Message], name: str) -> Iterator[Message]:
    """What is wrong with the file as a whole is said with its name."""
    try:
        yield from messages
    except UsageError as error:
        raise UsageError(error.message, subject=name) from None
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", subject=name) from None
