"""The source `replay`: answers from a recording what a server would have answered."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from cdctl.api import (
    API,
    BucketRequest,
    Buckets,
    Evidence,
    Finding,
    Indicator,
    Plugin,
    Query,
    Ratio,
    RawRatio,
    SourceAnswer,
    SourceFailure,
    Span,
    UsageError,
    safe,
)

from . import counting, recording
from .files import RecordError
from .recording import Floats, Recording, Series
from .selector import SelectorError, parse

NAME = "replay"
SETTINGS = {
    "file": "the .csv or .parquet file, relative to the working directory; a query's own `file` wins over it",
    "values": '"counter" or "events": what the values of ratio queries are, whatever `counter` says in the spec',
}


class ReplaySource:
    """Series of a file, counted into buckets. Files are read once, when first asked for."""

    def __init__(self, file: str, values: str) -> None:
        self._file = file
        self._values = values
        self._recordings: dict[str, Recording | RecordError] = {}

    @property
    def identity(self) -> str:
        """Path, size and time of change: a file that was written again is other data."""
        return f"{NAME}:{_stamp(self._file)}"

    def fingerprint(self, indicator: Indicator, group_by: tuple[str, ...]) -> str:
        """The question as text, with the stamp of a file that a query names itself."""
        queries = [(query.text.strip(), _stamp(query.settings.get("file", ""))) for query in _queries(indicator)]
        return json.dumps([_kind(indicator), queries, self._values, group_by])

    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        """Answers in the order of the requests."""
        for request in requests:
            yield await asyncio.to_thread(self._answer, request)

    async def probe(self) -> tuple[bool, str, str]:
        """Reads the file of the settings; see cdctl.api.Inspector."""
        try:
            found = await asyncio.to_thread(self._recording, Query(""))
        except RecordError as error:
            return False, error.reason, error.hint
        count = sum(map(len, found.metrics.values()))
        return (
            True,
            f"{count} series of {len(found.metrics)} metrics, {_instant(found.start)} to {_instant(found.end)}",
            "",
        )

    async def inspect(self, requests: Sequence[BucketRequest]) -> Sequence[Finding]:
        """Whether the file has what each query names; see cdctl.api.Inspector."""
        asked = [(request, query) for request in requests for query in _queries(request.indicator)]
        return await asyncio.to_thread(lambda: [self._look(request, query) for request, query in asked])

    async def aclose(self) -> None:
        """Forget what was read."""
        self._recordings.clear()

    def _answer(self, request: BucketRequest) -> SourceAnswer | SourceFailure:
        queries = _queries(request.indicator)
        evidence = tuple(Evidence(NAME, f"{q.text} in {self._path(q)}", request.at) for q in queries)
        try:
            answered = [self._span(request, span) for span in request.spans]
            warnings = [text for query in queries for text in self._absent(query)]
        except (SelectorError, counting.CountError) as error:
            return SourceFailure(request.key, safe(str(error)), "see the README of the replay plugin", True, evidence)
        except RecordError as error:
            return SourceFailure(request.key, error.reason, error.hint, evidence=evidence)
        warnings += [text for _, texts in answered for text in texts]
        buckets = tuple(buckets for buckets, _ in answered)
        return SourceAnswer(request.key, buckets, evidence, tuple(dict.fromkeys(warnings)))

    def _span(self, request: BucketRequest, span: Span) -> tuple[Buckets, list[str]]:
        indicator, group_by = request.indicator, request.group_by
        if isinstance(indicator, Ratio):
            return self._ratio(indicator, group_by, span)
        if isinstance(indicator, RawRatio):
            worth = counting.ratios(indicator.success)
            return self._looks(indicator.raw, worth, group_by, span), []
        worth = counting.within(indicator.op, indicator.value)
        return self._looks(indicator.metric, worth, group_by, span), []

    def _looks(self, query: Query, worth: counting.Worth, group_by: tuple[str, ...], span: Span) -> Buckets:
        tally = counting.Tally(self._series(query), group_by, span)
        seen = tally.seen()
        groups = sorted(seen)
        return counting.bucketed(span, seen, tally.sums(worth, groups), tally.sums(counting.one, groups))

    def _ratio(self, ratio: Ratio, group_by: tuple[str, ...], span: Span) -> tuple[Buckets, list[str]]:
        part = ratio.good or ratio.bad
        if part is None:
            raise SelectorError("a ratio needs a good or a bad query")
        whole = counting.Tally(self._series(ratio.total), group_by, span)
        seen = whole.seen()
        groups = sorted(seen)
        total = whole.sums(self._worth(ratio, ratio.total), groups)
        some = counting.Tally(self._series(part), group_by, span).sums(self._worth(ratio, part), groups)
        warnings = _excess(some, total, "good" if ratio.good else "bad")
        return counting.bucketed(span, seen, some if ratio.good else total - some, total), warnings

    def _worth(self, ratio: Ratio, query: Query) -> counting.Worth:
        cumulative = self._values == "counter" if self._values else ratio.counter
        return counting.increases(self._recording(query)) if cumulative else counting.events

    def _series(self, query: Query) -> list[Series]:
        selector = parse(query.text)
        known = self._recording(query).metrics.get(selector.metric, ())
        return [series for series in known if selector.holds(series.labels)]

    def _absent(self, query: Query) -> list[str]:
        if self._series(query):
            return []
        metric = parse(query.text).metric
        metrics = self._recording(query).metrics
        if metric in metrics:
            return [f"{safe(self._path(query))} has {metric}, but no series of it for {safe(query.text)}"]
        near = get_close_matches(metric, metrics, 1)
        known = f"; did you mean {safe(near[0])}?" if near else ""
        return [f"{safe(self._path(query))} has no metric {metric}{known}"]

    def _look(self, request: BucketRequest, query: Query) -> Finding:
        try:
            found, absent = self._recording(query), self._absent(query)
        except (SelectorError, RecordError) as error:
            return Finding(request.key, False, safe(str(error)), getattr(error, "hint", ""))
        if absent:
            return Finding(request.key, False, absent[0])
        # When it happened does not matter here: the run's `--at` says which instant is asked for.
        period = f"from {_instant(found.start)} to {_instant(found.end)}"
        return Finding(request.key, True, f"{len(self._series(query))} series for {safe(query.text)}, {period}")

    def _path(self, query: Query) -> str:
        return query.settings.get("file", "") or self._file

    def _recording(self, query: Query) -> Recording:
        path = self._path(query)
        if not path:
            hint = 'set it: sources.replay = { file = "incident.csv" } in the context'
            raise RecordError("no file is named that could be replayed", hint)
        if path not in self._recordings:
            try:
                self._recordings[path] = recording.read(Path(path).expanduser())
            except RecordError as error:
                self._recordings[path] = error
        found = self._recordings[path]
        if isinstance(found, RecordError):
            raise found
        return found


def _queries(indicator: Indicator) -> list[Query]:
    if isinstance(indicator, Ratio):
        return [query for query in (indicator.total, indicator.good, indicator.bad) if query]
    return [indicator.raw if isinstance(indicator, RawRatio) else indicator.metric]


def _kind(indicator: Indicator) -> str:
    if isinstance(indicator, Ratio):
        return f"{'good' if indicator.good else 'bad'} counter={indicator.counter}"
    if isinstance(indicator, RawRatio):
        return f"raw success={indicator.success}"
    return f"{indicator.op} {indicator.value!r}"


def _stamp(file: str) -> str:
    if not file:
        return ""
    path = Path(file).expanduser()
    try:
        stat = path.stat()
    except OSError:
        return f"{path.absolute()}:missing"
    return f"{path.resolve()}:{stat.st_size}:{stat.st_mtime_ns}"


def _instant(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if math.isfinite(at) else "nothing"


def _excess(some: Floats, total: Floats, name: str) -> list[str]:
    count = int(np.count_nonzero(some > total * (1 + 1e-9)))
    return [f"{name} was more than total in {count} buckets and was cut to it"] if count else []


def make(settings: Mapping[str, object]) -> ReplaySource:
    """The source of a `sources.replay` table of the settings. Raises UsageError; reads nothing."""
    subject = "sources.replay"
    for key, value in settings.items():
        if key not in SETTINGS:
            near = get_close_matches(key, SETTINGS, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(SETTINGS)}"
            raise UsageError(f"there is no setting {safe(key)!r}", subject=subject, hint=hint)
        if not isinstance(value, str) or not value:
            raise UsageError(f"{key} must be a text", subject=subject, hint=SETTINGS[key])
    values = str(settings.get("values", ""))
    if values not in {"", "counter", "events"}:
        raise UsageError(f"values is {safe(values)!r}", subject=subject, hint=SETTINGS["values"])
    return ReplaySource(str(settings.get("file", "")), values)


PLUGIN = Plugin(
    api=API,
    room="sources",
    name=NAME,
    version="1.0.0",
    summary="History from a CSV or Parquet file: judge an incident again without its server",
    make=make,
    settings=SETTINGS,
)
