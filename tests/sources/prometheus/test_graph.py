"""What a query answers over a span, of a real Prometheus."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from cutter import Cutter, answered, hung
from monthly import END
from stock import Stock, gauge

from cdctl.domain.slo.series import Span
from cdctl.errors import UnavailableError, UsageError
from cdctl.lab.servers import free_port
from cdctl.sources.prometheus.answers import Series
from cdctl.sources.prometheus.graph import graph

pytest_plugins = ["stocked"]
SPAN = Span(END - 3600, END, 60)


def drawn(url: str, query: str, span: Span = SPAN, **settings: object) -> list[Series]:
    return asyncio.run(graph({"url": url, "timeout": 5, **settings}, query, span))[0]


def test_points_are_at_the_ends_of_the_span_and_gaps_stay_gaps(stock: Stock) -> None:
    name = stock.name()
    times = np.arange(END - 3600.0, END + 1, 15)
    times = times[(times < END - 2400) | (times > END - 1200)]
    stock.put(gauge(name, {"region": "eu"}, times, times - END), gauge(name, {"region": "us"}, times, 7.0))
    eu, us = sorted(drawn(stock.url, name), key=lambda one: one.labels["region"])
    assert (eu.labels["region"], len(eu.values)) == ("eu", 60)
    assert eu.values[-1] == 0
    assert eu.values[0] == -3540
    gap = np.flatnonzero(np.isnan(eu.values))
    assert len(gap) == 16, "of twenty minutes; the server looks back for five"
    assert (np.diff(gap) == 1).all()
    assert set(us.values[np.isfinite(us.values)].tolist()) == {7.0}


def test_what_is_no_number_is_told_apart(stock: Stock) -> None:
    (one,) = drawn(stock.url, "vector(1) / 0")
    assert np.isnan(one.values).all()
    assert one.odd is not None
    assert one.odd.all()
    assert drawn(stock.url, "3")[0].values.tolist() == [3.0] * 60
    assert drawn(stock.url, "nobody_has_this") == []


def test_a_wrong_query_is_said_as_the_server_says_it(stock: Stock) -> None:
    with pytest.raises(UsageError, match=r"parse error: unclosed left parenthesis") as caught:
        drawn(stock.url, "sum(up")
    assert "asked: sum(up" in str(caught.value)


def test_whoever_is_not_there_or_slow_or_in_trouble_is_asked_once(stock: Stock) -> None:
    with pytest.raises(UnavailableError, match="cannot reach"):
        drawn(f"http://127.0.0.1:{free_port()}", "1")
    with Cutter(stock.url) as cutter:
        cutter.next(hung, answered(503))
        with pytest.raises(UnavailableError, match=r"did not answer within 0\.2 s"):
            drawn(cutter.url, "1", timeout=0.2)
        with pytest.raises(UnavailableError, match="HTTP 503"):
            drawn(cutter.url, "1")
        assert len(cutter.asked) == 2
        assert drawn(cutter.url, "1")


def test_who_we_are_is_shown(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPH_TOKEN", "secret-of-graphs")
    with Cutter(stock.url) as cutter:
        drawn(cutter.url, "1", token_env="GRAPH_TOKEN")
        assert cutter.asked[0].headers["authorization"] == "Bearer secret-of-graphs"
    with pytest.raises(UnavailableError, match="GRAPH_TOKEN_2"):
        drawn(stock.url, "1", token_env="GRAPH_TOKEN_2")
