"""A board at work: goldens of what is drawn, panels that fail, small screens, help."""

from __future__ import annotations

import pytest
from pictures import SIZES, compare
from screens import Look
from zones import at_greenwich

from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.drawing import text_of, width_of
from cdctl.tui.svg import svg


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("board", ["fleet", "slo"])
def test_boards_are_drawn_as_they_were(board, size, monkeypatch):
    look = Look(200, board, slo=Missing("cannot reach http://prometheus", "is it up?"))
    look.press("down", "space", "down", "shift+right")
    name = f"{board}-{size[0]}x{size[1]}"
    with at_greenwich(monkeypatch):
        compare(f"{name}.txt", "".join(f"{line}\n" for line in look.lines(*size)))
    compare(f"{name}.svg", svg(look.stage.draw(*size), size[0], board))


@pytest.mark.parametrize("width", [20, 21, 79, 160])
@pytest.mark.parametrize("height", [5, 6, 24])
def test_every_screen_is_filled_exactly(width, height):
    look = Look(30, "slo")
    look.press("slash", *"soc<x")
    look.look()
    lines = look.stage.draw(width, height)
    assert len(lines) == height
    assert {width_of(line) for line in lines} == {width}


def test_a_panel_that_fails_says_so_in_its_place_and_the_others_go_on():
    look = Look(30, "slo")
    whole = look.lines()

    def fail(width: int, height: int) -> None:
        raise ValueError(f"no \x1b[2J {width}")

    look.stage.panels["s"].draw = fail  # type: ignore[method-assign]
    lines = look.lines()
    assert any("this panel failed: ValueError: no \\x1b[2J 100" in line for line in lines)
    assert [line for line in lines if "WBA" in line] == [line for line in whole if "WBA" in line]
    del look.stage.panels["s"].draw
    assert look.lines() == whole


@pytest.mark.parametrize("part", ["see", "press", "data"])
def test_whatever_of_a_panel_fails_is_caught(part):
    look = Look(30)
    look.lines()

    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    setattr(look.stage.panels["f"], part, fail)
    look.press("down")
    assert look.lines()
    told = look.stage.data()["f"]
    assert "broken" in str(told) or "rows" in told


def test_the_same_lines_for_the_same_picture():
    look = Look(30)
    look.look()
    assert look.stage.draw(80, 24) == look.stage.draw(80, 24)
    assert [text_of(line) for line in look.stage.draw(80, 24)] == look.lines(80, 24)
