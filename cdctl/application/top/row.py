"""Where a vehicle is in the columns: found once, as rows never move."""

from __future__ import annotations

import numpy as np

from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.reading import Cell
from cdctl.domain.fleet.tables import cells
from cdctl.domain.fleet.view import FleetView

_SHORTEST = 4
"""Characters of an id that tell who may be meant."""


class RowOf:
    """Remembers the last vehicle. near: the id of one that begins or ends so, where there is no such vehicle."""

    def __init__(self) -> None:
        self._vin, self._row, self._of = "", -1, -1
        self.near = ""

    def find(self, columns: Columns, vin: str) -> int:
        """Its row, -1 when there is none; the first time some milliseconds for a million vehicles."""
        if vin != self._vin or (self._row < 0 and columns.rows != self._of):
            self._vin, self._row, self._of = vin, columns.row(vin), columns.rows
            self.near = _near(columns, vin) if self._row < 0 else ""
        return self._row


def _near(columns: Columns, vin: str) -> str:
    ids, word = columns.ids[: columns.rows], vin.upper().encode("ascii", "replace")
    if len(word) < _SHORTEST:
        return ""
    for alike in (np.char.startswith, np.char.endswith):
        found = np.flatnonzero(alike(ids, word))
        if len(found):
            return bytes(ids[found[0]]).decode("ascii", "replace")
    return ""


def cells_of(view: FleetView, row: int) -> tuple[dict[str, Cell], tuple[str, ...]]:
    """Everything known of a row by field, as a card has it, at the cost of this row alone; and its trouble codes."""
    part = view.only(np.array([row], np.int64))
    only = np.zeros(1, np.int64)
    known: dict[str, Cell] = {name: cells(part, name, only)[0] for name in part.fields if name != "dtc"}
    codes, sets = part.code_sets()
    return known, sets[codes[0]]
