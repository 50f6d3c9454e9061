"""What a broker says of itself in `$SYS`, the way Mosquitto does: asked for, heard once, let go."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cdctl.domain.wire import Filter, Link, Message

UPTIME = "$SYS/broker/uptime"
"""Seconds since the broker started, as in "123 seconds"; written every ten seconds, so at most too small."""
DROPPED = "$SYS/broker/publish/messages/dropped"
"""Messages that the broker dropped, of all its clients, since it started."""
PATIENCE = 0.5
"""Seconds that an answer may take: it is a retained message, so it comes with the SUBACK."""
_CUTS = 2
"""Some brokers cut the connection of whoever asks for more than they allow (AWS IoT): after so many in a row no more is
asked. One such cut may have been an accident."""
_AT_ONCE = 2.0
"""Seconds within which they do so; a wire that was dead before is noticed later."""


class SystemTopics:
    """Questions to one broker over one link. What it says here is kept away from everything else."""

    def __init__(self) -> None:
        self._cuts = 0
        self._left: set[str] = set()
        self._answers: dict[str, asyncio.Future[str]] = {}

    @property
    def asking(self) -> bool:
        """Whether such a message may come: some question is open, or was when the link was cut."""
        return bool(self._answers or self._left)

    def sift(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Take note of what the broker says of itself; the other messages."""
        others = []
        for message in messages:
            if not message.topic.startswith("$SYS/"):
                others.append(message)
            elif (answer := self._answers.get(message.topic)) and not answer.done():
                answer.set_result(message.payload.decode("ascii", "replace"))
        return others

    async def ask(self, link: Link, topic: str) -> int | None:
        """The number that the broker tells there; None when it tells none. Cancel it when the link is cut."""
        if self._cuts >= _CUTS:
            return None
        loop = asyncio.get_running_loop()
        began, number = loop.time(), None
        answer = self._answers[topic] = loop.create_future()
        self._left.add(topic)
        try:
            grant = (await link.subscribe([Filter(topic)]))[0]
            if grant.qos is not None:
                number = await _number(answer)
                await link.unsubscribe([topic])
        except asyncio.CancelledError:
            self._cuts += loop.time() - began < _AT_ONCE
            raise
        finally:
            del self._answers[topic]
        self._left.discard(topic)
        self._cuts = 0
        return number


async def _number(answer: asyncio.Future[str]) -> int | None:
    try:
        async with asyncio.timeout(PATIENCE):
            first = (await answer).split(" ")[0]
    except TimeoutError:
        return None
    return int(first) if first.isdecimal() and len(first) < 20 else None
