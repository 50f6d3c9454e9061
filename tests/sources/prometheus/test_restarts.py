"""Crash loops: however often a counter restarts within a bucket, its events are those that the scrapes tell of."""

from __future__ import annotations

import numpy as np
import pytest
from cutter import Cutter
from monthly import DAY, END, judged, promise
from stock import Stock, counter

from cdctl.domain.slo.objective import Query, Ratio
from cdctl.domain.slo.series import Floats, Span
from cdctl.domain.slo.verdict import Row
from cdctl.domain.slo.window import Rolling
from cdctl.lab.history import Series
from cdctl.sources.prometheus import restarts
from cdctl.sources.prometheus.answers import Samples
from cdctl.sources.prometheus.answers import Series as Answered
from cdctl.sources.prometheus.legs import RESETS, EventLeg
from cdctl.sources.prometheus.plan import plan

pytest_plugins = ["stocked"]
HOURS = Span(0, 4 * 3600, 3600)


def looping(name: str, minutes: float, *, rate: float = 10, every: int = 60, hours: float = 6, **labels: str) -> Series:
    """A counter that runs well until some hours ago and restarts every so many minutes from then on."""
    steady = counter(name, {"pod": "b", "code": "500", **labels}, END - 4 * DAY, END, every, rate)
    life = (steady.times - END) % (minutes * 60)
    values = np.where(steady.times > END - hours * 3600, rate * life, steady.values)
    return Series(name, steady.labels, steady.times, values)


def told(series: Series, start: float, end: float = END) -> float:
    """Events in (start, end] that scrapes tell of."""
    before = np.concatenate([[0.0], series.values[:-1]])
    grown = np.where(series.values >= before, series.values - before, series.values)
    return float(grown[(series.times > start) & (series.times <= end)].sum())


def row(url: str, name: str, days: float = 1, offset: str = "") -> Row:
    indicator = Ratio(Query(f"{name}{offset}"), bad=Query(f'{name}{{code="500"}}{offset}'))
    (found,) = judged(url, [promise(indicator, group_by=(), window=Rolling(int(days * DAY)))]).rows
    return found


@pytest.mark.parametrize("every", [15, 60])
@pytest.mark.parametrize("minutes", [120, 47, 30, 10, 5])
def test_a_crash_loop_keeps_its_errors(stock: Stock, minutes: int, every: int) -> None:
    name = stock.name()
    loop = looping(name, minutes, every=every)
    stock.put(counter(name, {"pod": "a", "code": "200"}, END - 4 * DAY, END, rate=100), loop)
    found = row(stock.url, name)
    assert found.bad == pytest.approx(told(loop, END - DAY), rel=1e-6)
    assert found.total == pytest.approx(told(loop, END - DAY) + 100 * DAY, rel=1e-4)


def test_the_last_hours_alone_keep_them_too(stock: Stock) -> None:
    name = stock.name()
    loop = looping(name, 7)
    stock.put(loop)
    found = row(stock.url, name, days=0.25)
    assert found.bad == pytest.approx(told(loop, END - DAY / 4), rel=1e-6)


def test_a_counter_of_earlier_is_counted_where_its_samples_are(stock: Stock) -> None:
    name = stock.name()
    loop = looping(name, 7)
    stock.put(loop)
    found = row(stock.url, name, offset=" offset 2h")
    assert found.bad == pytest.approx(told(loop, END - DAY - 7200, END - 7200), rel=1e-6)


def test_only_who_restarts_is_asked_for_sample_by_sample(stock: Stock) -> None:
    name = stock.name()
    odd = 'b+|("\\'
    loops = [looping(name, 9, region=odd), looping(name, 11, region="us")]
    stock.put(*loops, *(counter(name, {"pod": f"p{n}", "region": "eu"}, END - 4 * DAY, END) for n in range(5)))
    with Cutter(stock.url) as cutter:
        found = row(cutter.url, name)
        asked = [one for one in cutter.asked if one.path.endswith("/query")]
    assert found.bad == pytest.approx(sum(told(loop, END - DAY) for loop in loops), rel=1e-6)
    assert 1 <= len(asked) <= 4
    assert all('pod="b"' in one.query for one in asked)


def test_one_rollout_costs_no_samples(stock: Stock) -> None:
    name = stock.name()
    pods = [counter(name, {"pod": f"p{n}", "code": "200"}, END - 4 * DAY, END) for n in range(3)]
    for pod in pods:
        at = int(np.searchsorted(pod.times, END - 10 * 3600 + 1800))
        pod.values[at:] -= pod.values[at - 1]
    stock.put(*pods)
    with Cutter(stock.url) as cutter:
        found = row(cutter.url, name)
        assert not [one for one in cutter.asked if one.path.endswith("/query")]
    assert found.total == pytest.approx(3 * 10 * DAY, rel=1e-4)


def leg() -> EventLeg:
    (found,) = plan(Ratio(Query("x"), bad=Query('x{code="500"}')), ("region",)).legs
    assert isinstance(found, EventLeg)
    return found


def doubts(count: int, *buckets: float) -> list[restarts.Doubt]:
    answer = [Answered({"pod": f"p{n}", "code": "500", RESETS: "1"}, np.array(buckets)) for n in range(count)]
    return restarts.doubts([*answer, Answered({"pod": "other"}, np.ones(len(buckets)))])


def lost(values: Floats, found: list[restarts.Doubt], question: restarts.Question) -> Floats:
    times = np.arange(len(values)) * 900.0 + 60
    samples = Samples({"__name__": "x", "pod": "p0", "code": "500"}, times, values)
    (one,) = restarts.lost(leg(), found, question, [samples, Samples({"pod": "q"}, times, values)], HOURS)
    assert one.labels == {"code": "500"}
    return one.values


def test_samples_tell_what_the_formula_does_not() -> None:
    found = doubts(1, 1, 1, np.nan, 1)
    values = np.array([10, 50, 30, 20, 5, 90, 95, 100, 50, 1, 2, 3, 7, 3, 2, np.nan])
    whole = restarts.Question("x", 14_400, 0, 14_400)
    # First: 50 + 30 + 20 less 50 + 20. Second: 5 + 95 less 80. Third: not in doubt. Fourth: 4 + 3 + 2 less 4 + 2.
    np.testing.assert_array_equal(lost(values, found, whole), [30, 20, 0, 3])
    np.testing.assert_array_equal(lost(values, found, restarts.Question("x", 7200, 3600, 7200)), [0, 20, 0, 0])
    np.testing.assert_array_equal(lost(values * np.nan, found, whole), [0, 0, 0, 0])


def test_what_is_asked_is_as_narrow_as_the_doubts() -> None:
    nan = float("nan")
    first, second = restarts.questions(leg(), doubts(2, 1, 2, nan, 1), HOURS)
    assert first.query == 'x{code="500",pod=~"p0|p1"}[7500s]'
    assert (first.time, first.start, first.end) == (7200, 0, 7200)
    assert (second.query, second.time) == ('x{code="500",pod=~"p0|p1"}[3900s]', 14_400)
    assert list(restarts.questions(leg(), doubts(2, nan, nan, nan, nan), HOURS)) == []
    assert list(restarts.questions(leg(), [], HOURS)) == []


def test_many_in_doubt_are_asked_for_in_short_pieces() -> None:
    asked = list(restarts.questions(leg(), doubts(200, 1, 1, 1, 1), HOURS))
    assert [(one.start, one.end) for one in asked] == [(hour * 3600, hour * 3600 + 3600) for hour in range(4)]


def test_more_than_can_be_asked_for_is_said() -> None:
    assert restarts.worst(doubts(restarts.MOST, 1, 1))[1] == ()
    few, many = doubts(1, 1, 0), doubts(restarts.MOST, 1, 1)
    kept, (warning,) = restarts.worst([*few, *many])
    assert len(kept) == restarts.MOST
    assert few[0] not in kept
    assert f"{restarts.MOST + 1} series restarted" in warning
