"""What viewers follow. Viewers with the same question share one topic, which is evaluated once a beat.

A viewer holds the last thing it was sent, nothing is queued for it: one that reads slowly gets the difference to the
newest when it is ready, and is told how many it missed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable, Sequence
from dataclasses import dataclass

from cdctl.collector import wire
from cdctl.collector.looking import Lookout, among, crossings, fixed, moments
from cdctl.domain.fleet.archive import Told
from cdctl.domain.fleet.reading import Cell, FleetStatus, Happening
from cdctl.domain.fleet.selection import Match
from cdctl.domain.fleet.view import fields_of

_RUNS, _KEPT = 64, 10_000
_MOST = 1_000
"""Happenings that a watcher gets at most a beat; the others are counted."""
_QUIET_BEATS = 4


class Topic:
    """Something that changes and is waited for. `number` grows with each change."""

    def __init__(self, key: Hashable) -> None:
        self.key = key
        self.viewers = 0
        self.number = 0
        self.skipped = 0
        self._changed = asyncio.Event()

    async def newer(self, number: int) -> None:
        """Wait until there is something newer than `number`."""
        while self.number <= number:
            await self._changed.wait()

    def publish(self) -> None:
        """There is something new. Called on the event loop."""
        self.number += 1
        self._changed.set()
        self._changed = asyncio.Event()


@dataclass(frozen=True, slots=True)
class Picture:
    """What a followed page or tally showed at one beat."""

    number: int
    status: FleetStatus
    columns: Sequence[str]
    moments: Sequence[int]
    rows: list[list[Cell]]
    matched: int
    left_out: dict[str, int]


class PictureTopic(Topic):
    """A page of vehicles, or counts by group, followed."""

    def __init__(self, ask: wire.Ask, lookout: Lookout) -> None:
        super().__init__(("follow", wire.encode(ask)))
        self._ask = ask
        self._lookout = lookout
        self.now: Picture | None = None
        self._lines: dict[int, bytes] = {}

    def evaluate(self, status: FleetStatus) -> Picture:
        """In the thread of the lookout. Raises UsageError."""
        ask, lookout = self._ask, self._lookout
        if ask.by is not None:
            tally = lookout.tally(ask.where, ask.by, status)
            columns = [*tally.by, "vehicles", "online", "offline", "unknown"]
            rows = [list(row) for row in tally.rows]
            return Picture(self.number + 1, status, columns, (), rows, tally.matched, dict(tally.left_out))
        page = lookout.page(ask.query(), status)
        fields = fields_of(lookout.columns.layout.signals)
        places = moments(lambda name: fields[name].kind, page.columns)
        rows = fixed(page.rows, places, status.at)
        return Picture(self.number + 1, status, page.columns, places, rows, page.matched, dict(page.left_out))

    def show(self, picture: Picture) -> None:
        """On the event loop: this is what there is now."""
        self.now, self._lines = picture, {}
        self.publish()

    async def lines(self) -> AsyncIterator[bytes]:
        """The whole at once, then what changed, for one viewer."""
        shown: Picture | None = None
        while True:
            await self.newer(shown.number if shown else 0)
            assert self.now is not None
            now = self.now
            self.skipped += now.number - shown.number - 1 if shown else 0
            line = self._lines.get(shown.number if shown else 0)
            if line is None:
                line = self._lines[shown.number if shown else 0] = wire.line(_frame(shown, now))
            shown = now
            yield line


def _frame(shown: Picture | None, now: Picture) -> wire.Frame:
    told = wire.Frame(now.number, now.status, len(now.rows), now.matched, now.left_out)
    if shown is None or list(shown.columns) != list(now.columns):
        told.whole, told.rows = True, now.rows
        told.columns, told.moments = list(now.columns), list(now.moments)
        return told
    before = shown.rows
    told.changed = [(at, row) for at, row in enumerate(now.rows) if at >= len(before) or row != before[at]]
    told.skipped = now.number - shown.number - 1
    return told


class RunTopic(Topic):
    """Happenings of the vehicles that match. reached: number of the last happening that was judged."""

    def __init__(self, where: str, lookout: Lookout, boot: str) -> None:
        super().__init__(("watch", where))
        self._where, self._lookout, self._boot = where, lookout, boot
        self._before: Match | None = None
        self.reached = 0
        self._runs: deque[tuple[int, int, bytes]] = deque(maxlen=_RUNS)
        self._quiet = 0

    def begin(self, at: int) -> None:
        """In the thread of the lookout: who matches now, after the happening number `at`. Raises SelectionError."""
        self.reached = at
        selection = self._lookout.selection(self._where)
        self._before = self._lookout.match(selection) if self._where else None

    def evaluate(self, fresh: Sequence[tuple[int, Told]], lost: int) -> list[Happening]:
        """In the thread of the lookout: the news of a beat, which came in some runs (number of the last one, all)."""
        told = [one[max(len(one) - (number - self.reached), 0) :] for number, one in fresh if number > self.reached]
        self.reached = max([self.reached, *(number for number, _ in fresh)])
        before = self._before
        if before is None:
            return _told(told, lost)
        after = self._lookout.match(self._lookout.selection(self._where))
        concerns = [one[(one.rows < 0) | among(one.rows, before.mask) | among(one.rows, after.mask)] for one in told]
        crossed = crossings(self._lookout, self._boot, before, after)
        self._before = after
        return _told(concerns, lost) + _told([crossed], 0)

    def missed(self, told: Told, lost: int) -> list[Happening]:
        """In the thread of the lookout: what a viewer that comes back has missed."""
        if self._before is not None:
            told = told[(told.rows < 0) | among(told.rows, self._before.mask)]
        return _told([told], lost)

    def tell(self, news: list[Happening]) -> None:
        """On the event loop: a beat is over. Says nothing for some beats when there is nothing to say."""
        self._quiet = 0 if news else self._quiet + 1
        if news or self._quiet >= _QUIET_BEATS:
            self._quiet = 0
            run = wire.line(wire.Run(self._boot, self.reached, news))
            self._runs.append((self.number + 1, self.reached, run))
            while sum(len(line) for _, _, line in self._runs) > _KEPT * 200 and len(self._runs) > 1:
                self._runs.popleft()
            self.publish()

    async def lines(self, after: int) -> AsyncIterator[bytes]:
        """Runs from now on, for one viewer that has what happened up to the happening number `after`."""
        seen = self.number
        while True:
            await self.newer(seen)
            runs = [run for run in self._runs if run[0] > seen]
            lost = runs[0][0] - seen - 1
            if lost > 0:
                self.skipped += lost
                word = f"{lost} runs of happenings were left out: they were not read in time"
                told = Happening(self._lookout.now_ms() / 1000, "", "", "lost", word)
                yield wire.line(wire.Run(self._boot, after, [told]))
            seen = runs[-1][0]
            for _, reached, line in runs:
                if reached >= after:
                    after = reached
                    yield line


def _told(runs: Sequence[Told], lost: int) -> list[Happening]:
    """Happenings as values, the newest; of the others how many there were."""
    newest: list[Happening] = []
    for told in reversed(runs):
        begin = max(len(told) - (_MOST - len(newest)), 0)
        newest = told[begin:].happenings() + newest
        lost += begin
    if not lost:
        return newest
    at = newest[0].at if newest else 0.0
    return [Happening(at, "", "", "lost", f"{lost} happenings came faster than they can be told"), *newest]
