"""Waiting for things to happen in other processes, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path


def pauses(most: float = 0.1) -> Iterator[float]:
    """Seconds between two looks: what comes soon is seen soon, and what takes long costs others no processor."""
    pause = 0.005
    while True:
        yield pause
        pause = min(1.3 * pause, most)


def eventually(condition: Callable[[], bool], seconds: float = 20.0, most: float = 0.1) -> bool:
    """Whether it becomes true in time. most: seconds between two looks."""
    deadline, pause = time.monotonic() + seconds, pauses(most)
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(next(pause))
    return False


def gone(pid: int) -> bool:
    """Whether a process has ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def children(pid: int) -> list[int]:
    """Processes whose parent it is."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if entry.name.isdigit() and int(fields[1]) == pid:
            found.append(int(entry.name))
    return found
