"""A Jaeger where a promise wants counts: its rows fail, and hide no others."""

from __future__ import annotations

import asyncio

import pytest

from cdctl.domain.ports import BucketRequest, SourceAnswer, SourceFailure
from cdctl.domain.slo.objective import Query, Ratio
from cdctl.domain.slo.series import Span
from cdctl.domain.traces.ports import Window
from cdctl.errors import UsageError
from cdctl.sources.traceql.plan import plan
from cdctl.sources.traces import make
from cdctl.sources.traces.opening import search_of
from cdctl.sources.traces.uncounted import Uncounted

TABLE = {"jaeger": "http://127.0.0.1:9"}
RATIO = Ratio(Query("{ }", "traces"), good=Query("{ }", "traces"))


def test_every_request_fails_with_the_cure() -> None:
    async def run() -> SourceAnswer | SourceFailure:
        source = make(TABLE)
        try:
            (found,) = [one async for one in source.fetch([BucketRequest("k", RATIO, (), (Span(0, 3600, 300),), 3600)])]
        finally:
            await source.aclose()
        return found

    found = asyncio.run(run())
    assert isinstance(found, SourceFailure)
    assert found.mine
    assert found.reason == "a jaeger finds spans, but does not count them"
    assert "name a store" in found.hint


def test_events_are_refused_likewise() -> None:
    store = Uncounted("jaeger", search_of(TABLE))
    with pytest.raises(UsageError, match="does not count"):
        asyncio.run(store.observe(plan(RATIO, ()).counting, Window(0, 1), 5))


def test_a_table_that_is_wrong_is_refused_at_once() -> None:
    for table in ({}, {"jaeger": "http://a", "store": "b"}):
        with pytest.raises(UsageError):
            make(table)
