"""Composes what looks at brokers themselves: gates to them, and where to listen. See `fleet_wiring` for the fleet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from cdctl.application.fleet_doors import speech
from cdctl.application.fleet_wiring import finished, fleet_context, link
from cdctl.application.wiring import catalogue
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.application.broker import Gate
    from cdctl.application.broker_top import Ears
    from cdctl.domain.fleet.speech import Speech
    from cdctl.domain.ports import Probe
    from cdctl.domain.settings import Broker, Settings
    from cdctl.domain.wire import Filter, Link, Listener


def gates(settings: Settings, regions: Sequence[str] = ()) -> list[Gate]:
    """The brokers of the context in use, or those of some regions. Raises UsageError for a region that it has not."""
    brokers = fleet_context(settings).brokers
    for name in regions:
        if name not in brokers:
            raise UsageError(f"no broker of region {name!r}", subject="--region", hint=f"known: {', '.join(brokers)}")
    if not brokers:
        raise UsageError("this context has a collector and no broker", subject=settings.file)
    return _gates(broker for region, broker in brokers.items() if not regions or region in regions)


def probe_brokers(settings: Settings, name: str, *, plugins: bool = True) -> list[Probe]:
    """Whether every broker of a context answers, and what it grants. What is wrong is a probe that failed."""
    from cdctl.application.broker import knock, probed
    from cdctl.domain.ports import Probe
    from cdctl.errors import CdctlError

    context = settings.context(name)
    try:
        spoken = speech(context, settings, catalogue(settings, plugins=plugins)) if context.brokers else None
    except CdctlError as error:
        return [Probe(name, f"protocol {context.protocol.name}", "", False, error.message, error.hint)]

    async def run() -> list[Probe]:
        asked = [knock(gate, whole_stream(spoken, gate.region)) for gate in _gates(context.brokers.values()) if spoken]
        return [probed(name, one) for one in await asyncio.gather(*asked)]

    return finished(run())


def _gates(brokers: Iterable[Broker]) -> list[Gate]:
    from cdctl.application.broker import Gate
    from cdctl.domain.address import masked

    def opener(broker: Broker) -> Callable[[Listener], Link]:
        return lambda listener: link(broker, listener)

    return [Gate(broker.region, masked(broker.url), opener(broker)) for broker in brokers]


def whole_stream(spoken: Speech, region: str) -> list[Filter]:
    """Every topic that watching a region asks for, at QoS 0, without what is kept."""
    from dataclasses import replace

    told = {one.topic: one for one in (*spoken.births(region), *spoken.stream(region))}
    return [replace(one, qos=0, retained=False) for one in told.values()]


def ears(
    settings: Settings, regions: Sequence[str] = (), topics: Sequence[str] = (), *, plugins: bool = True
) -> list[Ears]:
    """Where to listen for what fills the brokers: `topics`, or everything below the topic root (of a fleet that speaks
    otherwise, everything that its vehicles say). Raises as `gates` and `speech`."""
    from cdctl.application.broker_top import Ears
    from cdctl.domain.wire import Filter

    context = settings.context()
    whole = [f"{context.topic_root}/#"] if context.protocol.name == "native" else []
    asked = tuple(Filter(topic, 0, retained=False) for topic in topics or whole)
    chosen = gates(settings, regions)
    spoken = speech(context, settings, catalogue(settings, plugins=plugins))
    found = []
    for gate in chosen:
        streamed = tuple(whole_stream(spoken, gate.region))
        instead = () if topics else streamed
        found.append(Ears(gate, asked or streamed, instead, _before_vehicle(spoken, gate.region)))
    return found


def _before_vehicle(spoken: Speech, region: str) -> str:
    """What stands before the vehicle's id in every topic; empty where that is not one text."""
    marker = "\x01"
    before = next(
        (one.topic.partition(marker)[0] for one in spoken.stream(region, [marker]) if marker in one.topic), ""
    )
    return "" if set(before) & {"+", "#"} else before
