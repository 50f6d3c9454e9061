"""Tables from fleet columns: pages, counts by group, one vehicle's card, the status line. Pure functions of a view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet import groups
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.order import sort
from cdctl.domain.fleet.reading import Card, Cell, FleetStatus, Happening, Page, Query, Tally
from cdctl.domain.fleet.selection.fields import Kind
from cdctl.domain.fleet.view import STATES, FleetView
from cdctl.errors import UsageError

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
DEFAULT_COLUMNS = ("vin", "region", "model", "sw", "state", "age")
_CHUNK = 4096


class CellRows(Sequence[Sequence[Cell]]):
    """Rows of a page, made as they are asked for: a million vehicles are never a million Python lists at once."""

    def __init__(self, view: FleetView, rows: Rows, columns: Sequence[str]) -> None:
        self._view, self._rows, self._columns = view, rows, columns

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> Sequence[Cell]: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Sequence[Cell]]: ...
    def __getitem__(self, at: int | slice) -> Sequence[Cell] | Sequence[Sequence[Cell]]:
        if isinstance(at, slice):
            return CellRows(self._view, self._rows[at], self._columns)
        return next(self._made(self._rows[[at]]))

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        for begin in range(0, len(self._rows), _CHUNK):
            yield from self._made(self._rows[begin : begin + _CHUNK])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(_alike, self, other))

    __hash__ = None  # type: ignore[assignment]

    def _made(self, rows: Rows) -> Iterator[Sequence[Cell]]:
        return zip(*(cells(self._view, name, rows) for name in self._columns), strict=True)


def _alike(left: Sequence[Cell], right: Sequence[Cell]) -> bool:
    return tuple(left) == tuple(right)


def cells(view: FleetView, name: str, rows: Rows) -> list[Any]:
    """Values of a field for some rows; None where not known. Ages in seconds, trouble codes separated by spaces. Texts
    are as vehicles told them: not safe for a terminal."""
    kind = view.kind(name)
    if kind is Kind.VIN:
        return [body.decode("ascii", "replace") for body in view.ids[rows].tolist()]
    if kind is Kind.CODES:
        codes, sets = view.code_sets(name)
        return [" ".join(sets[code]) if code else None for code in codes[rows].tolist()]
    if kind is Kind.AGE:
        moments = view.moment(name)[rows].tolist()
        return [max(view.now_ms - moment, 0) / 1000 if moment else None for moment in moments]
    if kind is Kind.NUMBER:
        return _numbers(name, view.number(name)[rows])
    codes, texts = view.coded(name)
    return [texts[code] or None for code in codes[rows].tolist()]


def _numbers(name: str, numbers: NDArray[Any]) -> list[Any]:
    if numbers.dtype.kind != "f":
        return list(numbers.tolist())
    known = np.isfinite(numbers).tolist()
    if name == "dtcs":
        return [int(value) if told else None for value, told in zip(numbers.tolist(), known, strict=True)]
    if name == "skew":  # clocks tell milliseconds
        return [round(value, 3) if told else None for value, told in zip(numbers.tolist(), known, strict=True)]
    # Seven digits are what four bytes hold; the others would be noise.
    return [float(f"{value:.7g}") if told else None for value, told in zip(numbers.tolist(), known, strict=True)]


def page(view: FleetView, query: Query, mask: Mask | None, left_out: Mapping[str, int], status: FleetStatus) -> Page:
    """The rows of a query. `mask` [n] comes from the query's selection, None for all. Raises UsageError for a column
    that does not exist."""
    columns = query.columns or DEFAULT_COLUMNS
    for name in (*columns, *([query.sort.removeprefix("-")] if query.sort else [])):
        _exists(view, name)
    rows = np.arange(view.n) if mask is None else np.flatnonzero(mask)
    matched = len(rows)
    end = None if query.limit is None else query.offset + query.limit
    if query.sort:
        rows = sort(view, rows, query.sort.removeprefix("-"), query.sort.startswith("-"), end)
    return Page(columns, CellRows(view, rows[query.offset : end], columns), matched, left_out, status)


def tally(
    view: FleetView, by: Sequence[str], mask: Mask | None, left_out: Mapping[str, int], status: FleetStatus
) -> Tally:
    """Counts by group, most vehicles first, then by the group's values. Vehicles never heard of count as vehicles only.

    Raises UsageError for a field that is not one of region, model, sw, state and the yes-or-no ones.
    """
    for name in by:
        _exists(view, name)
        if view.kind(name) not in {Kind.TEXT, Kind.STATE}:
            raise UsageError(f"vehicles cannot be grouped by {name}", hint="region, model, sw or state")
    rows = None if mask is None else np.flatnonzero(mask)
    fields = [view.coded(name) for name in by]
    sizes = [len(texts) for _, texts in fields]
    parts = [codes if rows is None else codes[rows] for codes, _ in (*fields, view.coded("state"))]
    found, table = groups.tables(parts, (*sizes, len(STATES)))
    codes = list(np.unravel_index(found, sizes)) if by else []
    texts = [of_code for _, of_code in fields]
    vehicles = table.sum(axis=1)
    ranks = [groups.ranks(of)[code] for of, code in zip(texts, codes, strict=True)]
    order = np.lexsort([*reversed(ranks), -vehicles])
    names = [[of[code] or None for code in code_of[order].tolist()] for of, code_of in zip(texts, codes, strict=True)]
    numbers = [vehicles[order].tolist(), *(table[order, state].tolist() for state in (2, 1, 0))]
    told = list(zip(*names, *numbers, strict=True))
    return Tally(tuple(by), told, view.n if rows is None else len(rows), left_out, status)


def _exists(view: FleetView, name: str) -> None:
    if name not in view.fields:
        near = get_close_matches(name, view.fields, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(view.fields)}"
        raise UsageError(f"there is no column {name!r}", hint=hint)


def card(view: FleetView, vin: str, told: Sequence[tuple[int, Happening]], status: FleetStatus) -> Card | None:
    """Everything known of one vehicle. `told` are any (row, happening) pairs, those of the vehicle are picked out."""
    row = view.columns.row(vin)
    if not 0 <= row < view.n:
        return None
    rows = np.array([row])
    known = {name: cells(view, name, rows)[0] for name in view.fields if name != "dtc"}
    codes, sets = view.code_sets()
    return Card(vin, known, sets[codes[row]], tuple(one for at, one in told if at == row), status)


def happenings(columns: Columns, after: int = 0) -> tuple[int, int, Sequence[tuple[int, Happening]]]:
    """What happened after the happening number `after`: the last number, how many are lost because the ring came
    round, and (row, happening) pairs in order; row -1 is not about a vehicle (a link went up or down)."""
    last, lost, records = columns.ring.since(after)
    regions = columns.regions.texts()
    rows = np.array([max(row, 0) for _, _, row, _, _, _ in records], np.int64)
    vins = [body.decode("ascii", "replace") for body in columns.ids[rows].tolist()]
    return (
        last,
        lost,
        [
            (row, Happening(at_ms / 1000, vin if row >= 0 else "", regions[region], kind, detail))
            for (_, at_ms, row, kind, region, detail), vin in zip(records, vins, strict=True)
        ],
    )


def numbers_of_states(view: FleetView) -> dict[str, int]:
    """How many vehicles are in each state, by its name."""
    codes, names = view.coded("state")
    return dict(zip(names, np.bincount(codes, minlength=len(names)).tolist(), strict=True))
