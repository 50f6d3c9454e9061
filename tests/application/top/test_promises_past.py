"""What happened to promises while the view looked, and alerts of a Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
from screens import NOW, Look

from cdctl.application.top.changes_past import AlertsPast, ChangesPast
from cdctl.application.top.promises_past import PromisesPast
from cdctl.application.top.promising import MOST_TURNS, Promising
from cdctl.application.top.timeline import Said
from cdctl.domain.boards.timeline import Recall
from cdctl.domain.changes import Change
from cdctl.domain.slo.verdict import History, Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds
from cdctl.domain.triage.firing import Firing
from cdctl.errors import UnavailableError

AT = int(NOW)


def row(name: str, verdict: Verdict, *firing: str, history: History | None = None, **group: str) -> Row:
    bounds = Bounds("rolling", AT - 100, AT)
    return Row(
        name, "s", group, "ok", Decimal("0.99"), "Occurrences", bounds, verdict, firing=firing, history=history,
        burn_rates={"1h": 20.0, "6h": None},
    )  # fmt: skip


class Judging:
    """Promises that are judged as the test says."""

    def __init__(self, *reports: Sequence[Row]) -> None:
        self.look = Look(1)
        self.reports = [SloReport(AT, AT, tuple(rows)) for rows in reports]
        self.promising = Promising(self._judge, self.look.clock)
        self.teller = PromisesPast(lambda: (self.promising.turns, self.promising.since))

    def _judge(self) -> SloReport:
        if not self.reports:
            raise UnavailableError("it is away")
        return self.reports.pop(0)

    def judge(self, times: int = 1) -> None:
        for _ in range(times):
            self.promising.once()
            self.look.clock.at += 60

    def tell(self, **about: object) -> Said:
        seen = replace(self.look.lookout.snapshot(), slo=self.promising.sight)
        return asyncio.run(self.teller.tell(Recall(**about), seen))  # type: ignore[arg-type]


def test_verdicts_that_change_are_told_and_failures_between_are_no_change():
    judging = Judging([row("a", Verdict.MET, region="eu")], [row("a", Verdict.BREACHED, "1h/5m", region="eu")])
    judging.judge(4)
    (one,) = judging.tell().occasions
    assert (one.subject, one.word, one.role, one.at) == ("a", "breached", "bad", NOW + 60)
    assert one.text == "region=eu: met → breached; burns: 1h/5m"
    assert one.opens is not None
    assert (one.opens.board, one.opens.about.promise, dict(one.opens.about.group)) == (
        "incident",
        "a",
        {"region": "eu"},
    )
    (reach,) = judging.tell().reaches
    assert (reach.since, reach.note) == (NOW, "verdicts of this view")


def test_a_pair_that_begins_and_ceases_is_told():
    judging = Judging([row("a", Verdict.AT_RISK)], [row("a", Verdict.AT_RISK, "6h")], [row("a", Verdict.AT_RISK)])
    judging.judge(3)
    assert [(one.word, one.role, one.text) for one in judging.tell().occasions] == [
        ("burns", "bad", "burns: 6h"), ("ceased", "good", "ceased: 6h"),
    ]  # fmt: skip


def test_only_the_last_turns_are_kept():
    rows = [[row("a", Verdict.MET)], [row("a", Verdict.AT_RISK)]]
    judging = Judging(*(rows * (MOST_TURNS // 2 + 50)))
    judging.judge(MOST_TURNS + 100)
    assert len(judging.promising.turns) == MOST_TURNS


def test_the_promise_and_the_group_that_are_asked_about():
    before = [row("a", Verdict.MET, region="eu"), row("a", Verdict.MET, region="us"), row("b", Verdict.MET)]
    after = [replace(one, verdict=Verdict.AT_RISK) for one in before]
    judging = Judging(before, after)
    judging.judge(2)
    assert len(judging.tell().occasions) == 3
    assert [one.text for one in judging.tell(promise="a", group=(("region", "us"),)).occasions] == [
        "region=us: met → at risk"
    ]
    assert [one.subject for one in judging.tell(promise="b").occasions] == ["b"]
    assert judging.tell(kinds=("links",)).occasions == ()
    assert judging.tell(text="nowhere").occasions == []
    assert judging.tell(vin="V") == Said()


def test_since_when_it_burns_is_told_where_the_buckets_tell():
    ends = np.arange(AT - 3_600, AT + 1, 300)
    total = np.full(len(ends), 1_000.0)
    bad = np.where(ends > AT - 900, 200.0, 1.0)
    past = History(ends, np.full(len(ends), 300), total - bad, total, np.ones(len(ends)))
    judging = Judging([row("a", Verdict.BREACHED, "1h", history=past), row("calm", Verdict.MET, history=past)])
    judging.judge()
    (one,) = judging.tell().occasions
    assert (one.subject, one.word, one.at) == ("a", "began", AT - 900)
    assert one.text == "began to burn; now 1h 20.0x"


def test_before_they_are_judged_it_says_so():
    judging = Judging()
    (reach,) = judging.tell().reaches
    assert (reach.note, reach.bad) == ("promises are being judged", False)
    judging.judge()
    (reach,) = judging.tell().reaches
    assert (reach.note, reach.bad) == ("it is away", True)


def test_alerts_fire_and_end():
    told = [
        Firing({"alertname": "Burn", "slo": "a", "region": "eu"}, NOW - 600, NOW - 60),
        Firing({"alertname": "Down", "instance": "x"}, NOW - 300, None, seen_begin=False),
    ]

    async def asks(since: float) -> Sequence[Firing]:
        assert NOW - 6 * 3_600 - 600 <= since <= NOW - 6 * 3_600
        return told

    seen = Look(1).lookout.snapshot()

    async def tell(**about: object) -> Said:
        teller = AlertsPast(asks)
        try:
            return await teller.tell(Recall(**about), seen)  # type: ignore[arg-type]
        finally:
            await teller.aclose()

    found = asyncio.run(tell()).occasions
    assert [(one.subject, one.word, one.at) for one in found] == [
        ("Burn", "firing", NOW - 600), ("Burn", "resolved", NOW - 60), ("Down", "firing", NOW - 300),
    ]  # fmt: skip
    assert found[2].text == "alert fired already: instance=x"
    assert found[0].opens is not None
    assert (found[0].opens.about.promise, found[0].opens.about.since) == ("a", NOW - 600)
    assert [one.subject for one in asyncio.run(tell(promise="b")).occasions] == ["Down"]
    assert [one.subject for one in asyncio.run(tell(group=(("region", "us"),))).occasions] == ["Down"]
    assert asyncio.run(tell(vin="V")) == Said()


def test_alerts_that_cannot_be_had_are_told():
    async def asks(since: float) -> Sequence[Firing]:
        raise UnavailableError("cannot reach it")

    seen = Look(1).lookout.snapshot()

    async def tell() -> Said:
        return await AlertsPast(asks).tell(Recall(), seen)

    (reach,) = asyncio.run(tell()).reaches
    assert (reach.source, reach.note, reach.bad) == ("alerts", "cannot reach it", True)


def test_software_that_spreads_is_a_change():
    async def spreads(since: float) -> Sequence[Change]:
        return [Change(NOW - 60, "software", "software 23-07.60 reached 10% of eu", "", "23-07.60", "eu")]

    look = Look(1).lookout.snapshot()

    async def tell() -> Said:
        teller = ChangesPast(lambda: ((), "no file"), spreads)
        try:
            return await teller.tell(Recall(), look)
        finally:
            await teller.aclose()

    (one,) = asyncio.run(tell()).occasions
    assert (one.subject, one.text) == ("eu", "software: software 23-07.60 reached 10% of eu")
