"""The dialog before something that cannot be taken back: only the word does it, and leaving it does nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from screens import HOSTILE
from textual.app import App
from textual.pilot import Pilot

from cdctl.tui.confirm import Ask, Confirm

NOT_YET = "not yet"
ABORT = Ask("Abort the rollout interval (01k)", ("40 vehicles are told nothing",), "Abort it", "abort", reasoned=True)
PAUSE = Ask("Pause the rollout interval (01k)", (), "Pause", reasoned=True)


def play(ask: Ask, story: Callable[[Pilot[None]], Awaitable[None]], size: tuple[int, int] = (80, 24)) -> str | None:
    """What it ended with, NOT_YET when it did not."""
    ended: list[str | None] = []

    async def run() -> None:
        async with App[None](ansi_color=True).run_test(size=size) as pilot:
            pilot.app.push_screen(Confirm(ask), ended.append)
            await pilot.pause()
            await story(pilot)
            await pilot.pause()

    asyncio.run(run())
    return ended[0] if ended else NOT_YET


def shown(pilot: Pilot[None]) -> str:
    lines = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in lines)


def test_the_word_does_it_with_the_reason() -> None:
    async def story(pilot: Pilot[None]) -> None:
        assert "Abort the rollout interval (01k)" in shown(pilot)
        assert "40 vehicles are told nothing" in shown(pilot)
        await pilot.press("shift+tab", *"burns", "tab", *"abort", "enter")

    assert play(ABORT, story) == "burns"


def test_another_word_or_none_does_nothing() -> None:
    async def story(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        assert "type abort, or Esc: nothing was done" in shown(pilot)
        await pilot.press(*"abrt", "enter")
        await pilot.click("#do")
        assert isinstance(pilot.app.screen, Confirm)

    assert play(ABORT, story) == NOT_YET


def test_escape_and_back_do_nothing() -> None:
    async def escape(pilot: Pilot[None]) -> None:
        await pilot.press(*"abort", "escape")

    async def back(pilot: Pilot[None]) -> None:
        await pilot.press(*"abort")
        await pilot.click("#back")

    assert play(ABORT, escape) is None
    assert play(ABORT, back) is None


def test_where_no_word_is_wanted_enter_does_it() -> None:
    async def story(pilot: Pilot[None]) -> None:
        await pilot.press("enter")

    assert play(PAUSE, story) == ""


def test_a_number_is_typed_with_or_without_commas() -> None:
    async def story(pilot: Pilot[None]) -> None:
        await pilot.press(*"1,200", "enter")

    assert play(Ask("Resume", (), "Resume", "1200"), story) == ""


def test_it_fits_a_small_screen_and_does_no_harm() -> None:
    async def story(pilot: Pilot[None]) -> None:
        text = shown(pilot)
        assert "[b]" in text, "what others say is no markup"
        assert not {"\x1b", "\x07", "\u202e", "\u200b", "\r"} & set(text)
        await pilot.press("escape")

    for size in ((80, 24), (30, 10)):
        assert play(Ask(f"[b]{HOSTILE}", (HOSTILE, f"[b]{HOSTILE}"), "Do", "y"), story, size) is None
