"""What feeds the live view: what is wrong with a source is told beside what it said last."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import numpy as np
import pytest
from screens import NOW, Look, Still, columns, vin

from cdctl.application.fleet import LocalFleet
from cdctl.application.top.arranging import arranged
from cdctl.application.top.lookout import Lookout, Setting
from cdctl.application.top.promising import Promising
from cdctl.domain.boards.asking import Arrange, Ask, Missing
from cdctl.domain.boards.columned import RowOrder
from cdctl.domain.boards.snapshot import FleetSight, SloSight, Snapshot
from cdctl.domain.slo.verdict import Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds
from cdctl.errors import UnavailableError

REPORT = SloReport(int(NOW), int(NOW), ())


class Ending:
    """A process that takes in, until it ends."""

    warnings = ()

    def __init__(self) -> None:
        self.ended = False

    def check(self) -> None:
        if self.ended:
            raise UnavailableError("it was killed", hint="start again")


def promising(*answers: SloReport | UnavailableError) -> Promising:
    left = list(answers)

    def judge() -> SloReport:
        answer = left.pop(0)
        if isinstance(answer, UnavailableError):
            raise answer
        return answer

    return Promising(judge, Still())


def test_a_judgement_that_fails_leaves_the_last_one_and_says_why():
    promises = promising(UnavailableError("away", hint="wait"), REPORT, UnavailableError("slow"), REPORT)
    assert promises.sight == Missing("promises are being judged", waiting=True)
    promises.once()
    assert promises.sight == Missing("away", "wait", bad=True)
    promises.once()
    assert isinstance(promises.sight, SloSight)
    assert not promises.sight.broken
    promises.once()
    assert (promises.sight.report, promises.sight.broken) == (REPORT, "slow")
    promises.once()
    assert not promises.sight.broken


def test_of_what_a_source_tells_no_more_the_last_judgement_stays():
    def report(*verdicts: tuple[str, str, Verdict]) -> SloReport:
        rows = [
            Row(
                name,
                "s",
                {"region": group},
                "ok",
                Decimal("0.99"),
                "Occurrences",
                Bounds("rolling", 0, 1),
                verdict,
                reason="cannot reach h",
            )
            for name, group, verdict in verdicts
        ]
        return SloReport(int(NOW), int(NOW), tuple(rows))

    whole = report(("a", "eu", Verdict.BREACHED), ("a", "us", Verdict.MET), ("b", "", Verdict.MET))
    part = report(("a", "", Verdict.ERROR), ("b", "", Verdict.AT_RISK), ("new", "", Verdict.ERROR))
    promises = promising(whole, part, part, whole)
    promises.once()
    for _ in range(2):
        promises.once()
        seen = promises.seen(NOW)
        assert isinstance(seen, SloSight)
        assert [(row.name, row.verdict.value) for row in seen.report.rows] == [
            ("a", "breached"), ("a", "met"), ("b", "at_risk"), ("new", "error"),
        ]  # fmt: skip
        assert (seen.broken, seen.judged_at) == ("cannot reach h", NOW)
    promises.once()
    seen = promises.seen(NOW)
    assert isinstance(seen, SloSight)
    assert (seen.report, seen.broken) == (whole, "")
    assert {turn.verdict for turn in promises.turns} <= {Verdict.AT_RISK, Verdict.MET}, "nobody became an error"


def test_a_process_that_ended_is_told_and_the_vehicles_stay():
    process, fleet = Ending(), columns(20)
    lookout = Lookout(Setting("x"), Still(), LocalFleet(fleet, Still(), process), Missing("none"))  # type: ignore[arg-type]
    assert not lookout.snapshot().fleet.broken  # type: ignore[union-attr]
    process.ended = True
    seen = lookout.snapshot().fleet
    assert isinstance(seen, FleetSight)
    assert (seen.broken, seen.vehicles.view.n) == ("it was killed", 20)


def test_one_that_never_began_is_missing():
    process = Ending()
    process.ended = True
    lookout = Lookout(Setting("x"), Still(), LocalFleet(columns(1), Still(), process), Missing("none"))  # type: ignore[arg-type]
    assert lookout.snapshot().fleet == Missing("it was killed", "start again")


@pytest.mark.parametrize(
    ("change", "mood"),
    [
        (lambda look: look.columns.link_down("eu", "mqtt://eu", round(NOW * 1000)), "STALE"),
        (lambda look: setattr(look.clock, "at", NOW + 60), "STALE"),
        (lambda look: setattr(look.clock, "at", NOW - 86_400), "LIVE"),
        (lambda look: None, "LIVE"),
    ],
    ids=["cut", "silent", "clock set back", "calm"],
)
def test_whether_it_is_live(change, mood):
    look = Look(20)
    change(look)
    look.clock.at += 2
    line = look.lines()[0]
    assert line.startswith(f" {mood} ")
    assert "-" not in line


def test_the_age_is_that_of_the_last_message():
    look = Look(20)
    look.columns.header["counters"][0, 0] += 5
    look.clock.at = NOW + 2
    assert "heard 0s ago" in look.lines()[0]
    look.clock.at = NOW + 4
    assert "heard 2s ago" in look.lines()[0]


def test_of_many_questions_the_last_one_is_answered():
    look = Look(50)
    asked = [Arrange(f"vin:WBA{'0' * 13}{n}") for n in range(10)]

    async def ask() -> None:
        for one in asked:
            look.lookout.ask({"f": one})
        await look.lookout.settle()

    asyncio.run(ask())
    found = look.lookout.snapshot().answers["f"]
    assert (found.ask, found.value.order.handles(0, 99)) == (asked[-1], [9])
    assert found.value.of == 50


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (Arrange("("), "^"),
        (Arrange("", "nothing"), "there is no field 'nothing'"),
        (Arrange("soc<"), "^"),
        (Arrange("x" * 3000 + ":1"), "there is no field"),
    ],
)
def test_what_cannot_be_arranged_says_why(ask, said):
    look = Look(5)
    found = arranged(ask, look.fleet.view())
    assert said in found.error
    assert not found.matched


class Told(Ask):
    """Any question."""


def test_what_was_answered_stays_in_a_held_picture_and_goes_on_after_it():
    told, go = [1, 2, 3], asyncio.Event()

    async def answer(ask: Told, seen: Snapshot) -> object:
        await go.wait()
        return told.pop(0)

    async def run() -> None:
        lookout = Lookout(Setting("x", answering={Told: answer}), Still(), Missing("none"), Missing("none"))
        ask = Told()
        go.set()
        lookout.ask({"a": ask})
        await lookout.settle()
        go.clear()
        lookout.ask({"a": ask, "b": ask})  # under way when the picture is held
        lookout.freeze(())
        go.set()
        await lookout.settle()
        held = lookout.snapshot().answers
        assert held["a"].value == 1
        assert held["b"].value in {2, 3}  # nothing was there yet that could stay
        lookout.thaw()
        assert {lookout.snapshot().answers[letter].value for letter in "ab"} == {2, 3}

    asyncio.run(run())


def test_all_fields_of_a_held_picture_stay_not_only_those_that_are_shown():
    look = Look(200)
    look.lookout.freeze(look.stage.fields)
    look.columns.events[:200] = 77
    look.columns.signals[0][:200] = 5
    look.columns.dtcs[:200] = 1
    look.columns.link_down("eu", "mqtt://eu", round(NOW * 1000))
    seen = look.lookout.snapshot().fleet
    order = RowOrder(np.arange(3))
    cells = seen.vehicles.told(order, [0, 1], ["events", "soc", "dtc", "state", "since", "snapshot"])
    assert [column[0] for column in cells] == [0, None, None, "online", None, "no"]


def test_places_of_vehicles_are_not_shown():
    look = Look(20, hidden=["soc"])
    look.columns.signals[0][:20] = 41
    look.stage.table.show(["vin", "soc"])
    text = "\n".join(look.lines())
    assert "soc tells where a vehicle is" in text
    assert "41" not in text
    assert vin(3) in text
    look.stage.table.show(["vin", "socc"])
    assert "there is no field 'socc'" in "\n".join(look.lines())


def test_a_slow_answer_holds_up_no_panel_of_another_board():
    look = Look(20)
    slow, told = asyncio.Event(), []

    async def answer(ask: Arrange, seen: object) -> str:
        told.append(ask.where)
        if ask.where == "slow":
            await slow.wait()
        return ask.where

    async def story() -> None:
        look.lookout._answering[Arrange] = answer
        look.lookout.ask({"f": Arrange("slow")})
        await asyncio.sleep(0)
        look.lookout.forget()
        look.lookout.ask({"f": Arrange("quick")})
        for _ in range(20):
            await asyncio.sleep(0)
        assert look.lookout.snapshot().answers["f"].value == "quick"
        slow.set()
        await look.lookout.settle()
        assert look.lookout.snapshot().answers["f"].value == "quick"

    asyncio.run(story())
    assert told == ["slow", "quick"]
