"""What is to be looked at when: runs of things, not one entry a thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T")

_FEW = 4_096
"""Things; so many may be kept without a look at which of them are over."""


class Agenda(Generic[T]):
    """Runs by the instant (epoch milliseconds) at which they are to be looked at.

    over: whether a thing need not be looked at any more. Such are forgotten long before their time: orders end within
    seconds, and expire after hours.
    """

    def __init__(self, over: Callable[[T], bool]) -> None:
        self._over = over
        self._heap: list[tuple[int, int, Sequence[T]]] = []
        self._number = 0
        self._held = 0
        self._many = _FEW

    @property
    def next(self) -> int | None:
        """The earliest instant; None when there is nothing."""
        return self._heap[0][0] if self._heap else None

    def put(self, at: int, run: Sequence[T]) -> None:
        """Look at these then."""
        if run:
            self._number += 1
            heappush(self._heap, (at, self._number, run))
            self._held += len(run)
            if self._held > self._many:
                self._sweep()

    def due(self, now: int) -> list[T]:
        """Everything whose time has come, taken off."""
        found: list[T] = []
        while self._heap and self._heap[0][0] <= now:
            found += heappop(self._heap)[2]
        self._held -= len(found)
        return found

    def _sweep(self) -> None:
        """Each thing is looked at about twice in its life, however many there are."""
        over = self._over
        shorter = [(at, number, [one for one in run if not over(one)]) for at, number, run in self._heap]
        self._heap = [entry for entry in shorter if entry[2]]
        heapify(self._heap)
        self._held = sum(len(run) for _, _, run in self._heap)
        self._many = max(_FEW, 2 * self._held)
