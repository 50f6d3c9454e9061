"""A fleet in memory, a clock that stands still, and boards that look at them.

look = Look(200)
look.lines("fleet", 80, 24)
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import numpy as np

from cdctl.application.fleet import LocalFleet
from cdctl.application.top.boards_wiring import Boards
from cdctl.application.top.lookout import Answering, Lookout, Setting
from cdctl.application.top.pivot import Pivoting
from cdctl.application.top.promising import Promising
from cdctl.application.top.stage import Stage
from cdctl.application.top.view import View
from cdctl.application.wiring import catalogue
from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.boards.drawing import text_of
from cdctl.domain.boards.keys import Key, Keymap
from cdctl.domain.boards.pivoting import Aggregate
from cdctl.domain.boards.requests import About, Request
from cdctl.domain.fleet.batch import Presence
from cdctl.domain.fleet.columns import Columns, Flag
from cdctl.domain.fleet.layout import Layout
from cdctl.domain.settings import Settings
from cdctl.domain.slo.verdict import SloReport

NOW = 1_800_000_000.0
HOSTILE = "\x1b]0;t\x07\x1b[2J\u202eevil\u200b\r"


class Still:
    """A clock that others set."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> float:
        return self.at


def vin(number: int) -> str:
    return f"WBA{number:014d}"


def columns(count: int) -> Columns:
    """Vehicles of three regions and models; one in ten is offline, one in seven was not heard for an hour."""
    layout = Layout(("soc",), max(count + 100, 1000))
    made = Columns(layout, memoryview(bytearray(layout.size)))
    now_ms = round(NOW * 1000)
    made.link_up("eu", "mqtt://eu", now_ms - 1000)
    for begin in range(0, count, 50_000):
        some = range(begin, min(begin + 50_000, count))
        regions = [("eu", "us", "cn")[n % 3] for n in some]
        models = [("i4", "ix", "i7")[n // 3 % 3] for n in some]
        made.expect([vin(n) for n in some], regions, models, [f"23-07.{n % 40}" for n in some])
    every, used = np.arange(count), slice(0, count)
    made.presence[used] = np.where(every % 10 == 9, int(Presence.OFFLINE), int(Presence.ONLINE))
    made.flags[used] |= np.uint8(Flag.SEEN | Flag.TOLD)
    made.link[used] = 1
    made.seen_ms[used] = now_ms - np.where(every % 7 == 6, 3_600_000, 400 * (every % 50))
    made.messages[used] = every * 37 % 1000
    made.header["counters"][0, 0] = count
    made.beat(now_ms)
    made.settle()
    return made


class Look:
    """A view at work on such a fleet. `fleet` or `slo` may be what is said when there is none. answering: who answers
    questions that are about more than the fleet. asked: what the view asked others to do."""

    def __init__(
        self,
        count: int = 200,
        board: str = "fleet",
        fleet: Missing | None = None,
        slo: SloReport | Missing | None = None,
        hidden: Sequence[str] = (),
        vehicles: Columns | None = None,
        answering: Mapping[type[Ask], Answering] | None = None,
        about: About | None = None,
        *,
        readonly: bool = False,
        keymap: Keymap | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.clock = Still()
        self.columns = vehicles or columns(count if fleet is None else 0)
        promises: Promising | Missing = Missing("nobody asked")
        if isinstance(slo, SloReport):
            promises = Promising(lambda: slo, self.clock)
            promises.once()
        elif slo is not None:
            promises = slo
        self.fleet = fleet or LocalFleet(self.columns, self.clock)
        found = {Aggregate: Pivoting(hidden).answer, **(answering or {})}
        setting = Setting("test", hidden, readonly=readonly, answering=found)
        self.lookout = Lookout(setting, self.clock, self.fleet, promises)
        keys, chosen = keymap or Keymap(), settings or Settings()
        self.boards = Boards(chosen, catalogue(chosen, plugins=bool(chosen.plugins)), keys)
        self.view = View(self.lookout, self.boards, keys, board, about or About())
        self.asked: list[Request] = []
        self.lines()

    @property
    def stage(self) -> Stage:
        """The board on the screen."""
        return self.view.stage

    def look(self) -> None:
        """As often as it takes until nothing is asked for any more."""

        async def all_of_it() -> None:
            for _ in range(20):
                self.asked += self.view.look()
                if not self.lookout.busy:
                    return
                await self.lookout.settle()
            raise AssertionError("it never ceases to ask")

        asyncio.run(all_of_it())

    def press(self, *names: str) -> None:
        """Keys one after the other, and what they change. A name that no terminal knows is a word of many letters."""
        for name in names:
            char = {"slash": "/", "space": " "}.get(name, name if len(name) == 1 else "")
            self.asked += self.view.press(Key(name, char)) or ()
            self.look()
            self.view.draw(100, 20)

    def write(self, text: str) -> None:
        """A text, letter by letter, and Enter."""
        self.press(*text, "enter")

    def click(self, x: int, y: int, name: str = "click") -> None:
        """The mouse."""
        self.asked += self.view.click(x, y, name) or ()
        self.look()

    def lines(self, width: int = 100, height: int = 20) -> list[str]:
        """What the board draws, without the last line of the view."""
        self.look()
        return [text_of(line) for line in self.stage.draw(width, height)]

    def last(self, width: int = 100) -> str:
        """The last line of the view."""
        self.look()
        return text_of(self.view.draw(width, 20)[-1])
