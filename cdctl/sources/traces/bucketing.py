"""From what a store counted to the buckets of a promise: groups by their names, weights as the spec states them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cdctl.domain.slo.series import Buckets, Floats, Sampled, Span
from cdctl.domain.traces.ports import Counts
from cdctl.sources.traceql.plan import Plan

_EACH_ONE = 1e-9


def bucketed(planned: Plan, counts: Counts, span: Span) -> Buckets:
    """The buckets of one span; only groups that have events in it."""
    groups, rows = _groups(planned, counts.groups)

    def summed(values: Floats) -> Floats:
        out = np.zeros((len(groups), len(span)))
        np.add.at(out, rows, values)
        return out

    bad = np.maximum(counts.total - counts.good, 0.0)
    total, bad, kept, kept_bad, squares, squares_bad, unknown, unknown_bad = (
        summed(values)
        for values in (
            counts.total,
            bad,
            counts.raw,
            counts.raw_bad,
            counts.squares,
            counts.squares_bad,
            counts.unknown,
            counts.unknown_bad,
        )
    )
    if planned.weight is not None:
        # An unknown one was counted as one; it stands for so many.
        total, bad = (values + more * (planned.weight - 1) for values, more in ((total, unknown), (bad, unknown_bad)))
        squares, squares_bad = (
            values + more * (planned.weight**2 - 1) for values, more in ((squares, unknown), (squares_bad, unknown_bad))
        )
        unknown = np.zeros_like(unknown)
    came = total.sum(axis=0) > 0
    watched = np.where(came, np.maximum(counts.seen, 1.0), counts.seen)
    sampled = None
    if bool((unknown > 0).any() or (np.abs(squares - kept) > _EACH_ONE * kept).any()):
        sampled = Sampled(kept, kept_bad, squares, squares_bad, unknown)
    seen = np.broadcast_to(watched, total.shape).copy()
    widths = np.full(len(span), span.step, np.int64)
    return Buckets(groups, span.ends, widths, np.clip(total - bad, 0.0, total), total, seen, sampled, watched)


def unwatched(span: Span) -> Buckets:
    """The buckets of a time in which nobody took spans in."""
    nothing, widths = np.zeros((0, len(span))), np.full(len(span), span.step, np.int64)
    return Buckets((), span.ends, widths, nothing, nothing, nothing, None, np.zeros(len(span)))


def _groups(planned: Plan, found: Sequence[tuple[str, ...]]) -> tuple[tuple[tuple[str, ...], ...], list[int]]:
    """Groups as the promise names them, and which of them each of the store's is: of several attributes that may hold
    a value the first one that does counts."""
    named: dict[tuple[str, ...], int] = {}
    rows = []
    for values in found:
        rest = iter(values)
        own = [[next(rest) for _ in places] for places in planned.places]
        group = tuple(next((value for value in some if value), "") for some in own)
        rows.append(named.setdefault(group, len(named)))
    return tuple(named), rows
