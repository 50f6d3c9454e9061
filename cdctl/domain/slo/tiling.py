"""Which buckets a set of windows needs: fine ones where a window begins or ends, coarse ones everywhere else.

Steps cost a server more than samples do, so history is asked for in hours and only the hours that hold an edge of a
window in five-minute buckets. All windows end at the run's instant, so a few such hours serve every burn rate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cdctl.domain.slo.series import SAMPLED, Buckets, Floats, Ints, Sampled, Span

FINE = 300
COARSE = 3600
MARGIN = 2
"""Buckets asked for before the first window: they tell whether history was there already."""
_MERGE = 6
"""Fine hours at most this many hours apart become one span: one request costs about as much as 70 fine steps."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """Spans of the levels from fine to coarse. A bucket of a finer level replaces the part of the coarser it covers."""

    spans: tuple[Span, ...]

    def of(self, step: int) -> tuple[Span, ...]:
        """The spans of one level, in time order."""
        return tuple(span for span in self.spans if span.step == step)

    def replaced(self, step: int) -> Ints:
        """Ends of the buckets of `step` that finer spans cover whole, [n]; the tiling does not need them."""
        finer = [span for span in self.spans if span.step < step]
        ends = [np.arange(-(-span.start // step) * step + step, span.end + 1, step, dtype=np.int64) for span in finer]
        return np.concatenate([np.zeros(0, np.int64), *ends])

    @property
    def steps(self) -> tuple[int, ...]:
        """The levels, finest first."""
        return tuple(sorted({span.step for span in self.spans}))


def tile(starts: Iterable[int], at: int) -> Tiling:
    """Tiling of every window (start, at], all instants multiples of FINE."""
    edges = sorted({*starts, at})
    first = edges[0] // COARSE * COARSE - MARGIN * COARSE
    cells = sorted({edge // COARSE for edge in edges if edge % COARSE})
    fine: list[list[int]] = []
    for cell in cells:
        if fine and cell - fine[-1][1] <= _MERGE:
            fine[-1][1] = cell + 1
        else:
            fine.append([cell, cell + 1])
    spans = [Span(low * COARSE, min(high * COARSE, at), FINE) for low, high in fine]
    last_hour = at // COARSE * COARSE
    if last_hour > first:
        spans.append(Span(first, last_hour, COARSE))
    return Tiling(tuple(sorted(spans, key=lambda span: (span.step, span.start))))


def slices(start: int, at: int, step: int) -> Tiling:
    """Tiling of one level for timeslice objectives: every whole slice of (start, at]."""
    return Tiling((Span((-(-start // step) - MARGIN) * step, at // step * step, step),))


def missing(wanted: Span, known: Ints, bridge: int = 24) -> tuple[Span, ...]:
    """The parts of `wanted` whose bucket ends are not in `known`, as few spans as worth a request each.

    Up to `bridge` known buckets between two missing ones are asked for again: that costs less than a request.
    """
    absent = np.ones(len(wanted), bool)
    absent[(known[(known > wanted.start) & (known <= wanted.end)] - wanted.start) // wanted.step - 1] = False
    ends = wanted.ends[absent]
    if not len(ends):
        return ()
    breaks = np.flatnonzero(np.diff(ends) > wanted.step * (bridge + 1)) + 1
    return tuple(Span(int(run[0]) - wanted.step, int(run[-1]), wanted.step) for run in np.split(ends, breaks))


def assemble(levels: dict[int, Buckets], tiling: Tiling) -> Buckets:
    """One series out of the levels: for every instant the finest bucket that the tiling asks for.

    `levels` maps a step to buckets with the same groups. Buckets that are not there are left out: their time counts as
    not covered.
    """
    parts: list[Buckets] = []
    finer: list[Span] = []
    for step in tiling.steps:
        level = levels[step]
        keep = np.zeros(len(level.ends), bool)
        for span in tiling.of(step):
            keep |= (level.ends > span.start) & (level.ends <= span.end)
        for span in finer:
            keep &= (level.ends <= span.start) | (level.ends - step >= span.end)
        parts.append(take(level, np.flatnonzero(keep)))
        finer += tiling.of(step)
    return join(parts)


def take(buckets: Buckets, index: Ints) -> Buckets:
    """The buckets at these positions."""
    return buckets.columns(lambda values: values[..., index], buckets.ends[index], buckets.widths[index])


def join(parts: Iterable[Buckets]) -> Buckets:
    """Buckets of several answers as one series in time order; on a doubled bucket the later part wins.

    Groups are united; a group that a part does not have was not seen in that part, unless the part was watched.
    """
    parts = [part for part in parts if len(part.ends)] or [empty()]
    if len(parts) == 1:
        return parts[0]
    groups = tuple(dict.fromkeys(group for part in parts for group in part.groups))
    parts = [regroup(part, groups) for part in parts]
    whole = Buckets(
        groups,
        np.concatenate([part.ends for part in parts]),
        np.concatenate([part.widths for part in parts]),
        np.concatenate([part.good for part in parts], axis=1),
        np.concatenate([part.total for part in parts], axis=1),
        np.concatenate([part.seen for part in parts], axis=1),
        _joined_samples(parts),
        _joined_watch(parts),
    )
    if (np.diff(whole.ends) > 0).all():
        return whole
    _, index = np.unique(whole.ends[::-1], return_index=True)
    return take(whole, len(whole.ends) - 1 - index)


def _joined_samples(parts: list[Buckets]) -> Sampled | None:
    if all(part.sampled is None for part in parts):
        return None
    samples = [part.sample for part in parts]
    return Sampled(*(np.concatenate([getattr(one, name) for one in samples], axis=1) for name in SAMPLED))


def _joined_watch(parts: list[Buckets]) -> Floats | None:
    watches = [part.watched for part in parts if part.watched is not None]
    return np.concatenate(watches) if len(watches) == len(parts) else None


def regroup(buckets: Buckets, groups: tuple[tuple[str, ...], ...]) -> Buckets:
    """The same buckets with these groups, in this order; a new one is all zero, which means not seen. Of a source that
    was watched as a whole a new one was looked at, and had no events."""
    if buckets.groups == groups:
        return buckets
    position = {group: i for i, group in enumerate(buckets.groups)}
    rows = np.array([position.get(group, -1) for group in groups], dtype=np.int64)

    def pick(values: Floats) -> Floats:
        padded = np.vstack([values, np.zeros((1, values.shape[1]))])
        return padded[rows]

    seen = pick(buckets.seen)
    if buckets.watched is not None:
        seen[rows < 0] = buckets.watched
    return buckets.rows(pick, groups, seen)


def empty(groups: tuple[tuple[str, ...], ...] = ()) -> Buckets:
    """No buckets at all."""
    none = np.zeros((len(groups), 0))
    return Buckets(groups, np.zeros(0, np.int64), np.zeros(0, np.int64), none, none, none)


def coarsen(buckets: Buckets, step: int) -> Buckets:
    """Buckets of `step` seconds, each the sum of the finer ones that fill it; those not filled are left out."""
    if not len(buckets.ends):
        return buckets
    parent = -(-buckets.ends // step) * step
    ends, first = np.unique(parent, return_index=True)
    full = np.add.reduceat(buckets.widths, first) == step
    widths = np.full(int(full.sum()), step, np.int64)
    return buckets.columns(lambda values: np.add.reduceat(values, first, axis=-1)[..., full], ends[full], widths)
