"""A source whose numbers are in memory: for tests of what asks a source."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cdctl.domain.ports import BucketRequest, SourceAnswer, SourceFailure
from cdctl.domain.slo.objective import Indicator, Ratio, RawRatio
from cdctl.domain.slo.series import Buckets, Floats, Ints, Span
from cdctl.domain.slo.verdict import Evidence


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """What happened in one series: at `times` (epoch seconds, [n]) so many good and total events, [n] each."""

    times: Ints
    good: Floats
    total: Floats
    labels: Mapping[str, str] = field(default_factory=dict)


class MemorySource:
    """The Source port over arrays. `series` maps the text of an indicator's total (raw, metric) query to its series.

    A text in `failures` fails with that reason; an unknown text is the asker's fault. `asked` keeps every request.
    """

    def __init__(
        self,
        series: Mapping[str, Sequence[Events]],
        *,
        identity: str = "memory",
        failures: Mapping[str, str] | None = None,
    ) -> None:
        self.identity = identity
        self.asked: list[BucketRequest] = []
        self.closed = False
        self._series = series
        self._failures = failures or {}

    def fingerprint(self, indicator: Indicator, group_by: tuple[str, ...]) -> str:
        """The whole question as text."""
        return repr((indicator, group_by))

    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        """Answers in the order of the requests."""
        for request in requests:
            self.asked.append(request)
            yield self._answer(request)

    async def aclose(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    def _answer(self, request: BucketRequest) -> SourceAnswer | SourceFailure:
        text = _text(request.indicator)
        if text in self._failures:
            return SourceFailure(request.key, self._failures[text])
        if text not in self._series:
            return SourceFailure(request.key, f"there is no series for {text!r}", mine=True)
        buckets = tuple(_bucketed(self._series[text], request.group_by, span) for span in request.spans)
        return SourceAnswer(request.key, buckets, (Evidence(self.identity, text, request.at),))


def _text(indicator: Indicator) -> str:
    if isinstance(indicator, Ratio):
        return indicator.total.text
    return indicator.raw.text if isinstance(indicator, RawRatio) else indicator.metric.text


def _bucketed(series: Sequence[Events], group_by: tuple[str, ...], span: Span) -> Buckets:
    members: dict[tuple[str, ...], list[Events]] = {}
    for events in series:
        members.setdefault(tuple(events.labels.get(label, "") for label in group_by), []).append(events)
    groups = tuple(sorted(members))
    good, total, seen = (np.zeros((len(groups), len(span))) for _ in range(3))
    for row, group in enumerate(groups):
        for events in members[group]:
            inside = (events.times > span.start) & (events.times <= span.end)
            column = (events.times[inside] - span.start - 1) // span.step
            np.add.at(good[row], column, events.good[inside])
            np.add.at(total[row], column, events.total[inside])
            seen[row] = np.maximum(seen[row], np.bincount(column, minlength=len(span)))
    return Buckets(groups, span.ends, np.full(len(span), span.step, np.int64), good, total, seen)
