"""Counts of a Tempo: what it is asked, in which bucket an answer belongs, and what is said of its doubts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit

import pytest
from http_served import served

from cdctl.domain.ports import BucketRequest, SourceAnswer, SourceFailure
from cdctl.domain.slo.objective import Query, Ratio
from cdctl.domain.slo.series import Span
from cdctl.domain.traces.ports import Window
from cdctl.errors import UsageError
from cdctl.sources.traceql.plan import plan
from cdctl.sources.traces import make
from cdctl.sources.traces.tempo_counting import BY_START, TempoCounting, texts
from cdctl.testing.sources import check_source

DAY, STEP = 86_400, 300
START = 1_795_996_800
SPAN = Span(START, START + 3 * STEP, STEP)
TOTAL, PART = '{ resource.service.name = "shop" }', "{ duration < 5s }"

Counts = Mapping[str, list[float]]
"""Counts per interval of each group."""
Told = Callable[[str, dict[str, str]], Counts]


@contextmanager
def tempo(
    told: Told, *, late: bool = True, status: int = 200, partial: bool = False
) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server of TraceQL metrics; late: its samples stand at the ends of intervals."""
    asked: list[dict[str, str]] = []

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            params = dict(parse_qsl(urlsplit(self.path).query))
            asked.append(params)
            start, step = int(params["start"]), int(params["step"][:-1])
            series = []
            for group, values in told(params["q"], params).items():
                samples = [
                    {"timestampMs": str((start + (i + late) * step) * 1000), "value": value}
                    for i, value in enumerate(values)
                ]
                labels = [{"key": "span.region", "value": {"stringValue": group}}] if "by (" in params["q"] else []
                labels += [{"key": "resource.cloud.region", "value": {"stringValue": "nil"}}] if labels else []
                series.append({"labels": labels, "samples": samples})
            more = {"status": "PARTIAL", "message": "3 blocks\x1b[2J"} if partial else {}
            body = json.dumps({"series": series, **more}).encode() if status == 200 else b"range exceeds limit"
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return None

    with served(Asked) as url:
        yield url, asked


def usual(query: str, params: dict[str, str]) -> Counts:
    if query.startswith("{ true }"):
        return {"": [9, 9, 0]}
    return {"eu": [4, 3, 0], "us": [1, 0, 0]} if "duration" in query else {"eu": [5, 3, 0], "us": [2, 0, 0]}


def request(*spans: Span, key: str = "k", group_by: tuple[str, ...] = ("region",), **total: str) -> BucketRequest:
    ratio = Ratio(Query(TOTAL, "traces", total), good=Query(PART, "traces"))
    return BucketRequest(key, ratio, group_by, spans or (SPAN,), START + 2 * DAY)


def answered(url: str, asked: BucketRequest) -> SourceAnswer | SourceFailure:
    async def run() -> SourceAnswer | SourceFailure:
        source = make({"tempo": url})
        try:
            (found,) = [one async for one in source.fetch([asked])]
        finally:
            await source.aclose()
        return found

    return asyncio.run(run())


@pytest.mark.parametrize("late", [True, False], ids=["samples at the ends", "samples at the starts"])
def test_counts_by_bucket_and_group(late: bool) -> None:
    with tempo(usual, late=late) as (url, _):
        found = answered(url, request())
    assert isinstance(found, SourceAnswer)
    (part,) = found.buckets
    assert part.groups == (("eu",), ("us",))
    assert part.total.tolist() == [[5, 3, 0], [2, 0, 0]]
    assert part.good.tolist() == [[4, 3, 0], [1, 0, 0]]
    assert part.watched is not None
    assert part.watched.tolist() == [5, 5, 0]
    assert part.sampled is not None
    assert part.sampled.unknown.tolist() == part.total.tolist(), "nobody knows what a span that Tempo kept stands for"
    assert found.warnings == (BY_START,)


def test_a_stated_weight_is_taken() -> None:
    with tempo(usual) as (url, _):
        found = answered(url, request(weight="10"))
    assert isinstance(found, SourceAnswer)
    assert found.buckets[0].total.tolist() == [[50, 30, 0], [20, 0, 0]]


def test_what_tempo_is_asked() -> None:
    with tempo(usual) as (url, asked):
        answered(url, request())
    filters = {one["q"] for one in asked}
    entry = '{ (resource.service.name = "shop") && (kind = server || kind = consumer || nestedSetParent < 0) }'
    by = " | count_over_time() by (span.region, resource.cloud.region)"
    assert entry + by in filters
    assert entry[:-1] + "&& (duration < 5000000000ns) }" + by in filters
    assert "{ true } | count_over_time()" in filters
    assert {(one["start"], one["end"], one["step"]) for one in asked} == {(str(START), str(START + 900), "300s")}


def test_a_range_is_at_most_a_day() -> None:
    span = Span(START, START + 60 * 3600, 3600)

    def told(query: str, params: dict[str, str]) -> Counts:
        hours = (int(params["end"]) - int(params["start"])) // 3600
        return {"eu": [float(int(params["start"]) == START)] * hours}

    with tempo(told) as (url, asked):
        found = answered(url, request(span, group_by=()))
    assert max(int(one["end"]) - int(one["start"]) for one in asked) == DAY
    assert isinstance(found, SourceAnswer)
    assert found.buckets[0].total[0].tolist() == [1] * 24 + [0] * 36


def test_a_part_of_the_answer_is_used_and_not_kept() -> None:
    with tempo(usual, partial=True) as (url, _):
        found = answered(url, request())
    assert isinstance(found, SourceAnswer)
    assert [text for text in found.warnings if text.startswith("server:")] == [
        "server: Tempo looked at a part only: 3 blocks\\x1b[2J"
    ]


@pytest.mark.parametrize(("status", "mine"), [(400, True), (500, False)])
def test_what_it_refuses_and_what_it_cannot(status: int, mine: bool) -> None:
    with tempo(usual, status=status) as (url, _):
        found = answered(url, request())
    assert isinstance(found, SourceFailure)
    assert found.mine is mine
    assert "range exceeds limit" in found.reason


def test_nonsense_is_no_answer() -> None:
    with tempo(lambda query, params: {"eu": ["many"]}) as (url, _):  # type: ignore[list-item]
        found = answered(url, request())
    assert isinstance(found, SourceFailure)
    assert not found.mine


def test_the_contract() -> None:
    with tempo(usual) as (url, _):
        check_source(lambda: make({"tempo": url}), [request(key="1"), request(SPAN, SPAN, key="2", group_by=())])


def test_failures_by_convention_are_a_filter() -> None:
    ratio = Ratio(Query(TOTAL, "traces", {"spans": "root"}), bad=Query("", "traces", {"errors": "convention"}))
    total, part = texts(plan(ratio, ()).counting)
    assert total == '{ (resource.service.name = "shop") && nestedSetParent < 0 }'
    assert part.startswith(total[:-2] + " && (true) && (status = error || (status = unset && (")
    for said in (
        "span.http.response.status_code >= 500",
        'span.rpc.response.status_code = "UNAVAILABLE"',
        "error.type",
    ):
        assert said in part


def test_events_are_not_handed_out() -> None:
    counting = plan(request().indicator, ()).counting
    with pytest.raises(UsageError, match="does not hand out"):
        asyncio.run(TempoCounting({"tempo": "http://127.0.0.1:9"}).observe(counting, Window(0, 1), 5))
