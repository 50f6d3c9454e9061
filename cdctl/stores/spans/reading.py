"""What those who ask of a span store read of its manifest: which files, and when spans were taken in. Without a lock:
the writer goes on beside them, and a file that it takes out stays on disk for some minutes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw

from cdctl.domain.traces.ports import Window
from cdctl.errors import UnavailableError
from cdctl.stores.spans import manifest
from cdctl.stores.spans.columns import FORMAT
from cdctl.stores.spans.files import proven, whole
from cdctl.stores.spans.manifest import SpanFile
from cdctl.stores.spans.manifest_file import open_to_read
from cdctl.stores.spans.reasons import unavailable
from cdctl.stores.sqlite_files import DAMAGE


@dataclass(frozen=True, slots=True)
class Lost:
    """A file that cannot be read, and the spans that were in it."""

    path: Path
    rows: int
    why: str
    first: int
    """Least end, epoch nanoseconds."""
    last: int
    """Greatest end."""

    def __str__(self) -> str:
        return f"{self.path}: {self.why}; {self.rows} spans are lost"


@dataclass(frozen=True, slots=True)
class Listing:
    """Files that are alive at one moment, and those of them that cannot be read. See `manifest` for the stamps."""

    files: tuple[SpanFile, ...]
    paths: tuple[str, ...]
    lost: tuple[Lost, ...]
    stamp: int
    past: int

    @property
    def rows(self) -> int:
        """Spans in the files that can be read."""
        return sum(file.rows for file in self.files)


class SpanFiles:
    """A reader of a span store's manifest. Opens it anew for every question, so it may be kept and shared."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._data = folder / manifest.DATA

    def listing(self, window: Window | None = None) -> Listing:
        """Files that may hold spans of a window, or all. Raises UnavailableError: there is no store, it is newer, its
        manifest is damaged."""
        after, until = (_ns(window.start), _ns(window.end)) if window else (None, None)
        with self._open() as db:
            db.execute("BEGIN")  # one moment for all questions
            found = manifest.files(db, after, until)
            stamp, past = manifest.stamp(db), manifest.past(db)
        newer = [file for file in found if file.format > FORMAT]
        if newer:
            raise unavailable(
                self._data / newer[0].name,
                "read",
                f"a newer cdctl wrote it (format {newer[0].format}, this one knows {FORMAT}); upgrade cdctl",
            )
        bad = {file.number: why for file in found if (why := whole(self._data, file))}
        good = tuple(file for file in found if file.number not in bad)
        lost = tuple(self._lost(file, bad[file.number]) for file in found if file.number in bad)
        return Listing(good, tuple(str(self._data / file.name) for file in good), lost, stamp, past)

    def damaged(self, listing: Listing) -> tuple[Lost, ...]:
        """Those files of a listing whose bytes are not as they were written. Reads all of them: for when an engine has
        choked on one."""
        checked = ((file, proven(self._data, file)) for file in listing.files)
        return tuple(self._lost(file, why) for file, why in checked if why)

    def seen(self, window: Window | None = None) -> list[tuple[int, int]]:
        """From when until when, epoch seconds, spans were taken in and are all still there: in order, apart from each
        other, within a window."""
        after, until = (window.start, window.end) if window else (float("-inf"), float("inf"))
        with self._open() as db:
            heard = manifest.heard(db)
        lost = [(one.first // 10**9, one.last // 10**9 + 1) for one in self.listing(window).lost]
        cut = [(max(start, after), min(stop, until)) for start, stop in _without(heard, lost)]
        return [(int(start), int(stop)) for start, stop in cut if start < stop]

    def marks(self, prefix: str = "") -> dict[str, str]:
        """All marks whose key begins so."""
        with self._open() as db:
            return manifest.marks(db, prefix)

    def _lost(self, file: SpanFile, why: str) -> Lost:
        return Lost(self._data / file.name, file.rows, why, file.first, file.last)

    @contextmanager
    def _open(self) -> Iterator[apsw.Connection]:
        try:
            db = open_to_read(self.folder)
            try:
                yield db
            finally:
                db.close()
        except UnavailableError:
            raise
        except DAMAGE as error:
            hint = "the next cdctl trace serve or cdctl trace import makes it anew from the files"
            raise unavailable(self.folder, "read", f"its manifest is damaged ({error}); {hint}") from None
        except apsw.Error as error:
            raise unavailable(self.folder, "read", error) from None


def _ns(seconds: float) -> int:
    return max(min(round(seconds * 1e9), 2**63 - 1), -(2**63))


def _without(spans: Sequence[tuple[int, int]], lost: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    left = list(spans)
    for start, stop in lost:
        left = [
            part
            for begun, ended in left
            for part in ((begun, min(ended, start)), (max(begun, stop), ended))
            if part[0] < part[1]
        ]
    return left
