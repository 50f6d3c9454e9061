"""Asking, keeping and judging, over a source whose numbers are in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from cdctl.application.evaluate import DEFAULT_LAG, TAIL, Options, evaluate, instant, sources_of
from cdctl.domain.ports import BucketRequest, Ledger, Source, SourceAnswer, SourceFailure
from cdctl.domain.slo.alert_windows import BURN_WINDOWS
from cdctl.domain.slo.objective import Budgeting, Indicator, Objective, Query, Ratio, RawRatio, Slo, Threshold
from cdctl.domain.slo.series import Buckets
from cdctl.domain.slo.verdict import Row, SloReport, Verdict
from cdctl.domain.slo.window import Rolling
from cdctl.errors import Place
from cdctl.stores.ledger import SqliteLedger
from cdctl.testing.clock import ManualClock
from cdctl.testing.memory import Events, MemorySource

DAY = 86_400
NOW = 1_750_000_000 // 3600 * 3600 + 1937
MINUTES = np.arange(NOW - 40 * DAY, NOW + 2 * DAY, 60)


def steady(bad: float = 0.0, **labels: str) -> Events:
    """100 events a minute."""
    total = np.full(len(MINUTES), 100.0)
    return Events(MINUTES, total * (1 - bad), total, labels)


def memory(**series: Events) -> MemorySource:
    return MemorySource({name: [events] for name, events in series.items()}, failures={"broken": "no luck"})


def promise(text: str, **more: object) -> Slo:
    objective = Objective("ok", Ratio(Query(text), good=Query(f"{text} ok")), Decimal("0.99"))
    slo = Slo(text, "s", (objective,), Budgeting.OCCURRENCES, Rolling(7 * DAY), Place("t.yaml"))
    return replace(slo, **more)  # type: ignore[arg-type]


class Counted:
    """Progress that is remembered."""

    def __init__(self) -> None:
        self.said: list[object] = []

    def start(self, what: str, total: int) -> None:
        self.said.append((what, total))

    def step(self, note: str = "") -> None:
        self.said.append(note)

    def stop(self) -> None:
        self.said.append("stop")


def run(
    slos: Sequence[Slo],
    source: Source | None = None,
    *,
    ledger: Ledger | None = None,
    now: float = NOW,
    progress: Counted | None = None,
    sources: dict[str, Source] | None = None,
    **options: object,
) -> SloReport:
    named = sources if sources is not None else {"prometheus": source or memory(x=steady())}
    return asyncio.run(
        evaluate(
            slos,
            named,
            clock=ManualClock(now),
            progress=progress or Counted(),
            ledger=ledger,
            options=Options(**options),  # type: ignore[arg-type]
        )
    )


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    return SqliteLedger(tmp_path / "ledger.db")


@pytest.mark.parametrize(
    ("now", "lag", "expected"), [(600, 0, 600), (600, 60, 300), (660, 60, 600), (659.9, 60, 300), (7200, 3600, 3600)]
)
def test_the_instant_of_a_run(now: float, lag: int, expected: int) -> None:
    assert instant(now, lag) == expected


def test_every_question_is_for_the_same_instant() -> None:
    source = memory(x=steady(), y=steady())
    report = run([promise("x"), promise("y")], source)
    assert report.at == instant(NOW, DEFAULT_LAG) == NOW // 300 * 300
    assert report.generated_at == NOW
    assert {request.at for request in source.asked} == {report.at}
    assert max(span.end for request in source.asked for span in request.spans) == report.at
    assert {row.evidence[0].at for row in report.rows} == {report.at}


def test_the_instant_may_be_told() -> None:
    report = run([promise("x")], at=NOW - 3 * DAY + 17)
    assert report.at == (NOW - 3 * DAY + 17) // 300 * 300
    assert report.rows[0].window.end == report.at


@pytest.mark.parametrize(("own", "common", "expected"), [(None, 60, 0), (None, 600, 600), (900, 60, 900), (0, 900, 0)])
def test_a_promise_may_have_a_lag_of_its_own(own: int | None, common: int, expected: int) -> None:
    now = NOW // 300 * 300 + 299
    (row,) = run([promise("x", lag_seconds=own)], now=now, lag=common).rows
    assert row.window.end == now // 300 * 300 - expected


@pytest.mark.parametrize(
    ("own", "common", "verdict"), [(None, "0.9", "no_data"), (None, "0.2", "met"), ("0.2", "1", "met")]
)
def test_a_promise_may_have_a_coverage_of_its_own(own: str | None, common: str, verdict: str) -> None:
    half = Events(*(values[-2 * DAY // 60 - 3 * 1440 :] for values in (MINUTES, *[steady().total] * 2)))
    slo = promise("x", min_coverage=Decimal(own) if own else None)
    (row,) = run([slo], memory(x=half), min_coverage=Decimal(common)).rows
    assert row.verdict.value == verdict
    assert row.coverage == pytest.approx(3 / 7, abs=0.02)


def test_numbers_are_those_of_the_source() -> None:
    slos = [promise("x"), promise("y"), promise("z")]
    rows = run(slos, memory(x=steady(), y=steady(0.0095), z=steady(0.02))).rows
    assert [row.verdict for row in rows] == [Verdict.MET, Verdict.AT_RISK, Verdict.BREACHED]
    for row, bad in zip(rows, (0, 0.0095, 0.02), strict=True):
        assert row.total == pytest.approx(7 * DAY / 60 * 100)
        assert row.bad == pytest.approx(7 * DAY / 60 * 100 * bad)
        assert row.burn_rates == pytest.approx(dict.fromkeys(BURN_WINDOWS, bad / 0.01))


def test_one_that_fails_hides_no_other() -> None:
    rows = run([promise("broken"), promise("x"), promise("misspelt")]).rows
    assert [row.verdict for row in rows] == [Verdict.ERROR, Verdict.MET, Verdict.ERROR]
    assert [row.spec_at_fault for row in rows] == [False, False, True]
    assert [row.reason for row in rows] == ["no luck", None, "there is no series for 'misspelt'"]
    assert [row.coverage for row in rows][::2] == [None, None]


def test_a_source_that_nobody_configured() -> None:
    elsewhere = Ratio(Query("x", source="replay"), good=Query("x", source="replay"))
    two = Ratio(Query("x"), good=Query("x", source="replay"))
    slos = [promise("x")]
    slos += [replace(slos[0], objectives=(replace(slos[0].objectives[0], indicator=one),)) for one in (elsewhere, two)]
    rows = run(slos).rows
    assert [row.verdict for row in rows] == [Verdict.MET, Verdict.ERROR, Verdict.ERROR]
    assert "no source named 'replay'" in str(rows[1].reason)
    assert rows[1].spec_at_fault
    both = run(slos, sources={"prometheus": memory(x=steady()), "replay": memory(x=steady(0.5))}).rows
    assert [row.verdict for row in both] == [Verdict.MET, Verdict.BREACHED, Verdict.BREACHED]
    assert both[2].sli == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        (Ratio(Query("a", "p"), good=Query("b", "c")), ("p", "c")),
        (Ratio(Query("a", "p"), bad=Query("b", "p")), ("p",)),
        (RawRatio(Query("a", "r")), ("r",)),
        (Threshold(Query("a", "t"), "lt", 1), ("t",)),
    ],
)
def test_sources_of_an_indicator(indicator: Indicator, expected: tuple[str, ...]) -> None:
    assert sources_of(indicator) == expected


class Late(MemorySource):
    """Its data needs some minutes."""

    lag = 400


class Watched(MemorySource):
    """Single events, from a store that was there at some time and not at others."""

    def __init__(self, since: int, **more: Sequence[Events]) -> None:
        super().__init__(more, identity="watched")
        self.since = since

    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        async for answer in super().fetch(requests):
            assert isinstance(answer, SourceAnswer)
            yield replace(answer, buckets=tuple(self._watched(part) for part in answer.buckets))

    def _watched(self, part: Buckets) -> Buckets:
        there = part.ends > self.since
        seen = np.where(there, part.widths / 60, 0.0)
        part = part.rows(lambda values: np.where(there, values, 0.0), part.groups)
        return replace(part, seen=np.broadcast_to(seen, part.seen.shape).copy(), watched=seen)


def test_a_source_may_say_that_its_data_comes_late() -> None:
    now = NOW // 300 * 300 + 200
    late = {"prometheus": memory(x=steady()), "late": Late({"x": [steady()]})}

    def window_end(indicator: Indicator, **more: object) -> int:
        slo = promise("x", **more)
        slo = replace(slo, objectives=(replace(slo.objectives[0], indicator=indicator),))
        (row,) = run([slo], sources=late, now=now).rows  # type: ignore[arg-type]
        return row.window.end - now // 300 * 300

    plain, lagging = Query("x"), Query("x", "late")
    assert window_end(Ratio(plain, plain)) == 0
    assert window_end(Ratio(lagging, lagging)) == -300
    assert window_end(Ratio(lagging, lagging), lag_seconds=0) == 0
    assert window_end(Ratio(plain, lagging)) == -300, "both halves of a mixed ratio are for one instant"


def test_all_objectives_of_a_composite_are_judged_for_one_instant() -> None:
    sources: dict[str, Source] = {"prometheus": memory(x=steady()), "late": Late({"x": [steady()]})}
    objectives = tuple(Objective(name, Ratio(Query("x", name), Query("x", name)), Decimal("0.9")) for name in sources)
    rows = run([promise("x", objectives=objectives, composite=True)], sources=sources, now=NOW // 300 * 300 + 200).rows
    assert len({row.window for row in rows}) == 1
    assert [row.composite.verdict for row in rows if row.composite] == [Verdict.MET] * 2


def test_time_without_a_store_is_asked_for_again(ledger: SqliteLedger) -> None:
    """Spans of yesterday may still come in from a file; what a store did take in is kept."""
    later = Watched(NOW - DAY, x=[steady()])
    (row,) = run([promise("x")], later, ledger=ledger).rows
    assert row.verdict is Verdict.NO_DATA
    imported = Watched(0, x=[steady()])
    (row,) = run([promise("x")], imported, ledger=ledger).rows
    assert row.total == pytest.approx(7 * DAY / 60 * 100)
    again = Watched(0, x=[steady()])
    (row,) = run([promise("x")], again, ledger=ledger).rows
    assert row.total == pytest.approx(7 * DAY / 60 * 100)
    asked = sum(len(span) for request in again.asked for span in request.spans)
    assert asked < sum(len(span) for request in imported.asked for span in request.spans) / 10


def test_a_group_that_is_rarely_there_was_looked_at_all_the_time(ledger: SqliteLedger) -> None:
    rare = Events(MINUTES[::4000], np.ones(len(MINUTES[::4000])), np.ones(len(MINUTES[::4000])), {"region": "cn"})
    often = steady(region="eu")
    for _ in range(2):
        rows = run([promise("x", group_by=("region",))], Watched(0, x=[often, rare]), ledger=ledger).rows
        assert {row.group["region"]: row.coverage for row in rows} == {"eu": 1.0, "cn": 1.0}


def test_rows_come_in_the_order_of_the_promises() -> None:
    slos = [promise(name) for name in ("b", "a", "broken", "c")]
    two = replace(slos[1], objectives=tuple(replace(slos[1].objectives[0], name=name) for name in ("one", "two")))
    rows = run([slos[0], two, *slos[2:]], memory(a=steady(), b=steady(), c=steady())).rows
    assert [(row.name, row.objective) for row in rows] == [
        ("b", "ok"),
        ("a", "one"),
        ("a", "two"),
        ("broken", "ok"),
        ("c", "ok"),
    ]


def test_progress_is_told_and_ends() -> None:
    progress = Counted()
    run([promise("x"), promise("broken")], progress=progress)
    assert progress.said == [("asking sources", 2), "x", "broken", "stop"]


def test_history_is_kept_only_when_wanted() -> None:
    assert run([promise("x")]).rows[0].history is not None
    assert run([promise("x")], history=False).rows[0].history is None
    assert run([promise("x")], title="T").title == "T"


def test_nothing_to_judge() -> None:
    assert run([]).rows == ()


class Interrupted(MemorySource):
    """Answers once, then the user has had enough."""

    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        async for answer in super().fetch(requests):
            yield answer
            raise KeyboardInterrupt


def test_what_arrived_before_an_interruption_is_kept(ledger: SqliteLedger) -> None:
    progress = Counted()
    series = {name: [steady()] for name in ("x", "y")}
    with pytest.raises(KeyboardInterrupt):
        run([promise("x"), promise("y")], Interrupted(series), ledger=ledger, progress=progress)
    assert progress.said[-1] == "stop"
    ledger.close()
    again = MemorySource(series)
    reopened = SqliteLedger(ledger._path)
    run([promise("x"), promise("y")], again, ledger=reopened)
    reopened.close()
    x, y = (sum(map(len, request.spans)) for request in again.asked)
    assert x < 40 < y


def asked(source: MemorySource) -> list[tuple[int, int]]:
    """(seconds before the instant at which the span begins, step) of every span asked for."""
    return [(request.at - span.start, span.step) for request in source.asked for span in request.spans]


def same(one: Row, other: Row) -> None:
    assert one.verdict == other.verdict
    assert one.total == pytest.approx(other.total, rel=1e-12)
    assert one.good == pytest.approx(other.good, rel=1e-12)
    assert one.coverage == pytest.approx(other.coverage, rel=1e-9)
    assert one.burn_rates == pytest.approx(other.burn_rates)


def uneven(seed: int = 1) -> Events:
    rng = np.random.default_rng(seed)
    total = rng.poisson(100, len(MINUTES)).astype(float)
    return Events(MINUTES, total - rng.binomial(total.astype(int), 0.008), total)


def test_a_warm_run_asks_for_the_tail_only(ledger: SqliteLedger) -> None:
    source = memory(x=uneven())
    cold = run([promise("x")], source, ledger=ledger)
    assert max(start for start, _ in asked(source)) > 7 * DAY
    source.asked.clear()
    warm = run([promise("x")], source, ledger=ledger)
    assert asked(source), "the tail is asked for again"
    assert max(start for start, _ in asked(source)) <= TAIL
    same(cold.rows[0], warm.rows[0])
    ledger.close()


@pytest.mark.parametrize("window", [DAY, 7 * DAY, 28 * DAY])
def test_warm_runs_say_what_cold_runs_say_at_any_later_instant(ledger: SqliteLedger, window: int) -> None:
    source = memory(x=uneven())
    slos = [promise("x", window=Rolling(window)), promise("x", window=Rolling(window + 1800))]
    # In order: five minutes on, an hour on, and in between a night without a run.
    for ahead in (0, 300, 600, 3900, 4200, 4200 + 9 * 3600, 5100 + 9 * 3600, DAY):
        warm, cold = (run(slos, source, ledger=kept, now=NOW + ahead).rows for kept in (ledger, None))
        for one, other in zip(warm, cold, strict=True):
            same(one, other)
    ledger.close()


@pytest.mark.parametrize("budgeting", [Budgeting.TIMESLICES, Budgeting.RATIO_TIMESLICES])
def test_warm_slices(ledger: SqliteLedger, budgeting: Budgeting) -> None:
    source = memory(x=uneven())
    objective = replace(promise("x").objectives[0], slice_seconds=60, slice_target=Decimal("0.97"))
    slo = promise("x", budgeting=budgeting, objectives=(objective,), window=Rolling(DAY))
    for ahead in (0, 300, 4000, 50_000):
        warm, cold = (run([slo], source, ledger=kept, now=NOW + ahead).rows for kept in (ledger, None))
        same(warm[0], cold[0])
    ledger.close()


def test_late_data_within_the_tail_is_seen(ledger: SqliteLedger) -> None:
    at = NOW // 300 * 300
    late = uneven()
    early = Events(*(values[at - 600 >= MINUTES] for values in (late.times, late.good, late.total)))
    run([promise("x")], memory(x=early), ledger=ledger)
    warm = run([promise("x")], memory(x=late), ledger=ledger)
    same(warm.rows[0], run([promise("x")], memory(x=late)).rows[0])
    ledger.close()


def test_history_outlives_the_source(ledger: SqliteLedger) -> None:
    whole = uneven()
    run([promise("x")], memory(x=whole), ledger=ledger)
    recent = NOW - DAY
    forgetful = Events(*(values[recent < MINUTES] for values in (whole.times, whole.good, whole.total)))
    warm = run([promise("x")], memory(x=forgetful), ledger=ledger).rows[0]
    same(warm, run([promise("x")], memory(x=whole)).rows[0])
    assert run([promise("x")], memory(x=forgetful)).rows[0].verdict is Verdict.NO_DATA
    ledger.close()


def test_other_questions_and_other_sources_share_nothing(ledger: SqliteLedger) -> None:
    series = {"x": [steady()], "y": [steady(0.5)]}
    run([promise("x")], MemorySource(series), ledger=ledger)
    for slo, source in (
        (promise("y"), MemorySource(series)),
        (promise("x", group_by=("region",)), MemorySource(series)),
        (promise("x"), MemorySource(series, identity="another")),
    ):
        run([slo], source, ledger=ledger)
        assert max(start for start, _ in asked(source)) > 7 * DAY
    ledger.close()


def test_a_spoilt_ledger_changes_no_number(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"nonsense" * 5000)
    ledger = SqliteLedger(tmp_path / "ledger.db")
    report = run([promise("x")], memory(x=uneven()), ledger=ledger)
    same(report.rows[0], run([promise("x")], memory(x=uneven())).rows[0])
    assert any("corrupt and is rebuilt" in text for text in report.warnings)
    ledger.close()
