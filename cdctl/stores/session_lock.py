"""Sessions of orders: one process at a time goes on with one, and whoever is second is told who has it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cdctl.domain.text import safe
from cdctl.errors import RefusedError, UnavailableError


@contextmanager
def claimed(folder: Path, session: str, actor: str) -> Iterator[None]:
    """Have a session until the end, or the end of this process however it ends: the kernel lets go of the lock.

    Raises RefusedError naming who has it, and UnavailableError when the folder cannot be written.
    """
    path = folder / f"{session}.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = _locked(path)
    except OSError as error:
        raise UnavailableError(f"a session cannot be locked: {error.strerror}", subject=str(folder)) from None
    try:
        _sign(file, f"{actor} (process {os.getpid()} on {os.uname().nodename})")
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(file)


def _sign(file: int, who: str) -> None:
    """Say who has it, if there is room for that: the lock holds without it, also where a full disk is to be cleared."""
    with suppress(OSError):
        os.truncate(file, 0)
        os.pwrite(file, who.encode(), 0)


def _locked(path: Path) -> int:
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            has = safe(os.pread(file, 200, 0).decode("utf-8", "replace")) or "another process"
            os.close(file)
            hint = "wait until it has ended, or look on: cdctl cmd status"
            raise RefusedError(f"{has} goes on with these orders", subject=f"session {path.stem}", hint=hint) from None
        try:
            if path.stat().st_ino == os.fstat(file).st_ino:
                return file
        except FileNotFoundError:
            pass  # whoever had it took the file away while we waited for it
        os.close(file)
