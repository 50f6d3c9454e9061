"""Vehicles of which somebody else has all: pages of them, as they came. A VIN is a vehicle's handle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdctl.domain.boards.vehicles import Handle, Order
from cdctl.domain.fleet.reading import Cell, Page, Query
from cdctl.domain.fleet.selection.fields import Field, Kind

VIN = "vin"


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """One page, whose columns have the VIN. at: epoch seconds by our clock, when its ages were right."""

    query: Query
    page: Page
    at: float
    places: Mapping[str, int]

    def cell(self, row: Sequence[Cell], name: str) -> Cell:
        """One value of a row; None for what was not asked for."""
        columns = self.page.columns
        return row[columns.index(name)] if name in columns else None


def leaf(query: Query, page: Page, at: float) -> Leaf:
    """A page as it came, to be looked things up in."""
    place = page.columns.index(VIN)
    return Leaf(query, page, at, {str(row[place]): number for number, row in enumerate(page.rows)})


class PageOrder:
    """An order (see the port) of which one page is known."""

    def __init__(self, leaf: Leaf) -> None:
        self.leaf = leaf
        self._vins: tuple[str, ...] = tuple(leaf.places)

    def __len__(self) -> int:
        return self.leaf.page.matched

    def handles(self, begin: int, end: int) -> Sequence[Handle | None]:
        """See the port."""
        return [self._at(place) for place in range(max(begin, 0), min(end, len(self)))]

    def _at(self, place: int) -> Handle | None:
        number = place - self.leaf.query.offset
        return self._vins[number] if 0 <= number < len(self._vins) else None

    def place(self, handle: Handle | None) -> int | None:
        """See the port."""
        number = self.leaf.places.get(str(handle))
        return None if number is None else number + self.leaf.query.offset

    def holds(self, begin: int, end: int) -> bool:
        """See the port."""
        first = self.leaf.query.offset
        begin, end = max(begin, 0), min(end, len(self))
        return begin >= end or (first <= begin and end <= first + len(self._vins))


class PageVehicles:
    """Vehicles (see the port) on pages that are at hand. leaves: the newest of each question. now: epoch seconds."""

    def __init__(self, leaves: Mapping[Query, Leaf], fields: Mapping[str, Field], now: float) -> None:
        self.leaves, self._fields, self._now = leaves, fields, now

    @property
    def fields(self) -> Mapping[str, Field]:
        """See the port."""
        return self._fields

    def vin(self, handle: Handle) -> str:
        """See the port."""
        return str(handle)

    def told(self, order: Order, handles: Sequence[Handle], names: Sequence[str]) -> Sequence[Sequence[Cell]]:
        """See the port. A vehicle that left the page since it was put in order is as it was then."""
        if not isinstance(order, PageOrder):
            return [[None] * len(handles) for _ in names]
        newest = self.leaves.get(order.leaf.query, order.leaf)
        rows = [self._row(newest, order.leaf, str(handle)) for handle in handles]
        return [[self._cell(leaf, row, name) for leaf, row in rows] for name in names]

    def _row(self, newest: Leaf, old: Leaf, vin: str) -> tuple[Leaf, Sequence[Cell]]:
        leaf = newest if vin in newest.places else old
        place = leaf.places.get(vin)
        return leaf, () if place is None else leaf.page.rows[place]

    def _cell(self, leaf: Leaf, row: Sequence[Cell], name: str) -> Cell:
        field = self._fields.get(name)
        if field is None or not row:
            return None
        value = leaf.cell(row, name)
        if field.kind is Kind.AGE and isinstance(value, int | float):
            return float(value) + max(self._now - leaf.at, 0.0)
        return value
