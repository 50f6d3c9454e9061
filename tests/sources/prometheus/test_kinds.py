"""Every kind of indicator and budget on a real server, against what was written into it."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from cutter import Cutter
from monthly import DAY, END, judged, promise
from stock import Stock, counter, gauge

from cdctl.domain.slo.objective import Budgeting, Indicator, Query, Ratio, RawRatio, Threshold
from cdctl.domain.slo.series import Floats
from cdctl.domain.slo.verdict import Row, Verdict
from cdctl.domain.slo.window import Rolling

pytest_plugins = ["stocked"]

NAN = float("nan")
MINUTES = np.arange(END - 4 * DAY, END + 1, 60.0)


def put(stock: Stock, values: Floats | float, **labels: str) -> str:
    """A gauge with a value every minute; its name."""
    name = stock.name()
    stock.put(gauge(name, labels, MINUTES, values))
    return name


def row(stock: Stock, indicator: Indicator, *, days: float = 1, **more: object) -> Row:
    fields = {"group_by": (), "window": Rolling(int(days * DAY)), **more}
    (found,) = judged(stock.url, [promise(indicator, **fields)]).rows  # type: ignore[arg-type]
    return found


def looks(values: Floats, days: float = 1) -> Floats:
    """What a look every five minutes sees."""
    return values[(MINUTES % 300 == 0) & (END - days * DAY < MINUTES)]


WAVE = 50 + 40 * np.sin(MINUTES / 7000)


@pytest.mark.parametrize("op", ["lt", "lte", "gt", "gte"])
def test_a_threshold_is_looked_at_every_five_minutes(stock: Stock, op: str) -> None:
    found = row(stock, Threshold(Query(put(stock, np.round(WAVE))), op, 50))
    seen = looks(np.round(WAVE))
    good = {"lt": seen < 50, "lte": seen <= 50, "gt": seen > 50, "gte": seen >= 50}[op]
    assert (found.total, found.good) == (288, good.sum())
    assert 0 < good.sum() < 288
    assert found.coverage == 1


@pytest.mark.parametrize("target", ["0.5", "0.99"])
def test_a_threshold_may_be_a_whole_expression(stock: Stock, target: str) -> None:
    one, other = put(stock, WAVE, pod="a"), put(stock, 30.0, pod="b")
    query = f"max_over_time({one}[{{{{window}}}}]) - on() {other} > bool 0 or vector(7)"
    found = row(stock, Threshold(Query(query), "lt", 1), target=target)
    highest = np.max([np.roll(WAVE, shift) for shift in range(5)], axis=0)
    good = looks(~(highest > 30)).sum()
    assert found.total == 288
    assert found.good == pytest.approx(good, abs=2)
    assert found.verdict is (Verdict.BREACHED if target == "0.99" else found.verdict)


def test_a_threshold_by_group(stock: Stock) -> None:
    name = stock.name()
    stock.put(gauge(name, {"region": "eu"}, MINUTES, 1.0), gauge(name, {"region": "us"}, MINUTES, 3.0))
    slo = promise(Threshold(Query(name), "lt", 2), window=Rolling(DAY))
    rows = judged(stock.url, [slo]).rows
    assert {one.group["region"]: one.verdict for one in rows} == {"eu": Verdict.MET, "us": Verdict.BREACHED}


def test_values_that_are_no_number_are_no_look(stock: Stock) -> None:
    values = np.where(np.arange(len(MINUTES)) % 2 == 0, NAN, 1.0)
    found = row(stock, Threshold(Query(put(stock, values)), "gte", 1), min_coverage=Decimal(0))
    seen = np.isfinite(looks(values)).sum()
    assert 0 < seen < 288
    assert (found.total, found.good) == (seen, seen)


def test_a_value_that_is_gone_is_not_seen(stock: Stock) -> None:
    name = stock.name()
    there = MINUTES[(MINUTES < END - 12 * 3600) | (MINUTES > END - 6 * 3600)]
    stock.put(gauge(name, {}, there, 1.0))
    found = row(stock, Threshold(Query(name), "gte", 1))
    assert found.verdict is Verdict.NO_DATA
    assert found.coverage == pytest.approx(0.75, abs=0.02)
    assert found.good == found.total
    none = row(stock, Threshold(Query("nothing_at_all"), "gte", 1))
    assert (none.verdict, none.coverage, none.total) == (Verdict.NO_DATA, 0, None)


@pytest.mark.parametrize(("success", "good"), [(True, 0.75), (False, 0.25)])
def test_a_raw_ratio_is_worth_what_it_says(stock: Stock, success: bool, good: float) -> None:
    values = np.where(MINUTES % 600 == 0, 0.5, 1.0)  # at every second look
    found = row(stock, RawRatio(Query(put(stock, values)), success=success))
    assert (found.total, found.good) == (288, pytest.approx(288 * good))


@pytest.mark.parametrize("success", [True, False])
@pytest.mark.parametrize(
    ("values", "far"),
    [(99.57, "up to 98.57 beyond 0..1"), (-3.0, "up to 3 beyond"), (np.inf, "infinite"), (-np.inf, "infinite")],
)
def test_a_raw_ratio_that_is_none_is_an_error(stock: Stock, success: bool, values: float, far: str) -> None:
    found = row(stock, RawRatio(Query(put(stock, values)), success=success))
    assert (found.verdict, found.spec_at_fault) == (Verdict.ERROR, True)
    assert found.reason
    assert f"the values of the raw ratio are {far}" in found.reason
    assert "divide percentages by 100" in found.reason


def test_looks_beyond_the_range_are_not_observed_and_said(stock: Stock) -> None:
    values = np.where(MINUTES > END - DAY / 5, 1.7, np.where(MINUTES % 1200 == 0, 1.005, 0.5))
    name = put(stock, values)
    found = row(stock, RawRatio(Query(name)), min_coverage=Decimal(0))
    good = np.clip(looks(values)[looks(values) < 1.01], 0, 1)
    assert (found.total, found.good) == (len(good), pytest.approx(good.sum()))
    assert found.coverage == pytest.approx(0.8, abs=0.05)
    (said,) = found.warnings
    assert said.startswith("values of the raw ratio are up to 0.7 beyond 0..1: those looks count as not observed")
    assert row(stock, RawRatio(Query(f"{name} / 2"))).warnings == ()


@pytest.mark.parametrize("by", [(), ("region",)])
def test_a_raw_ratio_of_only_nan_says_so(stock: Stock, by: tuple[str, ...]) -> None:
    found = row(stock, RawRatio(Query(put(stock, NAN, region="eu"))), group_by=by)
    assert (found.verdict, found.reason) == (Verdict.NO_DATA, "its series hold nothing but NaN")
    none = row(stock, RawRatio(Query("nothing_at_all")), group_by=by)
    assert none.reason
    assert "no series for the total" in none.reason


@pytest.mark.parametrize("standin", ["or vector(0)", "OR on() vector(0)"])
def test_a_zero_for_a_metric_that_does_not_exist_is_no_observation(stock: Stock, standin: str) -> None:
    there, gone = put(stock, 4.0), stock.name()
    ratio = f"{gone} / on() {there} {standin}"
    found = row(stock, RawRatio(Query(ratio), success=False))
    assert (found.verdict, found.sli, found.coverage) == (Verdict.MET, 1, 1)
    found = row(stock, RawRatio(Query(ratio.replace(there, f"{gone}_too")), success=False))
    assert (found.verdict, found.coverage) == (Verdict.NO_DATA, 0)
    total = f"sum(count_over_time({gone}[{{{{window}}}}])) {standin}"
    found = row(stock, Ratio(Query(total), bad=Query(f"sum(count_over_time({there}[{{{{window}}}}]))")))
    assert (found.verdict, found.coverage) == (Verdict.NO_DATA, 0)


def test_a_threshold_that_silence_passes_says_so(stock: Stock) -> None:
    gone = stock.name()
    for standin, warned in (("or vector(0)", True), ("or vector(9)", False)):
        found = row(stock, Threshold(Query(f"{gone} {standin}"), "lt", 5))
        assert found.coverage == 1
        assert any("silence" in text for text in found.warnings) is warned


def test_windowed_queries(stock: Stock) -> None:
    total, failed = stock.name(), stock.name()
    stock.put(counter(total, {"pod": "a"}, END - 4 * DAY, END, rate=8), counter(failed, {}, END - 4 * DAY, END, rate=2))
    for text in (
        "sum(increase({}[{{{{window}}}}])) + 0",
        "sum(rate({}[{{{{.window}}}}])) * 1",
        "0 + sum(rate({}[{{{{ .window }}}}]))",
    ):
        found = row(stock, Ratio(Query(text.format(total)), bad=Query(text.format(failed))))
        assert found.total == pytest.approx(8 * DAY, rel=1e-3), text
        assert found.bad == pytest.approx(2 * DAY, rel=1e-3), text


def test_a_histogram_bucket_is_the_good_part(stock: Stock) -> None:
    name = stock.name()
    for le, rate in (("0.5", 9.0), ("1", 9.5), ("+Inf", 10.0)):
        stock.put(counter(f"{name}_bucket", {"le": le}, END - 4 * DAY, END, rate=rate))
    stock.put(counter(f"{name}_count", {}, END - 4 * DAY, END, rate=10))
    apart = Ratio(Query(f"{name}_count"), good=Query(f'{name}_bucket{{le="0.5"}}'))
    within = Ratio(Query(f'{name}_bucket{{le="+Inf"}}'), good=Query(f'{name}_bucket{{le="0.5"}}'))
    for indicator in (apart, within):
        assert row(stock, indicator).sli == pytest.approx(0.9)


def test_good_beyond_total_is_clamped_and_said(stock: Stock) -> None:
    one, other = stock.name(), stock.name()
    stock.put(counter(one, {}, END - 4 * DAY, END, rate=10), counter(other, {}, END - 4 * DAY, END, rate=11))
    found = row(stock, Ratio(Query(one), good=Query(other)))
    assert (found.sli, found.bad) == (1, 0)
    assert any("good exceeds total by 10.00%" in text for text in found.warnings)
    assert row(stock, Ratio(Query(other), good=Query(one))).warnings == ()


def minute_slices(stock: Stock, days: float, **more: object) -> tuple[str, dict[str, object]]:
    """A counter of which every tenth minute is bad, and the budget by the minute."""
    name = stock.name()
    times = np.arange(END - (days + 1.2) * DAY, END + 1, 60.0)
    index = np.arange(len(times))
    failing = (times - END) % 600 == 0
    stock.put(
        gauge(name, {"code": "200"}, times, 1000 + np.cumsum(np.where(failing, 0.0, 100.0))),
        gauge(name, {"code": "500"}, times, 1000 + np.cumsum(np.where(failing, 100.0, 0.0) + index * 0)),
    )
    return name, {"slice_seconds": 60, "slice_target": Decimal("0.99"), **more}


@pytest.mark.parametrize("budgeting", [Budgeting.TIMESLICES, Budgeting.RATIO_TIMESLICES])
def test_slices_of_a_minute(stock: Stock, budgeting: Budgeting) -> None:
    name, slices = minute_slices(stock, 2, budgeting=budgeting)
    indicator = Ratio(Query(name), bad=Query(f'{name}{{code="500"}}'))
    found = row(stock, indicator, days=2, target="0.95", **slices)
    assert (found.total, found.bad, found.sli) == (2880, 288, pytest.approx(0.9))
    assert found.error_budget
    assert found.error_budget.allowed == pytest.approx(144)
    assert found.verdict is Verdict.BREACHED
    assert row(stock, indicator, days=2, target="0.85", **slices).verdict is not Verdict.BREACHED


def test_four_weeks_of_minutes_come_in_pieces(stock: Stock) -> None:
    name = stock.name()
    times = np.arange(END - 28.5 * DAY, END + 1, 300.0)
    stock.put(gauge(name, {}, times, np.where((times - END) % 3600 == 0, 9.0, 1.0)))
    with Cutter(stock.url) as cutter:
        slo = promise(
            Threshold(Query(name), "lt", 5),
            group_by=(),
            budgeting=Budgeting.TIMESLICES,
            slice_seconds=60,
            slice_target=Decimal("0.9"),
        )
        (found,) = judged(cutter.url, [slo]).rows
        steps = [(int(one.params["end"]) - int(one.params["start"])) // 60 + 1 for one in cutter.asked]
    assert len(steps) > 3
    assert max(steps) <= 11_000
    assert (found.total, found.coverage) == (40_320, 1)
    assert found.bad == pytest.approx(40_320 / 12, rel=0.01)
