"""Events per bucket out of cumulative values, here rather than in the server.

For a span of weeks this costs the server a third: it reads each series once for the values and once to count scrapes,
instead of five times. The answer is one value per series and bucket, so it is only asked for when the series are few.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.slo.series import LOOKBACK, Floats, Span
from cdctl.sources.prometheus.answers import Series
from cdctl.sources.prometheus.legs import BEFORE, PEAK, RESETS, SEEN, EventLeg
from cdctl.sources.prometheus.restarts import Doubt, name


def widened(span: Span) -> Span:
    """The span with the buckets before it in which a counter's last value may lie."""
    return Span(span.start - LOOKBACK // span.step * span.step, span.end, span.step)


def may_have_reset(answer: list[Series], span: Span) -> bool:
    """Whether a counter fell or was born within the span; then the peaks before the falls are needed, too.

    A counter that is past its old value within a bucket does not fall, but one that old and that low was born lately.
    A birth with the first of all values is no birth: history begins there.
    """
    values, before = _values(answer, span)
    known = np.isfinite(values)
    born = known & np.isnan(before)
    if known.any():
        born[:, : int(np.argmax(known.any(axis=0))) + 1] = False
    return bool((values < before).any() or born.any())


def doubts(answer: list[Series], peaks: list[Series], span: Span) -> list[Doubt]:
    """Series and buckets with more resets than `events` can tell; arguments as there."""
    counters = [series for series in answer if SEEN not in series.labels]
    values, before = _values(answer, span)
    top = _rows(counters, peaks, PEAK, values)
    told = (top > values).astype(float) + (before > np.fmax(top, values))
    # A short bucket is shorter than what resets() looks back on: the same reset is counted in several.
    told = told + sum(np.pad(told, ((0, 0), (back, 0)))[:, :-back] for back in range(1, BEFORE // span.step + 1))
    more = _rows(counters, peaks, RESETS, values)[:, -len(span) :] > told[:, -len(span) :]
    rows = zip(counters, more, strict=True)
    return [Doubt(dict(name(series.labels)), row) for series, row in rows if row.any()]


def events(leg: EventLeg, answer: list[Series], peaks: list[Series], span: Span) -> list[Series]:
    """What the server would have said to `leg.expression`: events by the leg's labels, and scrapes seen.

    answer: of `leg.values`, over the widened span; peaks: of `leg.peaks`, when there are resets.
    """
    counters = [series for series in answer if SEEN not in series.labels]
    values, before = _values(answer, span)
    births, resets = np.isnan(before), values < before
    change = np.where(births | resets, values, values - before)
    top = _rows(counters, peaks, PEAK, values)
    # A fall inside the bucket: what was counted before it is the peak, less what the bucket began with.
    fell = top > values
    change += np.where(fell, top - np.where(births | (before > top), 0.0, np.where(before > values, before, 0.0)), 0.0)
    own = len(span)
    sums: dict[tuple[str, ...], Floats] = {}
    there: dict[tuple[str, ...], NDArray[np.bool_]] = {}
    odd: dict[tuple[str, ...], NDArray[np.bool_]] = {}
    for series, row in zip(counters, change[:, -own:], strict=True):
        key = tuple(series.labels.get(label, "") for label in leg.by)
        known = np.isfinite(row)
        sums[key] = sums.get(key, np.zeros(own)) + np.where(known, row, 0.0)
        there[key] = there.get(key, np.zeros(own, bool)) | known
        if series.odd is not None:
            odd[key] = odd.get(key, np.zeros(own, bool)) | _for_good(series)[-own:]
    found = [
        Series({k: v for k, v in zip(leg.by, key, strict=True) if v}, np.where(there[key], row, np.nan), odd.get(key))
        for key, row in sums.items()
    ]
    return found + [Series(one.labels, one.values[-own:]) for one in answer if SEEN in one.labels]


def _for_good(series: Series) -> NDArray[np.bool_]:
    """Buckets that end with a NaN and have no number after it: the next number would tell what happened meanwhile."""
    later = np.logical_or.accumulate(np.isfinite(series.values)[::-1])[::-1]
    return np.zeros(len(later), bool) if series.odd is None else series.odd & ~later


def _values(answer: list[Series], span: Span) -> tuple[Floats, Floats]:
    """Last value of every series and bucket, and the last before it within LOOKBACK, NaN where there is none."""
    rows = [series.values for series in answer if SEEN not in series.labels]
    count = len(widened(span))
    values = np.array(rows).reshape(len(rows), count)
    place = np.where(np.isfinite(values), np.arange(count), -1)
    last = np.maximum.accumulate(place, axis=1)
    last = np.hstack([np.full((len(rows), 1), -1), last[:, :-1]])
    near = (last >= 0) & (np.arange(count) - last <= LOOKBACK // span.step)
    before = np.where(near, np.take_along_axis(values, np.maximum(last, 0), axis=1), np.nan)
    return values, before


def _rows(counters: list[Series], peaks: list[Series], mark: str, values: Floats) -> Floats:
    """What the answer for peaks says with this mark, NaN where nothing, in the order of `counters`."""
    found = np.full_like(values, np.nan)
    rows = {name(series.labels): series.values for series in peaks if mark in series.labels}
    for i, series in enumerate(counters):
        row = rows.get(name(series.labels))
        if row is not None:
            found[i] = row
    return found
