"""A dashboard's questions, answered by a real server, are the evaluation's figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import numpy as np
import pytest
from charted import answered, asked, chart_of
from monthly import DAY, END, judged, promise
from stock import Stock, counter

from cdctl.domain.slo.objective import Budgeting, Indicator, Query, Ratio, RawRatio, Slo, Threshold
from cdctl.domain.slo.verdict import Row
from cdctl.domain.slo.window import Calendar, Rolling, Unit
from cdctl.lab.history import Series

pytest_plugins = ["stocked"]

WINDOW = Rolling(4 * DAY)
DAILY = Calendar(1, Unit.DAY, datetime(2026, 1, 1), "Europe/Berlin")
Promise = Callable[[str], Slo]


def hostile(name: str) -> list[Series]:
    """Six days of counters of two regions with bursts, a restart, a gap and a birth; cn has no traffic in between."""
    rng = np.random.default_rng(11)
    found = []
    for region in ("eu", "us"):
        for pod in range(2):
            times = np.arange(END - 6 * DAY + 7 * pod, END, 60)
            for code, rate in (("200", 30.0), ("500", 0.2)):
                happened = rng.poisson(rate, len(times)).astype(float)
                happened[rng.integers(0, len(times), 20)] += 50 * rate
                value = 1e6 + np.cumsum(happened)
                value[5000:] -= value[4999]  # a restart
                seen = np.ones(len(times), bool)
                seen[7000:7035] = False
                if (pod, code) == (1, "500"):
                    seen[:4000] = False
                found.append(Series(name, {"region": region, "pod": f"{pod}", "code": code}, times[seen], value[seen]))
    return found


@pytest.fixture(scope="module")
def metric(stock: Stock) -> str:
    name = stock.name()
    stock.put(*hostile(name))
    return name


def ratio(total: str, *, good: str = "", bad: str = "", growing: bool = True) -> Ratio:
    return Ratio(Query(total), Query(good) if good else None, Query(bad) if bad else None, growing)


def bad_by_label(name: str) -> Ratio:
    return ratio(name, bad=f'{name}{{code="500"}}')


def good_by_label(name: str) -> Ratio:
    return ratio(name, good=f'{name}{{code!="500"}}')


def of(make: Callable[[str], Indicator], **more: object) -> Promise:
    return lambda name: promise(make(name), **{"window": WINDOW, **more})  # type: ignore[arg-type]


SLICES = {"budgeting": Budgeting.TIMESLICES, "slice_target": Decimal("0.99"), "target": "0.9"}
PROMISES: dict[str, Promise] = {
    "bad": of(bad_by_label),
    "good": of(good_by_label),
    "apart": of(lambda name: ratio(f'{name}{{code!=""}}', bad=f'{name}{{code="500"}}')),
    "sums": of(
        lambda name: ratio(
            f'sum({name}{{code="200"}}) + sum({name}{{code="500"}})', good=f'sum({name}) - sum({name}{{code="500"}})'
        )
    ),
    "optional": of(lambda name: ratio(name, bad=f'sum({name}{{code="404"}}) or vector(0)')),
    "windowed": of(
        lambda name: ratio(
            f"max by (region) (sum by (region) (increase({name}[{{{{window}}}}])))",
            bad=f'sum by (region) (increase({name}{{code="500"}}[{{{{window}}}}])) * 1',
            growing=False,
        )
    ),
    "threshold": of(
        lambda name: Threshold(Query(f'max by (region) (rate({name}{{code="500"}}[5m]))'), "lte", 0.004), target="0.3"
    ),
    "raw ratio": of(
        lambda name: RawRatio(
            Query(f'sum by (region) (rate({name}{{code="500"}}[10m])) / sum by (region) (rate({name}[10m])) # $region'),
            success=False,
        )
    ),
    "slices": of(bad_by_label, slice_seconds=300, **SLICES),
    "slices, good": of(good_by_label, slice_seconds=900, **SLICES),
    "mean of hours": of(good_by_label, slice_seconds=3600, budgeting=Budgeting.RATIO_TIMESLICES),
    "an hour and a half": of(bad_by_label, window=Rolling(5400)),
    "not grouped": of(good_by_label, group_by=()),
    "a calendar": of(good_by_label, window=DAILY),
    "slices of a calendar": of(good_by_label, window=DAILY, slice_seconds=900, **SLICES),
}
EXTRAPOLATED = {"windowed"}
"""The server guesses otherwise for an hour than for its twelfths, and which of them are asked is not the same."""


def report(stock: Stock, slo: Slo, at: int) -> dict[tuple[tuple[str, str], ...], Row]:
    return {tuple(sorted(row.group.items())): row for row in judged(stock.url, [slo], at=at).rows}


@pytest.mark.parametrize(("kind", "ago"), [*((kind, 2100) for kind in PROMISES), ("bad", 0), ("a calendar", 0)])
def test_every_figure_is_that_of_the_report(stock: Stock, metric: str, kind: str, ago: int) -> None:
    slo = PROMISES[kind](metric)
    at = (END - ago) // chart_of(slo).width * chart_of(slo).width
    rows, chart = report(stock, slo, at), chart_of(slo)
    near = 1e-3 if kind in EXTRAPOLATED else 1e-9
    assert rows

    def values(query: str) -> dict[tuple[tuple[str, str], ...], float]:
        return answered(stock.url, asked(query, slo, at), at)

    assert values(chart.sli) == pytest.approx({group: row.sli for group, row in rows.items()}, abs=near / 10)
    if chart.budget:
        left = {group: row.error_budget.remaining_ratio for group, row in rows.items() if row.error_budget}
        assert values(chart.budget) == pytest.approx(left, abs=10 * near)
    for window in set() if kind in EXTRAPOLATED else chart.burn.keys() & {"5m", "6h", "3d"}:
        rates = {group: row.burn_rates[window] for group, row in rows.items()}
        assert values(chart.burn[window]) == pytest.approx(rates, abs=near), window
    for group, row in rows.items():
        history = row.history
        assert history is not None
        assert history.widths[-1] == chart.width
        lost = history.total[-1] - history.good[-1]
        assert values(chart.bad)[group] == pytest.approx(lost, abs=near)
        if slo.objectives[0].slice_seconds is None:
            assert values(chart.total)[group] == pytest.approx(history.total[-1])


def test_the_budget_of_a_calendars_slices_is_not_asked_for() -> None:
    """Their number is another each month."""
    assert chart_of(PROMISES["slices of a calendar"]("x")).budget == ""
    assert all(chart_of(make("x")).budget for kind, make in PROMISES.items() if kind != "slices of a calendar")


def test_counters_that_were_there_before_the_history_do_not_count_their_whole_life(stock: Stock) -> None:
    """As in the report: a group that appears brings counters with events of unknown age."""
    name, start = stock.name(), END - 2 * DAY
    stock.put(
        counter(name, {"region": "eu", "code": "200"}, start, END, rate=10, first=1e3),
        counter(name, {"region": "eu", "code": "500"}, start, END, rate=0.01, first=1e9),
    )
    slo = PROMISES["bad"](name)
    ((group, row),) = report(stock, slo, END).items()
    chart = chart_of(slo)
    assert row.sli == pytest.approx(0.999, abs=1e-4)
    assert answered(stock.url, asked(chart.sli, slo, END), END) == {group: pytest.approx(row.sli, abs=1e-9)}
    first = start // 300 * 300 + 300
    assert answered(stock.url, asked(chart.bad, slo, first), first) == {}
    assert answered(stock.url, asked(chart.bad, slo, first), first + 900)[group] < 10


@pytest.mark.parametrize("kind", ["bad", "windowed", "threshold", "slices"])
def test_only_the_groups_that_are_chosen_are_shown(stock: Stock, metric: str, kind: str) -> None:
    slo = replace(PROMISES[kind](metric), window=Rolling(DAY))
    chart = chart_of(slo)
    us, both = {"region": ("us",)}, {"region": ("us", "eu")}
    for query in (chart.sli, chart.budget, chart.bad, chart.total, chart.burn["1h"]):
        everything = answered(stock.url, asked(query, slo, END), END)
        assert answered(stock.url, asked(query, slo, END, both), END) == pytest.approx(everything)
        assert list(answered(stock.url, asked(query, slo, END, us), END)) == [(("region", "us"),)]
        assert answered(stock.url, asked(query, slo, END, {"region": ("u",)}), END) == {}


def test_what_people_write_into_labels_is_neither_filled_in_nor_lost(stock: Stock) -> None:
    name, odd, plain = stock.name(), "e.u'\\$region[[region]]ü|", "exu"
    stock.put(
        counter(name, {"region": odd, "path": "$region", "code": "500"}, END - DAY, END, rate=1),
        counter(name, {"region": odd, "path": "$region", "code": "200"}, END - DAY, END, rate=1),
        counter(name, {"region": odd, "path": ".*", "code": "200"}, END - DAY, END, rate=98),
        counter(name, {"region": plain, "path": "$region", "code": "200"}, END - DAY, END, rate=1),
    )
    matched = f'{name}{{path="$region"}}'
    for indicator in (
        ratio(matched, bad=f'{name}{{path="$region",code="500"}}'),
        ratio(
            f"sum by (region) (increase({name}{{path=`$region`}}[{{{{window}}}}])) # [[region]]",
            bad=f"sum by (region) (increase({name}{{path='$region',code=\"500\"}}[{{{{window}}}}])) * 1",
            growing=False,
        ),
    ):
        slo = promise(indicator, window=Rolling(5400))
        found = answered(stock.url, asked(chart_of(slo).sli, slo, END, {"region": (odd,)}), END)
        assert found == {(("region", odd),): pytest.approx(0.5, abs=1e-3)}


def test_the_metrics_of_every_leg_are_named() -> None:
    assert chart_of(PROMISES["apart"]("x")).metrics == ("x",)
    assert chart_of(promise(ratio("x", bad="y"))).metrics == ("x", "y")
    assert chart_of(promise(ratio('{job="a"}', bad="y"))).metrics == ("", "y")
    raw = RawRatio(Query("sum by (region) (rate(a[5m])) / sum by (region) (rate(b[5m]))"))
    assert chart_of(promise(raw)).metrics == ("a", "b")
