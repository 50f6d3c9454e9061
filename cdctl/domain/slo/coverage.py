"""How much of the time was looked at, how often, and what silence means."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.slo.objective import ExpectedTraffic
from cdctl.domain.slo.series import LOOKBACK, Buckets, Floats, Ints
from cdctl.domain.slo.tiling import COARSE, FINE, coarsen, join, take

_SCRAPES = 2
"""A bucket must span so many scrapes, or an event may be told by the wrong bucket and short burn rates are noise."""


def expected(buckets: Buckets, width: int) -> Floats:
    """Usual number of observations in a bucket of `width`, per group, [n_groups]; 0 where a group was never seen.

    Usual is the (upper) median over the buckets in which the group was seen.
    """
    seen = np.sort(buckets.seen[:, buckets.widths == width], axis=1)
    count = seen.shape[1]
    if not count:
        return np.zeros(len(buckets.groups))
    there = np.count_nonzero(seen, axis=1)
    usual: Floats = seen[np.arange(len(seen)), np.minimum(count - there + there // 2, count - 1)]
    return usual


def coverage(buckets: Buckets) -> Floats:
    """Share 0..1 of each bucket in which the total was observed, [n_groups, n_buckets].

    A bucket that misses at most one of its usual scrapes is whole: where scrapes fall in a bucket is chance.
    """
    covered = np.zeros_like(buckets.seen)
    for width in np.unique(buckets.widths):
        here = buckets.widths == width
        usual = np.maximum(expected(buckets, int(width)), 1.0)[:, None]
        covered[:, here] = np.minimum(1.0, (buckets.seen[:, here] + 1) / usual)
    return np.where(buckets.seen > 0, covered, 0.0)


def scrape_seconds(buckets: Buckets) -> float | None:
    """Seconds between two observations, told by the widest buckets of the best observed group."""
    if not len(buckets.ends):
        return None
    width = int(buckets.widths.max())
    usual = expected(buckets, width).max(initial=0.0)
    return width / usual if usual else None


def widened(buckets: Buckets) -> tuple[Buckets, int]:
    """The series with fine buckets merged until each spans two scrapes, and the width of its finest buckets.

    Differences telescope, so merging loses nothing. Only widths that divide an hour are used.
    """
    interval = scrape_seconds(buckets)
    if interval is None:
        return buckets, FINE
    needed = math.ceil(interval * _SCRAPES * 0.98 / FINE)
    if needed <= 1:
        return buckets, FINE
    width = next((FINE * k for k in (2, 3, 4, 6, 12) if k >= needed), COARSE)
    return _merge_fine(buckets, width), width


def _merge_fine(buckets: Buckets, width: int) -> Buckets:
    fine = np.flatnonzero(buckets.widths == FINE)
    rest = np.flatnonzero(buckets.widths != FINE)
    return join([take(buckets, rest), coarsen(take(buckets, fine), width)])


def drop_first_after_silence(buckets: Buckets, lookback: int = LOOKBACK) -> Buckets:
    """Without the two buckets that follow a silence of at least `lookback` seconds, or the start of history.

    A counter seen for the first time counts from zero, which is right for a new process. When a whole group appears
    after a long silence it is the history that is new, not the processes: their counters hold events of unknown age.
    Two buckets, because targets are scraped one after the other.
    """
    seen = buckets.seen > 0
    keep = np.ones_like(seen)
    for i, row in enumerate(seen):
        positions = np.flatnonzero(row)
        if not len(positions):
            continue
        begins = buckets.ends[positions] - buckets.widths[positions]
        # The last sample may lie at the very beginning of the last bucket that has one.
        silence = begins[1:] - begins[:-1]
        for place in [0, *(np.flatnonzero(silence > lookback) + 1)]:
            keep[i, positions[place] : positions[place] + 2] = False
    values = (np.where(keep, getattr(buckets, name), 0.0) for name in ("good", "total", "seen"))
    return Buckets(buckets.groups, buckets.ends, buckets.widths, *values)


def charge_silence(buckets: Buckets, traffic: ExpectedTraffic, silent: NDArray[np.bool_]) -> tuple[Buckets, Floats]:
    """The series with silences longer than the promise allows charged as bad events, and seconds charged,
    [n_groups, n_buckets].

    silent: [n_groups, n_buckets], where not a single event came. Silence counts from when the group was first seen. The
    expected events of that time are added to total, none to good, and the time counts as covered: it is known that
    nothing worked.
    """
    total, seen, charged = buckets.total.copy(), buckets.seen.copy(), np.zeros_like(buckets.total)
    usual = {int(width): expected(buckets, int(width)) for width in np.unique(buckets.widths)}
    for i, row in enumerate(buckets.seen):
        if not row.any():
            continue
        flags = silent[i].copy()
        flags[: int(np.argmax(row > 0))] = False
        for run in _runs(flags):
            if buckets.widths[run].sum() < traffic.seconds:
                continue
            charged[i, run] = buckets.widths[run]
            total[i, run] = traffic.events * buckets.widths[run] / traffic.seconds
            seen[i, run] = [usual[int(width)][i] or 1.0 for width in buckets.widths[run]]
    return Buckets(buckets.groups, buckets.ends, buckets.widths, buckets.good, total, seen), charged


def _runs(flags: NDArray[np.bool_]) -> list[Ints]:
    where = np.flatnonzero(flags)
    return np.split(where, np.flatnonzero(np.diff(where) != 1) + 1) if len(where) else []
