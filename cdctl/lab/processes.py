"""Processes of other runs: told apart from strangers that got the same number, and ended."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_POLL_SECONDS = 0.02
_STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Process:
    """A process that cannot be mistaken: number, start (clock ticks since boot, proc(5) stat field 22), and boot."""

    pid: int
    start: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> Self:
        """The process that has this number now. Raises ProcessLookupError when there is none."""
        found = _stat(pid)
        if found is None:
            raise ProcessLookupError(pid)
        return cls(pid, found[1], boot())

    @property
    def running(self) -> bool:
        """Whether it still runs; a zombie does not, a stranger with its number is not it."""
        found = _stat(self.pid)
        return found is not None and found[0] not in "ZX" and (found[1], boot()) == (self.start, self.boot)

    def stop(self) -> None:
        """End it: politely, then surely. Returns when it is gone; does nothing when it is not running."""
        for number, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, _STOP_SECONDS)):
            if not self.running:
                return
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
            deadline = time.monotonic() + seconds
            while self.running and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)


def boot() -> str:
    """Which boot of the machine this is: process numbers of another one mean nothing."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _stat(pid: int) -> tuple[str, int] | None:
    """State letter and start of a process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[19])
