"""Things as they were a while ago, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Past(Generic[T]):
    """One thing each `every` seconds, as far back as `reach` seconds."""

    def __init__(self, every: float, reach: float) -> None:
        self._every, self._reach = every, reach
        self._kept: deque[tuple[float, T]] = deque()

    def keep(self, at: float, make: Callable[[], T]) -> None:
        """Keep what `make` gives, when it is time for it. at: epoch seconds; a clock that was set back begins anew."""
        if self._kept and at < self._kept[-1][0]:
            self._kept.clear()
        if not self._kept or at - self._kept[-1][0] >= self._every:
            self._kept.append((at, make()))
        while len(self._kept) > 1 and self._kept[1][0] <= at - self._reach:
            self._kept.popleft()
        while self._kept and self._kept[0][0] < at - self._reach - 2 * self._every:
            self._kept.popleft()  # nobody asked for a while: what is older than was meant is not shown as such

    def oldest(self, at: float) -> tuple[float, T] | None:
        """Since when, and how it was: as long ago as `reach`, or as is known; None before `every` seconds are over."""
        if not self._kept or at - self._kept[0][0] < self._every:
            return None
        return self._kept[0]

    def __len__(self) -> int:
        return len(self._kept)
