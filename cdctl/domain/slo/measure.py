"""From one objective's bucket series to the figures of its window; alike objectives are measured as one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from cdctl.domain.slo.budget import Burns, burns, counts, slice_values
from cdctl.domain.slo.coverage import (
    charge_silence,
    coverage,
    drop_first_after_silence,
    finest,
    merged,
    scrape_seconds_of,
)
from cdctl.domain.slo.objective import Objective, Ratio, Slo
from cdctl.domain.slo.series import Buckets, Floats
from cdctl.domain.slo.stack import rows_of, sorted_by_owner, stacked
from cdctl.domain.slo.verdict import Evidence
from cdctl.domain.slo.window import Bounds, bounds


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for one objective, and with which words the answer came."""

    slo: Slo
    objective: Objective
    at: int
    min_coverage: Decimal
    evidence: tuple[Evidence, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def window(self) -> Bounds:
        """The objective's window at the run's instant."""
        return bounds(self.slo.window, self.at)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """An objective's buckets made ready: values are [n_groups, n_buckets], `charged` in seconds."""

    asked: Asked
    window: Bounds
    buckets: Buckets
    good: Floats
    total: Floats
    coverage: Floats
    whole: tuple[Floats, Floats, Floats]
    """Good, total and covered seconds of the window, [n_groups] each."""
    burn: Burns
    charged: Floats
    width: int
    came: tuple[bool, ...]
    """Whether each group was seen at all, before cleaning."""

    @property
    def end(self) -> int:
        """End of the last whole bucket at or before the run's instant."""
        return self.asked.at // self.width * self.width

    @property
    def inside(self) -> slice:
        """Where the buckets of the window stand."""
        low, high = np.searchsorted(self.buckets.ends, [self.window.start, self.end], side="right")
        return slice(int(low), int(high))


def measure(asked: Asked, buckets: Buckets) -> Measured:
    """Clean a series (too few scrapes, births after silence, expected traffic) and sum it."""
    return measure_all([asked], stacked([buckets]))[0]


def alike(asked: Asked) -> Hashable:
    """What objectives must have in common to be measured together."""
    objective, slo = asked.objective, asked.slo
    return (
        isinstance(objective.indicator, Ratio),
        (objective.target, objective.slice_target, objective.slice_seconds, slo.budgeting),
        (asked.window, asked.at, slo.expected_traffic),
    )


def measure_all(asked: Sequence[Asked], stack: Buckets) -> list[Measured]:
    """The same for objectives that are `alike`, whose series are stacked in their order."""
    stack, rows = sorted_by_owner(stack, len(asked))
    if asked[0].objective.slice_seconds is not None:
        return _measure(asked, stack, rows, asked[0].objective.slice_seconds)
    widths = [finest(interval) for interval in scrape_seconds_of(stack, rows)]
    if len(set(widths)) == 1:
        return _measure(asked, merged(stack, widths[0]), rows, widths[0])
    alone = [(one, stacked([rows_of(stack, own)]), width) for one, own, width in zip(asked, rows, widths, strict=True)]
    return [_measure([one], merged(series, width), [slice(None)], width)[0] for one, series, width in alone]


def _measure(asked: Sequence[Asked], stack: Buckets, rows: Sequence[slice], width: int) -> list[Measured]:
    objective, slo, window = asked[0].objective, asked[0].slo, asked[0].window
    silent = stack.total <= 0
    came = [bool(times) for times in np.count_nonzero(stack.seen > 0, axis=1)]
    if isinstance(objective.indicator, Ratio) and stack.watched is None:
        stack = drop_first_after_silence(stack)
    charged = np.zeros_like(stack.total)
    if slo.expected_traffic is not None:
        stack, charged = charge_silence(stack, slo.expected_traffic, silent)
    good, total = stack.good, stack.total
    if objective.slice_seconds is not None:
        good, total = slice_values(objective, slo.budgeting, stack)
    share = coverage(stack)
    kept_bad = stack.sampled.kept_bad if stack.sampled is not None else None
    sliced = objective.slice_seconds is not None
    sums = counts(stack.ends, stack.widths, good, total, share, slices=sliced, kept_bad=kept_bad)
    end = asked[0].at // width * width
    whole, burn = sums.window(window.start, end), burns(sums, end, objective.target)
    return [
        Measured(
            one,
            window,
            rows_of(stack, own),
            good[own],
            total[own],
            share[own],
            (whole[0][own], whole[1][own], whole[2][own]),
            Burns(burn.rates[:, own], burn.bad[:, own]),
            charged[own],
            width,
            tuple(came[own]),
        )
        for one, own in zip(asked, rows, strict=True)
    ]
