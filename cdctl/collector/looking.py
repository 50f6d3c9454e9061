"""Answers out of the columns, for all viewers alike. Everything here runs in one thread, that of the `Lookout`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet import health, tables
from cdctl.domain.fleet.archive import Told, Wanted
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.index import Index
from cdctl.domain.fleet.reading import Card, Cell, FleetStatus, Page, Query, Tally
from cdctl.domain.fleet.selection import Match, Selection, select
from cdctl.domain.fleet.selection.fields import Kind
from cdctl.domain.fleet.view import FleetView, fields_of

if TYPE_CHECKING:
    from cdctl.domain.ports import Clock


class Lookout:
    """The columns of one memory, looked at. notes: what else is to be said of the picture, a line each."""

    def __init__(self, columns: Columns, clock: Clock, notes: Callable[[], Sequence[str]] = tuple) -> None:
        self.columns = columns
        self._clock = clock
        self._notes = notes
        self._fields = fields_of(columns.layout.signals)
        self._index: Index | None = None

    def now_ms(self) -> int:
        """Our clock."""
        return round(self._clock.now() * 1000)

    def status(self) -> FleetStatus:
        """How fresh and whole the picture is."""
        status = health.status(self.columns, self.now_ms())
        return dataclasses.replace(status, notes=(*self._notes(), *status.notes))

    def selection(self, where: str) -> Selection:
        """Raises SelectionError."""
        return select(where, self._fields)

    def page(self, query: Query, status: FleetStatus) -> Page:
        """Vehicles that match, at the moment of `status`."""
        selection = self.selection(query.where)
        named = [name for name in (*query.columns, query.sort.removeprefix("-")) if name in self._fields]
        view = FleetView(self.columns, round(status.at * 1000), (*selection.fields, *named))
        match = selection.match(view)
        return tables.page(view, query, match.mask if query.where else None, match.left_out, status)

    def tally(self, where: str, by: Sequence[str], status: FleetStatus) -> Tally:
        """Counts by group."""
        selection = self.selection(where)
        view = FleetView(self.columns, round(status.at * 1000), (*selection.fields, *self._known(by)))
        match = selection.match(view)
        return tables.tally(view, by, match.mask if where else None, match.left_out, status)

    def card(self, vin: str, status: FleetStatus) -> Card | None:
        """One vehicle, with what happened to it as far as memory goes."""
        _, _, told = tables.happenings(self.columns)
        return tables.card(FleetView(self.columns, round(status.at * 1000)), vin, told, status)

    def match(self, selection: Selection) -> Match:
        """Which vehicles match now."""
        return selection.match(FleetView(self.columns, self.now_ms(), selection.fields))

    def wanted(self, mask: NDArray[np.bool_], boot: str) -> Wanted:
        """Picks the happenings of the rows in `mask`, whatever memory they were told in."""

        def pick(run: str, rows: NDArray[np.int32], vins: Callable[[], NDArray[np.bytes_]]) -> NDArray[np.bool_]:
            return among(rows if run == boot else self._rows(rows, vins()), mask)

        return pick

    def _rows(self, rows: NDArray[np.int32], vins: NDArray[np.bytes_]) -> NDArray[Any]:
        """Rows of ids. Those of another memory are mostly those of this one, as a snapshot keeps the order."""
        n = self.columns.rows
        if not n:
            return np.full(len(rows), -1)
        hint = np.clip(rows, 0, n - 1)
        right = (self.columns.ids[hint] == vins) & (rows >= 0)
        found = np.where(right, hint, -1).astype(np.int64)
        missing = np.flatnonzero(~right & (rows >= 0))
        if len(missing):
            if self._index is None or self._index.rows != n:
                self._index = Index(self.columns.ids[:n], n)
            found[missing] = self._index.find(vins[missing].astype("S40"))
        return found

    def _known(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if name in self._fields]


def among(rows: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of some rows (-1: none) are in a mask."""
    inside = (rows >= 0) & (rows < len(mask))
    inside[inside] = mask[rows[inside]]
    return inside


def crossings(lookout: Lookout, boot: str, before: Match, after: Match) -> Told:
    """Vehicles that match now and did not, or the other way round."""
    n = len(before.mask)
    rows = np.concatenate([np.flatnonzero(before.mask != after.mask[:n]), np.flatnonzero(after.mask[n:]) + n])
    view = FleetView(lookout.columns, lookout.now_ms())
    codes, names = view.coded("region")
    return Told(
        boot,
        np.full(len(rows), lookout.now_ms(), np.int64),
        rows.astype(np.int32),
        view.ids[rows],
        np.where(after.mask[rows], 0, 1).astype(np.uint16),
        codes[rows].astype(np.uint16),
        np.zeros(len(rows), "S1"),
        ("matched", "unmatched"),
        list(names),
    )


def moments(view_fields: Callable[[str], Kind | None], columns: Sequence[str]) -> list[int]:
    """Places of the columns that hold ages."""
    return [place for place, name in enumerate(columns) if view_fields(name) is Kind.AGE]


def fixed(rows: Sequence[Sequence[Cell]], places: Sequence[int], at: float) -> list[list[Cell]]:
    """Rows whose ages are told as the moments they count from, so that a vehicle that says nothing does not change."""
    told = [list(row) for row in rows]
    for row in told:
        for place in places:
            age = row[place]
            row[place] = round(at - age, 3) if isinstance(age, int | float) else None
    return told
