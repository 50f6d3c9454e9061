"""A fleet in memory, a clock that stands still, and boards that look at them.

look = Look(200)
look.lines("fleet", 80, 24)
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from cdctl.application.fleet import LocalFleet
from cdctl.application.top import Lookout, Promising
from cdctl.application.top_stage import Stage
from cdctl.application.top_wiring import read_board
from cdctl.cli.top import kinds, make
from cdctl.domain.boards.drawing import text_of
from cdctl.domain.boards.panel import Key
from cdctl.domain.boards.snapshot import Missing
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
    """A board at work on such a fleet. `fleet` or `slo` may be what is said when there is none."""

    def __init__(
        self,
        count: int = 200,
        board: str = "fleet",
        fleet: Missing | None = None,
        slo: SloReport | Missing | None = None,
        hidden: Sequence[str] = (),
        vehicles: Columns | None = None,
    ) -> None:
        self.clock = Still()
        self.columns = vehicles or columns(count if fleet is None else 0)
        read = read_board(Settings(), board, kinds(), make)
        self.stage = Stage(read, {slot.letter: make(slot.kind, slot.settings) for slot in read.slots})
        promises: Promising | Missing = Missing("nobody asked")
        if isinstance(slo, SloReport):
            promises = Promising(lambda: slo, self.clock)
            promises.once()
        elif slo is not None:
            promises = slo
        self.fleet = fleet or LocalFleet(self.columns, self.clock)
        self.lookout = Lookout("test", self.clock, self.fleet, promises, hidden)
        self.lines()

    def look(self) -> None:
        """As often as it takes until nothing is asked for any more."""

        async def all_of_it() -> None:
            while wanted := self.stage.see(self.lookout.snapshot()):
                self.lookout.arrange(wanted)
                await self.lookout.settle()

        asyncio.run(all_of_it())

    def press(self, *names: str) -> None:
        """Keys one after the other, and what they change."""
        for name in names:
            char = {"slash": "/", "space": " "}.get(name, name if len(name) == 1 else "")
            self.stage.press(Key(name, char))
            self.look()
            self.stage.draw(100, 20)

    def lines(self, width: int = 100, height: int = 20) -> list[str]:
        """What is drawn."""
        self.look()
        return [text_of(line) for line in self.stage.draw(width, height)]
