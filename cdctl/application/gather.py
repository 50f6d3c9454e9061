"""Lets messages wait for each other: taking in one alone costs 200 us, of a thousand each costs less than 4 us."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from cdctl.domain.wire import Message

REST = 0.01
"""Seconds between two batches. What comes after a pause is not held up."""
MOST = 1_000
"""Messages of a batch: more of them save nothing, and the loop has other work, too."""


class Gather:
    """Messages of one region until the next batch. Used on one event loop; close it when done."""

    def __init__(self, take: Callable[[Sequence[Message]], None]) -> None:
        self._take = take
        self._waiting: list[Message] = []
        self._timer: asyncio.TimerHandle | None = None
        self._last = 0.0

    def add(self, messages: Sequence[Message]) -> None:
        """Take these in, now or with those that come within REST seconds."""
        self._waiting += messages
        if len(self._waiting) >= MOST:
            self.flush()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            at = self._last + REST
            if loop.time() >= at:
                self.flush()
            else:
                self._timer = loop.call_at(at, self.flush)

    def flush(self) -> None:
        """Take in what waits, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self._last = asyncio.get_running_loop().time()
            self._take(waiting)

    def close(self) -> None:
        """Nothing is taken in any more."""
        self._waiting = []
        self.flush()
