"""All vehicles of an order, not those in the window alone: for files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdctl.domain.boards.vehicles import Order, Vehicles
from cdctl.domain.fleet.reading import Cell

_CHUNK = 4096


def rows(vehicles: Vehicles, order: Order, columns: Sequence[str]) -> Iterator[Sequence[Cell]]:
    """Values of the columns, a row a vehicle, as far as they are known here; made as they are asked for."""
    for begin in range(0, len(order), _CHUNK):
        handles = [one for one in order.handles(begin, begin + _CHUNK) if one is not None]
        if handles:
            yield from zip(*vehicles.told(order, handles, columns), strict=True)
