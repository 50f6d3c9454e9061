"""Round trips of orders, measured at the very place where they leave and answers arrive."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Sequence

from cdctl.domain.diagnostics.trips import Trip, trip
from cdctl.domain.fleet.speech import Promises
from cdctl.domain.orders.executing import Executor, Hearer, Outgoing, Said
from cdctl.domain.orders.keeping import Kept
from cdctl.domain.orders.order import State
from cdctl.domain.wire import Receipt


class Stopwatch:
    """Passes everything on (port Executor), and keeps when orders were handed over and answers arrived."""

    def __init__(self, inner: Executor) -> None:
        self._inner = inner
        self._left: dict[str, float] = {}
        self._heard: dict[str, list[tuple[int, float]]] = defaultdict(list)
        """By vehicle: when something arrived, in milliseconds as the journal counts, and in seconds of the loop."""

    @property
    def promises(self) -> Promises:
        """See `Executor`."""
        return self._inner.promises

    async def open(self, hearer: Hearer, regions: Sequence[str]) -> None:
        """See `Executor`."""
        await self._inner.open(_Ear(hearer, self), regions)

    async def send(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        """See `Executor`."""
        now = asyncio.get_running_loop().time()
        for one in orders:
            self._left.setdefault(one.order.id, now)
        return await self._inner.send(orders)

    async def cancel(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        """See `Executor`."""
        return await self._inner.cancel(orders)

    async def query(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        """See `Executor`."""
        return await self._inner.query(orders)

    async def aclose(self) -> None:
        """See `Executor`."""
        await self._inner.aclose()

    def arrived(self, said: Sequence[Said]) -> None:
        """Answers, before anybody looks at them."""
        now = asyncio.get_running_loop().time()
        for one in said:
            self._heard[one.vin].append((one.at, now))

    def trip(self, kept: Kept) -> Trip:
        """The round trip of one order that succeeded; one without a length of any other."""
        if kept.course.state is not State.SUCCEEDED or kept.order.id not in self._left:
            return Trip()
        left = self._left[kept.order.id]
        # The last arrival before it was taken in is the one that ended it; what came later is a copy.
        ends = [at for noted, at in self._heard[kept.order.vin] if noted <= kept.course.since and at >= left]
        return trip(max(ends) - left, kept.result) if ends else Trip()

    def trips(self, kept: Iterable[Kept]) -> dict[str, Trip]:
        """By vehicle; then everything that was noted is forgotten."""
        found = {one.order.vin: self.trip(one) for one in kept}
        self._left.clear()
        self._heard.clear()
        return found


class _Ear:
    """Tells the stopwatch first (port Hearer)."""

    def __init__(self, inner: Hearer, watch: Stopwatch) -> None:
        self._inner, self._watch = inner, watch
        self.on_back, self.on_link = inner.on_back, inner.on_link

    def on_said(self, said: Sequence[Said]) -> Awaitable[None] | None:
        """See `Hearer`."""
        self._watch.arrived(said)
        return self._inner.on_said(said)
