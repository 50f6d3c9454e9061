"""How long to wait before the next attempt to connect."""

from __future__ import annotations

import random

FIRST_SECONDS = 0.1
MOST_SECONDS = 30.0
STEADY_SECONDS = 10.0
"""A connection that held so long starts the count anew; one that is taken over at once does not."""


class Backoff:
    """Twice as long every time, and a random half of it, so that a fleet of clients does not come back in step."""

    def __init__(self) -> None:
        self._attempts = 0

    def next(self) -> float:
        """Seconds to wait now."""
        most = min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._attempts, 20))
        self._attempts += 1
        return most * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, hides nothing

    def held(self, seconds: float) -> None:
        """A connection was up for so long."""
        if seconds >= STEADY_SECONDS:
            self._attempts = 0
