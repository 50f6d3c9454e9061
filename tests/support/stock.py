"""A server that takes whatever history a test needs, at any age, while it runs."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
from monthly import DAY, END

from cdctl.domain.slo.objective import Query, Ratio
from cdctl.domain.slo.series import Floats
from cdctl.lab.history import Series
from cdctl.lab.remote_write import remote_write

WEEK = 7 * DAY
_NUMBERS = itertools.count()


class Stock:
    """A Prometheus; every test puts series under names of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def name(self) -> str:
        """A metric that nobody else uses."""
        return f"stock_{next(_NUMBERS)}_total"

    def put(self, *series: Series) -> None:
        """Write series; they can be asked for at once."""
        remote_write(series, self.url)

    def outcomes(self, bad: float = 0.001, *, days: float = 4, every: int = 60, **labels: str) -> str:
        """A metric of 10 events a second with codes 200 and 500, the latter a share `bad`; its name."""
        name = self.name()
        self.put(*outcomes(name, bad, days=days, every=every, **labels))
        return name


def outcomes(name: str, bad: float, *, days: float = 4, every: int = 60, end: int = END, **labels: str) -> list[Series]:
    """Counters of 10 events a second by code."""
    rates = {"200": 10 * (1 - bad), "500": 10 * bad}
    return [counter(name, {**labels, "code": code}, end - days * DAY, end, every, rate) for code, rate in rates.items()]


def counter(
    name: str,
    labels: Mapping[str, str],
    start: float,
    end: float,
    every: int = 60,
    rate: float = 10.0,
    first: float = 1000.0,
) -> Series:
    """A counter scraped every so many seconds, a third of them after the full minute."""
    times = np.arange(start + every / 3, end + 1, every)
    return Series(name, labels, times, first + (times - times[0]) * rate)


def gauge(name: str, labels: Mapping[str, str], times: Floats, values: Floats | float) -> Series:
    """Any values."""
    return Series(name, labels, times, np.broadcast_to(np.asarray(values, dtype=np.float64), times.shape).copy())


def bad_share(name: str, matchers: str = "") -> Ratio:
    """The indicator of a metric of `outcomes`: code 500 is bad."""
    inner = f"{matchers}," if matchers else ""
    return Ratio(Query(f"{name}{{{matchers}}}" if matchers else name), bad=Query(f'{name}{{{inner}code="500"}}'))
