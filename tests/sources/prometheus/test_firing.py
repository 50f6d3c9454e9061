"""Alerts that fired, of a real Prometheus."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from monthly import END
from stock import Stock, gauge

from cdctl.errors import UnavailableError
from cdctl.lab.servers import free_port
from cdctl.sources.prometheus.firing import fired

pytest_plugins = ["stocked"]


def test_what_fired_since_when_and_until_when(stock: Stock) -> None:
    name = stock.name()
    labels = {"alertname": name, "alertstate": "firing", "region": "eu"}
    times = np.arange(END - 7_200.0, END + 1, 15)
    over = times[(times > END - 3_600) & (times < END - 2_400)]
    still = times[times > END - 900]
    pending = {**labels, "alertstate": "pending"}
    stock.put(
        gauge("ALERTS", labels, over, 1.0),
        gauge("ALERTS", {**labels, "region": "us"}, still, 1.0),
        gauge("ALERTS", {**pending, "region": "cn"}, times, 1.0),
    )
    found = asyncio.run(fired({"url": stock.url}, END - 6 * 3_600, END))
    told = {one.labels["region"]: one for one in found if one.labels["alertname"] == name}
    assert set(told) == {"eu", "us"}
    assert abs(told["eu"].begin - (END - 3_600)) <= 60
    assert told["eu"].end is not None
    assert abs(told["eu"].end - (END - 2_400)) <= 400, "the server looks back for five minutes"
    assert told["us"].end is None
    assert abs(told["us"].begin - (END - 900)) <= 60
    assert told["us"].seen_begin


def test_a_server_that_is_away_is_told() -> None:
    with pytest.raises(UnavailableError, match="cannot reach"):
        asyncio.run(fired({"url": f"http://127.0.0.1:{free_port()}"}, END - 3_600, END))
