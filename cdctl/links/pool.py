"""Several links to one broker that publish as one: a window of 20 at 50 ms of round trip is only 400 a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import fields, replace

from cdctl.domain.wire import Filter, Grant, Link, LinkCounters, Listener, Message, Publish, Receipt, Up
from cdctl.errors import UnavailableError


class Helper:
    """Who listens to one of the links that only publish: nobody, but for whether it is there."""

    def __init__(self) -> None:
        self.up = False

    def on_messages(self, messages: Sequence[Message]) -> None:
        """Nothing is subscribed to."""

    def on_up(self, up: Up) -> None:
        """See `Listener`."""
        self.up = True

    def on_down(self, reason: str) -> None:
        """See `Listener`."""
        self.up = False

    def on_grants(self, grants: Sequence[Grant]) -> None:
        """Nothing is subscribed to."""


class Pool:
    """The port `Link` over several. The first subscribes, is the one the listener hears of, and must be there; the
    others are used while they are.

    Messages of one topic keep their order: while one is on its way the next takes the same link. The others should have
    no session that outlives a cut, so that what was on its way is given up at once and nothing of it is sent again.
    """

    def __init__(self, first: Link, others: Sequence[tuple[Link, Helper]] = ()) -> None:
        self._links = [first, *(link for link, _ in others)]
        self._helpers = [helper for _, helper in others]
        self._flying: dict[str, tuple[int, int]] = {}
        """Of a topic with messages on their way: over which link, and how many."""
        self._loads = [0] * len(self._links)

    async def connect(self) -> Up:
        """The first, and as many others as the broker gives us; the note says when that is not all. `receive_maximum`
        is that of all together. Raises when the first cannot connect."""
        try:
            up = await self._links[0].connect()
            others = await asyncio.gather(*map(_connected, self._links[1:]))
        except BaseException:
            await self.aclose()
            raise
        there = [one for one in others if isinstance(one, Up)]
        lacking = [one for one in others if isinstance(one, str)]
        note = f"{1 + len(there)} of {len(self._links)} connections: {lacking[0]}" if lacking else ""
        most = up.receive_maximum + sum(one.receive_maximum for one in there)
        return replace(up, receive_maximum=most, note="; ".join(filter(None, (up.note, note))))

    async def subscribe(self, filters: Sequence[Filter]) -> Sequence[Grant]:
        """Over the first."""
        return await self._links[0].subscribe(filters)

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        """Over the first."""
        await self._links[0].unsubscribe(topics)

    async def publish(self, messages: Sequence[Publish]) -> Sequence[Receipt]:
        """Over all that are there."""
        shares: list[list[int]] = [[] for _ in self._links]
        for index, message in enumerate(messages):
            shares[self._takes(message.topic)].append(index)
        receipts: list[Receipt] = [Receipt(None)] * len(messages)

        async def send(number: int, share: list[int]) -> None:
            try:
                got = await self._links[number].publish([messages[index] for index in share])
            finally:
                self._landed(number, [messages[index].topic for index in share])
            for index, receipt in zip(share, got, strict=True):
                receipts[index] = receipt

        await asyncio.gather(*(send(number, share) for number, share in enumerate(shares) if share))
        return receipts

    def counters(self) -> LinkCounters:
        """Sums."""
        each = [link.counters() for link in self._links]
        return LinkCounters(**{f.name: sum(getattr(one, f.name) for one in each) for f in fields(LinkCounters)})

    async def aclose(self) -> None:
        """All of them."""
        await asyncio.gather(*(link.aclose() for link in self._links))

    def _takes(self, topic: str) -> int:
        """Which link carries the next message of a topic: the one that has others of it on their way, else the one with
        the least to carry."""
        number, count = self._flying.get(topic, (0, 0))
        if not count:
            there = [0, *(number for number, helper in enumerate(self._helpers, 1) if helper.up)]
            number = min(there, key=self._loads.__getitem__)
        self._flying[topic] = (number, count + 1)
        self._loads[number] += 1
        return number

    def _landed(self, number: int, topics: Sequence[str]) -> None:
        self._loads[number] -= len(topics)
        for topic in topics:
            _, count = self._flying[topic]
            if count > 1:
                self._flying[topic] = (number, count - 1)
            else:
                del self._flying[topic]


def pooled(opens: Sequence[Callable[[Listener], Link]], listener: Listener | None) -> Pool:
    """Links that publish as one: how to make each of them, the first first."""
    first, *others = opens
    helpers = [Helper() for _ in others]
    links = [make(helper) for make, helper in zip(others, helpers, strict=True)]
    return Pool(first(listener or Helper()), list(zip(links, helpers, strict=True)))


async def _connected(link: Link) -> Up | str:
    """Why it cannot connect, in words."""
    try:
        return await link.connect()
    except UnavailableError as error:
        return error.message
