"""A collector served on a real socket of this process, over columns that the test fills.

async with served(folder, 2_500) as one, one.fleet() as fleet:
    one.apply(standing(1, online=False, seq=2))
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass

from cdctl.collector import serving, tokens
from cdctl.collector.beat import Beat
from cdctl.collector.client import RemoteFleet
from cdctl.collector.looking import Lookout
from cdctl.collector.reaching import Place
from cdctl.collector.server import Collector, Counts
from cdctl.domain.fleet.batch import Batch, Event, Presence, Standing
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.layout import Layout
from cdctl.stores.fleet_history import FleetHistory

TOKEN = "a-token-that-is-long-enough"


class Clock:
    """Real time, and as much as a test adds."""

    def __init__(self):
        self.ahead = 0.0

    def now(self):
        return time.time() + self.ahead


def vin(number):
    return f"WBA{number:014d}"


def standing(number, online=True, seq=1, region="eu", model="i4", sw="23-07.55"):
    presence = Presence.ONLINE if online else Presence.OFFLINE
    return Standing(vin(number), presence, region, seq, 1_000, model, sw)


@dataclass
class Served:
    url: str
    beat: Beat
    gate: tokens.Gate
    collector: Collector
    columns: Columns
    clock: Clock
    serving: asyncio.Task

    def place(self, **more):
        return Place(**{"url": self.url, "token": TOKEN, **more})

    @contextlib.asynccontextmanager
    async def fleet(self, **more):
        fleet = RemoteFleet(self.place(**more), self.clock)
        try:
            yield fleet
        finally:
            await fleet.aclose()

    def now_ms(self):
        return round(self.clock.now() * 1000)

    def apply(self, *standings, events=(), region="eu"):
        self.columns.apply(Batch(standings=list(standings), events=list(events)), self.now_ms(), region)

    def soc(self, numbers, values):
        numbers = list(numbers)
        batch = Batch([vin(n) for n in numbers], ["eu"] * len(numbers), [1_000] * len(numbers))
        batch.signals[0] = (list(range(len(numbers))), list(values))
        self.columns.apply(batch, self.now_ms(), "eu")

    def event(self, number, kind="dtc.set", detail="P0A9B"):
        return Event(vin(number), kind, "eu", 1_000, (detail,))

    async def drop(self):
        """Like a collector that ends."""
        self.serving.cancel()
        await asyncio.gather(self.serving, return_exceptions=True)


@contextlib.asynccontextmanager
async def served(folder, vehicles=10, context=None, port=0, capacity=20_000, name="one"):
    """folder: of its token and its history, which is called by `name`."""
    layout = Layout(("soc",), capacity)
    columns = Columns(layout, bytearray(layout.size))
    clock = Clock()
    columns.beat(round(clock.now() * 1000))
    columns.link_up("eu", "mqtt://b", round(clock.now() * 1000))
    at = round(clock.now() * 1000)
    for begin in range(0, vehicles, 1_000):
        some = range(begin, min(begin + 1_000, vehicles))
        columns.apply(Batch(standings=[standing(n, n % 5 > 0, sw=f"23-07.{n % 3}") for n in some]), at, "eu")
    columns.settle()
    (folder / "tokens").write_text(f"# the team\n{TOKEN}\n")
    gate = tokens.Gate(folder / "tokens", time.monotonic)
    archive = FleetHistory(folder / name / "history.db", keep=86_400, max_bytes=64 << 20, clock=clock.now)
    beat = Beat(Lookout(columns, clock), archive, clock, f"boot-{name}", gate.renew)
    collector = Collector(beat, gate, Counts())
    listening = serving.bound("127.0.0.1", port)
    url = serving.url(listening, context)
    tasks = [
        asyncio.create_task(beat.run()),
        asyncio.create_task(serving.serve(collector.app, listening, context)),
    ]
    try:
        yield Served(url, beat, gate, collector, columns, clock, tasks[1])
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await beat.close()
        listening.close()
        for error in ended:
            if isinstance(error, Exception):
                raise error
