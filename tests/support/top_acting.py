"""The live view of an operator who acts: a real broker, vehicles that sign, keys that are pressed on a terminal.

play(house, story)   # async def story(pilot, scene): ...
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from commanding import House
from textual.pilot import Pilot
from textual.widget import Widget
from waiting import pauses

from cdctl.application import wiring
from cdctl.application.top import lookout_wiring
from cdctl.application.top.boards_wiring import Boards
from cdctl.application.top.hands import Hands
from cdctl.application.top.lookout import Lookout
from cdctl.application.top.sending_wiring import hands_of
from cdctl.application.top.view import View
from cdctl.domain.boards.drawing import text_of
from cdctl.domain.boards.keys import Keymap
from cdctl.domain.boards.requests import About
from cdctl.tui.app import Top

SECONDS = 60.0


@dataclass
class Scene:
    """What is on the screen. said: everything that the view said."""

    pilot: Pilot[None]
    view: View
    hands: Hands | None
    lookout: Lookout

    @property
    def board(self) -> str:
        """The board as text, its last line among it."""
        width, height = self.pilot.app.size
        return "\n".join(text_of(line) for line in self.view.draw(width, height))

    @property
    def said(self) -> str:
        return "\n".join(note.text for note in self.lookout.snapshot().notes)

    @property
    def dialog(self) -> str:
        """Texts of the dialog, as they are shown."""
        screen = self.pilot.app.screen
        return "\n".join("".join(segment.text for segment in strip) for strip in screen._compositor.render_strips())

    async def until(self, holds: Callable[[], object], seconds: float = SECONDS) -> None:
        """Wait until it holds."""
        assert await self._comes(holds, seconds), f"it did not come to hold:\n{self.dialog}\n{self.said}"

    async def _comes(self, holds: Callable[[], object], seconds: float) -> bool:
        end, pause = time.monotonic() + seconds, pauses()
        while not holds():
            if time.monotonic() > end:
                return False
            await self.pilot.pause(next(pause))
        return True

    async def shows(self, *texts: str, seconds: float = SECONDS) -> None:
        """Wait until all of it is on the screen."""
        there = await self._comes(lambda: all(text in self.dialog for text in texts), seconds)
        assert there, f"{[text for text in texts if text not in self.dialog]} is not there:\n{self.dialog}\n{self.said}"

    async def says(self, text: str, seconds: float = SECONDS) -> None:
        """Wait until it was said."""
        assert await self._comes(lambda: text in self.said, seconds), f"{text} was not said:\n{self.said}"

    async def write(self, text: str) -> None:
        """Letter by letter."""
        names = {" ": "space", ".": "full_stop", "-": "minus", ":": "colon", "/": "slash"}
        await self.pilot.press(*[names.get(char, char) for char in text])

    def query(self, selector: str) -> Widget:
        """A widget of the dialog."""
        return self.pilot.app.screen.query_one(selector)


Story = Callable[[Scene], Awaitable[None]]


def play(
    house: House,
    story: Story,
    *,
    board: str = "fleet",
    about: About | None = None,
    by: str = "engineer",
    size: tuple[int, int] = (100, 32),
    readonly: bool = False,
    theme: str = "terminal",
) -> None:
    """Let somebody work with it until the story is told."""
    file = str(house.settings(by))
    settings = wiring.read_settings(config=file)

    async def work(lookout: Lookout, fleet: object, slo: object) -> None:
        keymap = Keymap()
        boards = Boards(settings, wiring.catalogue(settings, plugins=False), keymap)
        view = View(lookout, boards, keymap, board, about or About())
        hands = None if readonly else hands_of(settings, lookout, fleet, view.say, config=file, plugins=False)  # type: ignore[arg-type]
        app = Top(view, boards.changed, theme, hands)
        try:
            await lookout.ready(SECONDS)
            async with app.run_test(size=size) as pilot:
                await story(Scene(pilot, view, hands, lookout))
        finally:
            if hands is not None:
                await hands.flights.aclose()

    with contextlib.chdir(house.folder):
        lookout_wiring.with_lookout(settings, work, config=file, plugins=False, readonly=readonly, promised=False)


__all__ = ["Scene", "asyncio", "play"]
