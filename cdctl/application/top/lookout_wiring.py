"""Composes the live view: a board from its file, panels for it, and what they look at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from cdctl.application import fleet_wiring, wiring
from cdctl.domain.boards.asking import Missing
from cdctl.domain.looks import colour_of
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.application.top.lookout import Answering, Lookout
    from cdctl.application.top.promising import Promising
    from cdctl.domain.boards.asking import Ask
    from cdctl.domain.fleet.reading import Fleet
    from cdctl.domain.ports import Clock
    from cdctl.domain.settings import Context, Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Means:
    """What answers are found with. fleet: the port, kept by columns of this machine (LocalFleet) or by a collector.
    config: the settings file, for processes that are started. closing: what was opened for answers, and is closed with
    the view."""

    settings: Settings
    clock: Clock
    fleet: Fleet | Missing
    slo: Promising | Missing
    config: str = ""
    plugins: bool = True
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)


def answering(means: Means) -> Mapping[type[Ask], Answering]:
    """Who answers which kind of question; each kind has a module of its own, and nothing is opened before it is
    asked."""
    from cdctl.application.top import (
        explaining_wiring,
        graphs_wiring,
        messages_wiring,
        orders_wiring,
        pivot_wiring,
        timeline_wiring,
        tracing_wiring,
        vehicle_wiring,
    )

    modules = (
        explaining_wiring, graphs_wiring, messages_wiring, orders_wiring, pivot_wiring, timeline_wiring,
        tracing_wiring, vehicle_wiring,
    )  # fmt: skip
    return {ask: answer for module in modules for ask, answer in module.answering(means).items()}


def promises(settings: Settings, *, plugins: bool) -> Promising | Missing:
    """What judges the promises of the context; Missing when there is nothing to judge, with the reason."""
    from cdctl.application.evaluate import Options
    from cdctl.application.top.promising import Promising
    from cdctl.application.traces_wiring import sources_there

    class Silence:
        """Progress of what goes on behind a screen."""

        def start(self, what: str, total: int) -> None: ...
        def step(self, note: str = "") -> None: ...
        def stop(self) -> None: ...

    try:
        slos = wiring.read_specs(settings).slos
        there = set(sources_there(settings.context()))
    except CdctlError as error:
        return Missing(error.message, error.hint, bad=True)
    slos = tuple(slo for slo in slos if set(slo.only_with) <= there)
    if not slos:
        return Missing("no promises", "write some: cdctl slo new")
    doors = wiring.catalogue(settings, plugins=plugins)
    return Promising(
        lambda: wiring.evaluate_slos(slos, settings, doors, progress=Silence(), options=Options()), wiring.WallClock()
    )


async def _fleet(settings: Settings, config: str, plugins: bool) -> Fleet | Missing:
    context = fleet_wiring.chosen_context(settings)
    if not context.brokers and not context.collector:
        return Missing(f"context {context.name!r} has no broker", "see docs/fleet.md")
    return await fleet_wiring.open_fleet(settings, config=config, plugins=plugins)


def _through(context: Context) -> str:
    """Host and port of the context's collector; whoever is let in there is not told."""
    return urlsplit(context.collector.url).netloc.rpartition("@")[2] if context.collector else ""


def with_lookout(
    settings: Settings,
    work: Callable[[Lookout, Fleet | Missing, Promising | Missing], Awaitable[T]],
    *,
    config: str = "",
    plugins: bool = True,
    readonly: bool = False,
    promised: bool = True,
) -> T:
    """Open what boards look at, do the work, let go of it whatever happens. promised: whether promises are looked at.
    Raises as `fleet_wiring.open_fleet`."""
    from cdctl.application.top.lookout import Lookout, Setting
    from cdctl.domain.fleet.privacy import is_location

    hidden = [name for name, path in settings.fleet_columns.items() if is_location(path)]
    context = fleet_wiring.chosen_context(settings)

    async def run() -> T:
        slo = promises(settings, plugins=plugins) if promised else Missing("no panel shows promises")
        fleet = await _fleet(settings, config, plugins)
        means = Means(settings, wiring.WallClock(), fleet, slo, config, plugins)
        colour = colour_of(context.name, context.colour)
        signals, through = tuple(settings.fleet_columns), _through(context)
        setting = Setting(context.name, hidden, colour, readonly, answering(means), signals, through)
        lookout = Lookout(setting, means.clock, fleet, slo)
        try:
            return await work(lookout, fleet, slo)
        finally:
            await lookout.aclose()
            await means.closing.aclose()
            if not isinstance(slo, Missing):
                slo.end()
            if not isinstance(fleet, Missing):
                await fleet.aclose()

    return fleet_wiring.finished(run())


async def settled(lookout: Lookout, slo: Promising | Missing, seconds: float, said: Callable[[str], None]) -> None:
    """Wait until there is a picture to be shown once: the fleet's first, and one judgement of the promises."""
    said("listening to the fleet")
    await lookout.ready(seconds)
    if not isinstance(slo, Missing):
        said("judging promises")
        await asyncio.to_thread(slo.once)
