"""When a group began to fail: the likeliest moment, and between which moments it must have been."""

from __future__ import annotations

import math

import numpy as np

from cdctl.domain.slo.series import Floats

_UNSURE = 3.0
"""Nats by which a moment may be less likely than the likeliest one and still be the beginning."""


def between(bad: Floats, total: Floats, first: int) -> tuple[int, int, int]:
    """Numbers of bins of time, [n]: before which a group began to fail, most likely and at the earliest and latest, as
    (earliest, likeliest, latest). `first` is a first guess, 0 < first < n, from which the rates before and after are.

    bad and total are what was seen, not what it stands for. A beginning may be in the middle of a bin, so that
    earliest and latest are a bin apart from what the bins say.
    """
    low = min(max(_rate(bad[:first], total[:first]), 1e-6), 0.999)
    high = min(_rate(bad[first:], total[first:]), 0.9999)
    if high <= low:
        return max(first - 1, 0), first, min(first + 1, len(bad))
    sums = turning(bad, total, low, high)
    best = min(max(int(sums.argmin()), 1), len(bad) - 1)
    near = np.flatnonzero(sums <= sums.min() + _UNSURE)
    return max(int(near[0]) - 1, 0), best, min(int(near[-1]) + 1, len(bad))


def _rate(bad: Floats, total: Floats) -> float:
    return float(bad.sum()) / max(float(total.sum()), 1e-12)


def turning(bad: Floats, total: Floats, low: float, high: float) -> Floats:
    """The cumulative log-likelihood ratio of two rates, [n + 1] from 0 on: it turns upwards where the lower rate, 0 <
    low < high < 1, gives way to the higher one (E. S. Page, Biometrika 41, 1954)."""
    good = np.maximum(total - bad, 0.0)
    steps = bad * math.log(high / low) + good * math.log((1 - high) / (1 - low))
    return np.concatenate([[0.0], np.cumsum(steps)])
