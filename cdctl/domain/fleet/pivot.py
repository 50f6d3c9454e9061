"""Aggregates of a fleet by some of its fields: how many vehicles, how they are, what stands in them, what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet import groups
from cdctl.domain.fleet.selection.fields import Kind
from cdctl.domain.fleet.view import STATES, FleetView, fields_of

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]
Group = tuple[str | None, ...]
"""Values of a group, None where it is not told; not safe for a terminal."""
MOST = 10_000
"""Groups of one pivot; of more, those with most vehicles."""
BY: tuple[str, ...] = tuple(name for name, field in fields_of(()).items() if field.kind in {Kind.TEXT, Kind.STATE})
"""Fields by which vehicles can be grouped. Signals are numbers: none of them is."""
_TROUBLES = 3
"""See `FleetView.troubled`."""
_UNKNOWN, _OFFLINE, _ONLINE, _NEVER = (STATES.index(name) for name in ("unknown", "offline", "online", "never"))


@dataclass(frozen=True, slots=True, eq=False)
class Pivot:
    """Groups, most vehicles first and then by their values; all arrays are [g] in this order.

    told, faulty: vehicles that told their trouble codes, and those in which some stand. said: messages since the
    instant that was compared with, None without one. left_out: groups beyond `MOST`. matched: vehicles in all groups.
    """

    groups: Sequence[Group]
    vehicles: Ints
    online: Ints
    offline: Ints
    unknown: Ints
    never_seen: Ints
    told: Ints
    faulty: Ints
    said: NDArray[np.float64] | None
    left_out: int
    matched: int


def pivot(
    view: FleetView, by: Sequence[str], mask: Mask | None = None, before: NDArray[np.uint32] | None = None
) -> Pivot:
    """Count. by: at least one of `BY`. mask [n]: which vehicles, None for all. before: the field `messages` of the
    first rows as it was at another instant."""
    rows = slice(None) if mask is None else np.flatnonzero(mask)
    fields = [view.coded(name) for name in by]
    sizes = [len(texts) for _, texts in fields]
    inner = view.coded("state")[0] * np.uint8(_TROUBLES) + view.troubled
    parts = [codes[rows] for codes, _ in fields]
    found, flat = groups.tables([*parts, inner[rows]], (*sizes, len(STATES) * _TROUBLES))
    said = None
    if before is not None:
        grown = view.number("messages").copy()
        grown[: len(before)] -= before[: len(grown)]  # of 32 bits: they may have come round
        said = groups.sums(parts, sizes, found, grown[rows])
    vehicles = flat.sum(axis=1)
    codes = np.unravel_index(found, sizes)
    places = [groups.ranks(texts)[code] for (_, texts), code in zip(fields, codes, strict=True)]
    order = np.lexsort([*reversed(places), -vehicles])[:MOST]
    table = flat[order].reshape(len(order), len(STATES), _TROUBLES)
    states, troubles = table.sum(axis=2), table.sum(axis=1)
    values = [
        [texts[code] or None for code in own[order].tolist()] for (_, texts), own in zip(fields, codes, strict=True)
    ]
    return Pivot(
        list(zip(*values, strict=True)), vehicles[order], states[:, _ONLINE], states[:, _OFFLINE], states[:, _UNKNOWN],
        states[:, _NEVER], troubles[:, 1] + troubles[:, 2], troubles[:, 2], None if said is None else said[order],
        max(len(found) - MOST, 0), int(vehicles.sum()),
    )  # fmt: skip
