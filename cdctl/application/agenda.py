"""What is to be looked at when: runs of things, not one entry a thing."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T")


class Agenda(Generic[T]):
    """Runs by the instant (epoch milliseconds) at which they are to be looked at."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Sequence[T]]] = []
        self._number = 0

    @property
    def next(self) -> int | None:
        """The earliest instant; None when there is nothing."""
        return self._heap[0][0] if self._heap else None

    def put(self, at: int, run: Sequence[T]) -> None:
        """Look at these then."""
        if run:
            self._number += 1
            heappush(self._heap, (at, self._number, run))

    def due(self, now: int) -> list[T]:
        """Everything whose time has come, taken off."""
        found: list[T] = []
        while self._heap and self._heap[0][0] <= now:
            found += heappop(self._heap)[2]
        return found
