"""Composes what looks at brokers themselves: gates to them, and where to listen. See `fleet_wiring` for the fleet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from cdctl.application.fleet_doors import inventory, speech
from cdctl.application.fleet_wiring import beside, finished, fleet_context, link, through
from cdctl.application.wiring import catalogue
from cdctl.domain.settings import FileInventory, HttpInventory, SqlInventory
from cdctl.errors import CdctlError, UsageError

if TYPE_CHECKING:
    from cdctl.application.broker import Gate
    from cdctl.application.broker_top import Ears
    from cdctl.domain.fleet.inventory import Listed
    from cdctl.domain.fleet.speech import Speech
    from cdctl.domain.ports import Probe
    from cdctl.domain.settings import Broker, Context, Settings
    from cdctl.domain.wire import Filter, Link, Listener
    from cdctl.extend.catalogue import Catalogue

_ENOUGH = 100_000
"""Vehicles of an inventory that are read to see that it answers."""


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
    from cdctl.application.broker_access import knock, probed
    from cdctl.domain.ports import Probe

    context = settings.context(name)
    try:
        spoken = speech(context, settings, catalogue(settings, plugins=plugins)) if context.brokers else None
    except CdctlError as error:
        return [Probe(name, f"protocol {context.protocol.name}", "", False, error.message, error.hint)]

    async def run() -> list[Probe]:
        asked = [
            knock(
                gate,
                whole_stream(spoken, gate.region),
                spoken.births(gate.region) if spoken.promises.retained_births else (),
                f"{context.topic_root}/ops/{gate.region}/ping",
            )
            for gate in _gates(context.brokers.values())
            if spoken
        ]
        return [probed(name, one) for one in await asyncio.gather(*asked)]

    return finished(run())


def probe_beside(settings: Settings, name: str, *, plugins: bool = True) -> list[Probe]:
    """Whether the inventory and the collector of a context answer. What is wrong is a probe that failed."""
    context = settings.context(name)

    async def run() -> list[Probe]:
        probes = [await _probe_inventory(context, catalogue(settings, plugins=plugins))]
        probes.append(await _probe_collector(context))
        return [probe for probe in probes if probe]

    return finished(run())


async def _probe_inventory(context: Context, doors: Catalogue) -> Probe | None:
    from cdctl.domain.ports import Probe

    match context.inventory:
        case FileInventory(file=place) | HttpInventory(url=place) | SqlInventory(sql=place):
            where = place
        case _:
            return None
    found, whole, note = 0, True, ""
    try:
        listed = inventory(context, doors)
        async for run in listed.vehicles() if listed else _nobody():
            found += len(run)
            if found >= _ENOUGH:
                whole = False
                break
        else:
            found, note = _judged(found, listed)
    except CdctlError as error:
        return Probe(context.name, "inventory", where, False, error.message, error.hint)
    return Probe(
        context.name, "inventory", where, True, f"lists {'' if whole else 'more than '}{found:,} vehicles{note}"
    )


def _judged(found: int, listed: object) -> tuple[int, str]:
    """How many different vehicles an inventory lists that was read to its end, and what is odd in it."""
    from cdctl.domain.fleet.inventory import Remarking

    if not isinstance(listed, Remarking):
        return found, ""
    remarks = listed.remarks()
    note = remarks.note().removeprefix("inventory: ")
    return found - remarks.duplicates, f"; {note}" if note else ""


async def _nobody() -> AsyncIterator[Sequence[Listed]]:
    return
    yield


async def _probe_collector(context: Context) -> Probe | None:
    from cdctl.domain.ports import Probe

    if not context.collector:
        return None
    url, loop = context.collector.url, asyncio.get_running_loop()
    try:
        fleet = through(context.collector, context.name)
        began = loop.time()
        try:
            status = await fleet.status()
        finally:
            await fleet.aclose()
    except CdctlError as error:
        return Probe(context.name, "collector", url, False, error.message, error.hint)
    took = (loop.time() - began) * 1000
    return Probe(context.name, "collector", url, True, f"has {status.vehicles:,} vehicles, answers in {took:.0f} ms")


def _gates(brokers: Iterable[Broker]) -> list[Gate]:
    from cdctl.application.broker import Gate
    from cdctl.domain.address import masked

    def opener(broker: Broker) -> Callable[[Listener], Link]:
        return lambda listener: link(beside(broker), listener)

    return [Gate(broker.region, masked(broker.url), opener(broker)) for broker in brokers]


def whole_stream(spoken: Speech, region: str) -> list[Filter]:
    """Every topic that watching a region asks for, at QoS 0, without what is kept."""
    from dataclasses import replace

    told = {one.topic: one for one in (*spoken.births(region), *spoken.stream(region))}
    return [replace(one, qos=0, retained=False) for one in told.values()]


def ears(
    settings: Settings, regions: Sequence[str] = (), topics: Sequence[str] = (), *, plugins: bool = True
) -> list[Ears]:
    """Where to listen for what fills the brokers: `topics`, or everything of a region below the topic root (of a fleet
    that speaks otherwise, everything that its vehicles say). Raises as `gates` and `speech`."""
    from cdctl.application.broker_top import Ears
    from cdctl.domain.wire import Filter

    chosen = gates(settings, regions)
    context = settings.context()
    spoken = speech(context, settings, catalogue(settings, plugins=plugins))
    found = []
    for gate in chosen:
        streamed = tuple(whole_stream(spoken, gate.region))
        # By region, not all below the root: regions may share a broker, and nothing should be counted twice.
        under = [f"{context.topic_root}/{gate.region}/#", f"{context.topic_root}/ops/{gate.region}/#"]
        whole = under if context.protocol.name == "native" else []
        asked = tuple(Filter(topic, 0, retained=False) for topic in topics or whole)
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
