"""Who is behind what burns: causes with the numbers of `cdctl slo why`, and keys to act on them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from happened import recalled
from pictures import same
from screens import HOSTILE, NOW, Look
from why_told import DAY, END, incident, told
from zones import at_greenwich

from cdctl.application.top.explaining import said as explaining_said
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.drawing import width_of
from cdctl.domain.boards.explaining import Explain, Explained
from cdctl.domain.boards.requests import About, Copy, Open, Prepare
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.boards.timeline import Recall, Recalled
from cdctl.domain.changes import Change
from cdctl.domain.slo.verdict import Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds
from cdctl.domain.why.explanation import Counts, Explanation, NearMiss, Picked, Predicate
from cdctl.errors import UnavailableError
from cdctl.reports.why.document import document

SLO = "remote-command-availability"
BURNING = About(promise=SLO, group={"region": "eu"})
ASK = Explain(SLO, (("region", "eu"),))


def whole(found: Explanation | None = None, **more: object) -> Explained:
    found = found or told()
    where = found.causes[0].picked.where if found.causes else ""
    usual = {"at": END + 60.0, "since": END - 1900.0, "document": document(found)}
    return Explained(found, where, "no single cause: nobody stands out", **usual | more)  # type: ignore[arg-type]


def two() -> Explanation:
    """Two causes; what was changed before the first is known; the second was so before."""
    found = told()
    cause = found.causes[0]
    changes = [Change(END - 2000, "software", f"software 23-07.60 reached 5% of {HOSTILE}", version="23-07.60")]
    changes.append(Change(END - 3000, "deployment", f"gateway {HOSTILE}", by="ada"))
    other = replace(cause, where=(Predicate("command.name", HOSTILE),), new=False, since=None, between=None, traces=())
    other = replace(other, picked=Picked("", (Predicate("command.name", HOSTILE),)), vehicles=0)
    return replace(found, causes=(cause, other)).with_changes(changes)


class Answers:
    """What is answered, and what was asked."""

    def __init__(self, *answers: Explained | UnavailableError) -> None:
        self.left, self.asked = list(answers), [Explain("")][:0]

    async def __call__(self, ask: Explain, seen: Snapshot) -> Explained:
        self.asked.append(ask)
        answer = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        if isinstance(answer, UnavailableError):
            raise answer
        return answer


def look(*answers: Explained | UnavailableError, about: About = BURNING, **more: object) -> Look:
    """The board incident a while after the answer was found, with its panel in the hand."""
    found = Answers(*(answers or (whole(),)))
    usual = {"slo": Missing("cannot reach http://prometheus", "is it up?"), **more}

    async def what_happened(ask: Recall, seen: Snapshot) -> Recalled:
        told = await recalled(ask, seen)
        story = [replace(event, at=event.at - NOW + seen.at) for event in told.occasions]
        return Recalled(story, told.reaches[:1])

    answering = {Explain: found, Recall: what_happened}
    one = Look(200, "incident", answering=answering, about=about, **usual)  # type: ignore[arg-type]
    one.clock.at = END + 400.0
    one.answers = found  # type: ignore[attr-defined]
    one.stage.focus = "y"
    return one


def panel(one: Look, width: int = 100, height: int = 12) -> str:
    one.look()
    lines = one.stage.panels["y"].draw(width, height)
    assert len(lines) <= height
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)


def test_as_it_was(monkeypatch):
    bounds = Bounds("rolling", END - 28 * DAY, END)
    burns = {"1h": 17.5, "5m": 19.4, "6h": 17.2, "30m": 18.0, "3d": 12.3}
    row = Row(SLO, "remote", {"region": "eu"}, "ok", Decimal("0.995"), "Occurrences", bounds, Verdict.BREACHED)
    report = SloReport(END, END, (replace(row, sli=0.991, burn_rates=burns),))
    one = look(whole(two()), slo=report)
    one.columns.software[np.arange(0, 198, 6)] = one.columns.softwares.code("23-07.60")  # of region eu
    with at_greenwich(monkeypatch):
        same(one, "incident")


def test_a_cause_has_its_figures_and_what_came_before():
    one = look(whole(two()))
    said = panel(one)
    cause = told().causes[0]
    head, first, second, where, began, before, *_ = said.splitlines()
    assert head.split() == ["CAUSE", "OF", "BAD", "INSIDE", "OUTSIDE", "VEHICLES", "SINCE"]
    assert first.split()[:6] == ["region", "eu", "with", "software", "23-07.60", "94%"]
    assert f"{cause.vehicles}" in first.split()
    assert "(as before)" in second
    assert where == f" /region:eu sw:23-07.60   {cause.picked.vehicles} vehicles with bad events"
    assert began.startswith(" began about 36m")
    assert "3m20s after: software 23-07.60 reached 5% of \\x1b" in began
    assert "failed inside" in before
    assert "20m" in said.splitlines()[6], "the change before that, too"
    title = one.stage.panels["y"].title
    assert title == f"why · {SLO} region=eu · burns since 38m20s · found 5m40s ago"


def test_its_data_are_those_of_the_command():
    one = look()
    one.look()
    shown = one.stage.data()["y"]
    for key, value in document(told()).items():
        assert shown[key] == value, key
    assert (shown["where"], shown["found_at"]) == ("region:eu sw:23-07.60", END + 60)


def test_keys_act_on_the_cause_under_the_cursor():
    one = look(whole(two()))
    one.press("enter")
    assert one.stage.data()["f"]["where"] == "region:eu sw:23-07.60"
    one.stage.focus = "y"
    one.press("x", "y", "t")
    where = "region:eu sw:23-07.60"
    assert one.asked == [Prepare(where=where), Copy(where, "filter")]
    trace = told().causes[0].traces[0]
    assert one.view.place == ("trace", replace(BURNING, trace=trace))
    one.press("escape")
    assert one.view.place == ("incident", BURNING)


@pytest.mark.parametrize("key", ["enter", "f", "x", "y"])
def test_a_cause_that_no_filter_can_say_says_so(key):
    one = look(whole(two()))
    one.press("down", key)
    assert one.asked == []
    assert "no filter of vehicles can say who it is" in one.last()
    assert "no filter of vehicles can say command.name \\x1b" in panel(one)


def test_a_cause_without_traces_says_so():
    one = look(whole(two()))
    one.press("down", "t")
    assert "have no traces" in one.last()
    assert one.view.place[0] == "incident"


@pytest.mark.parametrize("key", ["enter", "f", "x", "y", "t"])
def test_without_a_cause_keys_say_so(key):
    one = look(whole(replace(told(), causes=())))
    one.press(key)
    assert one.asked == []
    assert "there is no cause here" in one.last()


def test_without_a_cause_it_says_what_nearly_was_one():
    miss = NearMiss((Predicate("model", HOSTILE),), 0.3, 0.02, 0.01, -2.0, "it may be chance")
    said = panel(look(whole(replace(told(), causes=(), near=(miss,)))))
    assert said.startswith(" no single cause: nobody stands out\n nearly: model \\x1b")
    assert "30% of the bad events, 2% fail inside, 1% outside; but it may be chance" in said


def test_the_mouse_chooses_a_cause():
    one = look(whole(two()))
    top = one.lines(100, 30).index(next(line for line in one.lines(100, 30) if "(as before)" in line))
    one.click(5, top)
    one.press("y")
    assert "no filter" in one.last()


def test_it_asks_once_and_again_when_it_is_told_to():
    one = look(whole(), whole(at=END + 500.0))
    answers = one.answers  # type: ignore[attr-defined]
    one.look()
    one.clock.at += 3600
    one.look()
    assert answers.asked == [ASK]
    one.press("r")
    assert answers.asked == [ASK, replace(ASK, newer=one.clock.at)]
    assert "found 58m" in one.stage.panels["y"].title
    one.look()
    assert len(answers.asked) == 2


def test_while_it_is_looked_for_it_says_since_when():
    one, gate = look(about=About()), asyncio.Event()

    async def slow(ask: Explain, seen: Snapshot) -> Explained:
        await gate.wait()
        return whole()

    async def run() -> None:
        one.lookout._answering[Explain] = slow
        one.view.do((Open("incident", BURNING),))
        one.view.look()
        one.clock.at += 3
        one.view.look()
        assert one.stage.panels["y"].title == f"why · {SLO} region=eu · looking since 3s"
        (line,) = one.stage.panels["y"].draw(100, 12)
        assert line[0][0] == " looking who it is ..."
        assert one.stage.data()["y"]["missing"] == "it is being looked for"
        gate.set()
        await one.lookout.settle()
        one.view.look()
        assert "looking" not in one.stage.panels["y"].title
        await one.lookout.settle()

    asyncio.run(run())


def test_what_cannot_be_told_says_why_and_what_to_do():
    one = look(UnavailableError("no spans in the window", hint=f"a longer window {HOSTILE}"), whole())
    assert panel(one).splitlines()[0] == " no spans in the window"
    assert "a longer window \\x1b" in panel(one)
    assert one.stage.data()["y"]["missing"] == "no spans in the window"
    one.press("r")
    assert "region eu with software" in panel(one)


def test_another_promise_is_another_answer():
    other = whole(replace(told(), slo="other", causes=()))
    one = look(whole(), other)
    one.look()
    one.view.do((Open("incident", About(promise="other")),))
    one.look()
    assert one.answers.asked[-1] == Explain("other")  # type: ignore[attr-defined]
    assert one.stage.panels["y"].title.startswith("why · other · burns since")
    assert "no single cause" in panel(one)


def test_an_alert_says_since_when():
    one = look(about=replace(BURNING, since=5.0))
    one.look()
    assert one.answers.asked == [replace(ASK, since=5.0)]  # type: ignore[attr-defined]


def test_it_waits_for_a_promise_and_not_for_the_judgement_of_all():
    one = look(slo=Missing("promises are being judged", waiting=True))
    assert "region eu with software" in panel(one)
    nobody = look(about=About())
    assert panel(nobody).startswith(" this board is about no promise")
    assert nobody.answers.asked == []  # type: ignore[attr-defined]


def test_a_burn_that_was_so_all_along_and_one_that_began_vaguely():
    found = told(before=incident(2, back=DAY))
    cause = found.causes[0]
    long = replace(found, causes=(replace(cause, since=None, between=None),))
    said = panel(look(whole(long)))
    assert "began more than 1h06m ago, before the window that was looked at" in said
    assert " >1h06m ago" in said.splitlines()[1]
    vague = replace(found, causes=(replace(cause, between=(END - 3000, END - 1000)),))
    assert "began between 56m40s and 23m20s ago" in panel(look(whole(vague)))
    alone = replace(long, reference=None)
    assert "there is nothing to compare with" in panel(look(whole(alone)))
    few = replace(long, causes=(replace(long.causes[0], before=Counts(0, 0, 0, 0), new=None),))
    assert "1d0h before there was no such event" in panel(look(whole(few)))


@pytest.mark.parametrize("width", [80, 100, 120, 160])
def test_figures_stand_apart_however_wide_they_are(width):
    found = told()
    cause = replace(found.causes[0], since=None, between=None, vehicles=999_999)
    day = replace(found, causes=(cause,), window=replace(found.window, start=END - 85_900))
    first = panel(look(whole(day)), width).splitlines()[1]
    assert re.search(r" 999,999  +>23h58m ago$", first)


def test_one_is_one():
    found = told()
    cause = replace(found.causes[0], picked=Picked("sw:1", vehicles=1))
    alone = replace(found, causes=(cause,), searched=1, events=Counts(1, 1, 1, 1))
    said = panel(look(whole(alone)))
    assert "/sw:1   1 vehicle with bad events" in said
    assert " 1 event of 1h00m, from spans" in said
    assert "1 group was looked at" in said
    assert "(1 vehicle)" in explaining_said(alone, "")


@pytest.mark.parametrize(("width", "height"), [(20, 5), (21, 3), (80, 24), (160, 50)])
def test_hostile_text_is_harmless_on_every_screen(width, height):
    found = replace(two(), notes=(HOSTILE,), by=HOSTILE, group={HOSTILE: HOSTILE})
    about = About(promise=HOSTILE, group={HOSTILE: HOSTILE})
    for answer in (
        whole(found),
        whole(replace(found, causes=()), document={}),
        UnavailableError(HOSTILE, hint=HOSTILE),
    ):
        one = look(answer, about=about)
        for line in one.lines(width, height):
            assert line.isprintable()
        assert all(text.isprintable() for line in one.stage.panels["y"].draw(width, 40) for text, _ in line)
        assert {width_of(line) for line in one.stage.draw(width, height)} == {width}
