"""Composes the live view: a board from its file, panels for it, and what they look at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cdctl.application import fleet_wiring, wiring
from cdctl.domain.boards.snapshot import Missing
from cdctl.errors import CdctlError, UsageError

if TYPE_CHECKING:
    from cdctl.application.fleet import LocalFleet
    from cdctl.application.top import Lookout, Promising
    from cdctl.domain.boards.board import Board
    from cdctl.domain.boards.panel import Panel
    from cdctl.domain.settings import Settings

T = TypeVar("T")
Kinds = Mapping[str, Collection[str]]
Make = Callable[[str, Mapping[str, object]], "Panel"]


def boards(settings: Settings) -> dict[str, Path]:
    """Boards by name: those that ship, and those of the settings' folder, which come first."""
    from cdctl.files.shipped import shipped

    folders = [shipped("dashboards"), Path(settings.dashboards).expanduser()]
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.yaml"))}


def read_board(settings: Settings, name: str, kinds: Kinds, make: Make) -> Board:
    """The board of that name, or in the file of that path. kinds: what panels there are, with their settings; make:
    tries one. Raises UsageError and FileError."""
    from difflib import get_close_matches

    from cdctl.files import boards as files

    known = boards(settings)
    if name in known:
        return files.read(known[name], kinds, make)
    if "/" in name or name.endswith((".yaml", ".yml")):
        return files.read(Path(name), kinds, make)
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}; or name a file"
    raise UsageError("there is no board of that name", subject=f"--board {name}", hint=hint)


def promises(settings: Settings, *, plugins: bool) -> Promising | Missing:
    """What judges the promises of the context; Missing when there is nothing to judge, with the reason."""
    from cdctl.application.evaluate import Options
    from cdctl.application.top import Promising
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
        return Missing(error.message, error.hint)
    slos = tuple(slo for slo in slos if set(slo.only_with) <= there)
    if not slos:
        return Missing("no promises", "write some: cdctl slo new")
    doors = wiring.catalogue(settings, plugins=plugins)
    return Promising(
        lambda: wiring.evaluate_slos(slos, settings, doors, progress=Silence(), options=Options()), wiring.WallClock()
    )


async def _fleet(settings: Settings, config: str, plugins: bool) -> LocalFleet | Missing:
    from cdctl.application.fleet import LocalFleet

    context = fleet_wiring.chosen_context(settings)
    if context.collector:
        return Missing("the live view cannot show the fleet of a collector yet", "cdctl fleet ls can")
    if not context.brokers:
        return Missing(f"context {context.name!r} has no broker", "see docs/fleet.md")
    fleet = await fleet_wiring.open_fleet(settings, config=config, plugins=plugins)
    assert isinstance(fleet, LocalFleet)
    return fleet


def with_lookout(
    settings: Settings,
    work: Callable[[Lookout, LocalFleet | Missing, Promising | Missing], Awaitable[T]],
    *,
    promised: bool,
    config: str = "",
    plugins: bool = True,
) -> T:
    """Open what a board looks at, do the work, let go of it whatever happens. promised: whether promises are looked at.
    Raises as `fleet_wiring.open_fleet`."""
    from cdctl.application.top import Lookout
    from cdctl.domain.fleet.privacy import is_location

    hidden = [name for name, path in settings.fleet_columns.items() if is_location(path)]
    context = fleet_wiring.chosen_context(settings)

    async def run() -> T:
        slo = promises(settings, plugins=plugins) if promised else Missing("no panel shows promises")
        fleet = await _fleet(settings, config, plugins)
        try:
            return await work(Lookout(context.name, wiring.WallClock(), fleet, slo, hidden), fleet, slo)
        finally:
            if not isinstance(slo, Missing):
                slo.end()
            if not isinstance(fleet, Missing):
                await fleet.aclose()

    return fleet_wiring.finished(run())


async def settled(
    fleet: LocalFleet | Missing, slo: Promising | Missing, seconds: float, said: Callable[[str], None]
) -> None:
    """Wait until there is a picture to be shown once: the fleet's first, and one judgement of the promises."""
    if not isinstance(fleet, Missing):
        said("listening to the fleet")
        await fleet.settle(seconds)
    if not isinstance(slo, Missing):
        said("judging promises")
        await asyncio.to_thread(slo.once)
