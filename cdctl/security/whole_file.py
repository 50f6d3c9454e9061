"""Files that others write, too: read, changed and put back whole, one writer at a time."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdctl.errors import RefusedError, UnavailableError, UsageError


@contextmanager
def alone(path: Path) -> Iterator[Path]:
    """Nobody else who asks here changes a file of this folder meanwhile. Gives the file itself, links followed. Raises
    UsageError when the folder is not there."""
    target = Path(os.path.realpath(path))
    try:
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise UsageError(f"cannot write there: {error.strerror}", subject=str(path)) from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield target
    finally:
        os.close(folder)


def read(path: Path) -> bytes:
    """A file that says whom to trust or what is allowed. Raises OSError; RefusedError when everybody may change it."""
    with path.open("rb") as stream:
        guard(stream.fileno(), path)
        return stream.read()


def guard(descriptor: int, path: Path) -> None:
    """Raises RefusedError when everybody may change the file."""
    if os.fstat(descriptor).st_mode & stat.S_IWOTH:
        raise RefusedError("everybody may change this file", subject=str(path), hint=f"chmod o-w {path}")


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Put the content into the file, which is the old one or the whole new one at every moment, and on the disk when
    this returns; an existing file keeps its mode. Raises UnavailableError."""
    draft = path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
    try:
        kept = stat.S_IMODE(path.stat().st_mode) if path.exists() else mode
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, kept)
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        draft.replace(path)
    except OSError as error:
        raise UnavailableError(f"cannot write: {error.strerror}", subject=str(path)) from None
    finally:
        draft.unlink(missing_ok=True)
