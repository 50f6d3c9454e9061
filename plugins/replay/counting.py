"""From samples to good and total events per bucket and group."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from cdctl.api import Buckets, Span

from .recording import Floats, Recording, Series

Group = tuple[str, ...]
Worth = Callable[[Series], Floats]
"""What each sample of a series is worth, [n_samples]."""

OPERATORS = {"lte": operator.le, "lt": operator.lt, "gte": operator.ge, "gt": operator.gt}


class CountError(Exception):
    """A series holds values that its use does not allow."""


def increases(recording: Recording) -> Worth:
    """Events that a counter's samples bring: the step from the one before, or the value itself after a reset.

    What happened in a gap counts where the counter reappears. The first sample of a series counts in full when it comes
    later than two usual intervals after the start of the file: a new process begins at zero. At the start of the file
    it only tells where the counter stood.
    """

    def worth(series: Series) -> Floats:
        _refuse_negative(series, "a counter")
        steps = np.diff(series.values)
        born = series.times[0] > recording.start + 2 * recording.cadence
        first = series.values[0] if born else 0.0
        return np.concatenate([[first], np.where(steps < 0, series.values[1:], steps)])

    return worth


def events(series: Series) -> Floats:
    """Samples that are themselves the events since the sample before."""
    _refuse_negative(series, "a number of events")
    return series.values


def ratios(success: bool) -> Worth:
    """Samples that are ratios: each is one observation of that worth."""

    def worth(series: Series) -> Floats:
        wrong = (series.values < 0) | (series.values > 1)
        if wrong.any():
            raise CountError(f"a ratio is {series.values[wrong][0]:g} at {series.times[wrong][0]:.15g}, not 0 to 1")
        return series.values if success else 1 - series.values

    return worth


def within(op: str, limit: float) -> Worth:
    """1 for each sample on the good side of the limit, 0 for the others."""
    return lambda series: OPERATORS[op](series.values, limit).astype(np.float64)


def one(series: Series) -> Floats:
    """1 for each sample."""
    return np.ones(len(series.values))


def _refuse_negative(series: Series, what: str) -> None:
    wrong = series.values < 0
    if wrong.any():
        raise CountError(
            f"{what} is {series.values[wrong][0]:g} at {series.times[wrong][0]:.15g}; it cannot be negative"
        )


class Tally:
    """Sums per group over the buckets of one span."""

    def __init__(self, series: Iterable[Series], group_by: Group, span: Span) -> None:
        self._span = span
        self._members: dict[Group, list[Series]] = {}
        for each in series:
            self._members.setdefault(tuple(each.labels.get(label, "") for label in group_by), []).append(each)

    def sums(self, worth: Worth, groups: Sequence[Group]) -> Floats:
        """What the samples are worth, [n_groups, n_buckets]."""
        sums = np.zeros((len(groups), len(self._span)))
        for row, group in enumerate(groups):
            for series in self._members.get(group, ()):
                inside, columns = self._columns(series)
                sums[row] += np.bincount(columns, worth(series)[inside], len(self._span))
        return sums

    def seen(self) -> dict[Group, Floats]:
        """Samples of each group's best-observed series, [n_buckets]; groups without any sample are left out."""
        seen = {}
        for group, members in self._members.items():
            counts = [np.bincount(self._columns(series)[1], minlength=len(self._span)) for series in members]
            most = np.max(counts, axis=0).astype(np.float64)
            if most.any():
                seen[group] = most
        return seen

    def _columns(self, series: Series) -> tuple[slice, np.ndarray[tuple[int], np.dtype[np.int64]]]:
        span = self._span
        low, high = np.searchsorted(series.times, [span.start, span.end], side="right")
        inside = slice(int(low), int(high))
        return inside, np.ceil((series.times[inside] - span.start) / span.step).astype(np.int64) - 1


def bucketed(span: Span, seen: dict[Group, Floats], good: Floats, total: Floats) -> Buckets:
    """The answer for one span; groups in order, good within total, nothing where nothing was seen."""
    groups = tuple(sorted(seen))
    looks = np.array([seen[group] for group in groups]).reshape(len(groups), len(span))
    total = np.where(looks > 0, total, 0.0)
    good = np.where(looks > 0, np.clip(good, 0.0, total), 0.0)
    return Buckets(groups, span.ends, np.full(len(span), span.step, np.int64), good, total, looks)
