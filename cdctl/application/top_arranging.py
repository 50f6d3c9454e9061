"""Orders of the fleet's rows: which match a filter, sorted by a field."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from cdctl.domain.boards.asking import Arrange, Arranged
from cdctl.domain.fleet.order import sort
from cdctl.domain.fleet.selection import SelectionError, select
from cdctl.domain.fleet.view import FleetView
from cdctl.domain.text import safe

_NONE = np.zeros(0, np.int64)


def arranged(ask: Arrange, seen: FleetView, hidden: Collection[str] = ()) -> Arranged:
    """The answer to one question; what is wrong with a filter is part of it. hidden: fields that tell where a vehicle
    is, which may not be asked about."""
    try:
        selection = select(ask.where, seen.fields)
    except SelectionError as error:
        told = f"{' ' * (len(safe(ask.where[: error.at], 10_000)) + 2)}^ {safe(error.what, 300)}"
        hint = f"; {safe(error.hint, 200)}" if error.hint else ""
        return Arranged(_NONE, seen.n, error=told + hint)
    fields = {*selection.fields, *([ask.sort] if ask.sort else [])}
    for name in fields & set(hidden):
        return Arranged(_NONE, seen.n, error=f"{name} tells where a vehicle is: see cdctl fleet ls --reason")
    for name in fields - set(seen.fields):
        return Arranged(_NONE, seen.n, error=f"there is no field {name!r}")
    match = selection.match(seen)
    rows = np.flatnonzero(match.mask) if ask.where else np.arange(seen.n)
    rows = sort(seen, rows, ask.sort, ask.descending, None) if ask.sort else rows
    return Arranged(rows, seen.n, match.left_out)
