"""What buckets lose when a counter restarts several times within one, counted from the samples themselves.

A pod in a crash loop is the very incident, and its errors are lost with it: the greatest and the last value of a bucket
tell one reset. The few series and buckets in doubt are asked for sample by sample: an hour of one series is 60 to 240
numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.slo.series import Floats, Span
from cdctl.sources.prometheus.answers import Samples, Series
from cdctl.sources.prometheus.legs import BEFORE, PEAK, RESETS, EventLeg
from cdctl.sources.promql.matchers import Matcher

MOST = 200
"""Series of one question that are counted sample by sample at most; those with the most resets first."""
_AT_ONCE = 864_000
"""Seconds of all series together that one question asks for: 10 days of one, an hour and a bit of 200."""

Name = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Doubt:
    """A series, and where its resets may not all be told. buckets: [n_buckets] of the span."""

    labels: dict[str, str]
    buckets: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Question:
    """An instant query for samples, and the buckets (start, end] that it is about."""

    query: str
    time: int
    start: int
    end: int


def name(labels: dict[str, str]) -> Name:
    """What tells a series from others of its leg, whatever function it went through."""
    return tuple(sorted((k, v) for k, v in labels.items() if k not in {"__name__", PEAK, RESETS}))


def doubts(answer: Sequence[Series]) -> list[Doubt]:
    """The doubts that `leg.doubts` tells."""
    return [Doubt(dict(name(one.labels)), one.values > 0) for one in answer if RESETS in one.labels]


def worst(found: list[Doubt]) -> tuple[list[Doubt], tuple[str, ...]]:
    """As many as are worth asking for, and a warning when that is not all."""
    if len(found) <= MOST:
        return found, ()
    found = sorted(found, key=lambda doubt: -int(doubt.buckets.sum()))
    warning = (
        f"{len(found)} series restarted several times a bucket: the worst {MOST} are counted exactly, "
        "of the others events may lack"
    )
    return found[:MOST], (warning,)


def questions(leg: EventLeg, found: Sequence[Doubt], span: Span) -> Iterator[Question]:
    """What to ask for all doubts: runs of buckets, of no more series than the labels need."""
    index = np.flatnonzero(np.any([doubt.buckets for doubt in found], axis=0)) if found else np.zeros(0, np.int64)
    if not len(index):
        return
    counter = replace(leg.counter, matchers=leg.counter.matchers | frozenset(_narrow(found)))
    longest = max(1, _AT_ONCE // len(found) // span.step)
    for run in np.split(index, np.flatnonzero(np.diff(index) > 1) + 1):
        for first in range(int(run[0]), int(run[-1]) + 1, longest):
            start = span.start + first * span.step
            end = span.start + min(first + longest, int(run[-1]) + 1) * span.step
            yield Question(counter.over(f"{end - start + BEFORE}s"), end, start, end)


def _narrow(found: Sequence[Doubt]) -> Iterator[Matcher]:
    common = set.intersection(*(set(doubt.labels) for doubt in found))
    for label in sorted(common):
        values = sorted({doubt.labels[label] for doubt in found})
        if len(values) == 1:
            yield Matcher(label, "=", values[0])
        else:
            yield Matcher(label, "=~", "|".join(map(re.escape, values)))


def lost(
    leg: EventLeg, found: Sequence[Doubt], question: Question, answer: Sequence[Samples], span: Span
) -> list[Series]:
    """Events that the buckets lack, by the leg's labels: what samples tell, less what the formula of EventLeg does."""
    rows = {name(doubt.labels): doubt.buckets for doubt in found}
    series = []
    for samples in answer:
        doubted = rows.get(name(samples.labels))
        if doubted is not None:
            ends = span.ends
            inside = doubted & (ends > question.start) & (ends <= question.end)
            labels = {label: samples.labels[label] for label in leg.by if samples.labels.get(label)}
            series.append(Series(labels, _lack(samples, inside, span, leg.counter.offset)))
    return series


def _lack(samples: Samples, inside: NDArray[np.bool_], span: Span, offset: int) -> Floats:
    lack = np.zeros(len(span))
    known = np.isfinite(samples.values)
    value = samples.values[known]
    if not len(value):
        return lack
    bucket = np.ceil((samples.times[known] + offset - span.start) / span.step).astype(np.int64) - 1
    before = np.concatenate([[np.nan], value[:-1]])
    grown = np.where(value >= before, value - before, value)
    first = np.flatnonzero(np.diff(bucket, prepend=bucket[0] - 1))
    peak, last = np.maximum.reduceat(value, first), value[np.append(first[1:], len(value)) - 1]
    told = np.where(peak >= before[first], peak - before[first], peak) + np.where(last < peak, last, 0.0)
    place = bucket[first]
    ours = (place >= 0) & (place < len(span))
    ours[ours] = inside[place[ours]]
    lack[place[ours]] = (np.add.reduceat(grown, first) - told)[ours]
    return lack


def added(series: list[Series], more: Sequence[Series]) -> list[Series]:
    """The series, with what they lacked."""
    rows = {tuple(sorted(one.labels.items())): i for i, one in enumerate(series)}
    whole = list(series)
    for one in more:
        key = tuple(sorted(one.labels.items()))
        if key not in rows:
            continue
        old = whole[rows[key]]
        values = np.where(one.values != 0, np.nan_to_num(old.values) + one.values, old.values)
        whole[rows[key]] = replace(old, values=values)
    return whole
