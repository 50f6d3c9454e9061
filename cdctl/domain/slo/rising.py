"""Whether bad events have risen since something began: the buckets since then against those of the hours before."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from cdctl.domain.slo.alert_windows import DAY, pairs
from cdctl.domain.slo.onset import LEAST, ratios
from cdctl.domain.slo.series import Floats, Ints
from cdctl.domain.slo.window import Rolling

BEFORE = 6 * 3600
"""Seconds before the moment that it is compared with: long enough for rare events, short enough for one time of day."""
WITHIN = 3600
"""Seconds: a rise is looked for among the moments of the last hour, twelve buckets of five minutes. A look then takes
chance for a rise with a probability below 12 x 4e-6 (a chi-squared value of one degree above 2 x LEAST, and upwards),
and all looks of a day together, each at a new bucket, below 1.4 %: an upper bound, for they share their events."""


@dataclass(frozen=True, slots=True)
class Rise:
    """at: epoch seconds at which the first bucket of it begins. bad, total: events since then; bad_before and
    total_before: in the hours before. score: log-likelihood ratio against no change."""

    at: int
    bad: float
    total: float
    bad_before: float
    total_before: float
    score: float


def rise(ends: Ints, widths: Ints, bad: Floats, total: Floats, since: int) -> Rise | None:
    """The likeliest moment not before `since` (epoch seconds) from which bad events are more frequent than in the
    hours before, until the last bucket; None when no moment is likely enough (LEAST).

    All arrays [n], in time order: bucket ends and widths in seconds, events as counted.
    """
    if not len(ends):
        return None
    begins = ends - widths
    may = (ends > since) & (begins >= ends[-1] - WITHIN)
    if not may.any():
        return None
    near = begins >= begins[may][0] - BEFORE
    begins, bad, total, may = begins[near], np.minimum(bad, total)[near], total[near], may[near]
    gain = ratios(bad, total)
    at = int(gain.argmax()) + 1 if len(gain) else 0
    if not at or gain[at - 1] < LEAST or not may[at]:  # a likelier moment before: that is no rise since then
        return None
    return Rise(
        int(begins[at]), float(bad[at:].sum()), float(total[at:].sum()), float(bad[:at].sum()),
        float(total[:at].sum()), float(gain[at - 1]),
    )  # fmt: skip


def excess(bad: float, total: float, allowed: float) -> float:
    """Log-likelihood ratio of the share of bad events against the one that is allowed (0..1, not 0 or 1); 0 where it is
    not above that. One look takes chance for an excess with a probability below 4e-6 at LEAST."""
    bad = min(bad, total)
    if total <= 0 or bad <= allowed * total:
        return 0.0
    good, rate = total - bad, bad / total
    return bad * log(rate / allowed) + (good * log((1 - rate) / (1 - allowed)) if good > 0 else 0.0)


def bearable(seconds: int) -> float:
    """The burn rate that a budget of that period bears for a while: above it a day takes more of it than the catalogue
    of alerts lets a day take (28 d: a tenth, 2.8 times as fast as it may). Never below 1."""
    factors = [float(pair.factor) for pair in pairs(Rolling(seconds)) if pair.long != "3d"] if seconds > DAY else []
    return max(1.0, min(factors, default=1.0))
