"""Whether the broker is still there: a connection cut half-open says nothing, for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cdctl.links.carrier import Carrier

_LEAST_WAIT = 0.5


class Pulse:
    """Asks every half keep-alive, so that the broker keeps us, and gives up half a keep-alive after no answer."""

    def __init__(self, dead: Callable[[str], None]) -> None:
        """`dead` is told why, once."""
        self._dead = dead
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._carrier: Carrier | None = None
        self._deaf: Callable[[], bool] = lambda: False
        self._keep_alive = 0
        self._asked = self._pinged = 0.0

    def start(self, carrier: Carrier, keep_alive: int, deaf: Callable[[], bool]) -> None:
        """Watch a connection. `keep_alive` in seconds, 0 never asks; while `deaf()` nothing is read, nothing judged."""
        self.stop()
        self._carrier, self._keep_alive, self._deaf = carrier, keep_alive, deaf
        self._asked, self._pinged = 0.0, self._loop.time()
        if keep_alive:
            self._later()

    def stop(self) -> None:
        """Watch no more."""
        self._carrier = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _later(self) -> None:
        self._timer = self._loop.call_later(self._keep_alive / 8, self._beat)

    def _beat(self) -> None:
        carrier = self._carrier
        if carrier is None:
            return
        self._later()
        now = self._loop.time()
        half = self._keep_alive / 2
        if self._deaf() or carrier.heard >= self._asked:
            self._asked = 0.0
        if self._asked and now - self._asked > max(half, _LEAST_WAIT):
            self._dead(f"no sign of life from the broker for {now - carrier.heard:.0f} s")
        elif now - self._pinged >= half:
            self._pinged = now
            self._asked = self._asked or now
            carrier.ping()
