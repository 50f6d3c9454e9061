"""The hand on the table: cursor and marks hold vehicles, not places, so that they stay where they are put."""

from __future__ import annotations

import numpy as np

from cdctl.domain.boards.asking import Rows


class Hand:
    """The cursor, the window and the marks. cursor: a vehicle's row, -1 when there is none. top: place of the first
    line of the window."""

    def __init__(self) -> None:
        self.cursor = -1
        self.top = 0
        self.marks: set[int] = set()
        self._rows: Rows = np.zeros(0, np.int64)
        self._place = 0
        self._room = 1
        self._held = False

    def follow(self, rows: Rows) -> None:
        """Another order of rows: a cursor that was ever moved stays on its vehicle, where that is still among them, and
        on its line of the screen; a window on the first rows stays on these, while the vehicle is in it."""
        self._rows = rows
        line = self._place - self.top
        found = np.flatnonzero(rows == self.cursor)
        if self._held and len(found):
            self._place = int(found[0])
            if self.top or self._place >= self._room:
                self.top = max(self._place - line, 0)
        self._go(self._place)

    def fit(self, room: int) -> None:
        """The window has so many lines."""
        self._room = max(room, 1)
        self._go(self._place)

    def press(self, action: str) -> bool:
        """An action that moves or marks; whether it was one."""
        before, self._held = self._held, True
        page = max(self._room - 1, 1)
        steps = {"up": -1, "down": 1, "page-up": -page, "page-down": page}
        if action in steps:
            self._go(self._place + steps[action])
        elif action in {"first", "last"}:
            self._go(0 if action == "first" else len(self._rows) - 1)
        elif action == "mark":
            if self.cursor >= 0:
                self.marks ^= {self.cursor}
            self._go(self._place + 1)
        else:
            self._held = before
            return False
        return True

    def point(self, line: int) -> None:
        """Go to a line of the window."""
        self._held = True
        self._go(self.top + max(line, 0))

    def _go(self, place: int) -> None:
        last = len(self._rows) - 1
        self._place = max(min(place, last), 0)
        self.cursor = int(self._rows[self._place]) if last >= 0 else -1
        highest = max(len(self._rows) - self._room, 0)
        self.top = min(max(self.top, self._place - self._room + 1, 0), self._place, highest)
