"""Evaluations as traces: a span for the whole, one for every source that is asked, and requests that carry them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from cdctl.application.spans import Attributes, Trace, Traces
from cdctl.domain.ports import BucketRequest, Source, SourceAnswer, SourceFailure
from cdctl.domain.slo.objective import Indicator, Slo
from cdctl.domain.slo.verdict import SloReport
from cdctl.domain.traces.current import TRACEPARENT


class Evaluation:
    """One evaluation and its span."""

    def __init__(self, traces: Traces, trace: Trace) -> None:
        self._traces, self._trace = traces, trace

    def sources(self, sources: Mapping[str, Source]) -> dict[str, Source]:
        """The same sources, whose questions are spans below the evaluation's."""
        return {name: _TracedSource(name, source, self._traces, self._trace) for name, source in sources.items()}

    def ended(self, report: SloReport) -> None:
        """It is over: how many rows had which verdict."""
        verdicts = [row.verdict.value for row in report.rows]
        told = {f"cdctl.{verdict}": verdicts.count(verdict) for verdict in sorted(set(verdicts))}
        errors = verdicts.count("error")
        self._trace.end(told, failed=f"{errors} of {len(verdicts)} rows could not be judged" if errors else "")


@contextmanager
def evaluation(traces: Traces, slos: Sequence[Slo]) -> Iterator[Evaluation]:
    """The span of an evaluation; one that is broken off says why."""
    objectives = sum(len(slo.objectives) for slo in slos)
    trace = traces.begin("slo evaluate", {"cdctl.slos": len(slos), "cdctl.objectives": objectives})
    try:
        yield Evaluation(traces, trace)
    except BaseException as error:
        trace.end({"error.type": type(error).__name__}, failed=type(error).__name__)
        raise


class _TracedSource:
    """A source that tells of being asked."""

    def __init__(self, name: str, source: Source, traces: Traces, whole: Trace) -> None:
        self._name, self._source, self._traces, self._whole = name, source, traces, whole

    @property
    def identity(self) -> str:
        return self._source.identity

    def fingerprint(self, indicator: Indicator, group_by: tuple[str, ...]) -> str:
        return self._source.fingerprint(indicator, group_by)

    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        asked: Attributes = {"cdctl.source": self._name, "cdctl.requests": len(requests)}
        trace = self._traces.begin(f"ask {self._name}", asked, kind="client", under=self._whole.parent[0])
        failures: list[str] = []
        try:
            answers = self._source.fetch(requests)
            while True:
                # Only while the source works: between two answers this task does other things.
                with _within(trace):
                    answer = await anext(answers, None)
                if answer is None:
                    break
                if isinstance(answer, SourceFailure):
                    failures.append(answer.reason)
                yield answer
        finally:
            trace.end({"cdctl.failures": len(failures)}, failed=failures[0] if failures else "")

    async def aclose(self) -> None:
        await self._source.aclose()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)  # what only some sources can: probe, inspect


@contextmanager
def _within(trace: Trace) -> Iterator[None]:
    token = TRACEPARENT.set(trace.parent[0])
    try:
        yield
    finally:
        TRACEPARENT.reset(token)
