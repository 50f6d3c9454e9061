"""Bad days of the view itself: panels that raise, clocks that are set, answers that never come, judges that fail."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from days import Day
from screens import HOSTILE, NOW, Look, Still, vin

from cdctl.application.broker import Gate
from cdctl.application.top.lately import Lately
from cdctl.application.top.lookout import Lookout, Setting
from cdctl.application.top.messages import Hearing, Post
from cdctl.application.top.operators import Listening
from cdctl.application.top.pages import Pages
from cdctl.application.top.promising import Promising
from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.boards.requests import About, Open
from cdctl.domain.boards.snapshot import SloSight, Snapshot
from cdctl.domain.fleet.reading import Query
from cdctl.domain.slo.verdict import SloReport
from cdctl.errors import UnavailableError

if TYPE_CHECKING:
    from cdctl.application.rollout_ops import Looking

REPORT = SloReport(int(NOW), int(NOW), ())
BOARDS = ("fleet", "slo", f"vehicle {vin(4)}", "orders", "incident promise-0 region=eu", "trace", "events", "pivot")
NEGATIVE = re.compile(r"(?<![\w.-])-\d+(\.\d+)?(ms|s|m|h|d|:)")
"""A length of time that is below nothing."""


def broken(look: Look, letter: str, part: str) -> None:
    """A panel of which a part raises from now on, for whatever reason."""

    def fail(*_: object) -> None:
        raise ValueError(f"no {HOSTILE}")

    panel = look.stage.panels[letter]
    wrong = property(fail) if part in {"title", "fields", "writing"} else fail
    panel.__dict__.pop(part, None)
    panel.__class__ = type(type(panel).__name__, (type(panel),), {part: wrong})  # type: ignore[assignment]


@pytest.mark.parametrize("part", ["see", "draw", "press", "data", "title", "fields", "writing"])
def test_whatever_of_a_panel_raises_the_view_goes_on(part):
    look = Look(30, "slo", slo=REPORT)
    look.press("tab")
    whole = look.lines()
    broken(look, "f", part)
    for keys in (("down", "O"), ("space",), ("p",), ("p",), ("?",), ("x",), ("slash", "v", "enter"), ("tab", "tab")):
        look.press(*keys)
        look.click(5, 12)
        look.click(5, 12, "wheeldown")
        lines = look.lines()
        assert all(line.isprintable() for line in lines)
        assert [line for line in lines if "── promises" in line] == [line for line in whole if "── promises" in line]
    assert set(look.stage.data()) == {"h", "s", "f"}
    told = "\n".join([*look.lines(), *(note.text for note in look.lookout.snapshot().notes), str(look.stage.data())])
    assert ("ValueError: no " in told) == (part not in {"fields", "writing"}), "of these nothing is missed"


def test_a_key_that_a_panel_fails_at_is_said():
    look = Look(30)
    broken(look, "f", "press")
    look.press("down")
    assert "fleet: this key failed: ValueError: no " in look.last(120)
    assert look.lines() == Look(30).lines(), "what it draws is sound"


def promising(*answers: SloReport | Exception) -> Promising:
    left = list(answers)

    def judge() -> SloReport:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Promising(judge, Still())


def test_a_judge_with_a_fault_of_its_own_is_told_and_judges_again():
    promises = promising(KeyError(HOSTILE), REPORT, KeyError("le"), REPORT)
    promises.once()
    assert isinstance(promises.sight, Missing)
    assert promises.sight.reason.startswith("judging failed: KeyError: ")
    assert promises.sight.reason.isprintable()
    promises.once()
    promises.once()
    assert isinstance(promises.sight, SloSight)
    assert (promises.sight.report, promises.sight.broken) == (REPORT, "judging failed: KeyError: 'le'")
    promises.once()
    assert not promises.sight.broken


def test_the_first_lines_say_that_promises_were_never_judged():
    """On a board that shows no promises, too: a server that is not there at first is missed by nobody else."""
    look = Look(30)
    look.lookout._slo = promising(UnavailableError("cannot reach http://prometheus"))
    look.lookout._slo.once()
    assert look.lines()[1].rstrip() == " promises: cannot reach http://prometheus"
    assert look.stage.data()["h"]["notes"] == ["promises: cannot reach http://prometheus"]
    assert "promises" not in Look(30, slo=Missing("no promises", "write some")).lines()[1]


def test_a_fleet_that_cannot_be_looked_at_for_a_reason_that_nobody_knows():
    look = Look(30)
    whole = look.lines()
    look.fleet.view = lambda: 1 / 0  # type: ignore[union-attr, method-assign]
    lines = look.lines()
    assert lines[0].startswith(" STALE ")
    assert "looking failed: ZeroDivisionError: division by zero" in lines[1]
    assert [line for line in lines if "WBA" in line] == [line for line in whole if "WBA" in line]
    del look.fleet.view  # type: ignore[union-attr]
    assert look.lines()[0].startswith(" LIVE ")


@pytest.mark.parametrize(("width", "height"), [(20, 5), (30, 8), (39, 10), (40, 10), (80, 24), (160, 50)])
@pytest.mark.parametrize("mood", ["LIVE", "STALE", "FROZEN"])
def test_the_age_of_what_is_shown_stands_on_every_screen(width, height, mood):
    look = Look(30, slo=REPORT)
    if mood == "STALE":
        look.columns.link_down("eu", "mqtt://eu", round(NOW * 1000), "cut")
    if mood == "FROZEN":
        look.press("p")
    look.clock.at += 4
    first, second = look.lines(width, height)[:2]
    assert first.startswith(f" {mood} ")
    assert "4s ago" in first
    assert mood != "LIVE" or "promises 4s old"[: width - 1] in first + second


class Told(Ask):
    """Any question."""


@pytest.mark.parametrize("jump", [3_600.0, -86_400.0], ids=["an hour forward", "a day back"])
def test_an_answer_is_not_rested_from_when_the_clock_was_set_meanwhile(jump):
    clock, go = Still(), asyncio.Event()

    async def answer(ask: Told, seen: Snapshot) -> object:
        await go.wait()
        return 1

    async def run() -> None:
        lookout = Lookout(Setting("x", answering={Told: answer}), clock, Missing("none"), Missing("none"))
        lookout.ask({"a": Told()})
        await asyncio.sleep(0)
        clock.at += jump
        go.set()
        await lookout.settle()
        assert lookout.snapshot().answers["a"].took < 1

    asyncio.run(run())


def happened(look: Day) -> list[float]:
    """Moments of the timeline, as they stand below each other."""
    panel = next((one for one in look.view.stage.panels.values() if hasattr(one, "_reaches")), None)
    return [one.at for one in panel._rows if not one.part_of] if panel is not None else []


def sound(look: Day) -> None:
    """Nothing is younger than now, nothing stands in a wrong order, everything is drawn."""
    for size in ((100, 30), (20, 5)):
        lines = look.lines(*size)
        assert not any(NEGATIVE.search(line) for line in lines), "\n".join(lines)
        assert not any("this panel failed" in line for line in lines), "\n".join(lines)
    head = look.view.stage.data()["h"]
    assert head["fleet_age_s"] >= 0
    assert head["slo_age_s"] >= 0
    moments = happened(look)
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize("jump", [3_600.0, -86_400.0], ids=["an hour forward", "a day back"])
@pytest.mark.parametrize("how", ["live", "frozen", "under way"])
def test_a_clock_that_is_set(tmp_path: Path, jump: float, how: str) -> None:
    async def run() -> None:
        day = Day(tmp_path)
        async with day.open():
            for _ in range(40):
                await day.live(20.0)
            for board in BOARDS:
                await day.word(board)
                await day.live(20.0)
                if how == "frozen":
                    await day.press("p")
                if how == "under way":
                    day.clock.at += 20
                    day.view.look()  # everything is asked
                    assert day.lookout.busy or board == "trace", "it is asked for once"
                day.clock.at += jump
                await day.frame()
                sound(day)
                if how == "frozen":
                    await day.press("p")
                asked = day.lookout.ask
                letters: set[str] = set()
                day.lookout.ask = lambda wanted, asked=asked, letters=letters: (letters.update(wanted), asked(wanted))  # type: ignore[assignment]
                for _ in range(4):
                    await day.live(20.0)
                    sound(day)
                day.lookout.ask = asked  # type: ignore[method-assign]
                wanted = {letter for letter, panel in day.view.stage.panels.items() if hasattr(panel, "_inquiry")}
                once = {slot.letter for slot in day.view.stage.board.slots if slot.kind in {"why", "waterfall"}}
                assert letters >= wanted - once, f"{board}: {wanted - letters} waits for another time"

    asyncio.run(run())


def test_what_was_heard_before_the_clock_was_set_back_grows_old_all_the_same():
    look = Look(30, slo=REPORT)
    look.clock.at -= 86_400
    assert "heard 0s ago │ promises 0s old" in look.lines()[0]
    look.clock.at += 10
    assert "heard 10s ago │ promises 10s old" in look.lines()[0]


def test_what_is_said_stands_for_eight_seconds_whatever_the_clock_does():
    for jump in (3_600.0, -86_400.0):
        look = Look(30)
        look.view.say("saved it")
        assert "saved it" in look.last()
        look.clock.at += jump
        assert "saved it" not in look.last()
        look.view.say("saved it again")
        assert "saved it again" in look.last()


class Never:
    """Somebody who is asked and does not answer."""

    def __init__(self) -> None:
        self.asked = 0

    async def answer(self, ask: Told, seen: Snapshot) -> object:
        self.asked += 1
        await asyncio.Event().wait()
        return None


def test_whoever_never_answers_is_asked_once_a_board_and_let_go_of_at_the_end():
    never = Never()

    async def run() -> None:
        lookout = Lookout(Setting("x", answering={Told: never.answer}), Still(), Missing("none"), Missing("none"))
        for _ in range(50):
            lookout.ask({"a": Told()})
            await asyncio.sleep(0)
        assert never.asked == 1
        lookout.forget()
        lookout.ask({"a": Told()})
        await asyncio.sleep(0)
        assert never.asked == 2
        await lookout.aclose()
        assert not lookout.busy

    asyncio.run(run())


def test_where_one_was_before_is_remembered_so_far_and_no_further():
    look = Look(10)
    for number in range(300):
        look.view.do((Open("vehicle", About(vin=vin(number))),))
    for _ in range(300):
        look.view.travel(back=True)
    assert len(look.view._future) <= 101
    assert "there is nothing before" in look.last()
    for _ in range(300):
        look.view.travel(back=False)
    assert look.view.place == ("vehicle", About(vin=vin(299)))
    assert len(look.view._past) <= 101


def test_boards_that_cannot_be_opened_are_not_remembered(tmp_path: Path) -> None:
    look = Look(10)
    known = len(look.boards._stamps)
    for number in range(20):
        look.view.run(f"{tmp_path}/none-{number}.yaml")
    assert len(look.boards._stamps) == known
    assert "none-19.yaml" in look.last(200)


class FaultError(Exception):
    """What nobody expected."""


@asynccontextmanager
async def faulty(*_: object) -> AsyncIterator[Looking]:
    raise FaultError(HOSTILE)
    yield


def test_what_asks_in_the_background_outlives_a_fault_and_tells_it():
    async def asked(key: str) -> str:
        raise FaultError(HOSTILE)

    async def run() -> list[str]:
        lately = Lately(asked, 30.0)
        _, error = await lately.told("a")
        assert error is not None
        operators = Listening(faulty)
        _, silence = await operators.states()
        await operators.aclose()
        fleet = SimpleNamespace(follow=lambda query: following())
        with pytest.raises(UnavailableError) as raised:
            await Pages(fleet, Still()).page(Query())  # type: ignore[arg-type]
        gate = Gate("eu", "mqtt://eu", lambda ear: 1 / 0)  # type: ignore[arg-type, return-value]
        hearing = Hearing(vin(1), [Post(gate, ())], Still())
        await hearing.ready()
        (note,) = (await hearing.told()).notes
        await hearing.aclose()
        return [error.message, silence, raised.value.message, note]

    async def following() -> AsyncIterator[object]:
        raise FaultError(HOSTILE)
        yield

    told = asyncio.run(run())
    for text, what in zip(told, ("asking", "listening to operators", "following a page"), strict=False):
        assert text.startswith(f"{what} failed: FaultError: ")
    assert told[3] == "eu: listening failed: ZeroDivisionError: division by zero"
    assert all(text.isprintable() for text in told)
