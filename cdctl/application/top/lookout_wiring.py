"""Composes the live view: a board from its file, panels for it, and what they look at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from cdctl.application import fleet_wiring, wiring
from cdctl.domain.looks import colour_of
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.application.top.lookout import Answering, Lookout
    from cdctl.application.top.promising import Promising
    from cdctl.domain.boards.asking import Ask, Missing
    from cdctl.domain.fleet.reading import Fleet
    from cdctl.domain.ports import Clock
    from cdctl.domain.settings import Context, Settings
    from cdctl.domain.slo.objective import Slo
    from cdctl.domain.slo.verdict import SloReport

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


def _answering(kind: type[Ask]) -> Callable[[Means], Mapping[type[Ask], Answering]] | None:
    """What makes those who answer the questions of the module of `kind`."""
    match kind.__module__.removeprefix("cdctl.domain.boards."):
        case "explaining":
            from cdctl.application.top.explaining_wiring import answering
        case "graphing":
            from cdctl.application.top.graphs_wiring import answering
        case "messages":
            from cdctl.application.top.messages_wiring import answering
        case "ordering":
            from cdctl.application.top.orders_wiring import answering
        case "pivoting":
            from cdctl.application.top.pivot_wiring import answering
        case "timeline":
            from cdctl.application.top.timeline_wiring import answering
        case "tracing":
            from cdctl.application.top.tracing_wiring import answering
        case "vehicle":
            from cdctl.application.top.vehicle_wiring import answering
        case _:
            return None
    return answering


class Answerers(dict[type["Ask"], "Answering"]):
    """Who answers which kind of question. Each kind has a module of its own, which is imported when the first such
    question is asked: what nobody looks at costs nothing, and the first picture comes sooner."""

    def __init__(self, means: Means) -> None:
        super().__init__()
        self._means = means
        self._lock = Lock()

    def __missing__(self, kind: type[Ask]) -> Answering:
        with self._lock:
            if kind not in self and (answering := _answering(kind)) is not None:
                self.update(answering(self._means))
        return dict(self)[kind]  # KeyError, not once more to here


def promises(settings: Settings, *, plugins: bool) -> Promising:
    """What judges the promises of the context. Specs are read before the first judgement, and again until there are
    some."""
    from cdctl.application.top.promising import Promising

    found: list[Slo] = []

    def judge() -> SloReport | Missing:
        from cdctl.application.evaluate import Options
        from cdctl.domain.boards.asking import Missing

        if not found:
            found.extend(_promised(settings))
        if not found:
            return Missing("no promises", "write some: cdctl slo new")
        doors = wiring.catalogue(settings, plugins=plugins)
        return wiring.evaluate_slos(tuple(found), settings, doors, progress=_Silence(), options=Options())

    return Promising(judge, wiring.WallClock())


def _promised(settings: Settings) -> Iterator[Slo]:
    """Those whose sources are there. Raises CdctlError."""
    from cdctl.application.traces_wiring import sources_there

    there = set(sources_there(settings.context()))
    return (slo for slo in wiring.read_specs(settings).slos if set(slo.only_with) <= there)


class _Silence:
    """Progress of what goes on behind a screen."""

    def start(self, what: str, total: int) -> None: ...
    def step(self, note: str = "") -> None: ...
    def stop(self) -> None: ...


async def _fleet(settings: Settings, config: str, plugins: bool) -> Fleet | Missing:
    context = fleet_wiring.chosen_context(settings)
    if not context.brokers and not context.collector:
        from cdctl.domain.boards.asking import Missing

        return Missing(f"context {context.name!r} has no broker", "see docs/fleet.md")
    return await fleet_wiring.open_fleet(settings, config=config, plugins=plugins)


async def _undone(opening: asyncio.Task[Fleet | Missing]) -> None:
    """Nobody looks at the fleet that is being opened."""
    from cdctl.domain.boards.asking import Missing

    opening.cancel()
    with suppress(CdctlError, asyncio.CancelledError):
        fleet = await opening
        if not isinstance(fleet, Missing):
            await fleet.aclose()


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
    beside: Callable[[], object] = lambda: None,
) -> T:
    """Open what boards look at, do the work, let go of it whatever happens. promised: whether promises are looked at.
    beside: done in a thread while the process that takes in comes up, before the work. Raises what it raises, and as
    `fleet_wiring.open_fleet`."""
    context = fleet_wiring.chosen_context(settings)

    def prepare() -> Promising | Missing:
        from cdctl.domain.boards.asking import Missing

        slo = promises(settings, plugins=plugins) if promised else Missing("no panel shows promises")
        beside()
        return slo

    async def run() -> T:
        opening = asyncio.create_task(_fleet(settings, config, plugins))
        try:
            slo = await asyncio.to_thread(prepare)
        except BaseException:
            await _undone(opening)
            raise
        fleet = await opening
        means = Means(settings, wiring.WallClock(), fleet, slo, config, plugins)
        lookout = _lookout(means, context, readonly=readonly)
        try:
            return await work(lookout, fleet, slo)
        finally:
            from cdctl.domain.boards.asking import Missing

            await lookout.aclose()
            await means.closing.aclose()
            if not isinstance(slo, Missing):
                slo.end()
            if not isinstance(fleet, Missing):
                await fleet.aclose()

    return fleet_wiring.finished(run())


def _lookout(means: Means, context: Context, *, readonly: bool) -> Lookout:
    from cdctl.application.top.lookout import Lookout, Setting
    from cdctl.domain.fleet.privacy import is_location

    columns, colour = means.settings.fleet_columns, colour_of(context.name, context.colour)
    hidden = [name for name, path in columns.items() if is_location(path)]
    setting = Setting(context.name, hidden, colour, readonly, Answerers(means), tuple(columns), _through(context))
    return Lookout(setting, means.clock, means.fleet, means.slo)


async def settled(lookout: Lookout, slo: Promising | Missing, seconds: float, said: Callable[[str], None]) -> None:
    """Wait until there is a picture to be shown once: the fleet's first, and one judgement of the promises."""
    from cdctl.domain.boards.asking import Missing

    said("listening to the fleet")
    await lookout.ready(seconds)
    if not isinstance(slo, Missing):
        said("judging promises")
        await asyncio.to_thread(slo.once)
