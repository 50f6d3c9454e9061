"""The source in memory: buckets are (start, end], per group, and failures are values."""

from __future__ import annotations

import asyncio

import numpy as np

from cdctl.domain.ports import BucketRequest, SourceAnswer, SourceFailure
from cdctl.domain.slo.objective import Query, Ratio, RawRatio, Threshold
from cdctl.domain.slo.series import Span
from cdctl.testing.memory import Events, MemorySource


def fetched(source: MemorySource, *requests: BucketRequest) -> list[SourceAnswer | SourceFailure]:
    async def run() -> list[SourceAnswer | SourceFailure]:
        return [answer async for answer in source.fetch(requests)]

    return asyncio.run(run())


def ask(text: str, by: tuple[str, ...] = ()) -> BucketRequest:
    return BucketRequest(text, Ratio(Query(text), Query("good")), by, (Span(0, 600, 300),), 600)


def test_an_event_on_the_edge_belongs_to_the_bucket_that_it_ends() -> None:
    events = Events(np.array([0, 300, 301, 600, 601]), np.ones(5), np.full(5, 2.0))
    (answer,) = fetched(MemorySource({"x": [events]}), ask("x"))
    assert isinstance(answer, SourceAnswer)
    (buckets,) = answer.buckets
    assert (buckets.good.tolist(), buckets.total.tolist(), buckets.seen.tolist()) == ([[1, 2]], [[2, 4]], [[1, 2]])


def test_groups_are_apart_and_seen_is_that_of_the_best_series() -> None:
    one = Events(np.array([10, 20]), np.ones(2), np.ones(2), {"region": "eu"})
    two = Events(np.array([10]), np.ones(1), np.ones(1), {"region": "eu"})
    other = Events(np.array([310]), np.ones(1), np.ones(1), {"region": "us"})
    (answer,) = fetched(MemorySource({"x": [other, one, two]}), ask("x", ("region",)))
    assert isinstance(answer, SourceAnswer)
    (buckets,) = answer.buckets
    assert buckets.groups == (("eu",), ("us",))
    assert buckets.total.tolist() == [[3, 0], [0, 1]]
    assert buckets.seen.tolist() == [[2, 0], [0, 1]]


def test_failures_are_values_and_every_request_is_kept() -> None:
    source = MemorySource({}, failures={"down": "unreachable"})
    down, unknown = fetched(source, ask("down"), ask("nowhere"))
    assert isinstance(down, SourceFailure)
    assert isinstance(unknown, SourceFailure)
    assert (down.reason, down.mine, unknown.mine) == ("unreachable", False, True)
    assert [request.key for request in source.asked] == ["down", "nowhere"]
    asyncio.run(source.aclose())
    assert source.closed


def test_the_main_query_of_every_kind_of_indicator_names_the_series() -> None:
    events = Events(np.array([10]), np.ones(1), np.ones(1))
    source = MemorySource({"x": [events]})
    for indicator in (RawRatio(Query("x")), Threshold(Query("x"), "lt", 1.0)):
        (answer,) = fetched(source, BucketRequest("a", indicator, (), (Span(0, 300, 300),), 300))
        assert isinstance(answer, SourceAnswer)
