"""The source: promises over spans become counts of a store, counts become buckets."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence

from cdctl.domain.ports import BucketRequest, Finding, SourceAnswer, SourceFailure
from cdctl.domain.slo.objective import Indicator
from cdctl.domain.slo.series import Span
from cdctl.domain.slo.verdict import Evidence
from cdctl.domain.traces.counting import Counting
from cdctl.domain.traces.ports import Counts, NoSpansError, SpanStore
from cdctl.errors import CdctlError, UsageError
from cdctl.sources.traceql.plan import Plan, PlanError, plan
from cdctl.sources.traces.bucketing import bucketed, unwatched

LAG = 120
"""Seconds that a span may be late: SDKs send batches, samplers wait for a trace to end, queues try again. A bucket is
judged when its spans had so long, and asked for again for a while; what is later still is not counted."""
_FORM = "1"
"""Version of what is counted: raised when its meaning changes, so that the ledger forgets what older ones said."""
_AT_ONCE = 4
"""Questions that a store is asked at a time: each may use every core."""

_Shared = dict[tuple[str, tuple[Span, ...]], asyncio.Task[Sequence[Counts]]]


class TracesSource:
    """Answers promises out of one store of spans; equal questions of a run are asked once."""

    def __init__(self, store: SpanStore, lag: int = LAG) -> None:
        self._store = store
        self.lag = lag

    @property
    def identity(self) -> str:
        """That of the store."""
        return f"traces {self._store.identity}"

    def fingerprint(self, indicator: Indicator, group_by: tuple[str, ...]) -> str:
        """Hash of what the filters mean, not of how they are written. A query that cannot be used has its own."""
        try:
            what = plan(indicator, group_by).meaning
        except PlanError as error:
            what = f"{error.reason} {indicator}"
        return hashlib.sha256(f"{_FORM} {what} {group_by}".encode()).hexdigest()

    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        """Answers as they come. Every failure is a value."""
        shared: _Shared = {}
        gate = asyncio.Semaphore(_AT_ONCE)
        pending = [asyncio.ensure_future(self._answer(request, shared, gate)) for request in requests]
        try:
            for done in asyncio.as_completed(pending):
                yield await done
        finally:
            tasks = [*pending, *shared.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def aclose(self) -> None:
        """Close the store."""
        await self._store.aclose()

    async def probe(self) -> tuple[bool, str, str]:
        """See the port Inspector."""
        from cdctl.sources.traces.doctor import probe

        return await probe(self._store)

    async def inspect(self, requests: Sequence[BucketRequest]) -> Sequence[Finding]:
        """See the port Inspector."""
        from cdctl.sources.traces.doctor import look

        return await look(self._store, requests)

    async def _answer(
        self, request: BucketRequest, shared: _Shared, gate: asyncio.Semaphore
    ) -> SourceAnswer | SourceFailure:
        evidence: tuple[Evidence, ...] = ()
        try:
            planned = plan(request.indicator, request.group_by)
            evidence = told(planned.counting, request.at)
            counts = await self._counted(planned, request.spans, shared, gate)
            buckets = tuple(bucketed(planned, one, span) for one, span in zip(counts, request.spans, strict=True))
        except PlanError as error:
            return SourceFailure(request.key, error.reason, error.hint, True, evidence)
        except NoSpansError as error:  # nothing is known, and nothing failed
            nothing = tuple(map(unwatched, request.spans))
            return SourceAnswer(request.key, nothing, evidence, (f"{error.message} ({error.subject})",))
        except UsageError as error:  # a filter, or groups, that this store cannot do
            return SourceFailure(request.key, str(error.message), error.hint, True, evidence)
        except CdctlError as error:
            subject = f" ({error.subject})" if error.subject else ""
            return SourceFailure(request.key, f"{error.message}{subject}", error.hint, False, evidence)
        except Exception as error:  # a bug over one request must not hide the answers to the others
            reason = f"a bug in cdctl: {type(error).__name__}: {error}"
            return SourceFailure(request.key, reason, "please report it", False, evidence)
        notes = dict.fromkeys(note for one in counts for note in one.notes)
        return SourceAnswer(request.key, buckets, evidence, tuple(notes))

    async def _counted(
        self, planned: Plan, spans: tuple[Span, ...], shared: _Shared, gate: asyncio.Semaphore
    ) -> Sequence[Counts]:
        key = (planned.meaning, spans)
        if key not in shared:
            shared[key] = asyncio.ensure_future(self._ask(planned, spans, gate))
        return await asyncio.shield(shared[key])

    async def _ask(self, planned: Plan, spans: tuple[Span, ...], gate: asyncio.Semaphore) -> Sequence[Counts]:
        if not spans:
            return []
        places = [place for group in planned.places for place in group]
        async with gate:
            return await self._store.count(planned.counting, places, spans)


_WHICH = {"entry": "entry spans", "root": "root spans", "all": "all spans"}


def told(counting: Counting, at: int) -> tuple[Evidence, ...]:
    """Both filters as they can be asked by hand, and which spans count."""
    kind = "bad" if counting.bad else "good"
    failing = ", that failed by the conventions" if counting.failing else ""
    return (
        Evidence("traces", f"total: {_WHICH[counting.which]} {counting.total.text}", at),
        Evidence("traces", f"{kind}: of these {counting.part.text}{failing}", at),
    )
