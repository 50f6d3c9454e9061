"""Orders of the fleet's vehicles: which match a filter, sorted by a field."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from cdctl.domain.boards.asking import Arrange, Arranged
from cdctl.domain.boards.columned import RowOrder
from cdctl.domain.fleet.order import sort
from cdctl.domain.fleet.selection import Selection, SelectionError, select
from cdctl.domain.fleet.selection.fields import Field
from cdctl.domain.fleet.view import FleetView
from cdctl.domain.text import safe


def arranged(ask: Arrange, seen: FleetView, hidden: Collection[str] = ()) -> Arranged:
    """The answer to one question; what is wrong with a filter is part of it. hidden: fields that tell where a vehicle
    is, which may not be asked about."""
    selection = judged(ask, seen.fields, hidden)
    if isinstance(selection, str):
        return Arranged(of=seen.n, error=selection)
    match = selection.match(seen)
    rows = np.flatnonzero(match.mask) if ask.where else np.arange(seen.n)
    rows = sort(seen, rows, ask.sort, ask.descending, None) if ask.sort else rows
    return Arranged(RowOrder(rows), seen.n, match.left_out, remark=unshown(ask, seen.fields, hidden))


def judged(ask: Arrange, fields: Mapping[str, Field], hidden: Collection[str]) -> Selection | str:
    """The filter of a question; what is wrong with it, or with the order, where something is."""
    try:
        selection = select(ask.where, dict(fields))
    except SelectionError as error:
        told = f"{' ' * (len(safe(ask.where[: error.at], 10_000)) + 2)}^ {safe(error.what, 300)}"
        return told + (f"; {safe(error.hint, 200)}" if error.hint else "")
    names = [*selection.fields, *([ask.sort] if ask.sort else [])]
    return next(filter(None, (_wrong(name, fields, hidden) for name in names)), selection)


def unshown(ask: Arrange, fields: Mapping[str, Field], hidden: Collection[str]) -> str:
    """Why some of the columns stay empty; empty when all can be shown."""
    return "; ".join(filter(None, (_wrong(name, fields, hidden) for name in ask.columns)))


def _wrong(name: str, fields: Mapping[str, Field], hidden: Collection[str]) -> str:
    if name in hidden:
        return f"{safe(name, 60)} tells where a vehicle is: see cdctl fleet ls --reason"
    return "" if name in fields else f"there is no field {safe(name, 60)!r}"
