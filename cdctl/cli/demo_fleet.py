"""The fleet of the demo beside its promises: who runs what where, and how many of them are in trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from cdctl.cli import exits
from cdctl.domain import figures
from cdctl.domain.grid import Column, grid
from cdctl.domain.text import safe
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from pathlib import Path

    from cdctl.cli.options import Run
    from cdctl.domain.fleet.reading import Fleet

_BY = ("region", "sw")
_TROUBLED = "dtc:*"
_SETTLE_SECONDS = 10.0
_COLUMNS = (
    Column("REGION"),
    Column("SOFTWARE"),
    Column("VEHICLES", "right"),
    Column("ONLINE", "right"),
    Column("WITH TROUBLE CODES", "right"),
)


class Group(NamedTuple):
    """Vehicles of one region that run one version. troubled: those with a trouble code that stands."""

    region: str
    software: str
    vehicles: int
    online: int
    troubled: int


async def groups(fleet: Fleet) -> list[Group]:
    """The fleet by region and software, in alphabetical order."""
    everyone = await fleet.tally("", _BY)
    troubled = await fleet.tally(_TROUBLED, _BY)
    bad = {(row[0], row[1]): _count(row[2]) for row in troubled.rows}
    found = [
        Group(str(row[0] or ""), str(row[1] or ""), _count(row[2]), _count(row[3]), bad.get((row[0], row[1]), 0))
        for row in everyone.rows
    ]
    return sorted(found)


def _count(cell: object) -> int:
    return int(cell) if isinstance(cell, int | float) else 0


def lines(found: Sequence[Group], width: int | None = None) -> list[str]:
    """As a small table under a title; nothing when there is no vehicle."""
    if not found:
        return []
    total, online = sum(one.vehicles for one in found), sum(one.online for one in found)
    rows = [
        (
            safe(one.region, 20),
            safe(one.software, 20),
            f"{one.vehicles:,}",
            f"{one.online:,}",
            f"{one.troubled:,}  {figures.percent(one.troubled / one.vehicles, 0):>4}" if one.troubled else "-      ",
        )
        for one in found
    ]
    return [f"the fleet: {total:,} vehicles, {online:,} online", "", *grid(_COLUMNS, rows, width)]


class Watched:
    """A fleet that is watched from a command that is not asynchronous itself; its loop runs while it is asked."""

    def __init__(self, runner: asyncio.Runner | None = None, fleet: Fleet | None = None) -> None:
        self._runner = runner
        self._fleet = fleet

    def lines(self, width: int | None = None) -> list[str]:
        """The fleet now; nothing when it cannot be watched any more."""
        if self._runner is None or self._fleet is None:
            return []
        try:
            return lines(self._runner.run(groups(self._fleet)), width)
        except CdctlError:
            return []


@contextmanager
def watched(run: Run, settings_file: Path, context: str) -> Iterator[Watched]:
    """Watch the fleet of a context. What prevents it is a note: the promises are shown all the same."""
    from cdctl.application import fleet_wiring
    from cdctl.application.wiring import read_settings

    with asyncio.Runner() as runner:
        try:
            settings = read_settings(config=str(settings_file), context=context)
            fleet = runner.run(
                fleet_wiring.open_fleet(settings, config=str(settings_file), plugins=False, snapshot=False)
            )
        except CdctlError as error:
            exits.note(run, f"the fleet is not shown: {error}")
            yield Watched()
            return
        try:
            runner.run(fleet.settle(_SETTLE_SECONDS))
            yield Watched(runner, fleet)
        finally:
            runner.run(fleet.aclose())
