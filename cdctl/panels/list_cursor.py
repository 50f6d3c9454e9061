"""The hand on a list of some hundred things: it stays on its thing while others come and go."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


class ListCursor:
    """place: number of the thing under the hand. top: of the first one in the window. Things are known by keys.
    follows: on the first one the hand stays on whatever comes first, as where lines are only read."""

    def __init__(self, *, follows: bool = False) -> None:
        self._follows = follows
        self.place, self.top = 0, 0
        self._room = 1
        self._keys: Sequence[Hashable] = ()
        self._key: Hashable = None
        self._held = False

    def follow(self, keys: Sequence[Hashable]) -> None:
        """Other things, or the same in another order. A hand that was never moved stays on the first one, whatever that
        is; any other on its thing, or, where that is gone, on what stood next to it. A window on the first ones stays
        on these, while the thing is in it."""
        line, before = self.place - self.top, self._keys
        self._keys = keys
        found = self._found(before) if self._held else None
        if found is not None:
            self.place = found
            if self.top or found >= self._room:
                self.top = max(found - line, 0)
        self._settle()
        if self._held and keys:
            self._key = keys[self.place]

    def _found(self, before: Sequence[Hashable]) -> int | None:
        """Where its thing is now, or the nearest of those that are still there."""
        if self._key in self._keys:
            return list(self._keys).index(self._key)
        there = {key: number for number, key in enumerate(self._keys)}
        near = [*before[self.place + 1 :], *reversed(before[: self.place])]
        return next((there[key] for key in near if key in there), None)

    def fit(self, room: int) -> slice:
        """The window has so many lines; the things in it."""
        self._room = max(room, 1)
        self._settle()
        return slice(self.top, self.top + self._room)

    def press(self, action: str) -> bool:
        """An action that moves (see `keys.MOVES`), or "stay", which holds what is under the hand; whether it was
        one."""
        page, last = max(self._room - 1, 1), len(self._keys) - 1
        places = {
            "up": self.place - 1, "down": self.place + 1, "page-up": self.place - page,
            "page-down": self.place + page, "first": 0, "last": last, "stay": self.place,
        }  # fmt: skip
        if action not in places:
            return False
        self.go(places[action])
        return True

    def point(self, line: int) -> None:
        """Go to a line of the window."""
        self.go(self.top + max(line, 0))

    def go(self, place: int) -> None:
        """Go to a thing by its number, and stay on it."""
        self.place = place
        self._settle()
        self._held = not self._follows or self.place > 0
        self._key = self._keys[self.place] if self._keys else None

    def _settle(self) -> None:
        last = len(self._keys) - 1
        self.place = max(min(self.place, last), 0)
        highest = max(len(self._keys) - self._room, 0)
        self.top = min(max(self.top, self.place - self._room + 1, 0), self.place, highest)
