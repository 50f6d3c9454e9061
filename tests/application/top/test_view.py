"""What keys do everywhere: help, words, boards and where one was before, freezing, leaving."""

from __future__ import annotations

import asyncio

import pytest
from ears import until
from screens import Look, vin

from cdctl.domain.boards.drawing import text_of
from cdctl.domain.boards.everywhere import BINDINGS
from cdctl.domain.boards.explaining import Explain
from cdctl.domain.boards.keys import Key, Keymap, shown
from cdctl.domain.boards.requests import About, Leave, Offenders, Prepare, Save, Theme

BOARD = "board: cdctl/v1\nname: mine\npicture: [h, f]\npanels:\n  h: {kind: header, lines: 1}\n  f: {kind: fleet}\n"


def screen(look: Look, width: int = 100, height: int = 40) -> str:
    look.look()
    return "\n".join(text_of(line) for line in look.view.draw(width, height))


def test_help_is_made_from_the_bindings():
    look = Look(30, "slo")
    look.press("?")
    text = screen(look, 100, 60)
    bound = [*BINDINGS, *(binding for panel in look.stage.panels.values() for binding in panel.bindings)]
    for binding in bound:
        assert any(shown(binding.keys) in line and binding.does in line for line in text.splitlines())
    look.press("z")
    assert "WBA" in screen(look)


def test_help_of_a_small_screen_is_paged():
    look = Look(30, "slo")
    look.press("?")
    first = screen(look, 80, 10)
    look.press("pagedown")
    assert screen(look, 80, 10) != first
    for _ in range(20):
        look.view.press(Key("pagedown"))
    assert "any other key" in screen(look, 80, 10)


def test_leaving_takes_one_key_unless_something_is_written():
    look = Look(30)
    look.press("slash", "q", ":", "q")
    assert look.asked == []
    look.press("ctrl+c")
    assert look.asked == [Leave()]
    other = Look(30)
    other.press(":", "q")
    assert other.asked == []
    other.press("escape", "q")
    assert other.asked == [Leave()]


def test_a_word_goes_to_a_board_and_back_and_forth():
    look = Look(30)
    look.press("down", "space", ":")
    look.write("slo")
    assert look.view.place == ("slo", About())
    assert look.last().endswith(" slo ")
    look.press("[")
    assert look.view.place[0] == "fleet"
    assert "1 marked" in screen(look)
    look.press("]")
    assert look.view.place[0] == "slo"
    look.press("]")
    assert "there is nothing after" in look.last()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("fleeet", "there is no board and no word 'fleeet': did you mean fleet?"),
        ("\x1b[2J", "there is no board and no word"),
        ("vehicle nope", "'nope' is no vehicle's id"),
        ("fleet " + vin(3) + " extra words", "what is 'extra'?"),
        ("slo doors region", "a board is about a promise with label=value, a VIN or a trace: what is 'region'?"),
        ("/nowhere/none.yaml", "none.yaml"),
        ("columns", "columns: vin region"),
        ("columns vin socc", "there is no field 'socc' to show: did you mean soc?"),
    ],
)
def test_what_is_wrong_with_a_word_is_said(word, said):
    look = Look(30)
    look.press(":")
    look.write(word)
    assert said in look.last(200)
    assert look.view.place[0] == "fleet"


def test_words_that_do_things():
    look = Look(30)
    for word in ("save", "theme light", "quit"):
        look.press(":")
        look.write(word)
    assert look.asked == [Save(), Theme("light"), Leave()]
    look.press(":")
    look.write("columns vin soc")
    look.press(":")
    look.write("filter region:eu")
    text = screen(look)
    assert "SOC" in text
    assert "STATE" not in text
    assert "10 of 30 · /region:eu" in text


def test_tab_ends_a_word():
    look = Look(30)
    look.press(":", "s", "l")
    assert "slo" in look.last()
    look.press("tab", "enter")
    assert look.view.place[0] == "slo"


def test_orders_are_all_of_them_unless_a_vehicle_is_named():
    look = Look(30)
    look.press("enter")
    assert look.view.place == ("vehicle", About(vin=vin(0)))
    for word, about in (("fleet", vin(0)), ("orders", ""), ("orders " + vin(3), vin(3)), ("orders", "")):
        look.press(":")
        look.write(word)
        assert look.view.place == (word.split()[0], About(vin=about))


def test_a_command_goes_to_the_vehicle_that_a_board_is_about():
    look = Look(30)
    look.press("x")
    assert look.asked.pop() == Prepare((vin(0),))
    look.press("enter", "t", "x")
    assert look.view.place[0] == "trace"
    assert look.asked.pop() == Prepare((vin(0),))
    look.press(":")
    look.write("send ping")
    assert look.asked.pop() == Prepare((vin(0),), "", "ping")
    other = Look(30, board="trace")
    other.press("x")
    assert other.asked == []
    assert "choose vehicles first" in other.last()


def test_a_board_is_not_before_itself_and_one_that_is_gone_takes_no_place(tmp_path):
    look = Look(30)
    for _ in range(2):
        look.press(":")
        look.write("slo")
    look.press("[")
    assert look.view.place[0] == "fleet"
    (file := tmp_path / "mine.yaml").write_text(BOARD)
    look.press(":")
    look.write(str(file))
    look.press(":")
    look.write("slo")
    file.unlink()
    del look.view.stages[str(file)]
    look.press("[")
    assert look.view.place[0] == "slo"
    look.view.stages[str(file)] = look.view.stages["slo"]
    look.press("[")
    assert look.view.place[0] == str(file)


def test_who_is_behind_it_is_asked_again_on_another_board():
    asked = []

    async def never(ask: Explain, seen: object) -> object:
        asked.append(ask)
        return await asyncio.get_running_loop().create_future()

    look = Look(30, board="slo", answering={Explain: never})

    async def run() -> None:
        look.view.do((Offenders("doors"),))
        for board in ("fleet", "slo"):
            look.view.look()
            await until(lambda: asked)
            asked.clear()
            look.view.go(board, About())
        look.view.look()
        await until(lambda: asked)
        await look.lookout.aclose()

    asyncio.run(run())


def test_a_screen_that_is_frozen_goes_on_on_another_board():
    look = Look(30)
    look.press("p")
    assert "FROZEN" in screen(look)
    look.press(":")
    look.write("slo")
    assert "FROZEN" not in screen(look)
    assert "the picture goes on, on another board" in look.last()


def test_the_mouse_sorts_moves_and_scrolls():
    look = Look(200)
    look.lines(100, 20)
    look.click(5, 5)
    assert "VIN▲" in screen(look, 100, 20)
    look.click(5, 10)
    line = next(line for line in look.stage.draw(100, 19) if any("cursor" in role for _, role in line))
    assert vin(4) in text_of(line)
    look.click(5, 10, "wheeldown")
    line = next(line for line in look.stage.draw(100, 19) if any("cursor" in role for _, role in line))
    assert vin(5) in text_of(line)


def test_other_keys_do_what_they_stand_for_and_help_says_them():
    look = Look(30, keymap=Keymap({"view.freeze": ("f5",), "fleet.sort": ("s",), "fleet.mark": ()}))
    look.press("p")
    assert "FROZEN" not in screen(look)
    look.press("s", "space", "f5")
    text = screen(look)
    assert "FROZEN" in text
    assert "VIN▲" in text
    assert "marked" not in text
    look.press("?")
    assert "f5 " in screen(look)
    assert "Space" not in screen(look, 100, 60)


def test_a_board_that_was_written_anew_is_shown_and_a_wrong_one_is_told(tmp_path):
    file = tmp_path / "mine.yaml"
    text = BOARD
    file.write_text(text)
    look = Look(30, str(file))
    assert look.boards.changed() == []
    file.write_text(text.replace("kind: fleet", "kind: slo"))
    assert look.boards.changed() == [str(file)]
    look.view.reload(str(file))
    assert "promises" in screen(look)
    file.write_text(text.replace("kind: fleet", "kind: flet"))
    look.view.reload(look.boards.changed()[0])
    assert "the board stays as it was: mine.yaml:6:13: there is no panel of kind 'flet'" in look.last(200)
    assert "promises" in screen(look)
    assert look.boards.changed() == []
    file.unlink()
    assert look.boards.changed() == []


def test_nothing_is_sent_from_a_view_that_only_looks():
    look = Look(30, readonly=True)
    look.press("x")
    assert look.asked == []
    assert "--readonly" in look.last()
    other = Look(30)
    other.press("space", "space", "x")
    assert other.asked == [Prepare((vin(0), vin(1)))]
