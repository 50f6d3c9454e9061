"""The vehicles beside a panel that says why: of the group, then those behind it, and never over a hand's filter."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from screens import HOSTILE, Look
from why_told import END, told

from cdctl.application.top.once_wiring import picture
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.explaining import Explain, Explained
from cdctl.domain.boards.requests import About, Open
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.errors import UnavailableError

BURNING = About(promise="p", group={"region": "eu"})
FOUND = "region:eu sw:23-07.60"


class Finding:
    """Who is behind it is told when a test says so."""

    def __init__(self, where: str = FOUND) -> None:
        self.where, self.ready, self.asked = where, True, 0

    async def __call__(self, ask: Explain, seen: Snapshot) -> Explained:
        self.asked += 1
        if not self.ready:
            raise UnavailableError("not yet")
        return Explained(told(), self.where, "it is they", END + 60.0)


def look(finding: Finding, about: About = BURNING, board: str = "incident") -> Look:
    return Look(200, board, answering={Explain: finding}, about=about, slo=Missing("nobody asked"))


def where(one: Look) -> object:
    one.look()
    return one.stage.data()["f"]["where"]  # type: ignore[index]


def test_those_of_the_group_then_those_that_are_behind_it():
    finding = Finding()
    finding.ready = False
    one = look(finding)
    assert where(one) == "region:eu"
    assert "of 200 · /region:eu" in "\n".join(one.lines(100, 40))
    finding.ready = True
    one.stage.focus = "y"
    one.press("r")
    assert where(one) == FOUND
    assert one.stage.focus == "y", "the hand stays where it is"


def test_a_filter_that_a_hand_put_there_stays():
    finding = Finding()
    finding.ready = False
    one = look(finding)
    one.stage.focus = "f"
    one.press("escape")
    assert where(one) == ""
    one.press("slash", *"model:i4", "enter")
    finding.ready = True
    one.stage.focus = "y"
    one.press("r")
    assert finding.asked == 2
    assert where(one) == "model:i4"
    one.view.do((Open("incident", About(promise="q", group={"region": "us"})),))
    assert where(one) == "model:i4"


def test_nothing_changes_under_a_hand_that_writes():
    finding = Finding()
    finding.ready = False
    one = look(finding)
    one.stage.focus = "y"
    finding.ready = True
    one.view.act("why.again")
    one.view.act("fleet.filter")
    one.look()
    assert where(one) == "region:eu"
    one.press("escape")
    assert where(one) == FOUND


def test_another_promise_has_its_own():
    finding = Finding()
    one = look(finding)
    assert where(one) == FOUND
    finding.where = ""
    one.view.do((Open("incident", About(promise="q", group={"region": "us", "command": "lock"})),))
    assert where(one) == "region:us"
    one.view.do((Open("incident", About(promise="all")),))
    assert where(one) == ""


def test_what_no_filter_can_say_is_left_out():
    one = look(Finding(""), About(promise="p", group={"region": HOSTILE, "model": "two words"}))
    assert where(one) == 'model:"two words"'


@pytest.mark.parametrize("about", [About(), About(vin="V")])
def test_of_no_promise_it_is_the_fleet(about):
    assert where(look(Finding(), about)) == ""


def test_a_board_that_does_not_say_why_has_the_filter_of_its_hand():
    one = look(Finding(), board="fleet")
    one.look()
    assert {panel.where for panel in one.stage.panels.values() if hasattr(panel, "where")} == {""}


def test_a_picture_that_is_held_keeps_its_filter():
    finding = Finding()
    finding.ready = False
    one = look(finding)
    one.view.freeze(True)
    finding.ready = True
    one.view.act("why.again")
    assert where(one) == "region:eu"


def test_one_picture_shows_those_that_are_behind_it():
    one = look(Finding(), about=About())
    stage = one.boards.open("incident")

    async def once() -> Snapshot:
        one.lookout.about = replace(BURNING)
        return await picture(one.lookout, stage, (100, 40))

    asyncio.run(once())
    told_of = stage.data()["f"]
    assert (told_of["where"], told_of["matched"]) == (FOUND, 0)  # type: ignore[index]
