"""Sums and differences of counters, against every event that scrapes tell of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from monthly import DAY, END, judged, promise
from rough import Rough, rough
from stock import Stock, counter

from cdctl.domain.slo.objective import Query, Ratio
from cdctl.domain.slo.verdict import Row, Verdict
from cdctl.domain.slo.window import Rolling
from cdctl.lab.history import Series
from cdctl.stores.ledger import SqliteLedger

pytest_plugins = ["stocked"]
WINDOWS = {"last hour": 3600, "two days": 2 * DAY}


def latency(stock: Stock, seed: int) -> tuple[str, Rough, Rough]:
    """A histogram of requests: its name, all of them, and those within 0.3 s."""
    name, every = stock.name().removesuffix("_total"), rough("x", seed)
    slow = np.random.default_rng(seed)
    within = []
    for one in every.series:
        before = np.concatenate([[0.0], one.values[:-1]])
        fell = one.values < before
        grown = np.where(fell, one.values, one.values - before)
        fast = np.cumsum(grown - slow.binomial(grown.astype(int), 0.01))
        for at in np.flatnonzero(fell):  # restarted together with all
            fast[at:] -= fast[at - 1]
        within.append(Series(f"{name}_bucket", {**one.labels, "le": "0.3"}, one.times, fast))
        for metric, more in ((f"{name}_bucket", {"le": "+Inf"}), (f"{name}_count", {})):
            stock.put(Series(metric, {**one.labels, **more}, one.times, one.values))
    stock.put(*within)
    return name, every, Rough(within)


def told(history: Rough, region: str, seconds: int) -> float:
    return float(history.events(region, np.array([END]), seconds).sum())


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("everything", ['bucket{le="+Inf"%s}', "count{%s}"])
@pytest.mark.parametrize("grouped", [True, False])
def test_latency_as_sloth_writes_it(stock: Stock, window: str, everything: str, grouped: bool) -> None:
    name, every, fast = latency(stock, 3)
    by, region = (" by (region)", "") if grouped else ("", 'region="us"')

    def rate(selector: str) -> str:
        return f"sum{by} (rate({name}_{selector}[{{{{.window}}}}]))"

    whole = everything % (f",{region}" if "{le" in everything and region else region)
    failed = rate(whole) + " - " + rate('bucket{le="0.3",' + region + "}")
    ratio = Ratio(Query(rate(f"count{{{region}}}")), bad=Query(f"({failed})"))
    slo = promise(ratio, window=Rolling(WINDOWS[window]), group_by=("region",) if grouped else ())
    rows = judged(stock.url, [slo]).rows
    assert [row.group.get("region", "us") for row in rows] == (["eu", "us"] if grouped else ["us"])
    for row in rows:
        where = row.group.get("region", "us")
        total, good = (told(history, where, WINDOWS[window]) for history in (every, fast))
        assert (row.total, row.good) == (pytest.approx(total, rel=1e-9), pytest.approx(good, rel=1e-9))
        assert row.bad == pytest.approx(total - good, rel=0.001)
        assert not any("exactly" in text for text in row.warnings)


def row(stock: Stock, total: str, failed: str, **more: object) -> Row:
    ratio = Ratio(Query(total), bad=Query(failed))
    (found,) = judged(stock.url, [promise(ratio, group_by=(), window=Rolling(DAY))], **more).rows  # type: ignore[arg-type]
    return found


def test_a_rate_that_only_decides_multiplies_nothing(stock: Stock) -> None:
    name = stock.outcomes(0.0042)
    every = f"sum(increase({name}[{{{{window}}}}]))"
    failed = f'sum(increase({name}{{code="500"}}[{{{{window}}}}])) and on() (sum(rate({name}[{{{{window}}}}])) > 0.01)'
    found = row(stock, every, failed)
    assert found.sli == pytest.approx(1 - 0.0042, rel=1e-4)
    assert any("cannot be counted exactly" in text for text in found.warnings)
    assert row(stock, f"sum(rate({name}[{{{{window}}}}]))", failed.replace("500", "501")).sli == 1


def test_rates_less_events_are_an_error_that_says_why(stock: Stock) -> None:
    name = stock.outcomes()
    found = row(stock, name, f"sum(rate({name}[{{{{window}}}}])) - sum(increase({name}[{{{{window}}}}]))")
    assert (found.verdict, found.spec_at_fault) == (Verdict.ERROR, True)
    assert found.reason
    assert "mixes rates" in found.reason


@pytest.mark.parametrize("bad", ["sum(rate(NAME[{{window}}])) * NaN", 'sum(increase(NAN{code="500"}[{{window}}]))'])
def test_bad_that_is_nan_is_not_met(stock: Stock, bad: str) -> None:
    name, odd = stock.outcomes(), stock.name()
    times = counter(odd, {}, END - 4 * DAY, END).times
    stock.put(Series(odd, {"code": "500"}, times, np.full(len(times), np.nan)))
    found = row(stock, f"sum(rate({name}[{{{{window}}}}]))", bad.replace("NAME", name).replace("NAN", odd))
    assert (found.verdict, found.reason) == (Verdict.NO_DATA, "its series hold nothing but NaN")
    assert "bad is NaN or infinite in places: those count as not observed" in found.warnings


def test_half_a_day_of_nan_is_half_a_day_unknown(stock: Stock) -> None:
    name, factor = stock.outcomes(0.01), stock.name()
    times = np.arange(END - 4 * DAY, END + 1, 60.0)
    stock.put(Series(factor, {}, times, np.where(times > END - DAY / 2, np.nan, 1.0)))
    failed = f'sum(rate({name}{{code="500"}}[{{{{window}}}}])) * scalar({factor})'
    found = row(stock, f"sum(rate({name}[{{{{window}}}}]))", failed)
    assert found.verdict is Verdict.NO_DATA
    assert found.coverage == pytest.approx(0.5, abs=0.05)
    assert found.sli == pytest.approx(0.99, rel=1e-3)


@pytest.mark.parametrize(("part", "words"), [("good", "renamed?"), ("bad", "misspelt")])
def test_a_part_that_is_not_there_is_said_on_every_run(stock: Stock, tmp_path: Path, part: str, words: str) -> None:
    name, ledger = stock.outcomes(), SqliteLedger(tmp_path / "ledger.db")
    missing = Query(f"{name}_missing")
    ratio = Ratio(Query(name), good=missing) if part == "good" else Ratio(Query(name), bad=missing)
    slo = promise(ratio, group_by=(), window=Rolling(DAY))
    said = [judged(stock.url, [slo], ledger).rows[0].warnings for _ in range(3)]
    assert all(words in " ".join(one) for one in said)
    assert said[0] == said[1] == said[2]
    ledger.close()


def test_an_error_of_long_ago_needs_no_warning(stock: Stock, tmp_path: Path) -> None:
    name, ledger = stock.name(), SqliteLedger(tmp_path / "ledger.db")
    stock.put(counter(name, {"code": "200"}, END - 4 * DAY, END))
    stock.put(counter(name, {"code": "500", "pod": "b"}, END - 4 * DAY, END - DAY / 2, rate=0.1))
    slo = promise(Ratio(Query(name), bad=Query(f'{name}{{code="500"}}')), group_by=(), window=Rolling(DAY))
    for _ in range(2):
        (found,) = judged(stock.url, [slo], ledger).rows
        assert (found.bad, found.warnings) == (pytest.approx(DAY / 20, rel=0.01), ())
    ledger.close()
