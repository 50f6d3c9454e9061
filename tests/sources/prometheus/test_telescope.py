"""Events counted here are events counted by the server, whatever the counters went through."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest
from cutter import Cutter
from monthly import DAY, END
from rough import rough
from stock import Stock, counter

from cdctl.domain.ports import BucketRequest, SourceAnswer
from cdctl.domain.slo.objective import Indicator, Query, Ratio
from cdctl.domain.slo.series import LOOKBACK, Buckets, Span
from cdctl.domain.slo.tiling import join
from cdctl.sources.prometheus.answers import Series
from cdctl.sources.prometheus.source import make
from cdctl.sources.prometheus.telescope import may_have_reset, widened

pytest_plugins = ["stocked"]

THREE_DAYS = Span(END - 3 * DAY, END, 3600)


@pytest.fixture
def cutter(stock: Stock) -> Iterator[Cutter]:
    with Cutter(stock.url) as proxy:
        yield proxy


def fetched(url: str, indicator: Indicator, spans: list[Span]) -> Buckets:
    """All of the spans as one series of buckets, by region."""

    async def run() -> Buckets:
        source = make({"url": url})
        try:
            async for answer in source.fetch([BucketRequest("k", indicator, ("region",), tuple(spans), END)]):
                assert isinstance(answer, SourceAnswer), answer
                return join(answer.buckets)
        finally:
            await source.aclose()
        raise AssertionError("no answer")

    return asyncio.run(run())


def days(span: Span) -> list[Span]:
    """The span in pieces that are too short to be counted here."""
    return [Span(start, start + LOOKBACK, span.step) for start in range(span.start, span.end, LOOKBACK)]


def counted_here(cutter: Cutter) -> bool:
    return any("@ end()" in query for query in cutter.queries)


def everything(name: str) -> Ratio:
    return Ratio(Query(name), bad=Query(f'{name}{{pod=~"p[13]"}}'))


def assert_same(one: Buckets, other: Buckets) -> None:
    assert one.groups == other.groups == (("eu",), ("us",))
    np.testing.assert_array_equal(one.ends, other.ends)
    for field in ("total", "good", "seen"):
        np.testing.assert_allclose(getattr(one, field), getattr(other, field), rtol=1e-9, err_msg=field)


@pytest.mark.parametrize("seed", range(8))
def test_both_ways_say_the_same(cutter: Cutter, stock: Stock, seed: int) -> None:
    name = stock.name()
    stock.put(*rough(name, seed).series)
    here = fetched(cutter.url, everything(name), [THREE_DAYS])
    assert counted_here(cutter)
    cutter.asked.clear()
    there = fetched(cutter.url, everything(name), days(THREE_DAYS))
    assert not counted_here(cutter)
    assert_same(here, there)


@pytest.mark.parametrize("seed", [1, 2])
def test_both_ways_say_the_same_in_five_minutes(cutter: Cutter, stock: Stock, seed: int) -> None:
    name = stock.name()
    stock.put(*rough(name, seed).series)
    fine = Span(END - 2 * DAY, END, 300)
    here = fetched(cutter.url, everything(name), [fine])
    assert counted_here(cutter)
    assert_same(here, fetched(stock.url, everything(name), days(fine)))


@pytest.mark.parametrize("seed", range(4))
def test_no_event_is_lost_or_counted_twice(stock: Stock, seed: int) -> None:
    name = stock.name()
    history = rough(name, seed, restarts=1)
    stock.put(*history.series)
    found = fetched(stock.url, everything(name), [THREE_DAYS])
    truth = np.stack([history.events(region, THREE_DAYS.ends, 3600) for region in ("eu", "us")])
    # A restart cannot be told when the counter is past its old value by the end of the hour.
    assert np.isclose(found.total, truth).mean() > 0.97
    np.testing.assert_allclose(found.total.sum(axis=1), truth.sum(axis=1), rtol=0.002)
    late = np.stack([history.events(region, THREE_DAYS.ends - 120, 3600) for region in ("eu", "us")])
    assert np.isclose(found.total, late).mean() < 0.5, "the yardstick tells buckets apart"


def test_a_steady_counter_is_asked_once_and_one_that_fell_twice(cutter: Cutter, stock: Stock) -> None:
    name = stock.name()
    steady = counter(name, {"region": "eu", "pod": "p0"}, END - 4 * DAY, END)
    other = counter(name, {"region": "us", "pod": "p1"}, END - 4 * DAY, END)
    stock.put(steady, other)
    fetched(cutter.url, everything(name), [THREE_DAYS])
    assert len(cutter.queries) == 1
    cutter.asked.clear()
    name = stock.name()
    other.values[3000:] -= other.values[2999]
    stock.put(*(type(one)(name, one.labels, one.times, one.values) for one in (steady, other)))
    found = fetched(cutter.url, everything(name), [THREE_DAYS])
    assert len(cutter.queries) == 2
    # What fell counted from zero since the scrape before: the increment is all of its value then.
    np.testing.assert_allclose(found.total.sum(axis=1), [3 * DAY * 10, 3 * DAY * 10], rtol=1e-6)


def test_too_many_series_are_counted_by_the_server(cutter: Cutter, stock: Stock) -> None:
    name = stock.name()
    stock.put(
        *(counter(name, {"region": "eu", "pod": f"p{n}"}, END - 2 * DAY, END, every=1800, rate=1) for n in range(501))
    )
    found = fetched(cutter.url, everything(name), [Span(END - 2 * DAY, END, 3600)])
    assert [("@ end()" in query) for query in cutter.queries] == [True, False, False]
    np.testing.assert_allclose(found.total[0, 2:], 501 * 3600, rtol=1e-6)


def test_a_metric_that_is_not_there(cutter: Cutter) -> None:
    found = fetched(cutter.url, everything("nothing_at_all"), [THREE_DAYS])
    assert (found.groups, len(found.ends)) == ((), len(THREE_DAYS))


def test_the_value_before_may_lie_a_day_back(cutter: Cutter, stock: Stock) -> None:
    name = stock.name()
    whole = counter(name, {"region": "eu"}, END - 6 * DAY, END, rate=1)
    here = END - 2.5 * DAY
    for silence, events in ((0.9 * DAY, 0.9 * DAY), (1.2 * DAY, 1000 + whole.values[0])):
        name = stock.name()
        keep = (whole.times <= here) | (whole.times > here + silence)
        stock.put(type(whole)(name, {"region": "eu"}, whole.times[keep], whole.values[keep]))
        one = fetched(stock.url, everything(name), [THREE_DAYS])
        other = fetched(stock.url, everything(name), days(THREE_DAYS))
        np.testing.assert_allclose(one.total, other.total, err_msg=f"{silence} {events}")
        jump = float(one.total.max())
        assert (jump < 2 * DAY) == (silence < DAY), "a counter out of sight for a day is taken for a new one"


def test_the_span_is_widened_by_what_a_counter_may_be_out_of_sight() -> None:
    assert widened(THREE_DAYS) == Span(END - 3 * DAY - LOOKBACK, END, 3600)


def test_a_fall_within_the_span_is_found() -> None:
    count = len(widened(THREE_DAYS))
    grows = Series({}, np.arange(count, dtype=float))
    falls = Series({}, np.where(np.arange(count) < count - 5, 100.0, 3.0))
    assert not may_have_reset([grows], THREE_DAYS)
    assert may_have_reset([grows, falls], THREE_DAYS)
