"""A clock that stands still until it is told to go."""

from __future__ import annotations


class ManualClock:
    """The Clock port with a hand of its own. `now` is epoch seconds."""

    def __init__(self, now: float = 1_750_000_000.0) -> None:
        self._now = now

    def now(self) -> float:
        """Epoch seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let so much time pass."""
        self._now += seconds
