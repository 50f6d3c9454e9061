"""Answers what is known of one vehicle: its facts, how its signals went while it was looked at, its last orders."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdctl.application.top.row import RowOf, cells_of
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.columned import ColumnVehicles
from cdctl.domain.boards.snapshot import FleetSight, Snapshot
from cdctl.domain.boards.vehicle import MOST_ORDERS, PART_SECONDS, PARTS, Gauge, Inspect, Inspected, Sent, Trouble
from cdctl.domain.diagnostics.signals import unit_of
from cdctl.domain.fleet.vss import is_truth
from cdctl.errors import CdctlError, UnavailableError

if TYPE_CHECKING:
    from cdctl.domain.fleet.reading import Cell, Fleet
    from cdctl.domain.orders.keeping import Journal

MOST_SAMPLES = 600
_CHOOSE = "choose one: the board fleet, and Enter"
Facts = tuple[dict[str, "Cell"], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Signals:
    """paths: by short name, what the settings keep of every vehicle. hidden: names of those that tell where it is."""

    paths: Mapping[str, str]
    hidden: Collection[str] = ()


class Samples:
    """Values of one vehicle's signals, as they were when somebody looked."""

    def __init__(self) -> None:
        self._vin = ""
        self._taken: deque[tuple[float, Mapping[str, float]]] = deque(maxlen=MOST_SAMPLES)

    def take(self, vin: str, at: float, cells: Mapping[str, Cell]) -> None:
        """Another look, at `at` (epoch seconds); another vehicle begins anew, and so does a clock that was set back."""
        if vin != self._vin or (self._taken and at < self._taken[-1][0]):
            self._vin = vin
            self._taken.clear()
        values = {name: float(value) for name, value in cells.items() if isinstance(value, int | float)}
        self._taken.append((at, values))

    def past(self, name: str, at: float) -> tuple[float | None, ...]:
        """Means over the parts of the last minutes, oldest first."""
        sums, counts = [0.0] * PARTS, [0] * PARTS
        end = math.ceil(at / PART_SECONDS) * PART_SECONDS  # parts stay where they are: nothing flickers
        for moment, values in self._taken:
            part = PARTS - 1 - int((end - moment) // PART_SECONDS)
            if name in values and 0 <= part < PARTS:
                sums[part] += values[name]
                counts[part] += 1
        return tuple(total / count if count else None for total, count in zip(sums, counts, strict=True))


class Inspecting:
    """See the module. fleet: asked where the columns are not here. journal: see `timeline_wiring.journal_of`."""

    def __init__(
        self,
        signals: Signals,
        meaning: Callable[[str], str],
        fleet: Fleet | Missing,
        opens: Callable[[], Journal | None],
    ) -> None:
        self._signals, self._meaning = signals, meaning
        self._fleet, self._opens = fleet, opens
        self._rows, self._samples = RowOf(), Samples()
        self._journal: Journal | None = None
        self._sent: tuple[object, tuple[Sent, ...]] | None = None
        self._lock = asyncio.Lock()

    async def answer(self, ask: Inspect, seen: Snapshot) -> object:
        """Inspected. Raises CdctlError when there is no such vehicle, or nobody can tell."""
        if isinstance(seen.fleet, Missing):
            return seen.fleet
        known, codes = await self._facts(ask.vin, seen.fleet)
        hidden = tuple(name for name in self._signals.hidden if known.get(name) is not None)
        cells = {name: value for name, value in known.items() if name not in self._signals.hidden}
        numbers = {name: cells.get(name) for name in self._signals.paths if name not in self._signals.hidden}
        self._samples.take(ask.vin, seen.at, numbers)
        orders, note = await self._orders(ask.vin)
        return Inspected(
            ask.vin,
            seen.at,
            {name: self._told(name, value) for name, value in cells.items()},
            tuple(Trouble(code, self._meaning(code)) for code in codes),
            tuple(self._gauge(name, value, seen.at) for name, value in numbers.items()),
            orders,
            note,
            hidden,
        )

    async def _facts(self, vin: str, sight: FleetSight) -> Facts:
        vehicles = sight.vehicles
        if isinstance(vehicles, ColumnVehicles):
            row = await asyncio.to_thread(self._rows.find, vehicles.view.columns, vin)
            if not 0 <= row < vehicles.view.n:
                hint = f"did you mean {self._rows.near}?" if self._rows.near else _CHOOSE
                raise UnavailableError(f"nothing was heard of {vin}", hint=hint)
            return cells_of(vehicles.view, row)
        card = None if isinstance(self._fleet, Missing) else await self._fleet.card(vin)
        if card is None:
            raise UnavailableError(f"nothing was heard of {vin}", hint=_CHOOSE)
        return dict(card.cells), card.dtcs

    def _told(self, name: str, value: Cell) -> Cell:
        """A number that stands for yes or no as such, as `fleet show` tells it."""
        truth = is_truth(self._signals.paths.get(name, ""))
        return bool(value) if truth and value in {0, 1} else value

    def _gauge(self, name: str, value: Cell, at: float) -> Gauge:
        path = self._signals.paths[name]
        return Gauge(name, path, self._told(name, value), unit_of(path), self._samples.past(name, at))

    async def _orders(self, vin: str) -> tuple[tuple[Sent, ...], str]:
        async with self._lock:
            try:
                return await asyncio.to_thread(self._read, vin)
            except CdctlError as error:
                return (), error.message

    def _read(self, vin: str) -> tuple[tuple[Sent, ...], str]:
        if self._journal is None:
            self._journal = self._opens()
        if self._journal is None:
            return (), "no order was sent from here yet"
        key = (vin, self._journal.head().number)
        if self._sent is None or self._sent[0] != key:
            found = tuple(
                Sent(
                    kept.order.id, kept.order.plan, kept.order.command, kept.course.state.value, kept.reason,
                    kept.order.created / 1000, kept.course.since / 1000,
                )
                for kept in self._journal.orders(vin=vin, limit=MOST_ORDERS)
            )  # fmt: skip
            self._sent = key, found
        return self._sent[1], "" if self._sent[1] else "no order was sent to it from here"

    async def aclose(self) -> None:
        """Let go of the journal."""
        if self._journal is not None:
            await self._journal.aclose()
