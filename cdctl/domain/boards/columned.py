"""Vehicles of this machine's columns: a row's number is a vehicle's handle."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.boards.vehicles import Handle, Order, shown
from cdctl.domain.fleet.reading import Cell
from cdctl.domain.fleet.selection.fields import Field, Kind
from cdctl.domain.fleet.tables import cells
from cdctl.domain.fleet.view import FleetView


class RowOrder:
    """An order (see the port) of rows, all of them known."""

    def __init__(self, rows: NDArray[np.int64]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def handles(self, begin: int, end: int) -> Sequence[Handle | None]:
        """See the port."""
        found: list[Handle | None] = self.rows[begin:end].tolist()
        return found

    def place(self, handle: Handle | None) -> int | None:
        """See the port."""
        if not isinstance(handle, int):
            return None
        found = np.flatnonzero(self.rows == handle)
        return int(found[0]) if len(found) else None

    def holds(self, begin: int, end: int) -> bool:
        """See the port."""
        return True


class ColumnVehicles:
    """Vehicles (see the port) of a view of columns. hidden: fields that nobody may see here."""

    def __init__(self, view: FleetView, hidden: Collection[str] = ()) -> None:
        self.view, self.hidden = view, hidden

    @property
    def fields(self) -> Mapping[str, Field]:
        """See the port."""
        return shown(self.view.fields, self.hidden)

    def vin(self, handle: Handle) -> str:
        """See the port."""
        if not isinstance(handle, int) or not 0 <= handle < self.view.n:
            return ""
        return str(bytes(self.view.ids[handle]).decode("ascii", "replace"))

    def told(self, order: Order, handles: Sequence[Handle], names: Sequence[str]) -> Sequence[Sequence[Cell]]:
        """See the port. It costs what these vehicles cost, however many others there are."""
        part = self.view.only(np.array(handles, np.int64))
        every, none = np.arange(part.n), [None] * part.n
        found: dict[str, Sequence[Cell]] = {}
        for name in names:
            if name not in found:
                seen = part.kind(name) is not None and name not in self.hidden
                found[name] = cells(part, name, every) if seen else none
        return [found[name] for name in names]


def held(vehicles: ColumnVehicles, first: Collection[str]) -> ColumnVehicles:
    """The same, copied: they stay as they are whatever is taken in. `first` are copied at once, the others after
    them; there are so many of these that no moment between two messages is as long."""
    seen = vehicles.view
    view = FleetView(seen.columns, seen.now_ms, tuple(dict.fromkeys([*first, "state", "age", "since"])))
    for name in view.fields:
        match view.kind(name):
            case Kind.CODES:
                view.code_sets(name)
            case Kind.NUMBER if name != "dtcs":  # it is made from dtc
                view.number(name)
            case Kind.TEXT | Kind.STATE:
                view.coded(name)
            case _:
                pass
    return ColumnVehicles(view, vehicles.hidden)
