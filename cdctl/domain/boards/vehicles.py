"""Vehicles as a table reads them: who comes after whom, and what is known of those in its window, wherever they are
kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from cdctl.domain.fleet.reading import Cell
from cdctl.domain.fleet.selection.fields import Field

Handle = int | str
"""A vehicle, the same one for as long as a view lives: cursors and marks hold it. Handles of one fleet compare."""


class Order(Protocol):
    """Vehicles in an order, by their places from 0. Of what is far away, some places alone are known."""

    def __len__(self) -> int:
        """How many there are in all."""
        ...

    def handles(self, begin: int, end: int) -> Sequence[Handle | None]:
        """Who is at these places, as far as there are so many; None where it is not known."""
        ...

    def place(self, handle: Handle | None) -> int | None:
        """Where a vehicle is; None when it is not among them, or nobody knows."""
        ...

    def holds(self, begin: int, end: int) -> bool:
        """Whether all of these places are known, as far as there are so many."""
        ...


class Vehicles(Protocol):
    """A fleet at one instant."""

    @property
    def fields(self) -> Mapping[str, Field]:
        """What may be asked of a vehicle, by name."""
        ...

    def vin(self, handle: Handle) -> str:
        """A vehicle's id; empty when there is no such vehicle."""
        ...

    def told(self, order: Order, handles: Sequence[Handle], names: Sequence[str]) -> Sequence[Sequence[Cell]]:
        """What is known of some vehicles of an order: a list of values for each name. None where it is not known, and
        for whatever is none of `fields`."""
        ...


class Nobody:
    """An order of no vehicles."""

    def __len__(self) -> int:
        return 0

    def handles(self, begin: int, end: int) -> Sequence[Handle | None]:
        """See the port."""
        return ()

    def place(self, handle: Handle | None) -> int | None:
        """See the port."""
        return None

    def holds(self, begin: int, end: int) -> bool:
        """See the port."""
        return True


def shown(fields: Mapping[str, Field], hidden: Collection[str]) -> dict[str, Field]:
    """Fields without those that tell where a vehicle is."""
    return {name: field for name, field in fields.items() if name not in hidden}
