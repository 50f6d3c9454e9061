"""Where changes are added: a file of lines that several processes may append to, each line whole and durable."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from cdctl.errors import UnavailableError


def append(path: Path, lines: bytes) -> None:
    """Add whole lines at the end. What a writer that was killed left half written is ended first, so that it spoils one
    line and no other. Raises UnavailableError; then nothing was added."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            end = os.lseek(fd, 0, os.SEEK_END)
            ended = end == 0 or os.pread(fd, 1, end - 1) == b"\n"
            _write(fd, lines if ended else b"\n" + lines, end)
        finally:
            os.close(fd)
    except OSError as error:
        raise UnavailableError(f"the change cannot be written down: {error.strerror}", subject=str(path)) from None


def _write(fd: int, body: bytes, end: int) -> None:
    try:
        view = memoryview(body)
        while view:
            view = view[os.write(fd, view) :]
        os.fsync(fd)
    except OSError:
        os.ftruncate(fd, end)
        raise
