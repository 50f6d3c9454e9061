"""A view at work, in the loop of the test, on a fleet that somebody else keeps.

async with served(folder) as one, one.fleet() as fleet, far_look(fleet, one.clock) as look:
    await look.until(lambda: "LIVE" in look.text())
    await look.press("slash", *"region:eu", "enter")
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from waiting import pauses

from cdctl.application.top.boards_wiring import Boards
from cdctl.application.top.lookout import Lookout, Setting
from cdctl.application.top.view import View
from cdctl.application.wiring import catalogue
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.drawing import text_of
from cdctl.domain.boards.keys import Key, Keymap
from cdctl.domain.boards.requests import About, Request
from cdctl.domain.settings import Settings

SECONDS = 20.0


class FarLook:
    """See the module. asked: what the view asked others to do."""

    def __init__(self, lookout: Lookout, board: str) -> None:
        settings = Settings()
        self.lookout = lookout
        self.view = View(lookout, Boards(settings, catalogue(settings, plugins=False)), Keymap(), board, About())
        self.asked: list[Request] = []

    async def look(self) -> None:
        """Until nothing is asked for any more."""
        while True:
            self.asked += self.view.look()
            if not self.lookout.busy:
                return
            await self.lookout.settle()

    async def press(self, *names: str) -> None:
        """Keys one after the other, and what they change."""
        for name in names:
            char = {"slash": "/", "space": " "}.get(name, name if len(name) == 1 else "")
            self.asked += self.view.press(Key(name, char)) or ()
            await self.look()
            self.lines()

    def lines(self, width: int = 100, height: int = 20) -> list[str]:
        """What the board draws."""
        return [text_of(line) for line in self.view.stage.draw(width, height)]

    def text(self) -> str:
        """The same, in one."""
        return "\n".join(self.lines())

    def data(self, letter: str = "f") -> Any:
        """What a panel says of itself, as it was drawn last."""
        return self.view.stage.data()[letter]

    @property
    def hand(self) -> Any:
        """The hand on the vehicles."""
        return self.view.stage.panels["f"].hand  # type: ignore[attr-defined]

    async def until(self, condition: Callable[[], object], seconds: float = SECONDS) -> None:
        """Go on looking until it is so."""
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + seconds, pauses()
        while True:
            self.asked += self.view.look()
            self.lines()
            if condition():
                return
            assert loop.time() < end, "\n" + self.text()
            await asyncio.sleep(next(pause))


@asynccontextmanager
async def far_look(
    fleet: Any,
    clock: Any,
    board: str = "fleet",
    hidden: Sequence[str] = (),
    signals: Sequence[str] = ("soc",),
    alive: Any = None,
) -> AsyncIterator[FarLook]:
    """A view on a fleet, which is shown as that of a collector. alive: columns that somebody takes in for."""
    setting = Setting("team", hidden, signals=signals, through="c.example:7443")
    lookout = Lookout(setting, clock, fleet, Missing("nobody asked"))
    beating = asyncio.create_task(_beating(alive, clock))
    try:
        yield FarLook(lookout, board)
    finally:
        beating.cancel()
        await lookout.aclose()


async def _beating(columns: Any, clock: Any) -> None:
    while columns is not None:
        columns.beat(round(clock.now() * 1000))
        await asyncio.sleep(0.1)
