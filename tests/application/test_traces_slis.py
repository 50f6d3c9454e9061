"""Promises over a real store of spans, from spans to verdicts: sampling, late spans, imports, what runs keep."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from traced import stored

from cdctl.application.evaluate import TAIL, evaluate
from cdctl.domain.ports import Ledger
from cdctl.domain.slo.objective import Budgeting, Objective, Query, Ratio, Slo
from cdctl.domain.slo.verdict import Row, Verdict
from cdctl.domain.slo.window import Rolling
from cdctl.errors import Place
from cdctl.lab.made_spans import MadeSpans, spread
from cdctl.lab.spec_tests import Silent
from cdctl.sources.traces.source import LAG, TracesSource
from cdctl.stores.ledger import SqliteLedger
from cdctl.stores.spans.duck import DuckSpans
from cdctl.testing.clock import ManualClock

HOUR, DAY = 3600, 86_400
END = 1_796_000_400 // HOUR * HOUR
HEARD = [(END - 2 * DAY, END + DAY)]
NOW = END + LAG


def even(every: int, step: float = HOUR, **more: object) -> MadeSpans:
    """So many in every hour of the last two days."""
    return MadeSpans(spread(END - 2 * DAY + step, step, np.full(48, float(every))), "shop", **more)  # type: ignore[arg-type]


def promise(target: str = "0.99", **more: object) -> Slo:
    total = Query('{ resource.service.name = "shop" }', "traces")
    ratio = Ratio(total, bad=Query("", "traces", {"errors": "convention"}))
    fields: dict[str, object] = {"window": Rolling(DAY), **more}
    objective = Objective("ok", ratio, Decimal(target))
    return Slo("shop", "shop", (objective,), Budgeting.OCCURRENCES, place=Place("t.yaml"), **fields)  # type: ignore[arg-type]


def judged(
    store: DuckSpans, *, now: float = NOW, ledger: Ledger | None = None, slos: Sequence[Slo] = (promise(),)
) -> list[Row]:
    async def run() -> list[Row]:
        sources = {"traces": TracesSource(store)}
        report = await evaluate(slos, sources, clock=ManualClock(now), progress=Silent(), ledger=ledger)
        await store.aclose()
        return list(report.rows)

    return asyncio.run(run())


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    return SqliteLedger(tmp_path / "ledger.db")


def test_tail_sampling_does_not_burn_the_budget(tmp_path: Path) -> None:
    """All errors and 5 % of the good ones are kept: 727 of 100,000 are bad, a fifth of a thousandth a second look."""
    spans = [even(30, status="error"), even(205, weight=20.0)]
    (row,) = judged(stored(tmp_path / "s", spans, heard=HEARD))
    assert row.sli == pytest.approx(1 - 30 / (30 + 4100))
    assert 1 - row.sli == pytest.approx(0.00726, abs=0.0001)
    assert row.verdict is not Verdict.BREACHED
    assert row.coverage == 1
    assert row.interval
    assert row.interval[0] < row.sli < row.interval[1]
    naive = [even(30, status="error"), even(205)]
    (wrong,) = judged(stored(tmp_path / "naive", naive, heard=HEARD))
    assert wrong.sli
    assert 1 - wrong.sli == pytest.approx(0.1277, abs=0.0005)
    assert wrong.verdict is Verdict.BREACHED


def test_it_is_judged_when_spans_had_time_to_come(tmp_path: Path) -> None:
    store = stored(tmp_path / "s", [even(10)], heard=HEARD)
    assert judged(store, now=END + LAG - 1)[0].window.end == END - 300
    assert judged(store, now=END + LAG)[0].window.end == END
    own = promise(lag_seconds=600)
    assert judged(store, now=END + 599, slos=[own])[0].window.end == END - 300


def test_late_spans_are_counted_by_a_later_run(tmp_path: Path, ledger: SqliteLedger) -> None:
    store = stored(tmp_path / "s", [even(10)], heard=HEARD)
    (row,) = judged(store, ledger=ledger)
    assert row.bad == 0
    late = MadeSpans(np.array([END - TAIL + 300.0]), "shop", status="error")
    store = stored(tmp_path / "s", [late], seed=1)
    store_identity = TracesSource(store).identity
    (row,) = judged(store, ledger=ledger, now=NOW + 300)
    assert row.bad == 1
    assert store_identity == TracesSource(store).identity


def test_an_import_of_old_spans_makes_everything_be_counted_again(tmp_path: Path, ledger: SqliteLedger) -> None:
    judged(stored(tmp_path / "s", [even(10)], heard=HEARD), ledger=ledger)
    old = MadeSpans(np.array([END - 7.0 * HOUR]), "shop", status="error")
    (row,) = judged(stored(tmp_path / "s", [old], seed=1), ledger=ledger)
    assert row.bad == 1


def test_the_next_run_asks_for_new_spans_alone(tmp_path: Path, ledger: SqliteLedger) -> None:
    store = stored(tmp_path / "s", [even(10)], heard=[(END - 5 * DAY, END + DAY)])
    asked: list[int] = []
    count = store.count

    async def counting(counting, group_by, spans):  # type: ignore[no-untyped-def]
        asked.append(sum(span.end - span.start for span in spans))
        return await count(counting, group_by, spans)

    store.count = counting  # type: ignore[method-assign]
    first = judged(store, ledger=ledger, now=NOW + 300)
    second = judged(store, ledger=ledger, now=NOW + 600)
    assert asked[0] >= DAY
    assert asked[1] <= 4 * HOUR
    assert [row.total for row in (*first, *second)] == pytest.approx([239, 238], abs=1)


@pytest.mark.parametrize("there", [False, True], ids=["no folder", "an empty store"])
def test_no_spans_are_no_verdict(tmp_path: Path, there: bool) -> None:
    store = stored(tmp_path / "s", []) if there else DuckSpans(tmp_path / "s")
    (row,) = judged(store)
    assert row.verdict is Verdict.NO_DATA
    assert row.reason
    assert "the store took no spans in" in row.reason


def test_groups_have_verdicts_of_their_own(tmp_path: Path) -> None:
    spans = [
        even(10, attributes={"region": "eu"}),
        even(10, resource={"cloud.region": "us"}),
        even(1, status="error", attributes={"region": "us"}),
    ]
    slo = promise(group_by=("region",), expect_groups=({"region": "eu"}, {"region": "us"}, {"region": "cn"}))
    rows = judged(stored(tmp_path / "s", spans, heard=HEARD), slos=[slo])
    assert {row.group["region"]: row.verdict.value for row in rows} == {"eu": "met", "us": "breached", "cn": "no_data"}


def test_a_store_that_is_younger_than_the_window_says_so(tmp_path: Path) -> None:
    young = MadeSpans(END - np.arange(0.0, 3 * HOUR, 60), "shop")
    (row,) = judged(stored(tmp_path / "s", [young], heard=[(END - 3 * HOUR, END)]))
    assert row.verdict is Verdict.NO_DATA
    assert row.reason
    assert "history covers a window of 0.1 d: judge that much with --window 3h" in row.reason
