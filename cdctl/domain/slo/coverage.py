"""How much of the time was looked at, how often, and what silence means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.slo.objective import ExpectedTraffic
from cdctl.domain.slo.series import LOOKBACK, Buckets, Floats, Ints, Sampled
from cdctl.domain.slo.tiling import COARSE, FINE, coarsen, join, take

DAY = 86_400
_AT_ONCE = 256
"""Groups whose habits are found at once: a thousand groups of five-minute slices would take a gigabyte."""
_SCRAPES = 2
"""A bucket must span so many scrapes, or an event may be told by the wrong bucket and short burn rates are noise."""


def expected(buckets: Buckets, width: int) -> Floats:
    """Usual number of observations in a bucket of `width`, per group, [n_groups]; 0 where a group was never seen.

    Usual is the (upper) median over the buckets in which the group was seen.
    """
    return _spread(buckets.seen[:, buckets.widths == width])[1]


def _spread(seen: Floats) -> tuple[Floats, Floats, Floats]:
    """Least, (upper) median and most of what is not zero in each row, [n_rows] each; 0 in rows of zeros."""
    count = seen.shape[1]
    if not count:
        return np.zeros(len(seen)), np.zeros(len(seen)), np.zeros(len(seen))
    ordered, rows = np.sort(seen, axis=1), np.arange(len(seen))
    there = np.count_nonzero(ordered, axis=1)
    least, usual = (ordered[rows, np.minimum(count - there + part, count - 1)] for part in (0, there // 2))
    return least, usual, ordered[:, -1]


def habit(buckets: Buckets) -> Floats:
    """Usual number of observations in every bucket at its time, [n_groups, n_buckets]; 1 or more.

    Where a group's numbers vary it is asked how often it was looked at on each day, so that a new scrape interval is no
    gap. What lasts for less than half a day is not a habit, nor is a single odd day: that is an outage. (The oldest day
    has up to 48 hours.) Fewer scrapes for two days in a row cannot be told from a new interval and are taken for one.
    """
    out = np.ones_like(buckets.seen)
    if not len(buckets.ends):
        return out
    widest = buckets.widths.max()
    widths = np.unique(buckets.widths)
    for width in widths:
        here = buckets.widths == width if len(widths) > 1 else slice(None)  # a copy of all costs as much as the rest
        least, usual, most = _spread(buckets.seen[:, here])
        out[:, here] = np.maximum(usual, 1.0)[:, None]
    unsteady = np.flatnonzero((most - usual > 1) | (usual - least > 1))  # of the widest, by more than chance
    day = _days(buckets, buckets.ends)
    for rows in _in_parts(unsteady):
        nearest = np.pad(_daily(buckets, rows), ((0, 0), (1, 1)), mode="edge")
        seen, share = buckets.seen[rows], buckets.widths / widest
        found = np.maximum(nearest[:, day + 1] * share, 1.0)
        for step in (0, 2):  # the day before and the day after: an interval changes at any hour
            other = np.maximum(nearest[:, day + step] * share, 1.0)
            found = np.where((seen > 0) & (np.abs(other - seen) < np.abs(found - seen)), other, found)
        out[rows] = found
    return out


def _in_parts(rows: Ints) -> list[Ints]:
    return [rows[i : i + _AT_ONCE] for i in range(0, len(rows), _AT_ONCE)]


def _days(buckets: Buckets, ends: Ints) -> Ints:
    """Number of the day in which each instant lies, 0 the oldest; days end with the last bucket, all are whole."""
    begin, last = buckets.ends[0] - buckets.widths[0], buckets.ends[-1]
    count = max(int(last - begin) // DAY, 1)
    number: Ints = count - 1 - np.minimum((last - ends) // DAY, count - 1)
    return number


def _daily(buckets: Buckets, rows: Ints) -> Floats:
    """Usual number of observations in a widest bucket on each day, [n_rows, n_days]; an odd day is like its neighbours.

    A day on which nothing was seen is like the one before it.
    """
    widest = buckets.widths == buckets.widths.max()
    seen, day = buckets.seen[np.ix_(rows, np.flatnonzero(widest))], _days(buckets, buckets.ends[widest])
    daily = np.zeros((len(rows), int(_days(buckets, buckets.ends[-1:])[0]) + 1))
    edges = np.searchsorted(day, np.arange(daily.shape[1] + 1))
    for number in range(daily.shape[1]):
        daily[:, number] = _spread(seen[:, edges[number] : edges[number + 1]])[1]
    first = daily[np.arange(len(rows)), np.argmax(daily > 0, axis=1)]
    daily[:, 0] = np.where(daily[:, 0] > 0, daily[:, 0], first)
    known = np.maximum.accumulate(np.where(daily > 0, np.arange(daily.shape[1]), 0), axis=1)
    padded = np.pad(np.take_along_axis(daily, known, axis=1), ((0, 0), (1, 1)), mode="edge")
    middle: Floats = np.sort(np.stack([padded[:, :-2], padded[:, 1:-1], padded[:, 2:]]), axis=0)[1]
    return middle


def coverage(buckets: Buckets) -> Floats:
    """Share 0..1 of each bucket in which the total was observed, [n_groups, n_buckets].

    A bucket that misses at most one of its usual scrapes is whole: where scrapes fall in a bucket is chance.
    """
    share = habit(buckets)
    np.divide(buckets.seen + 1, share, out=share)
    np.minimum(share, 1.0, out=share)
    share[buckets.seen <= 0] = 0.0
    return share


def scrape_seconds(buckets: Buckets) -> float | None:
    """Seconds between two observations, told by the widest buckets of the best observed group on the last day."""
    return scrape_seconds_of(buckets, [slice(None)])[0]


def scrape_seconds_of(buckets: Buckets, parts: Sequence[slice]) -> list[float | None]:
    """The same of every part of the groups; many parts cost little more than one."""
    if not len(buckets.ends):
        return [None] * len(parts)
    width = int(buckets.widths.max())
    least, usual, most = _spread(buckets.seen[:, buckets.widths == width])
    varies = (most - usual > 1) | (usual - least > 1)
    unsteady = np.zeros_like(varies)
    for part in parts:
        unsteady[part] = varies[part].any()
    for rows in _in_parts(np.flatnonzero(unsteady)):
        usual[rows] = _daily(buckets, rows)[:, -1]
    best = [float(usual[part].max(initial=0.0)) for part in parts]
    return [width / most_seen if most_seen else None for most_seen in best]


def widened(buckets: Buckets) -> tuple[Buckets, int]:
    """The series with fine buckets merged until each spans two scrapes, and the width of its finest buckets.

    Differences telescope, so merging loses nothing. Only widths that divide an hour are used.
    """
    width = finest(scrape_seconds(buckets))
    return merged(buckets, width), width


def finest(interval: float | None) -> int:
    """Width of the finest buckets that span two scrapes, for seconds between scrapes."""
    if interval is None:
        return FINE
    needed = math.ceil(interval * _SCRAPES * 0.98 / FINE)
    return next((FINE * k for k in (1, 2, 3, 4, 6, 12) if k >= needed), COARSE)


def merged(buckets: Buckets, width: int) -> Buckets:
    """The series with its five-minute buckets merged into buckets of `width`."""
    return buckets if width == FINE else _merge_fine(buckets, width)


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
    return buckets.rows(lambda values: np.where(keep, values, 0.0), buckets.groups)


def charge_silence(buckets: Buckets, traffic: ExpectedTraffic, silent: NDArray[np.bool_]) -> tuple[Buckets, Floats]:
    """The series with silences longer than the promise allows charged as bad events, and seconds charged,
    [n_groups, n_buckets].

    silent: [n_groups, n_buckets], where not a single event came. Silence counts from when the group was first seen. The
    expected events of that time are added to total, none to good, and the time counts as covered: it is known that
    nothing worked.
    """
    total, seen, charged = buckets.total.copy(), buckets.seen.copy(), np.zeros_like(buckets.total)
    usual = habit(buckets)
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
            seen[i, run] = usual[i, run]
    return replace(buckets, total=total, seen=seen, sampled=_charged(buckets, charged > 0, total)), charged


def _charged(buckets: Buckets, where: NDArray[np.bool_], total: Floats) -> Sampled | None:
    """Events that should have come and did not are known one by one."""
    if buckets.sampled is None:
        return None
    one = buckets.sampled
    kept, kept_bad, squares, squares_bad = (
        np.where(where, total, values) for values in (one.kept, one.kept_bad, one.squares, one.squares_bad)
    )
    return Sampled(kept, kept_bad, squares, squares_bad, np.where(where, 0.0, one.unknown))


def _runs(flags: NDArray[np.bool_]) -> list[Ints]:
    where = np.flatnonzero(flags)
    return np.split(where, np.flatnonzero(np.diff(where) != 1) + 1) if len(where) else []
