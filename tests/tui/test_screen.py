"""The view on a terminal of Textual's own: keys at 100,000 vehicles, sizes, and that only what changed is repainted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from screens import NOW, Look, vin
from textual.pilot import Pilot

from cdctl.domain.boards.drawing import text_of
from cdctl.tui.app import Top
from cdctl.tui.screen import BoardView

MANY = 100_000


@pytest.fixture(scope="module")
def many() -> Look:
    return Look(MANY)


@pytest.fixture
def look(many: Look) -> Look:
    """The same fleet, and a board of its own."""
    return Look(vehicles=many.columns)


def play(look: Look, story: Callable[[Pilot[None], Callable[[], Awaitable[str]]], Awaitable[None]]) -> None:
    """A story told with keys; `shown` gives the screen once nothing is being worked out any more."""

    async def run() -> None:
        app = Top(look.view, look.boards.changed)
        async with app.run_test(size=(100, 30)) as pilot:

            async def shown() -> str:
                await pilot.pause()
                for _ in range(3):
                    await look.lookout.settle()
                    app.query_one(BoardView).look()
                view = app.query_one(BoardView)
                return "\n".join(view.render_line(y).text for y in range(view.size.height))

            await story(pilot, shown)

    asyncio.run(run())


def test_a_filter_counts_among_many_and_leaves_with_escape(look):
    async def story(pilot, shown):
        assert f"vehicles · {MANY:,}" in await shown()
        await pilot.press("slash", *"region:eu", "space", "o", "f", "f", "l", "i", "n", "e")
        text = await shown()
        assert " / region:eu offline" in text
        assert "3,334 of 100,000" in text
        await pilot.press("enter")
        assert " / region" not in await shown()
        await pilot.press("escape")
        assert f"vehicles · {MANY:,}" in await shown()

    play(look, story)


def test_moving_marking_sorting(look):
    async def story(pilot, shown):
        await shown()
        await pilot.press("end")
        assert vin(MANY - 1) in await shown()
        await pilot.press("home", "pagedown", "up", "space")
        text = await shown()
        assert "1 marked" in text
        assert "●" in text
        await pilot.press(*["shift+right"] * 7, "O", "O")
        assert "MESSAGES▼" in await shown()
        assert look.stage.panels["f"].hand.marks
        await pilot.press("home")
        assert " 999" in await shown()

    play(look, story)


def test_help_freeze_and_leaving(look):
    async def story(pilot, shown):
        await shown()
        await pilot.press("question_mark")
        assert "everywhere" in await shown()
        await pilot.press("x", "p")
        assert "FROZEN" in await shown()
        look.clock.at = NOW + 60
        assert "for 1m00s" in await shown()
        await pilot.press("p")
        assert "FROZEN" not in await shown()
        await pilot.press("q")
        assert not pilot.app.is_running

    play(look, story)


def test_ctrl_c_leaves_while_a_filter_is_written(look):
    async def story(pilot, shown):
        await shown()
        await pilot.press("slash", "q", "ctrl+c")
        assert not pilot.app.is_running

    play(look, story)


@pytest.mark.parametrize("size", [(20, 5), (160, 50), (1, 1)])
def test_another_size(look, size):
    async def story(pilot, shown):
        await shown()
        await pilot.resize_terminal(*size)
        await pilot.press("down", "slash", "x", "escape", "end")
        lines = (await shown()).split("\n")
        assert len(lines) == size[1]
        assert {len(line) for line in lines} == {size[0]}

    play(look, story)


def test_only_lines_that_changed_are_repainted(look):
    async def story(pilot, shown):
        await shown()
        view = pilot.app.query_one(BoardView)
        asked: list[int] = []
        repaint = view.refresh

        def refresh(*regions, **more):
            asked.extend(region.y for region in regions)
            return repaint(*regions, **more)

        view.refresh = refresh
        view.look()
        assert asked == []
        look.columns.messages[3] += 1
        view.look()
        row = next(y for y, line in enumerate(view._lines) if vin(3) in text_of(line))
        assert asked == [row]

    play(look, story)
