"""Looks at values: what is one and what is none, on every server; and text of an author's own inside our brackets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from monthly import DAY, END, judged, promise
from stock import Stock, bad_share, counter, gauge, outcomes

from cdctl.domain.slo.objective import Indicator, Query, Ratio, RawRatio, Threshold
from cdctl.domain.slo.verdict import Row, Verdict
from cdctl.domain.slo.window import Rolling
from cdctl.lab.history import import_history
from cdctl.lab.servers import VictoriaMetrics

pytest_plugins = ["stocked"]
MINUTES = np.arange(END - 2 * DAY, END + 1, 60.0)
NAN, INF = float("nan"), float("inf")


def row(url: str, indicator: Indicator, *group_by: str, **more: object) -> Row:
    (found,) = judged(url, [promise(indicator, group_by=group_by, window=Rolling(DAY), **more)]).rows
    return found


@pytest.fixture(scope="module")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with VictoriaMetrics(tmp_path_factory.mktemp("victoria")) as server:
        rng = np.random.default_rng(1)
        pods = [gauge("noise", {"region": "eu", "pod": f"p{n}"}, MINUTES, rng.random(len(MINUTES))) for n in range(24)]
        import_history([*pods, gauge("flat", {}, MINUTES, 0.0)], server.url)
        yield server.url


@pytest.mark.parametrize("kind", ["threshold", "raw"])
def test_a_server_that_adds_in_any_order_loses_no_look(victoria: str, kind: str) -> None:
    query = Query("sum by (region) (noise) / 24")
    found = row(victoria, Threshold(query, "lt", 2) if kind == "threshold" else RawRatio(query), "region")
    assert (found.total, found.warnings) == (288, ())


@pytest.fixture(scope="module")
def flat(stock: Stock) -> None:
    stock.put(gauge("flat", {}, MINUTES, 0.0))


@pytest.mark.usefixtures("flat")
@pytest.mark.parametrize(("text", "looks"), [("flat / flat", 0), ("1 / flat", 288), ("-1 / flat", 288), ("flat", 288)])
def test_nan_is_no_look_and_infinity_is_one(victoria: str, stock: Stock, text: str, looks: int) -> None:
    for url in (victoria, stock.url):
        found = row(url, Threshold(Query(text), "lt", 1))
        assert (found.total or 0) == looks, url
        assert found.verdict is {"flat / flat": Verdict.NO_DATA, "1 / flat": Verdict.BREACHED}.get(text, Verdict.MET)


@pytest.mark.parametrize("kind", ["threshold", "raw", "rates"])
def test_a_comment_at_the_end_swallows_no_bracket(stock: Stock, kind: str) -> None:
    name = stock.name()
    stock.put(counter(name, {}, END - 4 * DAY, END))
    rates = Query(f"sum(rate({name}[{{{{window}}}}])) * 1 # all of them")
    indicator: Indicator = {
        "threshold": Threshold(Query(f"{name} # how many"), "gt", 0),
        "raw": RawRatio(Query(f"clamp_max({name}, 1) # how many")),
        "rates": Ratio(rates, good=rates),
    }[kind]
    found = row(stock.url, indicator)
    assert found.verdict is Verdict.MET, found.reason


@pytest.mark.parametrize("before", [900, 1200, 7200])
def test_one_nan_in_a_counter_does_not_count_its_whole_life(stock: Stock, before: int) -> None:
    name = stock.name()
    one, other = outcomes(name, 0.001, pod="a")
    one.values[one.times == np.max(one.times[one.times <= END - before])] = NAN
    stock.put(one, other)
    assert row(stock.url, bad_share(name)).total == pytest.approx(10 * DAY, rel=1e-4)


def test_a_nan_before_a_restart_changes_nothing(stock: Stock) -> None:
    name = stock.name()
    one, other = outcomes(name, 0.001, pod="a")
    at = int(np.searchsorted(one.times, END - 900))
    one.values[at:] -= one.values[at - 1]
    one.values[at - 1] = NAN
    stock.put(one, other)
    assert row(stock.url, bad_share(name)).total == pytest.approx(10 * DAY, rel=1e-3)


def test_pods_that_come_and_go_in_a_windowed_query(stock: Stock) -> None:
    name, half = stock.name(), END - DAY / 2
    stock.put(
        counter(name, {"region": "eu", "pod": "a"}, END - 4 * DAY, half),
        counter(name, {"region": "eu", "pod": "b"}, half, END),
    )
    query = Query(f"increase({name}[{{{{window}}}}]) * 1")
    found = row(stock.url, Ratio(query, good=query), "region")
    assert found.coverage == pytest.approx(1, abs=0.02)
    assert found.total == pytest.approx(10 * DAY, rel=0.02)


def test_a_query_that_the_server_refuses_is_shown(stock: Stock) -> None:
    name = stock.name()
    stock.put(*(gauge(name, {"pod": pod}, MINUTES, 1.0) for pod in "ab"))
    found = row(stock.url, RawRatio(Query(f"{name} * on() {name}")))
    assert found.verdict is Verdict.ERROR
    assert found.reason
    assert f"{name} * on() {name}" in found.reason
