"""The eye on a fleet that somebody else keeps, such as a collector: it holds what is shown, never the whole fleet."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from cdctl.application.top.arranging import judged, unshown
from cdctl.application.top.eye import LISTENING, heard_before, lost
from cdctl.application.top.faults import fault
from cdctl.application.top.pages import Pages
from cdctl.domain.boards.asking import Arrange, Arranged, Missing
from cdctl.domain.boards.paged import VIN, Leaf, PageOrder, PageVehicles
from cdctl.domain.boards.snapshot import FleetSight, Snapshot
from cdctl.domain.boards.vehicles import shown
from cdctl.domain.fleet.reading import MOST_FOLLOWED, Query
from cdctl.errors import CdctlError, UnavailableError

if TYPE_CHECKING:
    from cdctl.domain.fleet.reading import Fleet, FleetStatus
    from cdctl.domain.fleet.selection.fields import Field
    from cdctl.domain.ports import Clock

STATUS = Query(columns=(VIN,), limit=0)
"""No vehicle at all: how fresh and whole the picture is comes with every page."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds until it is asked again: seldom at last, as whoever comes with a wrong token is soon shut out for a while."""
_STEP = 250
"""Pages begin at multiples of so many places: viewers that look at nearly the same share one."""


class FarEye:
    """See the port `Eye`. fields: what the vehicles have; hidden: those of them that nobody may see here."""

    def __init__(self, fleet: Fleet, clock: Clock, fields: Mapping[str, Field], hidden: Collection[str] = ()) -> None:
        self._fleet, self._clock = fleet, clock
        self._fields, self._hidden = fields, hidden
        self._shown = shown(fields, hidden)
        self._pages = Pages(fleet, clock)
        self._sight: FleetSight | Missing = LISTENING
        self._first = asyncio.Event()
        self._following: asyncio.Task[None] | None = None

    def sight(self, now: float) -> FleetSight | Missing:
        """See the port."""
        self._begin()
        sight = self._sight
        if isinstance(sight, Missing):
            return sight
        self._sight = replace(sight, heard_at=heard_before(sight, now))
        return replace(self._sight, vehicles=PageVehicles(self._pages.newest, self._shown, now))

    def own(self, sight: FleetSight) -> FleetSight:
        """See the port: nothing of it changes."""
        return sight

    def held(self, sight: FleetSight, fields: Collection[str]) -> FleetSight:
        """See the port: nothing of it changes."""
        return sight

    async def arranged(self, ask: Arrange, seen: Snapshot, sight: FleetSight) -> Arranged:
        """See the port. Of a picture that is held no other vehicles can be had than are there."""
        of = sight.status.vehicles
        wrong = judged(ask, self._fields, self._hidden)
        if isinstance(wrong, str):
            return Arranged(of=of, error=wrong)
        query, vehicles = self._query(ask), sight.vehicles
        if seen.frozen_at is None:
            if sight.broken:  # who was refused does not ask with every key
                raise UnavailableError(sight.broken)
            leaf: Leaf | None = await self._pages.page(query)
        else:
            leaf = vehicles.leaves.get(query) if isinstance(vehicles, PageVehicles) else None
        if leaf is None:
            return Arranged(of=of, error="frozen: what is not shown here only the collector knows; p lets it go on")
        remark = unshown(ask, self._fields, self._hidden)
        return Arranged(PageOrder(leaf), leaf.page.status.vehicles, leaf.page.left_out, remark=remark)

    def _query(self, ask: Arrange) -> Query:
        names = dict.fromkeys([VIN, *ask.columns, "state", "age"])
        offset = max(ask.near - MOST_FOLLOWED // 2 + _STEP // 2, 0) // _STEP * _STEP
        sort = f"{'-' if ask.descending else ''}{ask.sort}" if ask.sort else ""
        return Query(ask.where, tuple(name for name in names if name in self._shown), sort, MOST_FOLLOWED, offset)

    async def ready(self, seconds: float) -> None:
        """See the port."""
        self._begin()
        try:
            async with asyncio.timeout(seconds):
                await self._fleet.settle(seconds)
                await self._first.wait()
        except TimeoutError:
            pass
        except CdctlError as error:
            self._sight = lost(self._sight, error)

    async def aclose(self) -> None:
        """See the port."""
        await self._pages.aclose()
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    def _begin(self) -> None:
        if self._following is None:
            self._following = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        """How fresh and whole the picture is, again and again, whatever happens on the other side."""
        pause = FIRST_PAUSE
        while True:
            try:
                async with aclosing(self._fleet.follow(STATUS)) as pages:  # type: ignore[type-var]
                    async for page in pages:
                        self._take(page.status)
                        pause = FIRST_PAUSE
            except CdctlError as error:
                self._lose(error)
            except Exception as error:
                self._lose(fault("looking", error))
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - so that not all come back at once
            pause = min(pause * 2, LONGEST_PAUSE)

    def _take(self, status: FleetStatus) -> None:
        now, before = self._clock.now(), self._sight
        if isinstance(before, FleetSight):
            heard = now if status.received != before.status.received else before.heard_at
        else:
            heard = now if status.rate else None
        self._sight = FleetSight(PageVehicles({}, self._shown, now), status, heard)
        self._first.set()

    def _lose(self, error: CdctlError) -> None:
        self._sight = lost(self._sight, error)
        self._first.set()
