"""From a bucket series to counts, burn rates and budgets of every window."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import fsum, isnan

import numpy as np

from cdctl.domain.slo.alert_windows import BURN_WINDOWS
from cdctl.domain.slo.objective import Budgeting, Objective
from cdctl.domain.slo.series import Buckets, Floats, Ints

_NOISE = 2.0**-48
"""Relative error that float arithmetic may have left in the numbers of one bucket: sixteen roundings."""
NEAR = 1e-6
"""Share of a budget; nearer to its end than that it is told without rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Running sums of good, total and covered seconds, so that any window costs two look-ups.

    ends: [n_buckets]; the sums are [n_groups, n_buckets + 1]. `flawed` counts slices of which any part is bad, or bad
    events that were kept where good and total are weighted; None where every event counts as one.
    """

    ends: Ints
    good: Floats
    total: Floats
    covered: Floats
    flawed: Floats | None = None

    def window(self, start: int, end: int) -> tuple[Floats, Floats, Floats]:
        """Good, total and covered seconds in (start, end], [n_groups] each; edges must be bucket edges."""
        low, high = np.searchsorted(self.ends, [start, end], side="right")
        return (
            np.maximum(self.good[:, high] - self.good[:, low], 0.0),
            self.total[:, high] - self.total[:, low],
            self.covered[:, high] - self.covered[:, low],
        )


def counts(
    ends: Ints,
    widths: Ints,
    good: Floats,
    total: Floats,
    coverage: Floats,
    *,
    slices: bool = False,
    kept_bad: Floats | None = None,
) -> Counts:
    """Running sums over buckets; values are [n_groups, n_buckets], coverage 0..1; `slices` when a bucket is a slice.
    kept_bad: of weighted events the bad ones that were kept.

    A negative total is none: a query that subtracts can answer less than nothing. Good may be negative in a bucket, for
    bad events are not always told in the same instant as their total.
    """
    total = np.maximum(total, 0.0)
    flawed = _running((total - good > _NOISE).astype(np.float64)) if slices else None
    if kept_bad is not None and not slices:
        flawed = _running(kept_bad)
    return Counts(ends, _running(good), _running(total), _running(coverage * widths), flawed)


def _running(values: Floats) -> Floats:
    out = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=out[:, 1:])
    return out


@dataclass(frozen=True, slots=True)
class Tally:
    """Bad and total of one window, free of the noise that running sums gather, and how far off `bad` may be.

    Whole numbers are added as such: their noise is 0 at any size.
    """

    bad: Fraction
    total: Fraction
    noise: Fraction

    def left(self, allowed: Fraction) -> float:
        """Share of a budget of so many that is left; 0 when it is spent but for noise, negative when overspent."""
        if abs(allowed - self.bad) <= self.noise:
            return 0.0
        share = 1 - self.bad / allowed
        return float(share if abs(share) < NEAR else round(share, 9))


def tally(good: Floats, total: Floats) -> Tally:
    """The buckets of one window added up exactly; values are [n_buckets], a negative total is none."""
    total = np.maximum(total, 0.0)
    if bool((np.rint(good) == good).all() and (np.rint(total) == total).all()):
        whole = sum(map(int, total.tolist()))
        return Tally(_within(whole - sum(map(int, good.tolist())), whole), Fraction(whole), Fraction(0))
    everything = Fraction(fsum(total))
    return Tally(_within(everything - Fraction(fsum(good)), everything), everything, everything * Fraction(_NOISE))


def _within(bad: Fraction | int, total: Fraction | int) -> Fraction:
    return Fraction(min(max(bad, 0), total))


def negative(good: Floats, total: Floats) -> float:
    """Share 0..1 of all events that are less than nothing: negative totals, or good below zero as a whole, [n]."""
    lost = max(-float(good.sum()), 0.0) - float(np.minimum(total, 0.0).sum())
    return lost / (lost + float(np.abs(total).sum())) if lost else 0.0


def slice_values(objective: Objective, budgeting: Budgeting, buckets: Buckets) -> tuple[Floats, Floats]:
    """Good and total per slice, [n_groups, n_slices]: every seen slice counts one.

    Timeslices: good is 1 when the slice's ratio reaches the slice target, else 0. RatioTimeslices: good is the ratio
    itself, so that a month is the mean of its slices. A seen slice without events had nothing go wrong and is good.
    """
    seen = buckets.seen > 0
    good = np.clip(buckets.good, 0.0, np.maximum(buckets.total, 0.0))
    ratio = np.divide(good, buckets.total, out=np.ones_like(good), where=buckets.total > 0)
    if budgeting is Budgeting.TIMESLICES:
        ratio = (ratio >= float(objective.slice_target or objective.target)).astype(np.float64)
    return np.where(seen, ratio, 0.0), seen.astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Burns:
    """Burn rates and bad events of every BURN_WINDOWS window, [n_windows, n_groups]; NaN where nothing was observed.

    Of slices `bad` counts those of which any part is bad: twelve that are each 15 % bad are twelve, not 1.8. Of
    weighted events it counts those that were kept: one that stands for a hundred is one.
    """

    rates: Floats
    bad: Floats

    def of(self, group: int) -> dict[str, float | None]:
        """Burn rate by window name of one group; None where nothing was observed."""
        return {
            name: None if isnan(rate) else rate
            for name, rate in zip(BURN_WINDOWS, self.rates[:, group].tolist(), strict=True)
        }

    def bad_of(self, group: int) -> dict[str, float]:
        """Bad events, or slices, by window name of one group."""
        return dict(zip(BURN_WINDOWS, self.bad[:, group].tolist(), strict=True))


def burns(sums: Counts, at: int, target: Decimal) -> Burns:
    """burn = (bad / total) / (1 - target). A window in which the total was there but did not move burns nothing."""
    starts = [at - seconds for seconds in BURN_WINDOWS.values()]
    *lows, high = np.searchsorted(sums.ends, [*starts, at], side="right").tolist()
    good, total, covered = (values[:, high] - values[:, lows].T for values in (sums.good, sums.total, sums.covered))
    bad = np.clip(total - good, 0.0, total)
    rates = np.divide(bad, total, out=np.zeros_like(bad), where=total > 0) / float(1 - target)
    flawed = bad if sums.flawed is None else sums.flawed[:, high] - sums.flawed[:, lows].T
    return Burns(np.where(covered > 0, rates, np.nan), flawed)
