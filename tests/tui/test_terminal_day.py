"""What is drawn for hours on a terminal leaves nothing behind: dialogs, sizes, themes, pictures that change."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections import Counter

from held import bounded_caches_emptied, held
from screens import Look
from textual._styles_cache import StylesCache
from textual.pilot import Pilot

from cdctl.application.top import lookout, view
from cdctl.domain.boards.keys import Key
from cdctl.tui.app import Top
from cdctl.tui.palette import Search
from cdctl.tui.screen import BoardView

WARM, WHOLE = 3, 12
MOST = 64 << 10
"""Bytes that nine rounds may leave behind."""
THEMES = ("dark", "light", "terminal")


async def round_of_it(pilot: Pilot[None], look: Look, number: int) -> None:
    """Everything that draws anew, or opens something."""
    board, app = pilot.app.query_one(BoardView), pilot.app
    assert isinstance(app, Top)
    for second in range(20):
        look.clock.at += 1
        look.columns.messages[(number + second) % 30] += 1
        board.look()
        await look.lookout.settle()
    for name in ("?", "x", "slash", *f"soc{number}", "escape", "p", "p", "space", "y"):
        look.view.press(Key(name, {"slash": "/", "space": " "}.get(name, name)))
        board.paint()
    for word in ("slo", "fleet", f"theme {THEMES[number % 3]}"):
        app.all(look.view.run(word))
        board.look()
    await opened_and_closed(pilot)
    for size in ((60, 10), (100, 30)):
        await pilot.resize_terminal(*size)


async def opened_and_closed(pilot: Pilot[None]) -> None:
    """The palette. The library takes it apart beside what goes on: what is counted afterwards is without it."""
    await pilot.press("ctrl+p")
    assert isinstance(pilot.app.screen, Search)
    palette = weakref.ref(pilot.app.screen)
    await pilot.press("escape")
    deadline = time.monotonic() + 30
    while palette() is not None:
        assert time.monotonic() < deadline, "the palette is still there"
        await pilot.pause()
        gc.collect()


def test_hours_on_a_terminal_leave_nothing_behind(monkeypatch):
    monkeypatch.setattr(lookout, "MOST_NOTES", 5)
    monkeypatch.setattr(view, "_LONGEST_PAST", 3)
    look = Look(30)

    async def run() -> tuple[Counter[str], Counter[str]]:
        async with Top(look.view, look.boards.changed).run_test(size=(100, 30)) as pilot:
            for number in range(WARM):
                await round_of_it(pilot, look, number)
            bounded_caches_emptied()
            before = held()
            for number in range(WARM, WHOLE):
                await round_of_it(pilot, look, number)
            bounded_caches_emptied()
            return before, held(before)

    before, after = asyncio.run(run())
    grown = after.total() - before.total()
    print(f"{grown:,} bytes more than {before.total():,}")
    assert grown < MOST, f"{grown:,} bytes more: {(after - before).most_common(12)}"


def test_of_dialogs_that_are_gone_no_picture_is_kept():
    """The library's cache of them has a bound, of a thousand."""

    def pictures() -> int:
        gc.collect()
        return sum(isinstance(one, StylesCache) for one in gc.get_objects())

    look = Look(30)

    async def run() -> tuple[int, int]:
        async with Top(look.view).run_test(size=(100, 30)) as pilot:
            await opened_and_closed(pilot)
            before = pictures()
            for _ in range(3):
                await opened_and_closed(pilot)
            return before, pictures()

    before, after = asyncio.run(run())
    assert after <= before + 12, f"{before}, {after}"
