"""An evaluation tells of itself: a span for the whole, one for every source, and requests that carry them on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from spans_taken import taking

from cdctl.application.spans import Untraced
from cdctl.application.traced import evaluation
from cdctl.application.wiring import catalogue, evaluate_slos, read_settings, read_specs
from cdctl.cli.progress import Silent
from cdctl.domain.ports import BucketRequest, Finding, SourceAnswer, SourceFailure
from cdctl.domain.traces import current

SPEC = Path(__file__).parents[2] / "slo_specs" / "remote-command.yaml"


class Told:
    """Traces that are kept, to be looked at."""

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []

    def begin(self, name: str, attributes: Mapping[str, Any], *, kind: str = "internal", under: str = "") -> Any:
        kept = {"name": name, "kind": kind, "under": under, **attributes}
        self.spans.append(kept)
        return _Begun(kept, len(self.spans))

    def close(self) -> None:
        return None


class _Begun:
    def __init__(self, kept: dict[str, Any], number: int) -> None:
        self._kept = kept
        self.parent = (f"00-{number:032x}-{number:016x}-01", "")

    def end(self, attributes: Mapping[str, Any], *, failed: str = "") -> None:
        self._kept |= {**attributes, "ended": True, "failed": failed}


class Source:
    """Answers nothing well; says under which span it was asked."""

    identity = "here"

    def __init__(self) -> None:
        self.under: list[str] = []
        self.closed = False

    def fingerprint(self, *_: Any) -> str:
        return "same"

    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        for request in requests:
            self.under.append(current.TRACEPARENT.get())
            yield SourceFailure(request.key, "no")

    async def probe(self) -> tuple[bool, str, str]:
        return True, "fine", ""

    async def inspect(self, requests: Sequence[BucketRequest]) -> Sequence[Finding]:
        return []

    async def aclose(self) -> None:
        self.closed = True


def requests(count: int) -> list[BucketRequest]:
    (slo, *_) = read_specs(read_settings(), [str(SPEC)]).slos
    return [BucketRequest(str(i), slo.objectives[0].indicator, (), (), 0) for i in range(count)]


def test_a_source_is_asked_under_a_span_below_the_evaluations() -> None:
    traces, source, between = Told(), Source(), []

    async def ask() -> None:
        with evaluation(traces, []) as told:
            traced = told.sources({"prometheus": source})["prometheus"]
            between.extend([(one.key, current.TRACEPARENT.get()) async for one in traced.fetch(requests(2))])

    asyncio.run(ask())
    whole, asked = traces.spans
    assert (whole["kind"], asked["kind"], asked["cdctl.requests"], asked["cdctl.failures"]) == (
        "internal",
        "client",
        2,
        2,
    )
    assert asked["under"] == f"00-{1:032x}-{1:016x}-01"
    assert source.under == [f"00-{2:032x}-{2:016x}-01"] * 2
    assert between == [("0", ""), ("1", "")], "between two answers the work is somebody else's"
    assert asked["failed"] == "no"


def test_what_a_source_can_beside_being_asked_it_still_can() -> None:
    source = Source()
    with evaluation(Untraced(), []) as told:
        traced = told.sources({"a": source})["a"]
    assert asyncio.run(traced.probe()) == (True, "fine", "")
    assert (traced.identity, traced.fingerprint(None, ())) == ("here", "same")
    asyncio.run(traced.aclose())
    assert source.closed


def test_an_evaluation_that_is_broken_off_says_so() -> None:
    traces = Told()
    with pytest.raises(KeyboardInterrupt), evaluation(traces, []):
        raise KeyboardInterrupt
    assert traces.spans[0]["failed"] == traces.spans[0]["error.type"] == "KeyboardInterrupt"


def test_nobody_is_told_of_a_span_when_nobody_traces() -> None:
    assert current.headers() == {}


@pytest.fixture
def collector() -> Iterator[tuple[str, list[Any]]]:
    with taking() as taken:
        yield taken


def test_a_report_is_a_trace_at_the_collector_of_the_settings(collector: tuple[str, list[Any]], tmp_path: Path) -> None:
    url, spans = collector
    file = tmp_path / "cdctl.toml"
    file.write_text(f'[contexts.prod]\notlp = "{url}"\nprometheus = {{ url = "http://127.0.0.1:9", retries = 0 }}\n')
    settings = read_settings(config=str(file))
    slos = read_specs(settings, [str(SPEC)]).slos
    evaluate_slos(slos, settings, catalogue(settings), progress=Silent(), cache=False)
    whole, asked = sorted(spans, key=lambda span: span.parent_span_id)
    assert (whole.name, asked.name) == ("slo evaluate", "ask prometheus")
    assert asked.parent_span_id == whole.span_id
    assert {one.key: one.value.int_value for one in whole.attributes}["cdctl.error"] == len(slos)
    assert "cannot reach" in asked.status.message
