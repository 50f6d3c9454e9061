"""How the live view looks at a fleet: the port `Eye`, and the eye on the columns of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from cdctl.application.top.arranging import arranged
from cdctl.application.top.faults import fault
from cdctl.domain.boards.asking import Arrange, Arranged, Missing
from cdctl.domain.boards.columned import ColumnVehicles, held
from cdctl.domain.boards.snapshot import FleetSight, Snapshot
from cdctl.domain.fleet.view import FleetView
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.application.fleet import LocalFleet

BEAT = 1.0
"""Seconds between two counts of the whole fleet."""
FIRST = 3.0
"""Seconds in which what brokers had kept comes in."""
LISTENING = Missing("listening to the fleet", waiting=True)


class Eye(Protocol):
    """Looks at one fleet, wherever it is kept."""

    def sight(self, now: float) -> FleetSight | Missing:
        """The fleet at this instant (epoch seconds), at the cost of what is shown of it."""
        ...

    def own(self, sight: FleetSight) -> FleetSight:
        """The same for somebody else: answers are found beside what is drawn."""
        ...

    def held(self, sight: FleetSight, fields: Collection[str]) -> FleetSight:
        """The same as it stays, whatever happens. fields: what is on the screen."""
        ...

    async def arranged(self, ask: Arrange, seen: Snapshot, sight: FleetSight) -> Arranged:
        """Vehicles in an order. Raises CdctlError."""
        ...

    async def ready(self, seconds: float) -> None:
        """Wait until there is a first picture, at most so long."""
        ...

    async def aclose(self) -> None:
        """Look no more; the fleet itself stays open."""
        ...


class LocalEye:
    """The eye on columns in memory: see the port."""

    def __init__(self, fleet: LocalFleet, hidden: Collection[str] = ()) -> None:
        self._fleet, self._hidden = fleet, hidden
        self._sight: FleetSight | Missing = LISTENING
        self._counted = 0.0
        self._received = 0

    def sight(self, now: float) -> FleetSight | Missing:
        """See the port; the fleet as a whole is counted once a second."""
        sight = self._sight
        try:
            view = self._fleet.view()
            status = sight.status if isinstance(sight, FleetSight) else None
            if status is None or not 0 <= now - self._counted < BEAT:
                status, self._counted = self._fleet.counted(), now
            heard = heard_before(sight, now)
            heard = now if status.received != self._received else heard
            self._received = status.received
            steady = not 0 <= now - self._fleet.since < FIRST
            self._sight = FleetSight(ColumnVehicles(view, self._hidden), status, heard, steady=steady)
        except CdctlError as error:
            self._sight = lost(sight, error)
        except Exception as error:
            self._sight = lost(sight, fault("looking", error))
        return self._sight

    def own(self, sight: FleetSight) -> FleetSight:
        """See the port: a view that nobody else uses."""
        assert isinstance(sight.vehicles, ColumnVehicles)
        seen = sight.vehicles.view
        return replace(sight, vehicles=ColumnVehicles(FleetView(seen.columns, seen.now_ms), self._hidden))

    def held(self, sight: FleetSight, fields: Collection[str]) -> FleetSight:
        """See the port."""
        assert isinstance(sight.vehicles, ColumnVehicles)
        return replace(sight, vehicles=held(sight.vehicles, fields))

    async def arranged(self, ask: Arrange, seen: Snapshot, sight: FleetSight) -> Arranged:
        """See the port."""
        assert isinstance(sight.vehicles, ColumnVehicles)
        return await asyncio.to_thread(partial(arranged, ask, sight.vehicles.view, self._hidden))

    async def ready(self, seconds: float) -> None:
        """See the port."""
        await self._fleet.settle(seconds)

    async def aclose(self) -> None:
        """See the port."""


def heard_before(sight: FleetSight | Missing, now: float) -> float | None:
    """When messages were taken in last; of a clock that was set back not later than now (epoch seconds)."""
    heard = sight.heard_at if isinstance(sight, FleetSight) else None
    return None if heard is None else min(heard, now)


def lost(sight: FleetSight | Missing, error: CdctlError) -> FleetSight | Missing:
    """What there was stays, and it is said that it is not of now; nothing, where there was nothing."""
    if isinstance(sight, FleetSight):
        return replace(sight, broken=error.message)
    return Missing(error.message, error.hint)
