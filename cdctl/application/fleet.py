"""A fleet looked at on this machine: questions answered from the columns that the ingest process fills (port Fleet)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from cdctl.domain.fleet import health, tables
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.reading import MOST_FOLLOWED, Card, FleetStatus, Happening, Minute, Page, Query, Tally
from cdctl.domain.fleet.selection import Match, Selection, select
from cdctl.domain.fleet.view import FleetView, fields_of
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.application.watching import IngestProcess
    from cdctl.domain.ports import Clock

T = TypeVar("T")
BEAT = 0.5
"""Seconds between two looks at what happened."""
MOST_CROSSINGS = 5_000
"""Vehicles that begin or cease to match, told one by one at a beat."""
_POLL = 0.02


class LocalFleet:
    """The columns of one memory. `process` fills them; None when somebody else does. since: epoch seconds at which it
    began to, as far as we know."""

    def __init__(self, columns: Columns, clock: Clock, process: IngestProcess | None = None) -> None:
        self._columns = columns
        self._clock = clock
        self._process = process
        self.since = clock.now() if process is not None else 0.0
        self._blind = False

    async def settle(self, timeout: float) -> FleetStatus:
        """Wait until the first picture is complete; see the port."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while not self._columns.header["settled"][0] and loop.time() < end:
            self._check()
            await asyncio.sleep(_POLL)
        return await self.status()

    async def status(self) -> FleetStatus:
        """How fresh and whole the picture is."""
        return self.counted()

    def counted(self) -> FleetStatus:
        """The same for whoever does not wait: some milliseconds for a million vehicles. Raises what ended the process
        that takes in."""
        self._check()
        status = health.status(self._columns, self._now_ms())
        warnings = self._process.warnings if self._process else ()
        return replace(status, notes=(*status.notes, *warnings)) if warnings else status

    def view(self, together: Sequence[str] = ()) -> FleetView:
        """The vehicles at this instant; see `FleetView`. Raises what ended the process that takes in."""
        self._check()
        return FleetView(self._columns, self._now_ms(), together)

    async def find(self, query: Query) -> Page:
        """Vehicles that match, as they were at one instant."""
        selection = self._selection(query.where)
        named = [name for name in (*query.columns, query.sort.removeprefix("-")) if name in self._fields]
        view = FleetView(self._columns, self._now_ms(), (*selection.fields, *named))
        match = selection.match(view)
        return tables.page(view, query, match.mask if query.where else None, match.left_out, await self.status())

    async def tally(self, where: str, by: Sequence[str]) -> Tally:
        """Counts by group."""
        selection = self._selection(where)
        view = FleetView(self._columns, self._now_ms(), selection.fields)
        match = selection.match(view)
        return tables.tally(view, by, match.mask if where else None, match.left_out, await self.status())

    async def card(self, vin: str) -> Card | None:
        """One vehicle, with what happened to it as far as memory goes."""
        view = FleetView(self._columns, self._now_ms())
        _, _, told = tables.happenings(self._columns)
        return tables.card(view, vin, told, await self.status())

    async def watch(self, where: str) -> AsyncIterator[Sequence[Happening]]:
        """Happenings of matching vehicles. Vehicles that begin or cease to match are told, too, when there is a
        selection, and at first how many it cannot judge ("left_out", a field each). What was lost because too much
        happened at once is told as one happening ("lost")."""
        selection = self._selection(where)
        seen = int(self._columns.header["happened"][0])
        before = self._matching(selection) if where else None
        news = [Happening(self._clock.now(), "", "", "left_out", told) for told in _left_out(before)]
        while True:
            self._check()
            if news:
                yield news
            await asyncio.sleep(BEAT)
            seen, lost, told = tables.happenings(self._columns, seen)
            after = self._matching(selection) if where else None
            news = _lost(lost, self._clock.now())
            news += [
                one
                for row, one in told
                if after is None or row < 0 or _in(after, row) or (before is not None and _in(before, row))
            ]
            if before is not None and after is not None:
                news += self._crossings(before, after)
            before = after

    async def follow(self, query: Query) -> AsyncIterator[Page]:
        """See the port. Ends with UnavailableError when the process that takes in has ended."""
        most = MOST_FOLLOWED if query.limit is None else min(query.limit, MOST_FOLLOWED)
        async for page in self._again(partial(self.find, replace(query, limit=most))):
            yield replace(page, rows=[list(row) for row in page.rows])  # of the view, which is large, nothing is kept

    async def follow_tally(self, where: str, by: Sequence[str]) -> AsyncIterator[Tally]:
        """See the port."""
        async for tally in self._again(partial(self.tally, where, by)):
            yield tally

    async def _again(self, ask: Callable[[], Awaitable[T]]) -> AsyncIterator[T]:
        """Answers, at most one a beat; of a fleet so large that an answer takes long, with a rest as long as that."""
        loop = asyncio.get_running_loop()
        while True:
            begin = loop.time()
            answer = await ask()
            took = loop.time() - begin
            yield answer
            await asyncio.sleep(max(BEAT - took, took))

    async def history(self, where: str, since: float) -> tuple[float | None, Sequence[Happening], Sequence[Minute]]:
        """What memory holds: happenings only; a collector keeps more."""
        selection = self._selection(where)
        match = self._matching(selection) if where else None
        _, _, told = tables.happenings(self._columns)
        kept = [one for row, one in told if one.at >= since and (match is None or (row >= 0 and _in(match, row)))]
        return (told[0][1].at if told else None), kept, ()

    async def aclose(self) -> None:
        """End the process that fills the columns, if it is ours."""
        if self._process:
            await self._process.stop()

    @property
    def _fields(self) -> Sequence[str]:
        return tuple(fields_of(self._columns.layout.signals))

    def _selection(self, where: str) -> Selection:
        return select(where, fields_of(self._columns.layout.signals))

    def _matching(self, selection: Selection) -> Match:
        return selection.match(FleetView(self._columns, self._now_ms(), selection.fields))

    def _crossings(self, before: Match, after: Match) -> list[Happening]:
        """Vehicles that match now and did not, or the other way round. Of very many, some and the number of the others:
        a region that goes away would fill the screen for minutes."""
        n, now = len(before.mask), self._clock.now()
        changed = np.flatnonzero(before.mask != after.mask[:n])
        rows = np.concatenate([changed, np.flatnonzero(after.mask[n:]) + n])
        told = rows[:MOST_CROSSINGS]
        names = self._columns.regions.texts()
        news = [
            Happening(now, vin.decode("ascii", "replace"), names[region], "matched" if matches else "unmatched")
            for vin, region, matches in zip(
                self._columns.ids[told].tolist(),
                self._columns.region[told].tolist(),
                after.mask[told].tolist(),
                strict=True,
            )
        ]
        rest = after.mask[rows[MOST_CROSSINGS:]]
        for kind, count in (("matched", int(rest.sum())), ("unmatched", int((~rest).sum()))):
            if count:
                news.append(Happening(now, "", "", kind, f"{count:,} more vehicles"))
        return news

    def _check(self) -> None:
        """Raises what ended the process. Without it nobody can tell any more who is there: nothing stays online."""
        if not self._process:
            return
        try:
            self._process.check()
        except CdctlError:
            if not self._blind:
                self._blind = True
                self._lose_all()
            raise

    def _lose_all(self) -> None:
        columns = self._columns
        columns.header["generation"] += columns.generation % 2  # it may have ended in the middle of a batch
        for link in columns.links.states():
            columns.link_down(link.region, link.url, self._now_ms(), "the process that listens has ended")

    def _now_ms(self) -> int:
        return round(self._clock.now() * 1000)


def _in(match: Match, row: int) -> bool:
    return 0 <= row < len(match.mask) and bool(match.mask[row])


def _left_out(match: Match | None) -> list[str]:
    counts = match.left_out if match is not None else {}
    return [f"{count:,} vehicles never told their {name}: they cannot match" for name, count in counts.items() if count]


def _lost(count: int, at: float) -> list[Happening]:
    return [Happening(at, "", "", "lost", f"{count} happenings came faster than they were read")] if count else []
