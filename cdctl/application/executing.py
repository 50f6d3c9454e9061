"""Orders over MQTT (port Executor): a link per region, topics and payloads by the fleet's own protocol."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence

from cdctl.application.order_line import Open, OrderLine
from cdctl.domain.fleet.speech import Promises
from cdctl.domain.orders.executing import Hearer, Outgoing, Said
from cdctl.domain.orders.telling import Telling
from cdctl.domain.ports import Clock
from cdctl.domain.wire import Filter, Message, Publish, Receipt
from cdctl.errors import UsageError

_ASK_EXPIRY = 60
"""Seconds for which a broker may keep a query or a cancel: what it is about is asked again."""


class LinkExecutor:
    """Carries the orders of one session over links. One owner, one event loop."""

    def __init__(self, telling: Telling, session: str, opens: Mapping[str, Open], clock: Clock) -> None:
        """`opens`: for every region how to make a link to its broker, whose session outlives the longest order."""
        self._telling, self._session, self._opens, self._clock = telling, session, opens, clock
        self._lines: dict[str, OrderLine] = {}
        self._hearer: Hearer | None = None

    @property
    def promises(self) -> Promises:
        """See `Executor`."""
        return self._telling.promises

    @property
    def in_flight(self) -> int:
        """Messages that left and that no broker has acknowledged yet."""
        return sum(line.in_flight for line in self._lines.values())

    async def open(self, hearer: Hearer, regions: Sequence[str]) -> None:
        """See `Executor`; regions that are open stay so."""
        self._hearer = hearer
        new = [region for region in dict.fromkeys(regions) if region not in self._lines]
        if missing := [region for region in new if region not in self._opens]:
            known = ", ".join(self._opens)
            raise UsageError("no broker of this region", subject=missing[0], hint=f"known regions: {known}")
        made = {region: self._line(hearer, region) for region in new}
        self._lines |= made
        opening = [asyncio.ensure_future(line.open()) for line in made.values()]
        try:
            await asyncio.gather(*opening)
        except BaseException:
            for one in opening:
                one.cancel()
            await asyncio.gather(*opening, return_exceptions=True)
            for region, line in made.items():
                del self._lines[region]
                await line.aclose()
            raise

    async def listen(self, session: str) -> None:
        """Hear the answers to another session as well, in every region that is open."""
        for region, line in self._lines.items():
            await line.listen(self._telling.replies(region, session))

    async def send(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        """See `Executor`."""
        now = self._now()
        return await self._publish(orders, lambda one: max(1, -(-(one.order.expires - now) // 1000)))

    async def cancel(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        """See `Executor`."""
        return await self._publish(orders, lambda one: _ASK_EXPIRY)

    async def query(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        """See `Executor`."""
        return await self._publish(orders, lambda one: _ASK_EXPIRY)

    async def aclose(self) -> None:
        """See `Executor`."""
        lines, self._lines = self._lines, {}
        await asyncio.gather(*(line.aclose() for line in lines.values()))

    async def _publish(self, orders: Sequence[Outgoing], expiry: Callable[[Outgoing], int]) -> Sequence[Receipt]:
        region_of = [one.order.region for one in orders]
        if len({*region_of}) == 1:
            return await self._lines[region_of[0]].publish(_vins(orders), self._messages(orders, expiry))
        receipts: list[Receipt] = [Receipt(None)] * len(orders)

        async def one_region(region: str, places: Sequence[int]) -> None:
            some = [orders[place] for place in places]
            got = await self._lines[region].publish(_vins(some), self._messages(some, expiry))
            for place, receipt in zip(places, got, strict=True):
                receipts[place] = receipt

        shares: dict[str, list[int]] = defaultdict(list)
        for place, region in enumerate(region_of):
            shares[region].append(place)
        await asyncio.gather(*(one_region(*share) for share in shares.items()))
        return receipts

    def _messages(self, orders: Sequence[Outgoing], expiry: Callable[[Outgoing], int]) -> list[Publish]:
        topic = self._telling.order_topic
        return [
            Publish(
                topic(order.region, order.vin),
                one.envelope,
                1,
                False,
                order.reply,
                order.id.encode(),
                expiry(one),
                _properties(order.traceparent, order.tracestate),
            )
            for one in orders
            for order in (one.order,)
        ]

    def _line(self, hearer: Hearer, region: str) -> OrderLine:
        telling, session = self._telling, self._session

        def replies(vins: Sequence[str] | None) -> list[Filter]:
            return list(telling.replies(region, session, vins))

        return OrderLine(
            region, self._opens[region], hearer, self._reader(hearer, region), replies, telling.births(region)
        )

    def _reader(self, hearer: Hearer, region: str) -> Callable[[Sequence[Message]], Awaitable[None] | None]:
        place, born = self._telling.place, self._telling.born

        def arrived(messages: Sequence[Message]) -> Awaitable[None] | None:
            now = self._now()
            said: list[Said] = []
            back: list[str] = []
            for message in messages:
                try:
                    where, vin, kind = place(message.topic)
                except ValueError:
                    continue  # a foreign topic: nothing that we asked for
                if kind == "reply":
                    said.append(Said(where, vin, now, message.payload))
                elif kind == "birth" and not message.retain and born(message.payload):
                    back.append(vin)
            if back:
                hearer.on_back(region, back)
            return hearer.on_said(said) if said else None

        return arrived

    def _now(self) -> int:
        return round(self._clock.now() * 1000)


def _vins(orders: Sequence[Outgoing]) -> list[str]:
    return [one.order.vin for one in orders]


def _properties(traceparent: str, tracestate: str) -> tuple[tuple[str, str], ...]:
    if not traceparent:
        return ()
    return (("traceparent", traceparent), ("tracestate", tracestate)) if tracestate else (("traceparent", traceparent),)
