"""A list of things that take several lines each: the hand is on a thing, the window moves by lines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Sequence

from cdctl.domain.boards.drawing import Line, with_role
from cdctl.panels.list_cursor import ListCursor

Block = Sequence[Line]
"""The lines of one thing, the one that the hand lies on first."""


class Blocks:
    """See the module."""

    def __init__(self) -> None:
        self._cursor = ListCursor()
        self._top = 0
        self._starts: list[int] = []

    @property
    def place(self) -> int:
        """Number of the thing under the hand."""
        return self._cursor.place

    def follow(self, keys: Sequence[Hashable]) -> None:
        """Other things, or the same in another order: the hand stays on its thing."""
        self._cursor.follow(keys)

    def press(self, action: str) -> bool:
        """An action that moves (see `keys.MOVES`); whether it was one."""
        return self._cursor.press(action)

    def point(self, line: int) -> None:
        """Go to the thing that has this line of the window."""
        at = self._top + max(line, 0)
        self._cursor.go(max(bisect_right(self._starts, at) - 1, 0))

    def lines(self, heights: Sequence[int], block: Callable[[int], Block], room: int) -> list[Line]:
        """What is in a window of so many lines. heights: lines of each thing; block: its lines, by its number."""
        self._starts, at = [], 0
        for height in heights:
            self._starts.append(at)
            at += height
        self._cursor.fit(max(room * len(heights) // max(at, 1), 1))
        if heights:
            begin = self._starts[self.place]
            self._top = max(self._top, min(begin, begin + heights[self.place] - room))
            self._top = max(min(self._top, begin, at - room), 0)
        first = max(bisect_right(self._starts, self._top) - 1, 0)
        shown: list[Line] = []
        for number in range(first, len(heights)):
            if self._starts[number] >= self._top + room:
                break
            head, *rest = block(number)
            shown += [with_role(head, "cursor") if number == self.place else head, *rest]
        skipped = self._top - self._starts[first] if heights else 0
        return shown[skipped : skipped + room]
