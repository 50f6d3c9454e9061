"""The hand on a list of some hundred things: it stays on its thing while others come and go."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


class ListCursor:
    """place: number of the thing under the hand. top: of the first one in the window. Things are known by keys."""

    def __init__(self) -> None:
        self.place, self.top = 0, 0
        self._room = 1
        self._keys: Sequence[Hashable] = ()
        self._key: Hashable = None

    def follow(self, keys: Sequence[Hashable]) -> None:
        """Other things, or the same in another order. A hand that was never moved stays on the first."""
        line = self.place - self.top
        self._keys = keys
        if self._key is not None and self._key in keys:
            self.place = list(keys).index(self._key)
            self.top = max(self.place - line, 0)
        self._settle()

    def fit(self, room: int) -> slice:
        """The window has so many lines; the things in it."""
        self._room = max(room, 1)
        self._settle()
        return slice(self.top, self.top + self._room)

    def press(self, action: str) -> bool:
        """An action that moves (see `keys.MOVES`); whether it was one."""
        page, last = max(self._room - 1, 1), len(self._keys) - 1
        places = {
            "up": self.place - 1, "down": self.place + 1, "page-up": self.place - page,
            "page-down": self.place + page, "first": 0, "last": last,
        }  # fmt: skip
        if action not in places:
            return False
        self.go(places[action])
        return True

    def point(self, line: int) -> None:
        """Go to a line of the window."""
        self.go(self.top + max(line, 0))

    def go(self, place: int) -> None:
        """Go to a thing by its number."""
        self.place = place
        self._settle()
        self._key = self._keys[self.place] if self._keys and self.place else None

    def _settle(self) -> None:
        last = len(self._keys) - 1
        self.place = max(min(self.place, last), 0)
        highest = max(len(self._keys) - self._room, 0)
        self.top = min(max(self.top, self.place - self._room + 1, 0), self.place, highest)
