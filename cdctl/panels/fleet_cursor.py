"""The hand on the table: cursor and marks hold vehicles, not places, so that they stay where they are put."""

from __future__ import annotations

from cdctl.domain.boards.vehicles import Handle, Nobody, Order


class Hand:
    """The cursor, the window and the marks. cursor: a vehicle, None when there is none, or nobody knows yet who is
    there. top: place of the first line of the window."""

    def __init__(self) -> None:
        self.cursor: Handle | None = None
        self.top = 0
        self.marks: set[Handle] = set()
        self._order: Order = Nobody()
        self._place = 0
        self._room = 1
        self._held = False

    def follow(self, order: Order) -> None:
        """Another order: a cursor that was ever moved stays on its vehicle, where that is still among them, and on its
        line of the screen; a window on the first ones stays on these, while the vehicle is in it."""
        self._order = order
        line = self._place - self.top
        found = order.place(self.cursor) if self._held else None
        if found is not None:
            self._place = found
            if self.top or self._place >= self._room:
                self.top = max(self._place - line, 0)
        self._go(self._place)

    def fit(self, room: int) -> None:
        """The window has so many lines."""
        self._room = max(room, 1)
        self._go(self._place)

    @property
    def window(self) -> tuple[int, int]:
        """Places from the first line of the window to behind its last."""
        return self.top, self.top + self._room

    def press(self, action: str) -> bool:
        """An action that moves or marks; whether it was one."""
        before, self._held = self._held, True
        page = max(self._room - 1, 1)
        steps = {"up": -1, "down": 1, "page-up": -page, "page-down": page}
        if action in steps:
            self._go(self._place + steps[action])
        elif action in {"first", "last"}:
            self._go(0 if action == "first" else len(self._order) - 1)
        elif action == "mark":
            if self.cursor is not None:
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
        last = len(self._order) - 1
        self._place = max(min(place, last), 0)
        self.cursor = next(iter(self._order.handles(self._place, self._place + 1)), None)
        highest = max(len(self._order) - self._room, 0)
        self.top = min(max(self.top, self._place - self._room + 1, 0), self._place, highest)
