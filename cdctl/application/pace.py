"""How quickly orders leave at most: one rate for all regions of a sending, and for what leaves later."""

from __future__ import annotations

import asyncio

_PARTS = 5
"""Runs a second that a rate is cut into."""


class Pace:
    """rate: orders a second; None: as quickly as they can."""

    def __init__(self, rate: float | None, stopped: asyncio.Event) -> None:
        self._rate, self._stopped = rate, stopped
        self._free_at = 0.0

    def size(self, most: int) -> int:
        """How many may leave in one run."""
        return most if self._rate is None else max(1, min(most, int(self._rate / _PARTS)))

    async def turn(self, count: int) -> None:
        """Returns when so many may leave, or nothing may any more."""
        if self._rate is None:
            return
        now = asyncio.get_running_loop().time()
        at = max(self._free_at, now)
        self._free_at = at + count / self._rate
        if at > now:
            try:
                await asyncio.wait_for(self._stopped.wait(), at - now)
            except TimeoutError:
                return
