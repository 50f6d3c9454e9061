"""Panels of strangers, through the real loader and a real view: whatever one does, the view goes on."""

from __future__ import annotations

import gc
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from screens import HOSTILE, Look, vin
from strangers import board, stranger
from waiting import eventually

from cdctl.domain.boards.drawing import text_of, width_of
from cdctl.domain.boards.keys import Key
from cdctl.domain.boards.requests import Copy, Leave
from cdctl.domain.settings import Settings
from cdctl.errors import FileError, PluginError, UsageError
from cdctl.extend import paneling
from cdctl.extend.catalogue import Catalogue

MANY = 100
SLOW = 0.25
"""What a drawing of the view may take on a machine that is busy with other tests, in seconds."""


def looking(folder: Path, **code: str) -> Look:
    """A view on a board with such a panel."""
    place = stranger(folder, **code)
    return Look(30, str(board(folder)), settings=Settings(plugins=(str(place),)))


def shows(look: Look, text: str, seconds: float = 20.0) -> bool:
    """Whether the board shows it in time; looked at again and again, as a view does."""
    return eventually(lambda: text in "\n".join(look.lines(100, 20)), seconds)


def others(look: Look) -> list[str]:
    """Lines of the other panels."""
    return [line for line in look.lines(100, 20) if "WBA" in line]


def quick(look: Look, seconds: float) -> float:
    """How long the slowest look, drawing and key for another panel took, in so many seconds."""
    slowest, end = 0.0, time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        look.view.press(Key("down"))
        look.look()
        look.view.draw(100, 20)
        slowest = max(slowest, time.monotonic() - begin)
    return slowest


def test_a_sound_one_draws_takes_keys_and_tells_data(tmp_path):
    look = looking(tmp_path)
    assert shows(look, "sees")
    assert shows(look, "of test")
    assert "── odd ──" in "\n".join(look.lines(100, 20))
    look.press("tab", "g")
    assert look.last().startswith(" went")
    look.press("down", "x")  # x is none of its keys
    assert shows(look, " go down")
    told = look.stage.data()["o"]
    assert told["kind"] == "odd"
    assert told["pressed"] == ["go", "down"]
    assert len(others(look)) > 5


def test_a_key_that_it_has_no_use_for_is_the_view_s(tmp_path):
    look = looking(tmp_path)
    assert shows(look, "sees")
    look.press("tab", "escape")
    assert "nothing before" in look.last()


def test_its_settings_come_to_it_and_those_it_refuses_are_told(tmp_path):
    place = stranger(tmp_path, make="if 'wrong' in settings: raise UsageError('cannot be', subject='wrong', hint='no')")
    doors = Catalogue([place])
    assert doors.panel("odd", {"file": "x"}).bindings
    with pytest.raises(UsageError, match="cannot be"):
        doors.panel("odd", {"wrong": 1})
    text = board(tmp_path).read_text().replace("kind: odd", "kind: odd, settings: {wrong: 1}")
    with pytest.raises(FileError) as error:
        Look(5, str(board(tmp_path, text)), settings=Settings(plugins=(str(place),)))
    assert "odd.yaml:11:36:" in str(error.value)
    assert "wrong cannot be" in str(error.value)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ({"draw": "raise ValueError('no ' + chr(27) + '[2J')"}, "failed: its draw raised ValueError: no \\x1b[2J"),
        ({"see": "raise KeyError('x')"}, "failed: its see raised KeyError: 'x'"),
        ({"see": "raise UnavailableError('cannot reach it', hint='is it up?')"}, "failed: cannot reach it; is it up?"),
        ({"draw": "sys.exit(3)"}, "failed: its draw raised SystemExit: 3"),
        ({"draw": "raise KeyboardInterrupt"}, "failed: its draw raised KeyboardInterrupt"),
        ({"draw": "return self.draw(width, height)"}, "failed: its draw raised RecursionError"),
        ({"draw": "return None"}, "failed: its draw gave a NoneType, not lines"),
        ({"draw": "return 'garbage'"}, "failed: its draw gave a str, not lines"),
        ({"draw": "return [[('a', 'b', 'c')]]"}, "failed: its draw gave ('a', 'b', 'c') in a line"),
        ({"see": "return 'who?'"}, "failed: its see gave 'who?', which nobody answers"),
        ({"see": "snapshot.about.group['a'] = 'b'"}, "failed: its see raised TypeError: 'mappingproxy' object"),
        ({"see": "snapshot.at = 0"}, "failed: its see raised FrozenInstanceError"),
        ({"see": "self.title = None"}, "failed: its title must be a text, not None"),
        ({"see": "self.fields = 'vin'"}, "failed: its fields must be a sequence"),
    ],
)
def test_what_it_does_wrong_stands_in_its_frame_and_the_rest_goes_on(tmp_path, code, reason):
    look = looking(tmp_path, **code)
    assert shows(look, f"this panel {reason}")
    assert len(others(look)) > 5
    assert reason.partition(": ")[2] in look.stage.data()["o"]["error"]
    look.press("down")
    assert look.stage.panels["f"].hand.cursor


def test_one_that_recovers_is_shown_again(tmp_path):
    look = looking(tmp_path, see="if self.n < 5: raise ValueError('not yet')")
    assert shows(look, "failed: its see raised ValueError: not yet")
    assert shows(look, "of test")
    assert "error" not in look.stage.data()["o"]


def test_hostile_text_does_not_reach_the_screen(tmp_path):
    draw = f"return [(({HOSTILE!r} * 50, {HOSTILE!r} + ' bad'), (chr(10), 'wild'))] * 10_000"
    look = looking(tmp_path, draw=draw, see=f"self.title = {HOSTILE!r}")
    assert shows(look, "\\x1b[2J\\u202eevil")
    drawn = look.stage.draw(100, 20)
    assert all(text_of(line).isprintable() for line in drawn)
    assert {width_of(line) for line in drawn} == {100}
    assert "wild" not in str(drawn)
    assert len(others(look)) > 5


@pytest.mark.parametrize("part", ["see", "draw"])
def test_one_that_blocks_says_for_how_long_and_costs_the_view_nothing(tmp_path, part):
    look = looking(tmp_path, **{part: "if self.n > 3: threading.Event().wait()"})
    if part == "draw":
        assert shows(look, "sees")
    assert shows(look, "odd has not answered for 1 s")
    assert quick(look, 0.5) < SLOW
    assert len(others(look)) > 5
    assert shows(look, "odd has not answered for 2 s")
    assert look.stage.data()["o"]["error"].startswith("has not answered for")
    if part == "draw":  # what it drew last stays, dim
        frame = next(line for line in look.stage.draw(100, 20) if "sees 3 of test" in text_of(line))
        assert {roles for text, roles in frame if text.strip()} == {"dim"}


def test_keys_of_one_that_blocks_are_taken_but_never_those_that_lead_away(tmp_path):
    look = looking(tmp_path, press="if key.name == 'g': threading.Event().wait()", see="self.writing = True")
    assert shows(look, "sees")
    look.press("tab")
    assert look.stage.writing
    begin = time.monotonic()
    look.press("g")
    assert time.monotonic() - begin < SLOW
    assert shows(look, "odd has not answered for 1 s")
    assert not look.stage.writing
    for _ in range(3 * MANY):
        assert look.view.press(Key("down")) == ()  # its own key: taken, however many
    look.press("escape")
    assert "nothing before" in look.last()
    look.asked.clear()
    look.press("q")
    assert look.asked == [Leave()]


def test_what_a_key_asked_for_comes_when_it_is_known(tmp_path):
    look = looking(tmp_path, press="time.sleep(0.3)\nif action == 'back': return None\nreturn (Copy('x'), Say('late'))")
    assert shows(look, "sees")
    look.press("tab", "g")
    assert look.asked == []
    assert eventually(lambda: look.look() or bool(look.asked))
    assert look.asked == [Copy("x")]
    assert look.last().startswith(" late")
    look.press("escape")
    assert eventually(lambda: "nothing before" in look.last())


def test_what_a_key_asked_for_long_ago_is_not_done_any_more(tmp_path, monkeypatch):
    monkeypatch.setattr(paneling, "STALE_KEY", 0.2)
    look = looking(tmp_path, press="time.sleep(0.5)\nif action == 'back': return None\nreturn (Copy('x'),)")
    assert shows(look, "sees")
    look.press("tab", "g", "escape")
    assert eventually(lambda: "what it asked for is not done" in look.last())
    assert eventually(lambda: not look.stage.waiting)
    look.look()
    assert look.asked == []
    assert "nothing before" not in look.last()


def test_letters_typed_at_once_reach_a_prompt_in_their_order(tmp_path):
    press = "if action == 'write': self.writing = True\nif key.name == 'enter': self.writing = False"
    look = looking(tmp_path, press=press)
    assert shows(look, "sees")
    look.view.press(Key("tab"))
    for char in "wpq:[?":  # keys of the view, which would act
        assert look.view.press(Key(char, char)) == ()
    look.view.press(Key("enter"))
    assert shows(look, " write p q : [ ? enter")
    assert not look.view.frozen
    assert not look.stage.writing


def test_a_key_that_makes_it_raise_is_told_and_it_never_keeps_the_keys(tmp_path):
    look = looking(tmp_path, see="self.writing = True", press="raise ValueError('no')")
    assert shows(look, "sees")
    look.press("tab", "x")
    assert "odd: its press raised ValueError: no" in look.last()
    look.press("q")
    assert Leave() in look.asked


LOOPS = {
    "plain": "while not os.path.exists({gate!r}): pass",
    "deaf": """while not os.path.exists({gate!r}):
        try:
            while not os.path.exists({gate!r}): pass
        except BaseException: pass""",
}


@pytest.mark.parametrize("loop", LOOPS)
def test_a_loop_without_an_end_is_stopped_and_told(tmp_path, monkeypatch, loop):
    monkeypatch.setattr("cdctl.extend.panel_thread.ENDLESS", 0.5)
    gate = tmp_path / "open"  # so that the test leaves none behind
    look = looking(tmp_path, draw="if self.n > 2:\n    " + LOOPS[loop].format(gate=str(gate)))
    try:
        assert eventually(lambda: "stopped" in "\n".join(look.lines(100, 20)), 60)
        lines = "\n".join(look.lines(100, 20))
        assert "this panel was stopped: its draw worked for 0.5 s without an end" in lines
        assert "made anew when the file of its board is saved" in lines
        assert quick(look, 0.5) < 2 * SLOW
        assert look.stage.data()["o"]["error"].startswith("its draw worked")
        look.press("tab", "g", "q")
        assert look.asked == [Leave()]
    finally:
        gate.touch()


def test_waiting_is_no_loop(tmp_path, monkeypatch):
    monkeypatch.setattr("cdctl.extend.panel_thread.ENDLESS", 0.2)
    look = looking(tmp_path, see="time.sleep(0.6 if self.n == 2 else 0)")
    assert shows(look, "sees 4")


def test_only_the_latest_snapshot_is_looked_at(tmp_path):
    look = looking(tmp_path, see="time.sleep(0.2)")
    for _ in range(100):
        look.view.look()
    assert eventually(lambda: not look.stage.waiting)
    assert look.stage.data()["o"]["n"] <= 6


def test_it_asks_and_finds_the_answer(tmp_path):
    see = (
        "found = snapshot.answers.get(letter)\n"
        "self.title = 'none' if found is None else snapshot.fleet.vehicles.vin(found.value.order.handles(0, 1)[0])\n"
        "return Arrange('region:us')"
    )
    look = looking(tmp_path, see=see)
    assert shows(look, f"── {vin(1)} ──")


def test_the_same_question_has_a_rest(tmp_path):
    see = "self.title = f'{len(snapshot.answers)} answers'\nreturn Arrange('region:us')"
    look = looking(tmp_path, see=see)
    assert shows(look, "── 1 answers ──")
    panel, seen, asked = look.stage.panels["o"], look.lookout.snapshot(), []
    assert eventually(lambda: asked.append(panel.see(seen, "o")) or len(asked) > 50)
    assert not any(asked)
    look.clock.at += 1.5
    assert eventually(lambda: panel.see(look.lookout.snapshot(), "o") is not None)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ({"make": "time.sleep(60)"}, "its make did not end in"),
        ({"make": "raise ValueError('no')"}, "its make raised ValueError: no"),
        ({"make": "sys.exit(4)"}, "its make raised SystemExit: 4"),
        ({"make": "return None"}, "its make gives a NoneType without title"),
        ({"init": "self.title = 5"}, "its title must be a text, not 5"),
        ({"init": "self.bindings = (Binding('go', ('q',), 'x'),)"}, "its key 'q' for 'go' is taken on every board"),
        ({"init": "self.draw = lambda width: []"}, "which cannot be called as draw(width, height)"),
        ({"init": "self.see = None"}, "its see is a NoneType, not a method"),
        ({"init": "type(self).fields = property(lambda self: 1 / 0)"}, "raised ZeroDivisionError"),
    ],
)
def test_one_that_cannot_be_made_is_an_error_that_names_it(tmp_path, monkeypatch, code, reason):
    monkeypatch.setattr(paneling, "MAKE_SECONDS", 0.5)
    with pytest.raises(PluginError) as error:
        Catalogue([stranger(tmp_path, **code)]).panel("odd", {})
    assert reason in error.value.message
    assert error.value.subject.startswith("panels.odd (folder ")


def test_a_class_as_make_and_methods_that_do_not_return_are_told_when_it_loads(tmp_path):
    sound, wrong = tmp_path / "sound", tmp_path / "wrong"
    for folder in (sound, wrong):
        folder.mkdir()
        file = stranger(folder) / "odd.py"
        file.write_text(file.read_text().replace('"a test", make,', '"a test", Odd,'))
    assert Catalogue([sound]).panel("odd", {}).title == "odd"
    file.write_text(file.read_text().replace("    def draw(", "    async def draw("))
    with pytest.raises(PluginError, match="its draw must return the lines at once") as error:
        Catalogue([wrong]).panel("odd", {})
    assert error.value.hint == "write def draw(self, width, height)"


def test_every_thread_ends_with_its_panel(tmp_path):
    before = set(threading.enumerate())  # those of other tests wait for ever

    def threads() -> list[threading.Thread]:
        return [one for one in threading.enumerate() if one.name == "panel odd" and one not in before]

    look: Any = looking(tmp_path)
    assert shows(look, "sees")
    assert len(threads()) == 1
    for _ in range(5):
        look.view.reload(look.view.place[0])
        assert shows(look, "sees")
    look = None
    gc.collect()
    assert eventually(lambda: not threads())


def test_it_is_made_only_to_be_judged_without_a_thread(tmp_path):
    before = threading.active_count()
    made = [Catalogue([stranger(tmp_path)]).panel("odd", {}) for _ in range(5)]
    assert threading.active_count() <= before
    assert made[0].draw(0, 5) == ()


def test_what_ships_works_in_the_view_s_own_thread():
    assert type(Catalogue().panel("fleet", {})).__module__ == "cdctl.panels.fleet"
    assert "cdctl.extend.panel_thread" in sys.modules
