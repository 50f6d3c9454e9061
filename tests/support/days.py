"""A view with somebody behind every question, a clock of its own, and a fleet, a journal and promises that live on.

day = Day(folder, "events")
async with day.open():
    await day.live(20.0)      # 20 seconds later, and what happened meanwhile
    await day.press("a")
    day.lines()
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
from graphs import waves
from screens import HOSTILE, NOW, Still, columns, vin
from told_trace import found as trace
from why_told import told as explanation
from writing import WORDS, intent, order

from cdctl.application.fleet import LocalFleet
from cdctl.application.top import orders_wiring, timeline_wiring, vehicle_wiring
from cdctl.application.top.boards_wiring import Boards
from cdctl.application.top.explaining import Explaining
from cdctl.application.top.lookout import Answering, Lookout, Setting
from cdctl.application.top.lookout_wiring import Means
from cdctl.application.top.pivot import Pivoting
from cdctl.application.top.promising import Promising
from cdctl.application.top.view import View
from cdctl.application.wiring import catalogue
from cdctl.domain.boards.asking import Ask
from cdctl.domain.boards.drawing import text_of
from cdctl.domain.boards.explaining import Explain, Explained
from cdctl.domain.boards.keys import Key, Keymap
from cdctl.domain.boards.messages import Listen, Listened, Overheard
from cdctl.domain.boards.pivoting import Aggregate
from cdctl.domain.boards.requests import About, Request
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.boards.tracing import FindTrace, FoundTrace
from cdctl.domain.fleet.batch import Presence
from cdctl.domain.fleet.layout import HAPPENINGS
from cdctl.domain.orders.keeping import Entry, Move, Note
from cdctl.domain.orders.order import Course, State
from cdctl.domain.settings import Context, Settings
from cdctl.domain.slo.verdict import History, Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds
from cdctl.errors import UnavailableError
from cdctl.stores.journal import open_journal
from cdctl.testing.clock import ManualClock

REGIONS = ("eu", "us", "cn")
CODES = ("P0A9B", "U0100-87", "B1234")
EVERY = 60.0
"""Seconds between two judgements."""
BEAT = 20.0
"""Seconds between two times that something happens."""
PLANS = 3_000
_MOST_LOOKS = 20


class Judge:
    """Judges three promises; one in three of them is another way each quarter of an hour, and now and then nobody
    answers."""

    def __init__(self, clock: Still) -> None:
        self._clock = clock

    def __call__(self) -> SloReport:
        at = int(self._clock.now())
        if at // 60 % 17 == 0:
            raise UnavailableError(f"cannot reach it at {at}")
        rows = tuple(self._row(number, region, at) for number in range(2) for region in REGIONS)
        return SloReport(at, at, rows)

    def _row(self, number: int, region: str, at: int) -> Row:
        burns = (at // 900 + number + REGIONS.index(region)) % 3 == 0
        ends = np.arange(at - 3_600 + 300, at + 1, 300)
        total = np.full(len(ends), 100.0)
        bad = np.where(ends > at - at % 900, 30.0 if burns else 0.0, 0.0)
        past = History(ends, np.full(len(ends), 300), total - bad, total, np.ones(len(ends)))
        verdict = Verdict.BREACHED if burns else Verdict.MET
        return Row(
            f"promise-{number}", "s", {"region": region}, "ok", Decimal("0.99"), "Occurrences",
            Bounds("rolling", at - 28 * 86_400, at), verdict, firing=("1h/5m",) if burns else (), history=past,
            burn_rates={"1h": 20.0 if burns else 0.1, "6h": None}, reason=f"at {at}",
        )  # fmt: skip


class Day:
    """See the module. past: what was before, as much as is kept of it: plans in the journal, happenings. asked: what
    the view asked others to do. number: of the last BEAT."""

    def __init__(self, folder: Path, board: str = "fleet", count: int = 90, *, past: bool = False) -> None:
        self.clock, self.columns = Still(), columns(count)
        self.fleet = LocalFleet(self.columns, self.clock)
        self.promises = Promising(Judge(self.clock), self.clock)
        self._judged, self._lived = 0.0, 0.0
        self.number, self.looks, self._orders, self._past = 0, 0, 0, past
        changes = folder / "changes.jsonl"
        changes.write_text('{"at": "2027-01-15T07:00:00Z", "title": "api 1.4.2", "service": "api"}\n')
        self._journal = open_journal(folder / "journal.db", clock=ManualClock(), reserve=65_536)
        settings = Settings({"x": Context("x", changes=str(changes))}, "x", journal=str(folder / "journal.db"))
        self._means = Means(settings, self.clock, self.fleet, self.promises, plugins=False)
        self.lookout = Lookout(Setting("x", answering=self._answering()), self.clock, self.fleet, self.promises)
        self.boards = Boards(settings, catalogue(settings, plugins=False))
        self.view = View(self.lookout, self.boards, Keymap(), board, About())
        self.asked: list[Request] = []

    def _answering(self) -> Mapping[type[Ask], Answering]:
        """Those that ship, where they need no server; else such as tell another thing each time."""
        curves = waves()
        curves.asked = deque(maxlen=1)  # type: ignore[assignment]
        found: dict[type[Ask], Answering] = {Aggregate: Pivoting().answer, **curves.answering}
        for module in (timeline_wiring, vehicle_wiring, orders_wiring):
            found |= module.answering(self._means)
        found |= {Explain: Explaining(self._explained, self.clock).answer, FindTrace: self._traced}
        return {**found, Listen: self._heard}

    def _explained(self, ask: Explain, seen: Snapshot) -> Explained:
        told = replace(explanation(), slo=ask.promise)
        return Explained(told, "region:eu sw:23-07.4", f"{ask.promise} at {seen.at}", self.clock.now(), seen.at - 900)

    async def _traced(self, ask: FindTrace, seen: Snapshot) -> FoundTrace:
        if self.number % 5 == 0:
            raise UnavailableError(f"nobody knows at {seen.at}")
        return trace(self.number % 3)

    async def _heard(self, ask: Listen, seen: Snapshot) -> Listened:
        last = self.number * 5
        told = [
            Overheard(n, seen.at - (last - n), f"cd/eu/{ask.vin}/tele", "tele", 0, False, 20, f'{{"n": {n}}}')
            for n in range(last, max(last - 200, 0), -1)
        ]
        return Listened(ask.vin, told, NOW, last)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Day]:
        """In one loop; what was opened is closed."""
        try:
            if self._past:
                await self._journal.write([entry for _ in range(PLANS) for entry in self._sent()])
                for number in range(HAPPENINGS // 90 + 1):
                    self._happened(np.arange(90), "online" if number % 2 else "offline")
            await self.frame()
            yield self
        finally:
            await self.lookout.aclose()
            await self._means.closing.aclose()
            await self._journal.aclose()

    async def look(self) -> None:
        """Until nothing is asked for any more."""
        for _ in range(_MOST_LOOKS):
            self.asked += self.view.look()
            if not self.lookout.busy:
                return
            await self.lookout.settle()
        raise AssertionError("it never ceases to ask")

    async def frame(self) -> None:
        """Look, and draw."""
        await self.look()
        self.view.draw(100, 30)

    async def press(self, *names: str) -> None:
        """Keys, one after the other, faster than anything is answered."""
        for name in names:
            char = {"slash": "/", "space": " "}.get(name, name if len(name) == 1 else "")
            self.asked += self.view.press(Key(name, char)) or ()
            self.asked += self.view.look()
        await self.frame()
        self.asked.clear()

    async def word(self, text: str) -> None:
        """What is written after `:`."""
        self.asked += self.view.run(text)
        await self.frame()
        self.asked.clear()

    def lines(self, width: int = 100, height: int = 30) -> list[str]:
        """What is drawn."""
        return [text_of(line) for line in self.view.draw(width, height)]

    async def live(self, seconds: float) -> None:
        """So much later: what happens each BEAT happens, and is looked at; one picture in five is drawn."""
        self.clock.at += seconds
        self.looks, self._lived = self.looks + 1, self._lived + seconds
        while self._lived >= BEAT:
            self.number, self._lived = self.number + 1, self._lived - BEAT
            self._vehicles(self.number)
            if self.number % 20 == 0:
                await self._journal.write(self._sent())
        if not 0 <= self.clock.at - self._judged < EVERY:
            self._judged = self.clock.at
            self.promises.once()
        await (self.look() if self.looks % 5 else self.frame())

    def _vehicles(self, number: int) -> None:
        """Some speak, some come or go, one tells a trouble code; now and then a region goes away and comes back."""
        fleet, now_ms = self.columns, round(self.clock.at * 1000)
        some = np.arange(number % 7, fleet.rows, 7)
        fleet.messages[some] += 1
        fleet.seen_ms[some] = now_ms
        fleet.header["counters"][0, 0] += len(some)
        fleet.beat(now_ms)
        if number % 6 == 0:
            here = np.arange(number % 11, fleet.rows, 11)
            there = number // 6 % 2 == 0
            fleet.presence[here] = int(Presence.ONLINE if there else Presence.OFFLINE)
            self._happened(here, "online" if there else "offline")
        if number % 8 == 0:
            self._happened(np.array([number % fleet.rows]), "dtc.set", CODES[number // 8 % 3])
        if number % 180 == 90:
            fleet.link_down("eu", "mqtt://eu", now_ms, f"cut number {number}")
        if number % 180 == 93:
            fleet.link_up("eu", "mqtt://eu", now_ms)
            fleet.presence[: fleet.rows] = int(Presence.ONLINE)
        if number % 2 == 0 and fleet.rows < 180:
            fleet.expect([vin(fleet.rows)], ["eu"], ["i4"], [f"24-01.{number}"])

    def _happened(self, rows: np.ndarray, kind: str, detail: str = "") -> None:
        now_ms = round(self.clock.at * 1000)
        self.columns.ring.add_many(now_ms, rows, kind, self.columns.region[rows], detail)

    def _sent(self) -> Sequence[Entry]:
        """A plan of three vehicles and their orders; those of the one before end."""
        now, first = round(self.clock.at * 1000), self._orders
        self._orders += 3
        digest = f"{first:064x}"
        targets = [{"vin": vin(n % 90), "region": "eu", "model": "", "sw": ""} for n in range(first, first + 3)]
        body = {
            "id": f"plan-{first}", "context": "x", "command": "lock", "arguments": {}, "targets": targets,
            "created": now, "expires": 60, "reason": HOSTILE,
        }  # fmt: skip
        told: list[Entry] = [Note("plan", digest, "ada", now, body)]
        made = [intent(n, plan=digest, vin=vin(n % 90)) for n in range(first, first + 3)]
        told += [replace(one, at=now, order=replace(one.order, created=now)) for one in made]
        for number in range(max(first - 3, 0), first):
            state = (State.SUCCEEDED, State.FAILED, State.TIMED_OUT)[number % 3]
            one = order(number, plan=f"{max(first - 3, 0):064x}", vin=vin(number % 90))
            told.append(Move(one.id, Course(state, now), WORDS[state].value, now, by="x"))
        return [
            *told,
            Note("guard", f"r{first}", "ada", now, {"guard": "burn", "health": "healthy", "words": str(now)}),
        ]
