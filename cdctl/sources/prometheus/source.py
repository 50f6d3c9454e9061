"""The source: requests become legs, legs become range queries, answers become buckets."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

from cdctl.domain.ports import BucketRequest, Finding, Labels, SourceAnswer, SourceFailure
from cdctl.domain.slo.objective import Indicator, Threshold
from cdctl.domain.slo.series import LOOKBACK, Buckets, Span
from cdctl.domain.slo.tiling import COARSE, join
from cdctl.domain.slo.verdict import Evidence
from cdctl.errors import CdctlError, UnavailableError, UsageError
from cdctl.sources.prometheus import breakdown, restarts, telescope
from cdctl.sources.prometheus.answers import Body, Samples, matrix, samples
from cdctl.sources.prometheus.client import AskError, Client
from cdctl.sources.prometheus.combine import combine
from cdctl.sources.prometheus.endpoint import Endpoint, endpoint
from cdctl.sources.prometheus.grouping import misread
from cdctl.sources.prometheus.legs import SEEN, EventLeg, Leg
from cdctl.sources.prometheus.pack import Answer, Pack
from cdctl.sources.prometheus.plan import Plan, plan
from cdctl.sources.promql.counters import EXTRAPOLATED
from cdctl.sources.promql.refusal import QueryError
from cdctl.sources.promql.silence import standins

_MOST_POINTS = 9_500
"""Points a series per query; Prometheus refuses more than 11,000, and a day of one-minute buckets may come before."""
_FORM = "3"
"""Version of the expressions: raised when their meaning changes, so that the ledger forgets what older ones said."""


_Shared = dict[tuple[Leg, Span], asyncio.Task[Answer]]


class PrometheusSource:
    """Answers many requests over one client; equal legs of a run are asked once."""

    def __init__(self, where: Endpoint) -> None:
        self._endpoint = where
        self._client = Client(where)
        self._pack = Pack(self._range, self._once)

    @property
    def identity(self) -> str:
        """URL and tenant headers."""
        return self._endpoint.identity

    def fingerprint(self, indicator: Indicator, group_by: tuple[str, ...]) -> str:
        """Hash of the plan: two ways of writing the same question are one. A query that cannot be used has its own."""
        try:
            what: object = plan(indicator, group_by)
        except QueryError as error:
            what = error.reason
        return hashlib.sha256(f"{_FORM} {_stable(what)} {group_by}".encode()).hexdigest()

    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        """Answers as they come. Every failure is a value."""
        shared: _Shared = {}
        pending = [asyncio.ensure_future(self._answer(request, shared)) for request in requests]
        try:
            for done in asyncio.as_completed(pending):
                yield await done
        finally:
            tasks = [*pending, *shared.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pack.aclose()
        await self._client.aclose()

    async def probe(self) -> tuple[bool, str, str]:
        """See the port Inspector."""
        started = time.perf_counter()
        try:
            await self._client.ask("/api/v1/query", {"query": "vector(1)"})
            took = time.perf_counter() - started
            version, keeps = await asyncio.gather(self._client.version(), self._client.retention())
        except AskError as error:
            return False, error.reason, error.hint
        kept = f", keeps {keeps}" if keeps else ""
        return True, f"answers queries, version {version}{kept}, first answer after {took * 1000:.0f} ms", ""

    async def inspect(self, requests: Sequence[BucketRequest]) -> Sequence[Finding]:
        """See the port Inspector."""
        from cdctl.sources.prometheus.doctor import look

        return await look(self._endpoint, requests)

    async def labels(self, request: BucketRequest, most: int) -> Labels:
        """See the port Divisible."""
        try:
            return await breakdown.labels(self._client, request, most)
        except AskError as error:
            wrong = UsageError if error.mine else UnavailableError
            raise wrong(error.reason, subject=self._endpoint.url, hint=error.hint) from None
        except QueryError as error:
            raise UsageError(error.reason, hint=error.hint) from None

    async def _answer(self, request: BucketRequest, shared: _Shared) -> SourceAnswer | SourceFailure:
        evidence: tuple[Evidence, ...] = ()
        try:
            todo = plan(request.indicator, request.group_by)
            evidence = _evidence(todo, request)
            parts = await asyncio.gather(*(self._span(todo, request, span, shared) for span in request.spans))
            grouping = await misread(self._client, todo, request, [buckets for buckets, _ in parts])
        except AskError as error:
            return SourceFailure(request.key, error.reason, error.hint, error.mine, evidence)
        except QueryError as error:
            return SourceFailure(request.key, error.reason, error.hint, True, evidence)
        except CdctlError:  # settings and secrets are the same for every request
            raise
        except Exception as error:  # a bug over one request must not hide the answers to the others
            reason = f"a bug in cdctl: {type(error).__name__}: {error}"
            return SourceFailure(request.key, reason, "please report it", False, evidence)
        buckets = tuple(buckets for buckets, _ in parts)
        warnings = list(_doubts(todo, request.indicator))
        warnings += [*grouping, *(text for _, texts in parts for text in texts)]
        return SourceAnswer(request.key, buckets, evidence, tuple(dict.fromkeys(warnings)))

    async def _span(
        self, todo: Plan, request: BucketRequest, span: Span, shared: _Shared
    ) -> tuple[Buckets, tuple[str, ...]]:
        legs, chunks = todo.legs, _chunks(span)
        asked = [asyncio.gather(*(self._shared(leg, chunk, shared) for leg in legs)) for chunk in chunks]
        parts: list[Buckets] = []
        warnings: list[str] = []
        for chunk, answers in zip(chunks, await asyncio.gather(*asked), strict=True):
            series = {leg: answer.series for leg, answer in zip(legs, answers, strict=True)}
            buckets, found = combine(todo, series, request.group_by, chunk)
            parts.append(buckets)
            warnings += [*found, *(text for answer in answers for text in answer.warnings)]
        return join(parts), tuple(warnings)

    async def _shared(self, leg: Leg, span: Span, shared: _Shared) -> Answer:
        task = shared.get((leg, span))
        if task is None:
            task = shared[leg, span] = asyncio.ensure_future(self._ask(leg, span))
        return await asyncio.shield(task)

    async def _ask(self, leg: Leg, span: Span) -> Answer:
        if isinstance(leg, EventLeg) and len(span) * span.step > LOOKBACK:
            answer = await self._telescoped(leg, span)
            if answer is not None:
                return answer
        if isinstance(leg, EventLeg):
            return await self._summed(leg, span)
        # Only our own expressions are packed: one of an author's own may be slow, or clash in its labels.
        return await self._range(leg.expression(span.step), span)

    async def _summed(self, leg: EventLeg, span: Span) -> Answer:
        """The answer as the server counts it, and what its formula lacks."""
        ask, step = self._pack.ask, span.step
        answer, resets = await asyncio.gather(ask(leg.expression(step), span), ask(leg.resets(step), span))
        whole = Answer(answer.series, (*answer.warnings, *resets.warnings))
        if not resets.series:
            return whole
        more = await ask(leg.doubts(step), span)
        return await self._restarted(leg, whole, restarts.doubts(more.series), span)

    async def _telescoped(self, leg: EventLeg, span: Span) -> Answer | None:
        """The answer out of single series; None when they are too many, or none at all."""
        wide = telescope.widened(span)
        answer = await self._range(leg.values(span.step), wide)
        if all(SEEN in series.labels for series in answer.series):
            return None
        peaks = Answer([])
        doubts: list[restarts.Doubt] = []
        if telescope.may_have_reset(answer.series, span):
            peaks = await self._range(leg.peaks(span.step), wide)
            doubts = telescope.doubts(answer.series, peaks.series, span)
        series = telescope.events(leg, answer.series, peaks.series, span)
        return await self._restarted(leg, Answer(series, (*answer.warnings, *peaks.warnings)), doubts, span)

    async def _restarted(self, leg: EventLeg, answer: Answer, doubts: list[restarts.Doubt], span: Span) -> Answer:
        """The answer with the events of counters that restarted several times within a bucket."""
        doubts, warnings = restarts.worst(doubts)
        asked = list(restarts.questions(leg, doubts, span))
        told = await asyncio.gather(*(self._samples(question) for question in asked))
        more = [
            one
            for question, (series, _) in zip(asked, told, strict=True)
            for one in restarts.lost(leg, doubts, question, series, span)
        ]
        said = (text for _, texts in told for text in texts)
        return Answer(restarts.added(answer.series, more), (*answer.warnings, *warnings, *said))

    async def _samples(self, question: restarts.Question) -> tuple[list[Samples], tuple[str, ...]]:
        body = await self._client.ask("/api/v1/query", {"query": question.query, "time": str(question.time)})
        return samples(body), _said(body)

    async def _once(self, query: str, span: Span) -> Answer:
        return await self._range(query, span, once=True)

    async def _range(self, query: str, span: Span, *, once: bool = False) -> Answer:
        params = {
            "query": query,
            "start": str(span.start + span.step),
            "end": str(span.end),
            "step": str(span.step),
        }
        body = await self._client.ask("/api/v1/query_range", params, once=once)
        return Answer(matrix(body, span), _said(body))


def make(settings: Mapping[str, object]) -> PrometheusSource:
    """The source of a `prometheus` table of the settings. Raises UsageError when the table is wrong."""
    return PrometheusSource(endpoint(settings))


def _said(body: Body) -> tuple[str, ...]:
    return tuple(f"server: {text}" for text in body.warnings)


def _chunks(span: Span) -> list[Span]:
    size = _MOST_POINTS * span.step
    return [Span(low, min(low + size, span.end), span.step) for low in range(span.start, span.end, size)]


def _evidence(todo: Plan, request: BucketRequest) -> tuple[Evidence, ...]:
    """Every question as it can be asked by hand, once for each step; when the ledger knows all, as it once was."""
    steps = sorted({span.step for span in request.spans}, reverse=True) or [COARSE]
    texts = dict.fromkeys(leg.expression(step) for step in steps for leg in todo.legs)
    return tuple(Evidence("prometheus", text, request.at) for text in texts)


def _doubts(todo: Plan, indicator: Indicator) -> Iterator[str]:
    """What is said of the questions, whatever the answers are."""
    if todo.extrapolated:
        yield EXTRAPOLATED
    if isinstance(indicator, Threshold) and any(map(indicator.holds, standins(indicator.metric.text))):
        yield "the query answers `or vector( )` when its series are gone: silence passes as a good value"


def _stable(what: object) -> str:
    """The plan as text that is the same in every process: sets have no order of their own."""
    if isinstance(what, Plan):
        keeps = [(part.sign, part.optional, sorted(map(str, part.keep))) for part in what.parts]
        kind = "good" if what.good else "bad" if what.bad else "looks"
        return f"{kind} {keeps} {[part.leg.expression(3600) for part in what.parts]}"
    return str(what)
