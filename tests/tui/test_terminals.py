"""The view on terminals of every kind: what is written to them is ours alone, in as many colours as they have."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from ptys import Pty
from screens import HOSTILE, Look, vin
from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Button, Checkbox, Input, Select

from cdctl.tui.app import Top
from cdctl.tui.colourless import COLOURLESS, choose
from cdctl.tui.confirm import Ask, Confirm
from cdctl.tui.form_style import DIALOG
from cdctl.tui.palette import Search, entries
from cdctl.tui.screen import BoardView

VIEW = Path(__file__).parents[1] / "support" / "hostile_view.py"
COLOURED = {str(code) for code in (*range(30, 39), *range(40, 49), *range(90, 98), *range(100, 108))}
MORE = {"38", "48"}
"""What comes before a colour that is none of sixteen."""
BOARDS = {
    "fleet": "── vehicles ·", "slo": "── promises", "vehicle": "── vehicle", "orders": "── orders",
    "incident": "── why", "trace": "── trace", "events": "── timeline", "pivot": "── vehicles by",
}  # fmt: skip
ESCAPE, DOWN, PALETTE = b"\x1b[27u", b"\x1b[B", b"\x10"
"""Esc as a terminal sends it that tells it from the beginning of another key."""
SETTINGS = '[contexts.x]\nbrokers = { eu = { url = "mqtt://127.0.0.1:1" } }\n'


def hostile(folder: Path, *words: str, size: tuple[int, int] = (100, 30), **variables: str) -> Pty:
    """A view full of hostile texts."""
    return Pty(
        sys.executable, VIEW, folder, *words, folder=folder, size=size, **{"TERM": "xterm-256color", **variables}
    )


def top(folder: Path, root: Path, *words: str, **variables: str) -> Pty:
    """`cdctl top` before a broker that is not there."""
    (folder / "cdctl.toml").write_text(SETTINGS)
    return Pty(root / ".venv/bin/cdctl", *words, "top", folder=folder, **{"TERM": "xterm-256color", **variables})


def look_through(screen: Pty) -> None:
    """Help, words, the palette; then on every board each key that shows more."""
    assert screen.until(" STALE ")
    shown = ((b"?", "everywhere"), (b" ", " STALE "), (b":", " : "), (ESCAPE, " STALE "), (PALETTE, "what to do"))
    for key, text in (*shown, (DOWN, "board "), (ESCAPE, " STALE ")):
        screen.press(key)
        assert screen.until(text), screen.text
    for board, title in BOARDS.items():
        screen.press(b":" + board.encode() + b"\r")
        assert screen.until(title), screen.text
        screen.settle()
        for key in (DOWN, *map(chr, b"\ryY\t"), DOWN, *map(chr, b"ddtex")):
            screen.press(key if isinstance(key, bytes) else key.encode())
            screen.settle(0.05)
        screen.press(b"/o\x15" + ESCAPE)
        screen.settle()
    screen.press(b"p")
    assert screen.until(" FROZEN "), screen.text


@pytest.mark.parametrize("words", [(), ("broken",)], ids=["everybody answers", "nobody does"])
def test_nothing_hostile_reaches_the_terminal(tmp_path: Path, words: tuple[str, ...]) -> None:
    with hostile(tmp_path, "mine", *words) as screen:
        look_through(screen)
        assert screen.written.count(rb"\x1b") > 300, "it is full of it, in letters"
        assert list(screen.foreign()) == []
        assert screen.child.poll() is None


def test_what_is_hostile_is_found(tmp_path: Path) -> None:
    """The check itself, before a program that writes it raw."""
    with Pty(sys.executable, "-c", f"print({HOSTILE!r}, chr(27) + '[31mred')", folder=tmp_path) as screen:
        assert screen.until("red")
        assert {"'\\u202e'", "'\\u200b'"} < set(screen.foreign())
        assert any("]0;t" in one for one in screen.foreign())
        assert screen.looks == {"31"}


@pytest.mark.parametrize("theme", ["terminal", "dark", "contrast"])
def test_without_colours_cursor_and_marks_are_seen(tmp_path: Path, theme: str) -> None:
    with hostile(tmp_path, "fleet", theme, NO_COLOR="1") as screen:
        assert screen.until(vin(1), vin(5))
        screen.press(DOWN)
        screen.press(b" ")
        assert screen.until(f"● {vin(1)}", "1 marked"), screen.text
        assert "1" in screen.look_of(" ● ")
        assert screen.comes(lambda: "7" in screen.look_of(vin(2))), "the cursor is on the next one"
        assert "7" not in screen.look_of(vin(5))
        screen.press(PALETTE)
        assert screen.until("board fleet")
        screen.press(DOWN)
        assert screen.comes(lambda: "4" in screen.look_of(":fleet")), "what the hand is on is underlined"
        assert not screen.looks & COLOURED


@pytest.mark.parametrize(
    ("term", "theme"),
    [
        ("vt100", "terminal"),
        ("vt100", "dark"),
        ("vt100", "light"),
        ("xterm", "colour-blind"),
        ("linux", "terminal"),
        ("", "contrast"),
    ],
)
def test_a_terminal_of_sixteen_colours_is_told_of_no_more(tmp_path: Path, term: str, theme: str) -> None:
    with hostile(tmp_path, "slo", theme, TERM=term) as screen:
        assert screen.until(vin(1), "breached")
        screen.press(PALETTE)
        assert screen.until("board fleet")
        assert screen.looks & COLOURED
        assert not screen.looks & MORE


def test_the_terminal_s_own_colours_are_sixteen_wherever_there_are_more(tmp_path: Path) -> None:
    with hostile(tmp_path, "slo", COLORTERM="truecolor") as screen:
        assert screen.until(vin(1), "breached")
        assert screen.looks & COLOURED
        assert not screen.looks & MORE


@pytest.mark.parametrize(
    ("words", "variables", "coloured"),
    [
        ((), {}, True),
        ((), {"NO_COLOR": ""}, True),
        ((), {"NO_COLOR": "1"}, False),
        (("--no-color",), {}, False),
    ],
    ids=["as it is", "asked for nothing", "by the environment", "by a flag"],
)
def test_whether_there_are_colours_is_said_as_for_every_command(tmp_path, root, words, variables, coloured):
    with top(tmp_path, root, *words, **variables) as screen:
        assert screen.until("vehicles")
        assert bool(screen.looks & COLOURED) == coloured
        screen.press(b"q")
        assert screen.ended() == 0


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_on_which_nothing_can_be_drawn_is_told_how_else(tmp_path, root, term):
    with top(tmp_path, root, TERM=term) as screen:
        assert screen.ended() == 2
        assert f"TERM: is {term}: no screen can be drawn there" in screen.text
        assert "cdctl top --once prints one picture" in screen.text
        assert b"\x1b[?1049h" not in screen.written


def test_bytes_that_are_no_text_are_left_out(tmp_path: Path, root: Path) -> None:
    with top(tmp_path, root) as screen:
        assert screen.until("vehicles")
        screen.press(b"\xff\xfe/\xe4")
        screen.press(b"vin:\xc3\x28\x80X")
        assert screen.until("/vin:(X")
        screen.press(ESCAPE)
        screen.press(b"q")
        assert screen.ended() == 0


@pytest.mark.parametrize("board", ["mine", "incident", "pivot"])
def test_smaller_and_larger_while_it_is_looked_at(tmp_path: Path, board: str) -> None:
    with hostile(tmp_path, board, size=(160, 50)) as screen:
        assert screen.until(" STALE ")
        before = screen.lines[0]
        for size in ((20, 5), (160, 50), (80, 24), (1, 1), (160, 50)):
            screen.resize(*size)
            mood = " STALE "[: size[0]]
            assert screen.comes(lambda mood=mood: screen.lines[0].startswith(mood)), screen.text
            screen.press(DOWN)
        assert screen.comes(lambda: screen.lines[0] == before)
        assert screen.child.poll() is None
        assert list(screen.foreign()) == []


class Parts(App[None]):
    """Whatever dialogs are made of."""

    CSS = DIALOG + COLOURLESS

    def compose(self) -> ComposeResult:
        yield Input("text", id="input")
        yield Checkbox("box", id="box")
        yield Select([("one", 1)], id="select")
        yield Button("press", id="button")


def test_without_colours_what_the_hand_is_on_in_a_dialog_is_underlined(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    async def run() -> None:
        app = Parts(ansi_color=True)
        async with app.run_test(size=(60, 30)) as pilot:
            for name in ("box", "select", "button", "input"):
                app.query_one(f"#{name}").focus()
                await pilot.pause()
                underlined = {
                    one.id for one in app.query("#input, #box, #select, #button") if _underlined(app, one.region)
                }
                assert underlined == {name}

    asyncio.run(run())


def _underlined(app: App[None], region: object) -> bool:
    strips = app.screen._compositor.render_strips()
    rows = strips[region.y : region.bottom]  # type: ignore[attr-defined]
    cut = [strip.crop(region.x, region.right) for strip in rows]  # type: ignore[attr-defined]
    return any(segment.style is not None and segment.style.underline for strip in cut for segment in strip)


def test_no_colour_is_asked_for_by_a_variable_that_is_not_empty(monkeypatch):
    import os

    monkeypatch.setenv("NO_COLOR", "")
    choose(True)
    assert "NO_COLOR" not in os.environ
    choose(False)
    assert os.environ["NO_COLOR"] == "1"
    choose(True)


def test_a_second_enter_does_nothing_twice_and_does_not_end_the_view():
    look, frozen = Look(30), []
    look.view.freeze = frozen.append  # type: ignore[method-assign, assignment]

    async def run() -> None:
        async with Top(look.view).run_test(size=(100, 30)) as pilot:
            for number in range(3):
                await pilot.press("ctrl+p")
                palette = pilot.app.screen
                assert isinstance(palette, Search)
                await pilot.press(*"freeze")
                for _ in range(100):
                    await pilot.pause(0.02)
                    if palette.query_one("CommandList").option_count:
                        break
                await pilot.press("down")
                for _ in range(3):
                    pilot.app.post_message(events.Key("enter", None))
                await pilot.pause(0.2)
                assert len(frozen) == number + 1
                assert pilot.app.screen.query_one(BoardView)

    asyncio.run(run())


@pytest.mark.parametrize("first", ["agree", "back"])
def test_a_question_is_answered_once(first):
    ended: list[str | None] = []

    async def run() -> None:
        async with App[None](ansi_color=True).run_test(size=(80, 24)) as pilot:
            question = Confirm(Ask("Pause", (), "Pause", reasoned=True))
            pilot.app.push_screen(question, ended.append)
            await pilot.pause()
            for _ in range(2):
                question.dismiss("" if first == "agree" else None)
            await pilot.pause()
            assert len(pilot.app.screen_stack) == 1

    asyncio.run(run())
    assert ended == ["" if first == "agree" else None]


def test_names_of_boards_are_no_markup_and_do_nothing_in_the_palette(tmp_path: Path) -> None:
    from cdctl.domain.settings import Settings

    text = "board: cdctl/v1\nname: mine\npicture: [h]\npanels: {h: {kind: header}}\n"
    names = ["[/red]", "[b]bold", HOSTILE]
    for name in names:
        (tmp_path / f"{name.replace('/', '')}.yaml").write_text(text)
    look = Look(5, settings=Settings(dashboards=str(tmp_path)))
    assert all(entry.title.isprintable() and entry.does.isprintable() for entry in entries(look.view, lambda _: None))

    async def run() -> None:
        async with Top(look.view).run_test(size=(100, 60)) as pilot:
            await pilot.press("ctrl+p")
            for _ in range(100):
                await pilot.pause(0.02)
                if pilot.app.screen.query_one("CommandList").option_count > 10:
                    break
            strips = pilot.app.screen._compositor.render_strips()
            shown = "\n".join("".join(segment.text for segment in strip) for strip in strips)
            assert "board [red]" in shown
            assert "board [b]bold" in shown
            await pilot.press(*"bold", "enter")
            await pilot.pause(0.1)

    asyncio.run(run())
