"""What never reached us, as far as anybody knows: what a link could not read, and what a broker dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cdctl.application.system_topics import DROPPED, SystemTopics
from cdctl.domain.fleet.columns import Columns, Counter
from cdctl.domain.wire import Link

LOOK_SECONDS = 10.0
"""Between two looks at what the broker dropped; it counts anew as often."""
_SLOW_SECONDS = 45.0
"""So long after we were slow, what the broker dropped is taken for ours."""
_AGAIN_SECONDS = 2.5
_NEAR = 0.95
_UNANSWERED = 5


class Losses:
    """Of one region's links."""

    def __init__(self, columns: Columns, system: SystemTopics, rate_cap: int | None) -> None:
        self._columns = columns
        self._system = system
        self._cap = rate_cap
        self._counted = (0, 0, 0)
        self._beaten = 0.0
        self._full = 0
        self._slow_until = 0.0
        self._looked = -LOOK_SECONDS
        self._looking: asyncio.Task[None] | None = None
        self._silent = 0
        self._dropped: int | None = None

    def beat(self, links: Sequence[Link], slow: bool, subscribed: bool) -> None:
        """Count what the links counted; look at what the broker says when it is time to."""
        now = asyncio.get_running_loop().time()
        each = [link.counters() for link in links]
        dropped, size, received = (
            sum(getattr(one, name) for one in each) for name in ("dropped", "received_bytes", "received")
        )
        self._columns.count(Counter.DROPPED, dropped - self._counted[0])
        self._columns.count(Counter.BYTES, size - self._counted[1])
        if self._cap:
            rate = (received - self._counted[2]) / max(now - self._beaten, 0.5)
            self._full = self._full + 1 if rate >= _NEAR * self._cap * len(links) else 0
        self._counted, self._beaten = (dropped, size, received), now
        if slow:
            self._slow_until = now + _SLOW_SECONDS
        idle = self._looking is None or self._looking.done()
        if subscribed and idle and self._silent < _UNANSWERED and now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._looking = asyncio.get_running_loop().create_task(self._look(links[0]))

    def note(self) -> str:
        """Whether we get less than there is."""
        return f"at its cap of {self._cap:,} messages a second: what is shown are samples" if self._full > 2 else ""

    def cut(self) -> None:
        """The link is gone. What the broker counts goes on, unless it is restarted."""
        if self._looking:
            self._looking.cancel()

    def close(self) -> None:
        """Look no more."""
        self.cut()

    async def _look(self, link: Link) -> None:
        dropped = await self._system.ask(link, DROPPED)
        if dropped is None:
            self._silent += 1
            self._looked -= LOOK_SECONDS - _AGAIN_SECONDS  # a broker that just started says nothing yet
            return
        self._silent = 0
        if self._dropped is not None and asyncio.get_running_loop().time() < self._slow_until:
            self._columns.count(Counter.DROPPED, max(0, dropped - self._dropped))
        self._dropped = dropped
