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
from cdctl.errors import UnavailableError, UsageError

Part = Callable[[OrderLine, Sequence[Outgoing]], Awaitable[Sequence[Receipt]]]

_TOO_LATE = Receipt(0x97, "not sent: it expired while there was no link")
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
        """See `Executor`; regions that are open stay so. One that cannot be reached is tried again, unless all are."""
        self._hearer = hearer
        new = [region for region in dict.fromkeys(regions) if region not in self._lines]
        if missing := [region for region in new if region not in self._opens]:
            known = ", ".join(self._opens)
            raise UsageError("no broker of this region", subject=missing[0], hint=f"known regions: {known}")
        made = {region: self._line(hearer, region) for region in new}
        self._lines |= made
        opening = [asyncio.ensure_future(_opened(line)) for line in made.values()]
        try:
            found = await asyncio.gather(*opening)
            down = [(line, error) for line, error in zip(made.values(), found, strict=True) if error is not None]
            if down and not any(self._lines[region].is_up for region in regions):
                raise down[0][1]
        except BaseException:
            for one in opening:
                one.cancel()
            await asyncio.gather(*opening, return_exceptions=True)
            for region, line in made.items():
                del self._lines[region]
                await line.aclose()
            raise
        for line, error in down:
            line.keep_trying(error.message)

    async def listen(self, session: str) -> None:
        """Hear the answers to another session as well, in every region that is open."""
        for region, line in self._lines.items():
            await line.listen(self._telling.replies(region, session))

    async def send(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        """See `Executor`. What expires while it waits for its link does not leave."""
        return await self._by_region(orders, self._send)

    async def cancel(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        """See `Executor`."""
        return await self._by_region(orders, self._ask)

    async def query(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        """See `Executor`."""
        return await self._by_region(orders, self._ask)

    async def aclose(self) -> None:
        """See `Executor`."""
        lines, self._lines = self._lines, {}
        await asyncio.gather(*(line.aclose() for line in lines.values()))

    async def _by_region(self, orders: Sequence[Outgoing], part: Part) -> Sequence[Receipt]:
        shares: dict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(orders):
            shares[one.order.region].append(place)
        if len(shares) == 1:
            return await part(self._lines[orders[0].order.region], orders)
        receipts: list[Receipt] = [Receipt(None)] * len(orders)

        async def one_region(region: str, places: Sequence[int]) -> None:
            got = await part(self._lines[region], [orders[place] for place in places])
            for place, receipt in zip(places, got, strict=True):
                receipts[place] = receipt

        await asyncio.gather(*(one_region(*share) for share in shares.items()))
        return receipts

    async def _send(self, line: OrderLine, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        await line.ready()
        now = self._now()
        messages = [self._message(one, -(-(one.order.expires - now) // 1000)) for one in orders]
        good = [one.order.expires > now for one in orders]
        if all(good):
            return await line.publish([one.order.vin for one in orders], messages)
        in_time = [place for place, still in enumerate(good) if still]
        vins = [orders[place].order.vin for place in in_time]
        got = iter(await line.publish(vins, [messages[place] for place in in_time]))
        return [next(got) if still else _TOO_LATE for still in good]

    async def _ask(self, line: OrderLine, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        await line.ready()
        return await line.publish(
            [one.order.vin for one in orders], [self._message(one, _ASK_EXPIRY) for one in orders]
        )

    def _message(self, one: Outgoing, expiry: int) -> Publish:
        order = one.order
        return Publish(
            self._telling.order_topic(order.region, order.vin),
            one.envelope,
            1,
            False,
            order.reply,
            order.id.encode(),
            expiry,
            _properties(order.traceparent, order.tracestate),
        )

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


async def _opened(line: OrderLine) -> UnavailableError | None:
    """Why it cannot be reached; None when it is there."""
    try:
        await line.open()
    except UnavailableError as error:
        return error
    return None


def _properties(traceparent: str, tracestate: str) -> tuple[tuple[str, str], ...]:
    if not traceparent:
        return ()
    return (("traceparent", traceparent), ("tracestate", tracestate)) if tracestate else (("traceparent", traceparent),)
