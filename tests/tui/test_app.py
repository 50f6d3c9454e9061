"""What a terminal does for the view: copying, colours, the palette."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from screens import Look, vin
from textual.command import CommandPalette
from textual.pilot import Pilot

from cdctl.domain.boards.drawing import text_of
from cdctl.domain.looks import COLOURS, THEMES
from cdctl.tui import looks, palette
from cdctl.tui.app import Top
from cdctl.tui.screen import BoardView


def play(look: Look, story: Callable[[Pilot[None]], Awaitable[None]]) -> None:
    async def run() -> None:
        async with Top(look.view, look.boards.changed).run_test(size=(100, 30)) as pilot:
            for _ in range(3):
                await pilot.pause()
                await look.lookout.settle()
            await story(pilot)

    asyncio.run(run())


def last(look: Look) -> str:
    return text_of(look.view.draw(100, 20)[-1])


def test_a_vin_is_copied_to_where_the_terminal_pastes_from():
    async def story(pilot):
        await pilot.press("down", "y")
        await pilot.pause()
        assert pilot.app.clipboard == vin(1)
        assert "copied the VIN" in last(look)

    look = Look(30)
    play(look, story)


def test_a_row_is_copied_as_it_is_read():
    async def story(pilot):
        await pilot.press("Y")
        await pilot.pause()
        assert pilot.app.clipboard.split("\t")[:3] == [vin(0), "eu", "i4"]

    play(Look(30), story)


def test_other_colours_and_a_theme_that_there_is_not():
    async def story(pilot):
        board = pilot.app.query_one(BoardView)
        before = board.render_line(0)
        await pilot.press("colon", *"theme", "space", *"light", "enter")
        await pilot.pause()
        assert board.theme == "light"
        assert board.render_line(0) != before
        assert board.render_line(0).text == before.text
        await pilot.press("colon", *"theme", "space", *"pink", "enter")
        await pilot.pause()
        assert "there is no theme 'pink'" in last(look)

    look = Look(30)
    play(look, story)


def test_the_palette_finds_a_board_and_does_what_was_chosen():
    async def story(pilot):
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert isinstance(pilot.app.screen, CommandPalette)
        await pilot.press(*"board", "space", *"slo")
        for _ in range(50):
            await pilot.pause(0.05)
            if pilot.app.screen.query_one("CommandList").option_count:
                break
        await pilot.press("enter")
        for _ in range(50):
            await pilot.pause(0.05)
            if look.view.place[0] == "slo":
                break
        assert look.view.place[0] == "slo"

    look = Look(30)
    play(look, story)


def test_the_palette_has_everything_that_help_has():
    look = Look(30, "slo")
    found = list(palette.entries(look.view, lambda _: None))
    titles = " ".join(entry.title for entry in found)
    for bindings in look.view.bound.values():
        assert all(binding.does in titles for binding in bindings if binding.action != "palette")
    assert all(f"board {name}" in titles for name in look.boards.names())
    assert len({entry.title for entry in found}) == len(found)


@pytest.mark.parametrize("theme", THEMES)
def test_every_role_has_its_colours_in_every_theme(theme):
    for role in ("", "dim", "good", "warn", "bad", "title", "frame", "focus", "head", "strong", "mark", *COLOURS):
        ink, ground, _ = looks.colors(role, theme)
        assert ink.startswith("#")
        assert ground.startswith("#")
        assert contrast(ink, ground) > (1.4 if role == "frame" else 3.0), (role, ink, ground)
    assert set(looks.THEMES) == set(THEMES)


def contrast(ink: str, ground: str) -> float:
    """The ratio of WCAG 2.2, from 1 to 21."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted([light(ink), light(ground)], reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
