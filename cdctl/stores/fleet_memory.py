"""Memory for fleet columns that processes share: it has no name, so nothing is left behind when they end.

A process that is to read gets the file descriptor inherited (`pass_fds`); the memory lives as long as anybody has it.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cdctl.errors import UnavailableError

# Values of <linux/fcntl.h>; Python knows the names only where its C library did.
_ADD_SEALS = getattr(fcntl, "F_ADD_SEALS", 1033)
_SEAL_SHRINK_AND_GROW = 0x0002 | 0x0004


@dataclass(slots=True)
class FleetMemory:
    """Some shared memory. fd: to hand on. buffer: to put columns on; read-only when attached to read."""

    fd: int
    buffer: mmap.mmap

    @classmethod
    def create(cls, size: int) -> Self:
        """`size` bytes of zeros, of which only those that are written cost memory. Raises UnavailableError."""
        return cls.sized(reserve(), size)

    @classmethod
    def sized(cls, fd: int, size: int) -> Self:
        """The same in memory that has no size yet. Raises UnavailableError."""
        try:
            os.ftruncate(fd, size)
            if sys.platform == "linux":  # nobody who has it can cut it short and so kill the others
                fcntl.fcntl(fd, _ADD_SEALS, _SEAL_SHRINK_AND_GROW)
            return cls(fd, mmap.mmap(fd, size))
        except OSError as error:
            raise _refused(error) from error

    @classmethod
    def attach(cls, fd: int, *, write: bool = False) -> Self:
        """The memory behind an inherited descriptor. Raises UnavailableError when there is none."""
        try:
            size = os.fstat(fd).st_size
            access = mmap.ACCESS_WRITE if write else mmap.ACCESS_READ
            return cls(fd, mmap.mmap(fd, size, access=access))
        except (OSError, ValueError) as error:
            raise UnavailableError(
                f"the fleet's memory cannot be shared: {error}", subject=f"descriptor {fd}"
            ) from error

    def close(self) -> None:
        """Let go of the descriptor. The memory itself goes when the last array on it does."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def reserve() -> int:
    """A descriptor of memory that somebody else, who knows how much it takes, gives its size. Raises
    UnavailableError."""
    try:
        return _new()
    except OSError as error:
        raise _refused(error) from error


def _refused(error: OSError) -> UnavailableError:
    return UnavailableError(f"no shared memory for the fleet: {error.strerror}", hint="is /dev/shm full?")


def _new() -> int:
    if sys.platform == "linux":
        return os.memfd_create("cdctl-fleet", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    fd, path = tempfile.mkstemp(prefix="cdctl-fleet")
    Path(path).unlink()
    return fd
