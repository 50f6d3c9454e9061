"""Composes what listens to one vehicle: its brokers, and its topics as its fleet speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from cdctl.domain.boards.messages import Listen
from cdctl.errors import UnavailableError

if TYPE_CHECKING:
    from cdctl.application.top.lookout import Answering
    from cdctl.application.top.lookout_wiring import Means
    from cdctl.application.top.messages import Post
    from cdctl.domain.boards.asking import Ask
    from cdctl.domain.fleet.speech import Speech
    from cdctl.domain.settings import Broker, Context
    from cdctl.domain.wire import Filter, Link, Listener


def answering(means: Means) -> Mapping[type[Ask], Answering]:
    """Who answers `Listen`. Nothing is opened before it is asked; links are closed with the view at the latest."""
    from cdctl.application.top.messages import Listening

    async def posts(vin: str, region: str) -> Sequence[Post]:
        return await asyncio.to_thread(_posts, means, vin, region)

    listening = Listening(posts, means.clock)
    means.closing.push_async_callback(listening.aclose)
    return {Listen: listening.answer}


def _posts(means: Means, vin: str, region: str) -> list[Post]:
    """Where a vehicle can be heard. Raises UnavailableError where it cannot be."""
    from cdctl.application.broker import Gate
    from cdctl.application.fleet_doors import speech
    from cdctl.application.top.messages import Post, told_whole
    from cdctl.application.wiring import catalogue
    from cdctl.domain.address import masked

    context = means.settings.context()
    if not context.brokers:
        raise _deaf(context)
    if not vin or set(vin) & set("+#\0"):
        raise UnavailableError("no topic can hold this vehicle's id")
    spoken = speech(context, means.settings, catalogue(means.settings, plugins=means.plugins))
    found = []
    for broker in [context.brokers[region]] if region in context.brokers else context.brokers.values():
        gate = Gate(broker.region, masked(broker.url), _opener(broker))
        found.append(Post(gate, told_whole(_filters(spoken, broker.region, vin))))
    return found


def _deaf(context: Context) -> UnavailableError:
    if context.collector:
        hint = "a collector tells of vehicles, not what they say word by word: a context with brokers can"
        return UnavailableError("messages cannot be seen through a collector", hint=hint)
    return UnavailableError(f"context {context.name!r} has no broker", hint="see docs/fleet.md")


def _filters(spoken: Speech, region: str, vin: str) -> Sequence[Filter]:
    from cdctl.application.top.messages import alone

    filters = spoken.stream(region, [vin])
    if not alone(filters, spoken.stream(region)):
        hint = "its messages could only be had with those of the whole fleet; cdctl broker top can listen to these"
        raise UnavailableError("the topics of this fleet do not hold the vehicle's id", hint=hint)
    return filters


def _opener(broker: Broker) -> Callable[[Listener], Link]:
    from cdctl.application.fleet_wiring import beside, link

    own = beside(broker)
    return lambda listener: link(own, listener)
