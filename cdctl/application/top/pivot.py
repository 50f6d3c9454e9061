"""Answers how the fleet is by some of its fields, and remembers how it was."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cdctl.application.top.arranging import judged
from cdctl.domain.boards.asking import Arrange, Missing
from cdctl.domain.boards.columned import ColumnVehicles
from cdctl.domain.boards.pivoting import Aggregate, Aggregated, misnamed, numbers, order
from cdctl.domain.fleet.past import Past
from cdctl.domain.fleet.pivot import pivot
from cdctl.domain.fleet.trend import Trend
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.application.top.far_pivot import FarPivot
    from cdctl.domain.boards.snapshot import Snapshot
    from cdctl.domain.fleet.view import FleetView

SAID_EVERY, SAID_REACH = 20.0, 60.0
"""Seconds: between two copies of what every vehicle had said (four bytes a vehicle), and as far as these reach."""
MOST_TRENDS = 8
"""Ways of grouping whose past is remembered; the one that was not asked about for longest is forgotten."""


class Pivoting:
    """Counts columns in memory. The past begins with the first question. hidden: fields that tell where a vehicle is.
    far: who counts where somebody else keeps the vehicles."""

    def __init__(self, hidden: Collection[str] = (), far: FarPivot | None = None) -> None:
        self._hidden, self._far = hidden, far
        self._said: Past[NDArray[np.uint32]] = Past(SAID_EVERY, SAID_REACH)
        self._trends: dict[tuple[Sequence[str], str], Trend] = {}
        self._lock = threading.Lock()

    async def answer(self, ask: Aggregate, seen: Snapshot) -> object:
        """An Aggregated. Raises UsageError for a question that nobody can ask, UnavailableError when nobody answers."""
        wrong = misnamed(ask.by)
        if wrong:
            raise UsageError(wrong)
        if isinstance(seen.fleet, Missing):
            return seen.fleet
        vehicles = seen.fleet.vehicles
        if isinstance(vehicles, ColumnVehicles):
            return await asyncio.to_thread(partial(self._counted, ask, vehicles.view, seen))
        if self._far is None:
            return Missing("nobody counts these vehicles")
        selection = judged(Arrange(ask.where), vehicles.fields, self._hidden)
        return Aggregated(error=selection) if isinstance(selection, str) else await self._far.counted(ask, seen.at)

    def _counted(self, ask: Aggregate, view: FleetView, seen: Snapshot) -> Aggregated:
        selection = judged(Arrange(ask.where), view.fields, self._hidden)
        if isinstance(selection, str):
            return Aggregated(error=selection)
        match = selection.match(view)
        with self._lock:
            at = seen.at if seen.frozen_at is None else seen.frozen_at
            self._said.keep(at, lambda: view.number("messages"))
            before, trend = self._said.oldest(at), self._trend(ask)
            found = pivot(view, ask.by, match.mask if ask.where else None, None if before is None else before[1])
            change = trend.change(at, found.groups, found.online, whole=not found.left_out)
            change_over = trend.seconds(at)
        seconds = None if before is None else at - before[0]
        told = numbers(found, change, seconds)
        rows = order(ask, found.groups, told)
        return Aggregated(
            [found.groups[row] for row in rows.tolist()], {name: told[name][rows] for name in told}, found.matched,
            found.left_out, change_over, seconds, match.left_out,
        )  # fmt: skip

    def _trend(self, ask: Aggregate) -> Trend:
        trend = self._trends.pop((ask.by, ask.where), None) or Trend()
        self._trends[ask.by, ask.where] = trend  # the last one is the one that was wanted last
        for old in list(self._trends)[:-MOST_TRENDS]:
            del self._trends[old]
        return trend
