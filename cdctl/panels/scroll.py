"""A window on lines that are read, not chosen from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Scroll:
    """top: number of the first line in the window. below: how many lines are behind the last one in it."""

    def __init__(self) -> None:
        self.top = 0
        self._room, self._length = 1, 0

    @property
    def below(self) -> int:
        """See the class."""
        return max(self._length - self.top - self._room, 0)

    def fit(self, lines: Sequence[T], room: int) -> Sequence[T]:
        """The lines in a window of so many."""
        self._length, self._room = len(lines), max(room, 1)
        self._go(self.top)
        return lines[self.top : self.top + room]

    def press(self, action: str) -> bool:
        """An action that moves (see `keys.MOVES`); whether it was one."""
        page = max(self._room - 1, 1)
        places = {
            "up": self.top - 1, "down": self.top + 1, "page-up": self.top - page, "page-down": self.top + page,
            "first": 0, "last": self._length,
        }  # fmt: skip
        if action in places:
            self._go(places[action])
        return action in places

    def _go(self, place: int) -> None:
        self.top = max(min(place, self._length - self._room), 0)
