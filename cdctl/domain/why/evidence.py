"""How sure a cause is, given that bad events come in crowds: by time, by vehicle, and because so much was searched.

Three corrections, in this order. Time: what is expected of a cell is expected slice by slice, so that an outage of all,
while this cell happened to have the most traffic, is no cause (the strata of N. Mantel and W. Haenszel, JNCI 22, 1959).
Vehicles: one that fails a hundred times is not a hundred witnesses; the likelihood ratio is divided by the design
effect, the variance between vehicles over that of independent events (J. N. K. Rao and A. J. Scott, Biometrics 48,
1992). Search: the p-value is multiplied by the number of cells that were looked at (Bonferroni).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cdctl.domain.slo.series import Floats
from cdctl.domain.why.rows import NONE, Mask, Rows

_LN10 = math.log(10)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a cell is worth as evidence.

    expected: bad events it would have, had it failed as all did in the same slices of time. gain: the log-likelihood
    ratio against that, in nats; fair: the same over the design effect. units: vehicles among its bad events (0: none is
    known). heaviest: share 0..1 of its bad events that the worst vehicle has.
    """

    expected: float
    gain: float
    fair: float
    effect: float
    units: int
    heaviest: float

    def log10_p(self, searched: int) -> float:
        """Decimal logarithm of the p-value, corrected for so many cells; at most 0."""
        return min(0.0, (log_tail(self.fair) + math.log(max(searched, 1))) / _LN10)


def log_tail(gain: float) -> float:
    """Natural logarithm of P(Z > sqrt(2 gain)), Z standard normal: the signed root of a likelihood ratio."""
    if gain < 300:
        return math.log(max(0.5 * math.erfc(math.sqrt(gain)), 1e-300))
    return -gain - 0.5 * math.log(4 * math.pi * gain)


class Witnesses:
    """What all cells of some rows are weighed against; made once for each round of a search."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._nameless = np.flatnonzero(rows.unit == NONE)
        self._slices = int(rows.stratum.max(initial=0)) + 1
        self._total = np.bincount(rows.stratum, weights=rows.total, minlength=self._slices)
        self._bad = np.bincount(rows.stratum, weights=rows.bad, minlength=self._slices)

    def weigh(self, inside: Mask) -> Weighed:
        """The rows of a cell as evidence."""
        share, b, n, expected, gain = self._against(inside)
        effect = self._effect(inside, share, b, n)
        kept = np.flatnonzero(inside)
        units, heaviest = _crowd(self._rows.unit[kept], self._rows.bad[kept])
        return Weighed(expected, gain, gain / effect, effect, units, heaviest)

    def gain(self, inside: Mask) -> tuple[float, float, float]:
        """Bad events of a cell, all of them, and its gain against what is expected of it slice by slice; a quarter of
        the work of weighing it."""
        _, bad, total, _, gain = self._against(inside)
        return bad, total, gain

    def _against(self, inside: Mask) -> tuple[Floats, float, float, float, float]:
        """Share of the cell in each slice, its bad events and all of them, bad ones expected, and the gain."""
        rows = self._rows
        kept = np.flatnonzero(inside)
        total, bad = rows.total[kept], rows.bad[kept]
        own = np.bincount(rows.stratum[kept], weights=total, minlength=self._slices)
        share = own / np.maximum(self._total, 1e-12)
        expected = float((self._bad * share).sum())
        b, n = float(bad.sum()), float(total.sum())
        gain = _deviance(b, n, expected, float(self._bad.sum()), float(self._total.sum()))
        return share, b, n, expected, gain if b > expected else 0.0

    def _effect(self, inside: Mask, share: Floats, bad: float, total: float) -> float:
        """Variance of the excess between units over what it would be between events, at least 1."""
        rows = self._rows
        all_bad, all_total = float(self._bad.sum()), float(self._total.sum())
        within, without = bad / max(total, 1e-12), (all_bad - bad) / max(all_total - total, 1e-12)
        fitted = np.where(inside, within, without)
        pull = inside - share[rows.stratum]
        score = pull * (rows.bad - rows.total * fitted)
        model = float((pull * pull * rows.total * fitted * (1 - fitted)).sum())
        sums = np.bincount(rows.unit + 1, weights=score, minlength=1)[1:]
        squares, count = float((sums**2).sum()), int(np.count_nonzero(sums))
        alone = score[self._nameless]
        count += len(alone)
        between = (squares + float((alone**2).sum())) * count / max(count - 1, 1)
        return max(1.0, between / max(model, 1e-12))


def _deviance(bad: float, total: float, expected: float, all_bad: float, all_total: float) -> float:
    """Half the likelihood-ratio statistic of a two by two table against its expectation."""
    seen = np.array([bad, total - bad, all_bad - bad, all_total - total - all_bad + bad])
    awaited = np.array([expected, total - expected, all_bad - expected, all_total - total - all_bad + expected])
    parts = np.where(seen > 1e-9, seen * np.log(np.maximum(seen, 1e-12) / np.maximum(awaited, 1e-12)), 0.0)
    return max(0.0, float(parts.sum()))


def _crowd(unit: np.ndarray, bad: Floats) -> tuple[int, float]:
    """How many units have bad events, and the share of the one that has most."""
    known = (unit != NONE) & (bad > 0)
    if not known.any():
        return 0, 0.0
    sums = np.bincount(unit[known], weights=bad[known])
    return int(np.count_nonzero(sums)), float(sums.max() / max(bad.sum(), 1e-12))
