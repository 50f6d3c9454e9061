"""Room that is kept on the disk so that what is under way can be ended when the disk is full."""

from __future__ import annotations

import os
from pathlib import Path

SIZE = 8 << 20
"""Bytes: the ends of more than ten thousand orders."""


class Reserve:
    """A file beside the journal that only takes room. Shared by all processes that write the journal."""

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self._path = Path(f"{path}-reserve")
        self._size = size

    def fill(self) -> None:
        """Have the room; costs next to nothing when it is there. Raises OSError when the disk has it not."""
        if not self._size:
            return
        try:
            if self._path.stat().st_size >= self._size:
                return
        except FileNotFoundError:
            pass
        descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._size)
        except OSError:
            os.ftruncate(descriptor, 0)  # half a reserve would look like one
            raise
        finally:
            os.close(descriptor)

    def release(self) -> bool:
        """Give the room to whoever comes first; False when there was none."""
        try:
            had = self._path.stat().st_size > 0
            self._path.unlink()
        except OSError:
            return False
        return had
