"""By which labels the events of an indicator can be told apart, asked of a real server."""

from __future__ import annotations

import asyncio

import pytest
from monthly import END
from stock import Stock, bad_share, counter

from cdctl.domain.ports import BucketRequest, Divisible, Labels
from cdctl.domain.slo.objective import Indicator, Query, Ratio, Threshold
from cdctl.domain.slo.series import Span
from cdctl.errors import UnavailableError, UsageError
from cdctl.sources.prometheus import PLUGIN

pytest_plugins = ["stocked"]
HOUR = 3600


def labels(url: str, indicator: Indicator, *group_by: str, most: int = 1000) -> Labels:
    request = BucketRequest("x", indicator, group_by, (Span(END - HOUR, END, 60),), END)

    async def ask() -> Labels:
        source = PLUGIN.make({"url": url})  # type: ignore[operator]
        assert isinstance(source, Divisible)
        try:
            return await source.labels(request, most)
        finally:
            await source.aclose()

    return asyncio.run(ask())


def fleet(stock: Stock, *, pods: int = 3) -> str:
    """A counter by region, software and pod, with an outcome."""
    name = stock.name()
    stock.put(
        *(
            counter(name, {"region": region, "sw": sw, "pod": f"p{pod}", "job": "api", "code": code}, END - 7200, END)
            for region in ("eu", "us")
            for sw in ("1", "2")
            for pod in range(pods)
            for code in ("200", "500")
        )
    )
    return name


def test_all_labels_but_those_that_tell_good_from_bad(stock: Stock) -> None:
    name = fleet(stock)
    found = labels(stock.url, bad_share(name))
    assert (found.names, found.defining, found.left_out) == (("pod", "region", "sw"), ("code",), {})


def test_a_label_with_one_value_tells_nothing_unless_it_is_grouped_by(stock: Stock) -> None:
    name = fleet(stock, pods=1)
    assert labels(stock.url, bad_share(name)).names == ("region", "sw")
    assert labels(stock.url, bad_share(name), "pod").names == ("pod", "region", "sw")


def test_the_label_with_most_values_goes_when_groups_are_too_many(stock: Stock) -> None:
    name = fleet(stock, pods=40)
    found = labels(stock.url, bad_share(name), most=20)
    assert found.names == ("region", "sw")
    assert found.left_out == {"pod": 40}


def test_two_metrics_are_told_apart_by_what_both_have(stock: Stock) -> None:
    total, slow = stock.name(), stock.name()
    stock.put(counter(total, {"region": "eu", "zone": "a"}, END - 7200, END))
    stock.put(counter(total, {"region": "us", "zone": "b"}, END - 7200, END))
    for region in ("eu", "us"):
        stock.put(counter(slow, {"region": region, "le": "5"}, END - 7200, END))
    found = labels(stock.url, Ratio(Query(total), good=Query(f'{slow}{{le="5"}}')))
    assert (found.names, found.defining) == (("region",), ("le",))


def test_a_threshold_has_the_labels_of_its_series(stock: Stock) -> None:
    name = fleet(stock)
    assert labels(stock.url, Threshold(Query(f"max by (region, sw) ({name})"), "gt", 1)).names == ("region", "sw")


def test_nothing_there_has_no_labels(stock: Stock) -> None:
    assert labels(stock.url, bad_share(stock.name())).names == ()


def test_what_cannot_be_asked_is_said(stock: Stock) -> None:
    with pytest.raises(UsageError, match="sums by"):
        labels(stock.url, Ratio(Query("sum by (a) (x)"), bad=Query("sum by (a) (y)")))
    with pytest.raises(UnavailableError):
        labels("http://127.0.0.1:9", bad_share("x"))
