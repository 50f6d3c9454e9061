"""Histories as they are: gaps, short retention, slow scrapes, late data, missing halves. On a real Prometheus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cutter import Cutter, Fault, answered, broken, cut, dropped, passed
from monthly import DAY, END, judged, promise
from rough import rough
from stock import Stock, bad_share, counter, gauge, outcomes

from cdctl.domain.slo.objective import ExpectedTraffic, Query, Ratio, Slo
from cdctl.domain.slo.verdict import Row, Verdict
from cdctl.domain.slo.window import Rolling
from cdctl.lab.history import Series
from cdctl.stores.ledger import SqliteLedger

pytest_plugins = ["stocked"]

HOUR = 3600


def day(indicator: Ratio, days: float = 1, **more: object) -> Slo:
    return promise(indicator, **{"group_by": (), "window": Rolling(int(days * DAY)), **more})  # type: ignore[arg-type]


def row(url: str, slo: Slo, **settings: object) -> Row:
    (found,) = judged(url, [slo], **settings).rows
    return found


def without(series: list[Series], start: float, end: float) -> list[Series]:
    """The series with nothing scraped in between."""
    keep = [(one.times <= start) | (one.times > end) for one in series]
    return [Series(one.name, one.labels, one.times[k], one.values[k]) for one, k in zip(series, keep, strict=True)]


@pytest.mark.parametrize(("minutes", "coverage"), [(0, 1.0), (90, 1 - 90 / 1440), (180, 1 - 180 / 1440)])
def test_a_gap_is_not_covered_and_loses_no_event(stock: Stock, minutes: int, coverage: float) -> None:
    name = stock.name()
    stock.put(*without(outcomes(name, 0.002), END - 10 * HOUR, END - 10 * HOUR + minutes * 60))
    found = row(stock.url, day(bad_share(name)))
    assert found.coverage == pytest.approx(coverage, abs=0.004)
    assert found.total == pytest.approx(10 * DAY, rel=1e-6)
    assert found.bad == pytest.approx(0.02 * DAY, rel=1e-6)
    assert found.verdict is (Verdict.MET if minutes < 144 else Verdict.NO_DATA)


def test_a_retention_shorter_than_the_window_is_no_data_with_a_hint(stock: Stock) -> None:
    name = stock.outcomes(0.001, days=5, every=120)
    found = row(stock.url, day(bad_share(name), days=28))
    assert (found.verdict, found.coverage) == (Verdict.NO_DATA, pytest.approx(5 / 28, abs=0.01))
    assert "only 17." in str(found.reason)
    assert "90% is the minimum" in str(found.reason)
    assert "history covers a window of 4.9 d" in str(found.reason)
    assert "the ledger keeps what the server forgets" in str(found.reason)
    assert row(stock.url, day(bad_share(name), days=4.5)).verdict is Verdict.MET


@pytest.mark.parametrize(
    ("every", "width"), [(60, None), (120, None), (150, None), (300, 10), (600, 20), (900, 30), (1800, 60)]
)
def test_slow_scrapes_widen_the_buckets_and_say_so(stock: Stock, every: int, width: int | None) -> None:
    name = stock.outcomes(0.005, every=every)
    found = row(stock.url, day(bad_share(name)))
    said = [text for text in found.warnings if "widened" in text]
    assert said == (
        [f"buckets widened to {width} min to span two scrapes; shorter burn rates use that width"] if width else []
    )
    assert found.sli == pytest.approx(0.995)
    assert found.coverage == pytest.approx(1, abs=0.02)
    assert found.burn_rates == pytest.approx(dict.fromkeys(found.burn_rates, 0.5), rel=1e-6)
    assert found.verdict is Verdict.MET


def test_a_series_that_was_never_born_a_series_that_is_gone_and_no_series(stock: Stock) -> None:
    total, nothing = stock.name(), "nothing_at_all"
    stock.put(counter(total, {}, END - 4 * DAY, END))
    no_errors = row(stock.url, day(Ratio(Query(total), bad=Query(nothing))))
    assert (no_errors.verdict, no_errors.sli) == (Verdict.MET, 1)
    assert not any("0 good" in text for text in no_errors.warnings)
    nothing_worked = row(stock.url, day(Ratio(Query(total), good=Query(nothing))))
    assert (nothing_worked.verdict, nothing_worked.sli) == (Verdict.BREACHED, 0)
    assert any("is a metric or label renamed" in text for text in nothing_worked.warnings)
    nobody_knows = row(stock.url, day(Ratio(Query(nothing), good=Query(total))))
    assert (nobody_knows.verdict, nobody_knows.sli, nobody_knows.total) == (Verdict.NO_DATA, None, None)
    assert "no series for the total" in str(nobody_knows.reason)


def test_silence_is_not_an_outage_unless_traffic_was_promised(stock: Stock) -> None:
    name = stock.name()
    times = np.arange(END - 4 * DAY, END + 1, 60.0)
    stands = times > END - 5 * HOUR
    stock.put(gauge(name, {}, times, np.where(stands, 1000 + (END - 5 * HOUR - times[0]), 1000 + times - times[0])))
    indicator = Ratio(Query(name), bad=Query("nothing_at_all"))
    quiet = row(stock.url, day(indicator))
    assert (quiet.verdict, quiet.sli) == (Verdict.MET, 1)
    charged = row(stock.url, day(indicator, expected_traffic=ExpectedTraffic(3600, HOUR)))
    assert (charged.verdict, charged.bad) == (Verdict.BREACHED, pytest.approx(5 * HOUR, rel=0.02))
    assert any("without expected traffic" in text for text in charged.warnings)


def test_a_group_that_was_expected_and_one_that_was_not(stock: Stock) -> None:
    name = stock.name()
    stock.put(*outcomes(name, 0.001, region="eu"), *outcomes(name, 0.5))
    slo = day(bad_share(name), group_by=("region",), expect_groups=({"region": "eu"}, {"region": "us"}))
    rows = {found.group["region"]: found for found in judged(stock.url, [slo]).rows}
    assert {region: found.verdict for region, found in rows.items()} == {
        "eu": Verdict.MET,
        "": Verdict.BREACHED,
        "us": Verdict.NO_DATA,
    }
    assert "expected group region=us" in str(rows["us"].reason)
    said = {region: any("without the label region" in text for text in one.warnings) for region, one in rows.items()}
    assert said == {"": True, "eu": False, "us": False}


def test_many_series_without_a_grouping_are_an_error_with_the_cure(stock: Stock) -> None:
    name = stock.outcomes()
    query = Query(f"increase({name}[{{{{window}}}}])")
    found = row(stock.url, day(Ratio(query, good=query)))
    assert (found.verdict, found.spec_at_fault) == (Verdict.ERROR, True)
    assert "returned 2 series, by code" in str(found.reason)
    assert "cdctl.io/group-by: code" in str(found.reason)


def late_pair(stock: Stock, until: float) -> Ratio:
    """Total is there until END + 10 min; good came in only until `until`."""
    total, good = stock.name(), stock.name()
    stock.put(counter(total, {}, END - 4 * DAY, END + 600), counter(good, {}, END - 4 * DAY, until))
    return Ratio(Query(total), good=Query(good))


class At:
    """A clock that stands still."""

    def __init__(self, now: float) -> None:
        self.now = lambda: now


@pytest.mark.parametrize(("lag", "flips"), [(0, True), (300, False), (360, False)])
def test_data_that_comes_late_flips_no_verdict(
    stock: Stock, lag: int, flips: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A minute of good events is still on its way when the run begins, one second after a bucket's end.
    slo = day(late_pair(stock, END + 540), target="0.9999", lag_seconds=lag)
    monkeypatch.setattr("monthly.WallClock", lambda: At(END + 601))
    found = row(stock.url, slo, at=None)
    assert found.window.end == (END + 601 - lag) // 300 * 300
    assert (found.verdict is Verdict.BREACHED) == flips
    assert found.verdict in {Verdict.MET, Verdict.BREACHED}


def test_what_came_late_is_in_the_next_warm_run(stock: Stock, tmp_path: Path) -> None:
    total, good = stock.name(), stock.name()
    whole = counter(good, {}, END - 4 * DAY, END)
    early = whole.times <= END - 600
    stock.put(counter(total, {}, END - 4 * DAY, END), Series(good, {}, whole.times[early], whole.values[early]))
    ledger = SqliteLedger(tmp_path / "ledger.db")
    slo = day(Ratio(Query(total), good=Query(good)), target="0.9")
    first = judged(stock.url, [slo], ledger).rows[0]
    stock.put(Series(good, {}, whole.times[~early], whole.values[~early]))
    warm, cold = (judged(stock.url, [slo], kept).rows[0] for kept in (ledger, None))
    ledger.close()
    assert first.good is not None
    assert first.good < 9.95 * DAY
    assert (warm.good, warm.total, warm.coverage) == pytest.approx((cold.good, cold.total, cold.coverage))
    assert cold.good == pytest.approx(10 * DAY)


@pytest.mark.parametrize("seed", [3, 4])
def test_rough_days_warm_and_cold_agree(stock: Stock, tmp_path: Path, seed: int) -> None:
    name = stock.name()
    stock.put(*rough(name, seed).series)
    slo = day(Ratio(Query(name), bad=Query(f'{name}{{pod=~"p[13]"}}')), group_by=("region",), days=2)
    ledger = SqliteLedger(tmp_path / "ledger.db")
    for before in (7 * HOUR, 7 * HOUR - 300, 6 * HOUR - 600, 300, 0):
        warm, cold = (judged(stock.url, [slo], kept, at=END - before).rows for kept in (ledger, None))
        assert len(warm) == len(cold) == 2
        for one, other in zip(warm, cold, strict=True):
            assert one.verdict is other.verdict
            assert (one.bad, one.total, one.coverage) == pytest.approx((other.bad, other.total, other.coverage))
            assert one.burn_rates == pytest.approx(other.burn_rates)
    ledger.close()


@pytest.mark.parametrize(
    "fault", [answered(503), cut(0.5), broken(0.7), dropped], ids=["503", "cut", "broken", "dropped"]
)
def test_one_bad_moment_changes_no_number(stock: Stock, fault: Fault, tmp_path: Path) -> None:
    name = stock.outcomes(0.003)
    truth = row(stock.url, day(bad_share(name)))
    ledger = SqliteLedger(tmp_path / "ledger.db")
    with Cutter(stock.url) as cutter:
        cutter.next(fault)
        shaken = judged(cutter.url, [day(bad_share(name))], ledger).rows[0]
        cutter.usual = fault
        lost = judged(cutter.url, [day(bad_share(name))], ledger, retries=0).rows[0]
    assert (shaken.good, shaken.total, shaken.verdict) == (truth.good, truth.total, truth.verdict)
    assert (lost.verdict, lost.good, lost.spec_at_fault) == (Verdict.ERROR, None, False)
    ledger.close()


def test_what_a_failing_run_learnt_is_not_wrong(stock: Stock, tmp_path: Path) -> None:
    name = stock.outcomes(0.003)
    slo = day(bad_share(name))
    truth = row(stock.url, slo)
    ledger = SqliteLedger(tmp_path / "ledger.db")
    with Cutter(stock.url) as cutter:
        for number in range(3):
            cutter.asked.clear()
            cutter.next(*[passed] * number, *[answered(500)] * 9)
            found = judged(cutter.url, [slo], ledger, retries=0).rows[0]
            cutter._next.clear()
            assert found.verdict in {Verdict.ERROR, truth.verdict}
        found = judged(cutter.url, [slo], ledger).rows[0]
    assert (found.good, found.total, found.coverage) == (truth.good, truth.total, truth.coverage)
    ledger.close()
