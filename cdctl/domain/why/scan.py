"""The search: which conjunction of attribute values, of at most three, holds more bad events than its share.

A Bernoulli scan statistic (M. Kulldorff, "A spatial scan statistic", Communications in Statistics 26, 1997) over the
cells of every combination of attributes: the log-likelihood ratio of two rates, inside and outside, against one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.slo.series import Floats
from cdctl.domain.why.rows import SAMPLED, Cells, Rows, cells, summed

_COMBINED = 14
"""Attributes of which all triples are looked at; of more, those that tell most in pairs. 14 make 364 triples."""
_KEPT = 400
"""Cells that are kept of a search, the most telling ones."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A conjunction: numbers of attributes and codes of their values in the rows; raw counts and the gain, the
    log-likelihood ratio in nats."""

    attributes: tuple[int, ...]
    values: tuple[int, ...]
    bad: float
    total: float
    gain: float


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found, the greatest gain first, and among how many cells it looked."""

    found: tuple[Cell, ...]
    searched: int


def gain(bad: Floats, total: Floats, all_bad: float, all_total: float) -> Floats:
    """Log-likelihood ratio of a rate inside and one outside against one rate for all, in nats."""
    outside = _loglik(all_bad - bad, all_total - total)
    whole = _loglik(np.array([all_bad]), np.array([all_total]))[0]
    found: Floats = np.maximum(_loglik(bad, total) + outside - whole, 0.0)
    return found


def _loglik(bad: Floats, total: Floats) -> Floats:
    rate = bad / np.maximum(total, 1e-12)
    good = total - bad
    lost = np.where(bad > 0, bad * np.log(np.maximum(rate, 1e-300)), 0.0)
    kept = np.where(good > 0, good * np.log(np.maximum(1 - rate, 1e-300)), 0.0)
    return np.asarray(lost + kept, np.float64)


def search(rows: Rows, least: float, depth: int = 3, most: int = SAMPLED) -> Search:
    """Every cell of at most `depth` attributes that holds at least `least` bad events and a rate above the average.

    Of more than `most` rows that are all different, totals (and so gains) are from a sample; see `cells`.
    """
    table = cells(rows, least, most)
    if not table.of:
        return Search((), 0)
    hit = np.flatnonzero(table.bad)
    found: list[tuple[float, Cell]] = []
    searched = 0
    all_bad, all_total = float(rows.bad.sum()), float(rows.total.sum())
    for attributes, bad, total in _tallies(table, hit, depth):
        sizes = tuple(table.sizes[attribute] for attribute in attributes)
        real = _real(sizes)
        searched += int(np.count_nonzero(real & (total >= 1)))
        large = np.flatnonzero(real & (bad >= least) & (bad * all_total > total * all_bad))
        if not len(large):
            continue
        gains = gain(bad[large], total[large], all_bad, all_total)
        for place in np.argsort(-gains)[: _KEPT // 4]:
            cell = int(large[place])
            codes = np.unravel_index(cell, sizes)
            values = tuple(int(table.names[a][code]) for a, code in zip(attributes, codes, strict=True))
            of = tuple(table.of[a] for a in attributes)
            found.append((float(gains[place]), Cell(of, values, bad[cell], total[cell], float(gains[place]))))
    found.sort(key=lambda one: (-one[0], len(one[1].attributes), one[1].attributes, one[1].values))
    return Search(tuple(cell for _, cell in found[:_KEPT]), searched)


def _real(sizes: tuple[int, ...]) -> NDArray[np.bool_]:
    """Cells in which no attribute has the code 0, flat."""
    real = np.ones(sizes, np.bool_)
    for axis in range(len(sizes)):
        real[(slice(None),) * axis + (0,)] = False
    return real.reshape(-1)


def _tallies(table: Cells, hit: NDArray[np.int64], depth: int) -> Iterator[tuple[tuple[int, ...], Floats, Floats]]:
    """Bad and total of every combination, each flat over its cells."""
    counter = _Counter(table, hit)
    count = len(table.of)
    if depth < 3 or count < 3:
        for size in range(1, depth + 1):
            for attributes in combinations(range(count), size):
                yield attributes, *counter.of(attributes)
        return
    told = np.zeros(count)
    for attributes in [*combinations(range(count), 1), *combinations(range(count), 2)]:
        bad, total = counter.of(attributes)
        yield attributes, bad, total
        if count > _COMBINED:
            best = float(gain(bad, total, table.bad.sum(), table.total.sum()).max())
            told[list(attributes)] = np.maximum(told[list(attributes)], best)
    chosen = sorted(np.argsort(-told, kind="stable")[:_COMBINED].tolist())
    for attributes in combinations(chosen, 3):
        yield attributes, *counter.of(attributes)


class _Counter:
    """Counts cells; the key of the last pair is kept, because all triples of one pair come after each other."""

    def __init__(self, table: Cells, hit: NDArray[np.int64]) -> None:
        self._table = table
        self._hit = tuple(column[hit] for column in table.codes)
        self._bad = table.bad[hit]
        self._pair: tuple[int, ...] = ()
        self._keys: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None

    def of(self, attributes: tuple[int, ...]) -> tuple[Floats, Floats]:
        """Bad and total by cell."""
        whole, hit = self._key(attributes)
        size = int(np.prod([self._table.sizes[attribute] for attribute in attributes]))
        bad = summed(hit, self._bad, size)
        if self._table.plain:
            return bad, np.bincount(whole, minlength=size).astype(np.float64)
        return bad, summed(whole, self._table.total, size)

    def _key(self, attributes: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        table, last = self._table, attributes[-1]
        if len(attributes) == 1:
            return table.codes[last], self._hit[last]
        if attributes[:-1] != self._pair or self._keys is None:
            self._pair, self._keys = attributes[:-1], self._key(attributes[:-1])
        size = table.sizes[last]
        return self._keys[0] * size + table.codes[last], self._keys[1] * size + self._hit[last]
