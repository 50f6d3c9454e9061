"""What fills a broker: rates by topic, and the vehicles that send most, in bounded memory whatever is published."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cdctl.application.broker import Ear, Gate, opened
from cdctl.domain.heavy import Heavy
from cdctl.domain.wire import Filter
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.domain.wire import Message

_LEVELS = 16
"""Levels of a topic that are told apart; the rest is one."""


@dataclass(frozen=True, slots=True)
class Ears:
    """Where to listen in one region: the filters, what to ask for when they are refused, and the text between which and
    the next slash a topic holds the vehicle's id (empty: topics do not tell)."""

    gate: Gate
    filters: tuple[Filter, ...]
    instead: tuple[Filter, ...] = ()
    before_vehicle: str = ""

    @property
    def vehicle_level(self) -> int:
        """The level of a topic that is a vehicle's id, from 1; 0 when topics do not tell."""
        return self.before_vehicle.count("/") + 1 if self.before_vehicle else 0


@dataclass(slots=True)
class Weights:
    """Names by how many messages and bytes they sent."""

    messages: Heavy = field(default_factory=Heavy)
    bytes: Heavy = field(default_factory=Heavy)

    def add(self, name: str, size: int) -> None:
        """Count one message."""
        self.messages.add(name)
        self.bytes.add(name, size)


@dataclass(slots=True)
class Heard:
    """What one region's broker sent us. kept: messages that it had retained, which are not counted otherwise. longest:
    the largest message and its topic. vehicle_level: see `Ears`. note: what could not be heard, and why; error: why
    nothing could."""

    region: str
    url: str
    seconds: float = 0.0
    count: int = 0
    size: int = 0
    kept: int = 0
    longest: tuple[int, str] = (0, "")
    vehicle_level: int = 0
    topics: Weights = field(default_factory=Weights)
    vehicles: Weights = field(default_factory=Weights)
    note: str = ""
    error: str = ""
    hint: str = ""


def label(topic: str, by: frozenset[int]) -> str:
    """A topic with + for every level (from 1) that is not told apart."""
    levels = topic.split("/", _LEVELS)
    return "/".join(level if place in by else "+" for place, level in enumerate(levels, 1))


def count(heard: Heard, messages: Sequence[Message], by: frozenset[int], before: str) -> None:
    """Count messages of one read."""
    for message in messages:
        if message.retain:
            heard.kept += 1
            continue
        topic, size = message.topic, len(message.payload)
        heard.count += 1
        heard.size += size
        if size > heard.longest[0]:
            heard.longest = (size, topic[:200])
        heard.topics.add(label(topic, by), size)
        if before and topic.startswith(before):
            heard.vehicles.add(topic[len(before) :].partition("/")[0], size)


async def listen(ears: Ears, by: frozenset[int], seconds: float, heard: Heard) -> None:
    """Count what comes for so many seconds. What fails is noted in `heard`, not raised."""
    loop = asyncio.get_running_loop()
    ear = Ear(lambda messages: count(heard, messages, by, ears.before_vehicle))
    end = loop.time() + seconds
    try:
        async with opened(ears.gate, ear) as (link, up, _):
            grants = await link.subscribe(ears.filters)
            refused = [grant for grant in grants if grant.qos is None]
            if refused and ears.instead:
                grants = await link.subscribe(ears.instead)
            heard.note = up.note
            if refused:
                heard.note = (
                    f"the broker refuses {refused[0].topic}{': ' + refused[0].reason if refused[0].reason else ''}"
                )
                granted = [grant.topic for grant in grants if grant.qos is not None]
                heard.note += f"; heard instead: {', '.join(granted)}" if granted else "; nothing is heard"
                heard.error = "" if granted else heard.note
            began = loop.time()
            while (left := end - loop.time()) > 0:
                await asyncio.sleep(min(left, 0.2))
                heard.seconds = loop.time() - began
            if not heard.error and not heard.count + heard.kept:
                heard.error = (
                    f"nothing came in {seconds:g} s: nobody spoke, or it grants the subscription and its rules "
                    "(an ACL) keep the messages from us"
                )
                heard.hint = "listen longer (--for 60s); cdctl config check says whether anything is delivered"
            if ear.down:
                heard.note = f"the link was cut: {ear.down}"
    except CdctlError as error:
        heard.error, heard.hint = error.message, error.hint


async def top(
    places: Sequence[Ears], by: frozenset[int], seconds: float, look: Callable[[Sequence[Heard]], None]
) -> list[Heard]:
    """Listen to all brokers at once; `look` is shown what is known so far, each second."""
    heard = [Heard(one.gate.region, one.gate.url, vehicle_level=one.vehicle_level) for one in places]

    async def show() -> None:
        while True:
            await asyncio.sleep(1)
            look(heard)

    showing = asyncio.create_task(show())
    try:
        await asyncio.gather(*(listen(ears, by, seconds, one) for ears, one in zip(places, heard, strict=True)))
    finally:
        showing.cancel()
    return heard
