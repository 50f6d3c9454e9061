"""Objectives are measured as one where they are alike: nobody can tell from the rows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from cdctl.application.evaluate import Options, evaluate
from cdctl.domain.ports import Ledger
from cdctl.domain.slo.objective import Budgeting, ExpectedTraffic, Objective, Query, Ratio, Slo
from cdctl.domain.slo.verdict import Row, Verdict
from cdctl.domain.slo.window import Rolling
from cdctl.errors import Place
from cdctl.stores.ledger import SqliteLedger
from cdctl.testing.clock import ManualClock
from cdctl.testing.memory import Events, MemorySource

DAY = 86_400
NOW = 1_750_000_000 // 3600 * 3600 + 1937
MINUTES = np.arange(NOW - 10 * DAY, NOW + DAY, 60)


class Quiet:
    """Progress that nobody watches."""

    def start(self, what: str, total: int) -> None:
        """Nothing."""

    def step(self, note: str = "") -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""


def uneven(seed: int, every: int = 1, since: int = 0, **labels: str) -> Events:
    rng = np.random.default_rng(seed)
    times = MINUTES[since::every]
    total = rng.poisson(100, len(times)).astype(float)
    return Events(times, total - rng.binomial(total.astype(int), 0.02 * (seed % 3)), total, labels)


SERIES = {
    **{f"plain{i}": [uneven(i, region="eu"), uneven(50 + i, region="us")] for i in range(70)},
    "young": [uneven(1, region="eu"), uneven(2, since=12_000, region="us")],
    "rare": [uneven(3, every=7, region="eu")],
    "mixed": [uneven(4, every=7, region="eu"), uneven(5, region="us")],
    "silent": [uneven(6, region="eu")],
    "late": [uneven(7, region="eu"), uneven(8, since=14_390, region="us")],
}


def promise(name: str, target: str = "0.99", **more: object) -> Slo:
    objective = Objective("ok", Ratio(Query(name), good=Query(f"{name} ok")), Decimal(target))
    slo = Slo(name, "s", (objective,), Budgeting.OCCURRENCES, Rolling(7 * DAY), Place("t.yaml"), group_by=("region",))
    return replace(slo, **more)  # type: ignore[arg-type]


def sliced(name: str, budgeting: Budgeting) -> Slo:
    slo = promise(name, budgeting=budgeting)
    return replace(slo, objectives=(replace(slo.objectives[0], slice_seconds=300, slice_target=Decimal("0.97")),))


def slos() -> list[Slo]:
    every = [promise(name) for name in SERIES]
    every += [promise(f"plain{i}", "0.95", window=Rolling(3 * DAY)) for i in range(3)]
    every += [promise("silent", expected_traffic=ExpectedTraffic(10, 600)), promise("absent"), promise("broken")]
    every += [sliced(f"plain{i}", method) for i in (4, 5) for method in list(Budgeting)[1:]]
    every += [promise("plain9", expect_groups=({"region": "cn"},))]
    two = (promise("plain7").objectives[0], replace(promise("plain8").objectives[0], name="too"))
    return [*every, promise("both", composite=True, objectives=two)]


def rows(asked: Sequence[Slo], ledger: Ledger | None = None, now: float = NOW, history: bool = False) -> list[Row]:
    source = MemorySource(SERIES, failures={"broken": "no luck"})
    work = evaluate(
        asked,
        {"prometheus": source},
        clock=ManualClock(now),
        progress=Quiet(),
        ledger=ledger,
        options=Options(history=history),
    )
    return list(asyncio.run(work).rows)


@pytest.fixture(scope="module")
def alone() -> list[Row]:
    return [row for slo in slos() for row in rows([slo])]


def test_together_is_as_alone_to_the_last_bit(alone: list[Row]) -> None:
    assert rows(slos()) == alone
    assert {row.verdict for row in alone} >= {Verdict.MET, Verdict.BREACHED, Verdict.NO_DATA, Verdict.ERROR}


def test_the_order_of_promises_does_not_matter(alone: list[Row]) -> None:
    found = rows(slos()[::-1])
    assert sorted(map(str, found)) == sorted(map(str, alone))


def test_charts_hold_the_buckets_of_their_own_group() -> None:
    some = [promise("plain0"), promise("young"), promise("rare"), promise("plain1")]
    together, single = rows(some, history=True), [row for slo in some for row in rows([slo], history=True)]
    assert len(together) == 7
    for one, other in zip(together, single, strict=True):
        assert one.history is not None
        assert other.history is not None
        for name in ("ends", "widths", "good", "total", "coverage"):
            assert (getattr(one.history, name) == getattr(other.history, name)).all()


@pytest.mark.parametrize("ahead", [0, 300, 4000, 9 * 3600])
def test_what_is_kept_of_one_is_not_of_another(tmp_path: Path, ahead: int) -> None:
    """`late` has a group more in later answers than in what is kept; the others keep their own."""
    apart, whole = SqliteLedger(tmp_path / "apart.db"), SqliteLedger(tmp_path / "whole.db")
    every = slos()
    for now in (NOW - 3600, NOW + ahead):
        found = rows(every, whole, now)
        expected = [row for slo in every for row in rows([slo], apart, now)]
    assert found == expected
    apart.close()
    whole.close()
    table = "SELECT key, step, number, body FROM chunk"
    one, other = (sorted(contents(tmp_path / name, table)) for name in ("apart.db", "whole.db"))
    assert one == other


def contents(path: Path, sql: str) -> list[tuple[object, ...]]:
    import sqlite3

    with sqlite3.connect(path) as db:
        return db.execute(sql).fetchall()
