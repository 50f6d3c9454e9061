"""Events and the vehicles they name: what a vehicle was at that moment becomes an attribute of its events."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cdctl.domain.fleet.asof import COLUMNS, AsOf
from cdctl.domain.why.events import Column, Events, merged
from cdctl.domain.why.rows import NONE


@dataclass(frozen=True, slots=True)
class Joined:
    """Events with the fleet's columns. nameless: events that name no vehicle that is known; assumed: events of vehicles
    of which nothing is known at that time, so that the earliest facts stand for it. Shares of all, 0..1."""

    events: Events
    nameless: float
    assumed: float


def join(events: Events, fleet: AsOf) -> Joined:
    """The fleet's columns beside the events' own; what an event says goes before what is known of its vehicle."""
    if events.vehicle is None or not len(events):
        return Joined(events, 1.0, 0.0)
    vehicle = events.vehicle
    then = fleet.then(list(vehicle.values), np.asarray(vehicle.codes, np.int32), events.at)
    columns = {column.name: column for column in events.columns}
    for name in COLUMNS:
        told = then.columns[name]
        if (told.codes == NONE).all():
            continue
        own = columns.get(name)
        columns[name] = Column(name, merged(own.coded, told) if own else told, "fleet")
    n = len(events)
    whole = replace(events, columns=tuple(columns.values()))
    return Joined(whole, float(n - then.named.sum()) / n, float(then.assumed.sum()) / n)
