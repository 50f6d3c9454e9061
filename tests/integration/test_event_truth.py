"""The numbers are what truly happened, whatever scrapes, resets, gaps and births do."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from monthly import AVAILABILITY, DAY, END, REGIONS, Truth, judged, promise

from cdctl.domain.slo.objective import Budgeting, Query, Ratio
from cdctl.domain.slo.verdict import Row
from cdctl.stores.ledger import SqliteLedger

MONTH = 28 * DAY


def bad_ratio_error(row: Row, truth: Truth, at: int) -> float:
    """Relative error of the row's bad ratio against every event that happened."""
    region = row.group["region"]
    bad, total = (truth.count(region, at - MONTH, at, codes) for codes in (("500",), ("200", "500")))
    assert row.bad and row.total
    return abs((row.bad / row.total) / (bad / total) - 1)


@pytest.mark.parametrize("before", [0, 300, 2100, 9900])
def test_bad_ratios_are_the_truth_on_prometheus(prometheus: str, truth: Truth, before: int) -> None:
    report = judged(prometheus, [promise(AVAILABILITY)], at=END - before)
    assert [row.group["region"] for row in report.rows] == sorted(REGIONS)
    for row in report.rows:
        assert bad_ratio_error(row, truth, END - before) < 0.001
        assert row.coverage and row.coverage > 0.99


RATE = "sum by (region) (rate(commands_total%s[{{.window}}]))"
EVERY = Query(RATE % "")
SLOTH = {
    "or vector(0)": Ratio(EVERY, bad=Query(RATE % '{code="500"}' + " or vector(0)")),
    "OR on() vector(0)": Ratio(EVERY, bad=Query(RATE % '{code=~"5.."}' + " OR on() vector(0)")),
    "all less good": Ratio(EVERY, bad=Query(RATE % "" + " - " + RATE % '{code="200"}')),
    "another all less good": Ratio(
        EVERY, bad=Query("(" + RATE % '{pod!=""}' + " - on(region) (" + RATE % '{code="200"}' + " or vector(0)))")
    ),
    "all less bad": Ratio(EVERY, good=Query(RATE % "" + " - " + RATE % '{code="500"}')),
    "a sum": Ratio(
        Query(RATE % '{code="500"}' + " + " + RATE % '{code="200"}'), bad=Query(RATE % '{code="500",pod!=""}')
    ),
}


@pytest.mark.parametrize("form", SLOTH)
@pytest.mark.parametrize("before", [0, 2100])
def test_the_forms_that_sloth_teaches_are_the_truth(prometheus: str, truth: Truth, form: str, before: int) -> None:
    report = judged(prometheus, [promise(SLOTH[form])], at=END - before)
    assert [row.group["region"] for row in report.rows] == sorted(REGIONS)
    for row in report.rows:
        assert bad_ratio_error(row, truth, END - before) < 0.001
        assert row.total == pytest.approx(
            truth.count(row.group["region"], END - before - MONTH, END - before), rel=0.01
        )
        assert row.coverage and row.coverage > 0.99
        assert not any("exactly" in text for text in row.warnings)


def test_the_yardstick_finds_an_extrapolated_number(prometheus: str, truth: Truth) -> None:
    guessed = Ratio(EVERY, bad=Query(RATE % '{code="500"}' + " * 1"))
    rows, exact = (judged(prometheus, [promise(ratio)]).rows for ratio in (guessed, AVAILABILITY))
    # How far off a guess is depends on the hour, for history ends with it; never as near as what is counted.
    guess, count = (max(bad_ratio_error(row, truth, END) for row in some) for some in (rows, exact))
    assert guess > max(3 * count, 0.0002), (guess, count)
    assert all("this query cannot be counted exactly" in " ".join(row.warnings) for row in rows)


def test_bad_ratios_are_the_truth_on_victoriametrics(victoria: str, truth: Truth) -> None:
    report = judged(victoria, [promise(AVAILABILITY)], at=END - 2100)
    assert len(report.rows) == len(REGIONS)
    for row in report.rows:
        assert bad_ratio_error(row, truth, END - 2100) < 0.001


def test_the_yardstick_finds_a_wrong_number(prometheus: str, truth: Truth) -> None:
    rows = judged(prometheus, [promise(AVAILABILITY)]).rows
    assert max(bad_ratio_error(row, truth, END - 14 * DAY) for row in rows) > 0.001


def test_a_month_long_instant_query_agrees(prometheus: str) -> None:
    expression = "sum by (region) (increase({}[28d]))"
    with httpx.Client(base_url=prometheus) as client:

        def ask(metric: str) -> dict[str, float]:
            answer = client.get("/api/v1/query", params={"query": expression.format(metric), "time": END}).json()
            return {one["metric"]["region"]: float(one["value"][1]) for one in answer["data"]["result"]}

        bad, total = ask('commands_total{code="500"}'), ask("commands_total")
    for row in judged(prometheus, [promise(AVAILABILITY)]).rows:
        region = row.group["region"]
        assert row.bad and row.total
        assert row.bad / row.total == pytest.approx(bad[region] / total[region], rel=0.002)


def test_a_warm_run_says_what_a_cold_run_says(prometheus: str, tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "ledger.db")
    for before in (30_000, 29_700, 7200, 3900, 600, 0):
        warm = judged(prometheus, [promise(AVAILABILITY)], ledger, at=END - before)
        cold = judged(prometheus, [promise(AVAILABILITY)], at=END - before)
        for one, other in zip(warm.rows, cold.rows, strict=True):
            assert one.total == pytest.approx(other.total, rel=1e-9)
            assert one.bad == pytest.approx(other.bad, rel=1e-9)
            assert one.coverage == pytest.approx(other.coverage, rel=1e-3)
            assert one.burn_rates == pytest.approx(other.burn_rates)
    ledger.close()


@pytest.mark.parametrize("before", [0, 900, 1800, 3300])
def test_slices_of_an_hour_are_judged_again_within_the_hour(prometheus: str, tmp_path: Path, before: int) -> None:
    slo = promise(AVAILABILITY, budgeting=Budgeting.TIMESLICES, slice_seconds=3600, slice_target=Decimal("0.99"))
    ledger = SqliteLedger(tmp_path / "ledger.db")
    first, again = (judged(prometheus, [slo, promise(AVAILABILITY)], ledger, at=END - before) for _ in range(2))
    assert [(row.verdict, row.total, row.bad) for row in again.rows] == [
        (row.verdict, row.total, row.bad) for row in first.rows
    ]
    assert all(row.total for row in again.rows)
    ledger.close()
