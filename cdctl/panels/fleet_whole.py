"""All vehicles of an order, not those in the window alone: for files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdctl.domain.boards.asking import Arranged, Missing
from cdctl.domain.boards.snapshot import FleetSight
from cdctl.domain.fleet.reading import Cell

_CHUNK = 4096


def rows(
    sight: FleetSight | Missing | None, shown: Arranged | None, columns: Sequence[str]
) -> Iterator[Sequence[Cell]]:
    """Values of the columns, a row a vehicle, as far as they are known here; made as they are asked for. None of a
    fleet that is not there."""
    if shown is None or not isinstance(sight, FleetSight):
        return
    vehicles, order = sight.vehicles, shown.order
    for begin in range(0, len(order), _CHUNK):
        handles = [one for one in order.handles(begin, begin + _CHUNK) if one is not None]
        if handles:
            yield from zip(*vehicles.told(order, handles, columns), strict=True)
