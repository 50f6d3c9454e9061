"""Explanations out of a real store of spans and of a real Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from monthly import END
from span_batches import coded, ids, pairs
from stock import Stock, counter

from cdctl.application.explaining import Wanted, from_metrics, from_spans
from cdctl.domain.fleet.asof import AsOf, Facts
from cdctl.domain.slo.objective import Budgeting, Indicator, Objective, Query, Ratio, Slo
from cdctl.domain.slo.window import Rolling
from cdctl.domain.traces.attributes import PROMOTED
from cdctl.domain.traces.batch import TEXTS, SpanBatch
from cdctl.domain.why.explanation import Explanation
from cdctl.errors import Place, UnavailableError
from cdctl.sources.prometheus import PLUGIN
from cdctl.sources.traceql.plan import plan
from cdctl.stores.spans.duck import DuckSpans
from cdctl.stores.spans.folder import SpanFolder

pytest_plugins = ["stocked"]
HOUR, DAY = 3600, 86_400
SPANS = Ratio(
    Query('{ resource.service.name = "remote-command" }', source="traces"),
    bad=Query('{ span.command.outcome = "failed" }', source="traces"),
)


def promise(indicator: Indicator) -> Slo:
    objective = Objective("ok", indicator, Decimal("0.995"))
    return Slo("commands", "remote-command", (objective,), Budgeting.OCCURRENCES, Rolling(28 * DAY), Place("x.yaml"))


def wanted(indicator: Indicator, **group: str) -> Wanted:
    slo = promise(indicator)
    return Wanted(slo, slo.objectives[0], END, HOUR, group)


def where(told: Explanation) -> list[dict[str, str]]:
    return [{one.attribute: one.value for one in cause.where} for cause in told.causes]


def batch(end: int, *, rate: float, n: int = 4_000) -> SpanBatch:
    """Commands to 120 vehicles that are known by their ids alone; every third of every second is at fault."""
    rng = np.random.default_rng(END - end)  # the same at every hour
    vehicle = rng.integers(0, 120, n)
    failed = rng.random(n) < np.where(vehicle % 6 == 0, rate, 0.004)
    names = {str(one): one for one in PROMOTED}
    columns = {
        names["resource.service.name"]: coded(["remote-command"] * n),
        names["span.vehicle.id"]: coded([f"V{number:04}" for number in vehicle]),
        names["span.command.outcome"]: coded(["failed" if one else "succeeded" for one in failed]),
    }
    ends = (end - rng.integers(0, HOUR, n)) * 1_000_000_000
    start = rng.integers(1, 2**60, n)
    return SpanBatch(
        ids(start, 16), ids(start, 8), ids(np.zeros(n, np.int64), 8), ends - 10, ends, np.full(n, 2, np.int8),
        np.zeros(n, np.int8), np.ones(n), {text: coded([None] * n) for text in TEXTS}, columns, pairs([{}] * n),
        pairs([{}] * n),
    )  # fmt: skip


FLEET = {f"V{n:04}": Facts("eu" if n % 2 == 0 else "us", "i4", "2" if n % 3 == 0 else "1") for n in range(120)}


async def fleets(vehicles: Sequence[str], since: float) -> AsOf | None:
    assert len(vehicles) == 120
    return AsOf(FLEET, (), since)


async def nobody(vehicles: Sequence[str], since: float) -> AsOf | None:
    return None


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spans")
    with SpanFolder(folder) as spans:
        spans.write(batch(END, rate=0.4))
        spans.write(batch(END - DAY, rate=0.004))
    return folder


def spans(store: Path, join: object = fleets, **group: str) -> Explanation:
    async def run() -> Explanation:
        opened = DuckSpans(store)
        try:
            return await from_spans(wanted(SPANS, **group), plan(SPANS, ()).counting, opened, join)  # type: ignore[arg-type]
        finally:
            await opened.aclose()

    return asyncio.run(run())


def test_spans_that_name_a_vehicle_and_no_more_are_explained_by_what_it_was(store: Path) -> None:
    told = spans(store)
    assert where(told) == [{"region": "eu", "sw": "2"}]
    (cause,) = told.causes
    assert cause.new is True
    assert cause.picked.where == "region:eu sw:2"
    assert (cause.vehicles, told.nameless) == (20, 0)
    assert told.reference is not None
    assert told.reference.end == END - DAY
    assert [one.attribute for one in told.left_out] == ["command.outcome"]


def test_what_burns_for_days_is_compared_with_a_time_when_it_did_not(tmp_path: Path) -> None:
    with SpanFolder(tmp_path) as kept:
        for back, rate in ((0, 0.4), (DAY, 0.4), (7 * DAY, 0.004)):
            kept.write(batch(END - back, rate=rate))
    told = spans(tmp_path)
    assert told.reference is not None
    assert told.reference.end == END - 7 * DAY
    assert told.causes[0].new is True


def test_what_always_burned_is_as_before(tmp_path: Path) -> None:
    with SpanFolder(tmp_path) as kept:
        for back in (0, DAY, 7 * DAY, 14 * DAY):
            kept.write(batch(END - back, rate=0.4))
    told = spans(tmp_path)
    assert told.reference is not None
    assert told.reference.end == END - DAY
    assert told.causes[0].new is False


def test_without_a_fleet_it_stays_with_the_vehicles(store: Path) -> None:
    told = spans(store, nobody)
    assert told.causes == ()
    assert told.nameless is None
    assert any("the fleet was not asked" in note for note in told.notes)
    assert told.heavy[0].attribute == "vehicle.id"


def test_a_group_may_be_a_column_of_the_fleet(store: Path) -> None:
    told = spans(store, sw="2")
    assert where(told) == [{"region": "eu"}]
    assert told.causes[0].picked.where == "sw:2 region:eu", "vehicles of the group, not of others that have it, too"
    assert told.events.raw_total < 2_000
    with pytest.raises(UnavailableError, match="no spans in the window region=cn"):
        spans(store, region="cn")


def test_an_empty_store_has_nothing_to_explain(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="there is no span store"):
        spans(tmp_path / "none")


def metrics(url: str, name: str, **group: str) -> Explanation:
    ratio = Ratio(Query(name), bad=Query(f'{name}{{code="500"}}'))

    async def run() -> Explanation:
        source = PLUGIN.make({"url": url})  # type: ignore[operator]
        try:
            return await from_metrics(wanted(ratio, **group), source)
        finally:
            await source.aclose()

    return asyncio.run(run())


def counted(stock: Stock, fault: float) -> str:
    """Counters by region, software and pod; eu with software 2 fails."""
    name = stock.name()
    for region in ("eu", "us", "cn"):
        for sw in ("1", "2", "3"):
            for pod in ("a", "b"):
                bad = fault if (region, sw) == ("eu", "2") else 0.001
                same = {"region": region, "sw": sw, "pod": pod}
                for code, rate in (("200", 2 * (1 - bad)), ("500", 2 * bad)):
                    stock.put(counter(name, {**same, "code": code}, END - 2 * HOUR, END, 30, rate))
    return name


def test_series_are_explained_by_their_labels(stock: Stock) -> None:
    told = metrics(stock.url, counted(stock, 0.3))
    assert where(told) == [{"region": "eu", "sw": "2"}]
    (cause,) = told.causes
    assert cause.inside.rate == pytest.approx(0.3, rel=0.02)
    assert cause.outside.rate == pytest.approx(0.001, rel=0.05)
    assert told.source == "prometheus"
    assert set(told.attributes) == {"region", "sw", "pod"}
    assert told.events.total == pytest.approx(36 * HOUR, rel=0.02)
    assert any("name no vehicle" in note for note in told.notes)


def test_a_group_of_series(stock: Stock) -> None:
    name = counted(stock, 0.3)
    assert where(metrics(stock.url, name, region="eu")) == [{"sw": "2"}]
    assert where(metrics(stock.url, name, region="us")) == []


def test_series_that_are_not_there(stock: Stock) -> None:
    with pytest.raises(UnavailableError, match="no metrics in the window"):
        metrics(stock.url, stock.name())
