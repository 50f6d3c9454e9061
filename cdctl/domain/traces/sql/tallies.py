"""A roll-up's rows as counts per group and bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cdctl.domain.slo.series import Floats, Ints, Span
from cdctl.domain.traces.kinds import KINDS
from cdctl.domain.traces.ports import Counts
from cdctl.errors import UsageError

MOST_CELLS = 20_000_000
"""Groups times buckets of one answer."""


def counts_of(
    bucket: Ints,
    keys: Sequence[Sequence[str]],
    tallies: Mapping[str, Floats],
    span: Span,
    seen: Floats,
    *,
    bad: bool,
    notes: tuple[str, ...] = (),
) -> Counts:
    """bucket [n_rows]; keys: one sequence of [n_rows] texts per attribute; tallies: see `statements.TALLIES`, [n_rows]
    each; seen [n_buckets]. `bad`: the part is the bad events. Raises UsageError for far too many groups."""
    rows = list(zip(*keys, strict=True)) if keys else [()] * len(bucket)
    groups = tuple(sorted(set(rows)))
    cells = len(groups) * len(span)
    if cells > MOST_CELLS:
        hint = "group by an attribute with fewer values, or ask for a shorter window"
        raise UsageError(f"{len(groups):,} groups of {len(span):,} buckets are too many", hint=hint)
    place = {group: number for number, group in enumerate(groups)}
    row = np.fromiter((place[one] for one in rows), np.int64, len(rows))

    def grid(values: Floats) -> Floats:
        found = np.zeros((len(groups), len(span)))
        found[row, bucket] = values
        return found

    all_of, part_of = (
        {name: grid(tallies[f"{prefix}{name}"]) for name in ("raw", "squares", "unknown")} for prefix in ("", "part_")
    )
    total, part = grid(tallies["total"]), grid(tallies["part"])
    of_bad = part_of if bad else {name: all_of[name] - part_of[name] for name in all_of}
    return Counts(
        groups=groups,
        ends=span.ends,
        good=np.maximum(total - part, 0) if bad else part,
        total=total,
        raw=all_of["raw"],
        raw_bad=of_bad["raw"],
        squares=all_of["squares"],
        squares_bad=np.maximum(of_bad["squares"], 0),
        unknown=all_of["unknown"],
        unknown_bad=of_bad["unknown"],
        seen=seen,
        notes=notes,
    )


def kind_of(number: int) -> str:
    """The name of a span kind; empty for -1, which stands for none."""
    return KINDS[number] if 0 <= number < len(KINDS) else "" if number < 0 else str(number)


def minutes(heard: Sequence[tuple[int, int]], span: Span) -> Floats:
    """Minutes of every bucket in which spans were taken in, [n_buckets]; heard: runs of epoch seconds, apart."""
    edges = np.arange(span.start, span.end + 1, span.step, dtype=np.float64)
    taken = np.zeros(len(edges))
    for start, stop in heard:
        taken += np.clip(edges - start, 0, stop - start)
    return np.diff(taken) / 60
