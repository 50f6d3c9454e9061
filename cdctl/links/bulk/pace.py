"""When to let messages gather: a flood read a few at a time costs a wake-up for every three of them."""

from __future__ import annotations

REST_SECONDS = 0.002
"""So much later may a message be told in a flood; at 80,000 a second 160 of them gather."""

_CLOSE_SECONDS = 0.0005
_SEVERAL = 16


class Pace:
    """Tells a flood from a conversation: in a flood reads follow close on each other and nothing is sent between."""

    def __init__(self) -> None:
        self._last = 0.0
        self._close = 0
        self._rested = False

    def sent(self) -> None:
        """We said something: what comes next may be the answer, and is awaited."""
        self._close = 0
        self._rested = False

    def rest(self, now: float, messages: int) -> bool:
        """Whether to rest after a read at `now` that brought so many."""
        flood = messages >= _SEVERAL if self._rested else now - self._last < _CLOSE_SECONDS
        self._last = now
        self._close = self._close + 1 if flood else 0
        self._rested = self._close >= _SEVERAL
        return self._rested
