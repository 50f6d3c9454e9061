"""Several links to one broker that publish as one: a window of 20 at 50 ms of round trip is only 400 a second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import fields, replace

from cdctl.domain.wire import Filter, Grant, Link, LinkCounters, Listener, Message, Publish, Receipt, Up


class _Deaf:
    """Nobody listens."""

    def on_messages(self, messages: Sequence[Message]) -> Awaitable[None] | None:
        return None

    def on_up(self, up: Up) -> None:
        return None

    def on_down(self, reason: str) -> None:
        return None

    def on_grants(self, grants: Sequence[Grant]) -> None:
        return None


class Pool:
    """The port `Link` over several. The first subscribes and is the one the listener hears of."""

    def __init__(self, links: Sequence[Link]) -> None:
        """At least one."""
        self._links = links

    @staticmethod
    def ear(listener: Listener | None, number: int) -> Listener:
        """Who listens to the link with that number."""
        return listener if listener is not None and number == 0 else _Deaf()

    async def connect(self) -> Up:
        """All of them. `receive_maximum` is that of all together. Raises when one cannot connect."""
        try:
            ups = await asyncio.gather(*(link.connect() for link in self._links))
        except BaseException:
            await self.aclose()
            raise
        return replace(ups[0], receive_maximum=sum(up.receive_maximum for up in ups))

    async def subscribe(self, filters: Sequence[Filter]) -> Sequence[Grant]:
        """Over the first."""
        return await self._links[0].subscribe(filters)

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        """Over the first."""
        await self._links[0].unsubscribe(topics)

    async def publish(self, messages: Sequence[Publish]) -> Sequence[Receipt]:
        """Over all: messages of one topic stay on one link, so that their order stays."""
        count = len(self._links)
        if count == 1:
            return await self._links[0].publish(messages)
        turn: dict[str, int] = {}
        shares: list[list[int]] = [[] for _ in self._links]
        for index, message in enumerate(messages):
            shares[turn.setdefault(message.topic, len(turn) % count)].append(index)
        receipts: list[Receipt] = [Receipt(None)] * len(messages)

        async def send(link: Link, share: list[int]) -> None:
            for index, receipt in zip(share, await link.publish([messages[index] for index in share]), strict=True):
                receipts[index] = receipt

        await asyncio.gather(*(send(link, share) for link, share in zip(self._links, shares, strict=True) if share))
        return receipts

    def counters(self) -> LinkCounters:
        """Sums."""
        each = [link.counters() for link in self._links]
        return LinkCounters(**{f.name: sum(getattr(one, f.name) for one in each) for f in fields(LinkCounters)})

    async def aclose(self) -> None:
        """All of them."""
        await asyncio.gather(*(link.aclose() for link in self._links))
