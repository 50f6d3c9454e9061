"""Events as the scan sees them: codes of attributes, how many were bad, when it was and who it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.slo.series import Floats

Codes = NDArray[np.int32]
Mask = NDArray[np.bool_]
NONE = -1
"""Code of what is no value of an attribute: not told, or not considered."""
_ENOUGH = 20_000
_LARGEST = 2**62
SAMPLED = 200_000
"""Rows without bad events that a search looks at, where they are many and all different."""
_WORTH = 0.5
"""Of so many different rows a table is not made smaller: sorting would cost more than it saves."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Events, each array [n]. A row is one event, or many that are alike (`total` of them, of which `bad`).

    codes: an array for each attribute, 0 to its size - 1, or NONE. sizes: values of each attribute. stratum: number of
    the slice of time, from 0. unit: who it was (a vehicle), from 0; NONE where nobody knows: then each row is its own.
    bad and total are raw counts, never weights: what was seen is evidence, what it stands for is not.
    """

    codes: tuple[Codes, ...]
    sizes: tuple[int, ...]
    bad: Floats
    total: Floats
    stratum: Codes
    unit: Codes

    def __len__(self) -> int:
        return len(self.bad)

    def inside(self, attributes: Sequence[int], values: Sequence[int]) -> Mask:
        """Where every one of these attributes has its value."""
        mask: Mask = self.codes[attributes[0]] == values[0]
        for attribute, value in zip(attributes[1:], values[1:], strict=True):
            mask &= self.codes[attribute] == value
        return mask

    def take(self, which: Mask) -> Rows:
        """Some of the rows."""
        kept = np.flatnonzero(which)
        codes = tuple(column[kept] for column in self.codes)
        return Rows(codes, self.sizes, self.bad[kept], self.total[kept], self.stratum[kept], self.unit[kept])


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Counts by attributes alone, [n] each: what the search works on. `codes` from 0, code 0 is no value; `names` gives
    for each attribute the code in the rows of every code here; `of` the number of each attribute there."""

    of: tuple[int, ...]
    names: tuple[Codes, ...]
    codes: tuple[NDArray[np.int64], ...]
    bad: Floats
    total: Floats
    plain: bool
    """Every total is 1."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Codes of each attribute, 0 among them."""
        return tuple(len(names) for names in self.names)


def summed(places: NDArray[Any], weights: Floats, size: int = 0) -> Floats:
    """Sums of the weights by place, at least `size` of them."""
    return np.bincount(places, weights=weights, minlength=size).astype(np.float64, copy=False)


def cells(rows: Rows, least: float, most: int = SAMPLED) -> Cells:
    """The rows by the values that hold at least `least` bad events; attributes without such a value are left out.

    Equal rows are added up where that makes a much smaller table. Else, of more than `most` rows, all that have bad
    events are taken and a sample of the others, which then stand for the rest: bad counts are exact, totals nearly so.
    """
    hit = np.flatnonzero(rows.bad)
    of, names, tables = _values(rows, hit, least)
    if not of:
        return Cells((), (), (), rows.bad, rows.total, False)

    def codes(which: slice | NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        return tuple(table[rows.codes[number][which] + 1] for number, table in zip(of, tables, strict=True))

    sizes = tuple(map(len, names))
    if len(rows) > most and not _worth_merging(rows, codes, sizes):
        good = np.flatnonzero(rows.bad == 0)
        kept = np.random.default_rng(len(rows)).choice(good, min(most, len(good)), replace=False, shuffle=False)
        stands = float(rows.total[good].sum() / max(rows.total[kept].sum(), 1e-12))
        chosen = np.concatenate([hit, kept])
        total = np.concatenate([rows.total[hit], rows.total[kept] * stands])
        return Cells(of, names, codes(chosen), rows.bad[chosen], total, False)
    whole = Cells(of, names, codes(slice(None)), rows.bad, rows.total, bool((rows.total == 1).all()))
    return _merged(whole) if len(rows) > _ENOUGH and _worth_merging(rows, codes, sizes) else whole


def _values(
    rows: Rows, hit: NDArray[np.int64], least: float
) -> tuple[tuple[int, ...], tuple[Codes, ...], list[NDArray[np.int64]]]:
    """Attributes that have a value with enough bad events, these values, and tables from codes to new ones."""
    weights = rows.bad[hit]
    of: list[int] = []
    names: list[Codes] = []
    tables: list[NDArray[np.int64]] = []
    for number, (column, size) in enumerate(zip(rows.codes, rows.sizes, strict=True)):
        counts = np.bincount(column[hit] + 1, weights=weights, minlength=size + 1)[1:]
        large = np.flatnonzero(counts >= least)
        if not len(large):
            continue
        table = np.zeros(size + 1, np.int64)
        table[large + 1] = np.arange(1, len(large) + 1)
        of.append(number)
        names.append(np.concatenate([[NONE], large]).astype(np.int32))
        tables.append(table)
    return tuple(of), tuple(names), tables


def _worth_merging(
    rows: Rows, codes: Callable[[NDArray[np.int64]], tuple[NDArray[np.int64], ...]], sizes: Sequence[int]
) -> bool:
    """Whether few rows are different; judged by some of them."""
    sample = np.linspace(0, len(rows) - 1, min(len(rows), _ENOUGH)).astype(np.int64)
    return len(np.unique(_keys(codes(sample), sizes))) <= _WORTH * len(sample)


def _merged(found: Cells) -> Cells:
    """The same with equal rows added up."""
    keys = _keys(found.codes, found.sizes)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    bad, total = summed(inverse, found.bad), summed(inverse, found.total)
    return Cells(found.of, found.names, tuple(column[first] for column in found.codes), bad, total, False)


def _keys(columns: Sequence[NDArray[np.int64]], sizes: Sequence[int]) -> NDArray[np.int64]:
    """One number for every row, equal where all columns are."""
    keys, range_ = columns[0], sizes[0]
    for column, size in zip(columns[1:], sizes[1:], strict=True):
        if range_ > _LARGEST // size:
            _, keys = np.unique(keys, return_inverse=True)
            range_ = int(keys.max()) + 1
        keys = keys * size + column
        range_ *= size
    return keys
