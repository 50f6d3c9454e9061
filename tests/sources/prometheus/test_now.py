"""What a query answers now, of a real Prometheus."""

from __future__ import annotations

import asyncio
import math

import pytest
from stock import Stock

from cdctl.errors import UnavailableError
from cdctl.lab.servers import free_port
from cdctl.sources.prometheus.now import values

pytest_plugins = ["stocked"]


def now(url: str, query: str, at: float = 1_795_000_000.0) -> list[float]:
    return asyncio.run(values({"url": url, "retries": 0, "timeout": 2}, query, at))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("1 + 1", [2.0]),
        ("vector(3)", [3.0]),
        ("vector(3) > 5", []),
        ("nobody_has_this", []),
        ("vector(1) or label_replace(vector(2), 'a', 'b', '', '')", [1.0, 2.0]),
    ],
)
def test_values_of_now(stock: Stock, query: str, expected: list[float]) -> None:
    assert sorted(now(stock.url, query)) == expected


def test_what_is_no_number_is_told_as_it_is(stock: Stock) -> None:
    assert math.isnan(now(stock.url, "vector(0) / 0")[0])
    assert now(stock.url, "vector(1) / 0") == [math.inf]


def test_a_wrong_query_and_a_server_that_is_not_there_are_not_silence(stock: Stock) -> None:
    with pytest.raises(UnavailableError, match=r"parse|expected|unexpected"):
        now(stock.url, "sum(")
    with pytest.raises(UnavailableError):
        now(f"http://127.0.0.1:{free_port()}", "1")
