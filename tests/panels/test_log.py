"""The log of the view."""

from __future__ import annotations

import pytest
from happened import answering
from screens import HOSTILE, Look
from zones import at_greenwich

from cdctl.domain.boards.requests import Copy


@pytest.fixture(autouse=True)
def greenwich(monkeypatch):
    with at_greenwich(monkeypatch):
        yield


def look(*said: str, bad: str = "") -> Look:
    shown = Look(30, "events", answering=answering())
    for text in said:
        shown.clock.at += 10
        shown.lookout.note(text, bad=text == bad)
    shown.stage.focus = "l"
    return shown


def drawn(one: Look, width: int = 60, height: int = 8) -> list[str]:
    one.look()
    lines = one.stage.panels["l"].draw(width, height)
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def test_newest_first_with_time_and_age_and_errors_in_red():
    shown = look("one", "two", bad="two")
    assert drawn(shown)[:2] == [" 08:00:20     0s two", " 08:00:10    10s one"]
    line = shown.stage.panels["l"].draw(60, 8)[0]
    assert [role for text, role in line if text == "two"] == ["bad cursor"]
    assert shown.stage.panels["l"].title == "log · 2 · 1 bad"


def test_what_is_said_now_comes_to_the_top_and_the_cursor_stays():
    shown = look("one", "two")
    assert len(drawn(shown)) == 8
    shown.press("down")
    shown.clock.at += 10
    shown.lookout.note("three")
    assert drawn(shown)[0] == " 08:00:30     0s three"
    shown.press("y")
    assert shown.asked == [Copy("2027-01-15T08:00:10.000Z one", "line")]


def test_a_long_line_is_whole_below():
    long = "word " * 30
    lines = drawn(look(long))
    assert set(lines[4]) == {"─"}
    assert "".join(" ".join(lines[5:]).split()) == "".join(long.split())
    assert len(lines) == 8


def test_the_mouse_chooses_a_line():
    shown = look("one", "two")
    lines = shown.lines(100, 40)
    at = next(n for n, line in enumerate(lines) if line.endswith("one" + " " * (len(line) - len(line.rstrip()))))
    shown.click(5, at)
    shown.press("y")
    assert next(one.text for one in shown.asked if isinstance(one, Copy)).endswith(" one")


def test_hostile_text_is_harmless_and_nothing_is_told():
    shown = look(HOSTILE * 20)
    assert all(line.isprintable() for line in drawn(shown))
    shown.press("y")
    assert all(one.text.isprintable() for one in shown.asked if isinstance(one, Copy))
    empty = look()
    assert drawn(empty) == [" nothing was said yet"]
    empty.press("y")
    assert "nothing was said here" in empty.last()
    assert shown.stage.data()["l"]["rows"][0] == {"at": "2027-01-15T08:00:10.000Z", "text": HOSTILE * 20, "bad": False}


def test_all_that_is_kept_can_be_reached():
    shown = look(*(f"line {n}" for n in range(40)))
    drawn(shown)
    shown.press("end", "y")
    assert shown.asked[-1].text.endswith("line 0")  # type: ignore[attr-defined]
    shown.press("home", "pagedown", "up", "y")
    assert "line 0" not in shown.asked[-1].text  # type: ignore[attr-defined]
