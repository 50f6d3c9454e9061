"""Since when does it burn: the moment from which bad events have been more frequent than before, until now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cdctl.domain.slo.series import Floats, Ints

LEAST = 10.0
"""Log-likelihood ratio below which a change is taken for chance. Of n buckets n moments are tried, and the greatest of
n chi-squared values of one degree passes 2 x 10 with a probability below n x 1e-5: 0.3 % for a day of five minutes."""


@dataclass(frozen=True, slots=True)
class Onset:
    """at: epoch seconds at which the first bucket that belongs to it begins. before and since: shares of bad events,
    0..1. score: log-likelihood ratio against no change at all."""

    at: int
    before: float
    since: float
    score: float


def onset(ends: Ints, widths: Ints, bad: Floats, total: Floats, least: float = LEAST) -> Onset | None:
    """The likeliest moment at which the share of bad events rose and stayed up until the last bucket; None when no
    moment is likely enough, or what rose fell again.

    All arrays [n]: bucket ends and widths in seconds, events as counted (not weighted). The statistic is the
    log-likelihood ratio of two Bernoulli rates against one (Hinkley 1970, "Inference about the change-point in a
    sequence of random variables"); cost grows with n.
    """
    bad = np.minimum(bad, total)
    rows = np.arange(len(ends))
    origin: dict[int, int] = {}
    while (rise := _split(bad[rows], total[rows], least)) is not None:
        at, score = rise
        before, since = rows[:at], rows[at:]
        began = origin.get(int(since[0]), int(since[0]))
        fall = _split((total - bad)[since], total[since], least)
        if fall is None:
            start = int(ends[began] - widths[began])
            return Onset(start, _share(bad[before], total[before]), _share(bad[since], total[since]), score)
        # It fell again. If without what lies between the rest is above what was before, it began where it first rose.
        rest = since[fall[0] :]
        origin = {int(rest[0]): began}
        rows = np.concatenate([before, rest])
    return None


def _split(bad: Floats, total: Floats, least: float) -> tuple[int, float] | None:
    """First place of the later part where the share of bad is likeliest to have risen, and the score; [n] each."""
    if len(bad) < 2 or total.sum() <= 0:
        return None
    gain = ratios(bad, total)
    at = int(gain.argmax())
    return (at + 1, float(gain[at])) if gain[at] >= least else None


def ratios(bad: Floats, total: Floats) -> Floats:
    """Log-likelihood ratio of a rise after each bucket but the last against no change at all, [n - 1]; 0 where the
    share of bad events did not rise. bad, total: events, [n]."""
    bad_before, all_before = np.cumsum(bad)[:-1], np.cumsum(total)[:-1]
    bad_since, all_since = bad.sum() - bad_before, total.sum() - all_before
    split = _likelihood(bad_before, all_before) + _likelihood(bad_since, all_since)
    gain = split - _likelihood(bad.sum()[None], total.sum()[None])
    rose = (all_before > 0) & (all_since > 0) & (bad_since * all_before > bad_before * all_since)
    return np.where(rose, gain, 0.0)


def _share(bad: Floats, total: Floats) -> float:
    return float(bad.sum() / total.sum())


def _likelihood(bad: Floats, total: Floats) -> Floats:
    """Logarithm of the likelihood at the likeliest rate, [n]."""
    good = total - bad
    rate = bad / np.maximum(total, 1e-300)
    with np.errstate(divide="ignore", invalid="ignore"):
        from_bad = np.where(bad > 0, bad * np.log(rate), 0.0)
        from_good = np.where(good > 0, good * np.log1p(-rate), 0.0)
    return np.asarray(from_bad + from_good)
