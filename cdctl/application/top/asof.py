"""What the fleet that is looked at knows of vehicles: an explanation asks it, so that no second link is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.asof import AsOf, Facts
from cdctl.domain.fleet.index import encode
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.application.explaining import Fleets
    from cdctl.application.fleet import LocalFleet
    from cdctl.domain.fleet.view import FleetView

_CHUNK = 50_000
"""Rows that are compared at once: what is drawn meanwhile waits no longer than for these."""


def fleets_of(fleet: LocalFleet) -> Fleets:
    """Asks this fleet (see `explaining.Fleets`); it may do so from any thread."""

    async def ask(vehicles: Sequence[str], since: float) -> AsOf | None:
        if not vehicles:
            return None
        try:
            facts = facts_of(fleet.view(), vehicles)
            kept, happenings, _ = await fleet.history("", since)
        except CdctlError:
            return None
        return AsOf(facts, happenings, kept)

    return ask


def facts_of(view: FleetView, vehicles: Sequence[str]) -> dict[str, Facts]:
    """What those of the vehicles are that there are. Costs what the fleet has rows, at some ten million a second."""
    rows = rows_of(view, vehicles)
    some = view.only(rows)
    columns = []
    for name in ("region", "model", "sw"):
        codes, texts = some.coded(name)
        columns.append([texts[code] or "" for code in codes.tolist()])
    vins = [vin.decode("ascii", "replace") for vin in some.ids.tolist()]
    return {vin: Facts(*told) for vin, *told in zip(vins, *columns, strict=True)}


def rows_of(view: FleetView, vehicles: Sequence[str]) -> NDArray[np.int64]:
    """Rows of vehicles, in the order of rows."""
    wanted = np.unique(encode(list(vehicles))[0])
    wanted = wanted[wanted != b""]
    found = [np.zeros(0, np.int64)]
    ids = view.ids
    for begin in range(0, len(ids) if len(wanted) else 0, _CHUNK):
        part = ids[begin : begin + _CHUNK]
        place = np.minimum(np.searchsorted(wanted, part), len(wanted) - 1)
        found.append(np.flatnonzero(wanted[place] == part) + begin)
    return np.concatenate(found)
