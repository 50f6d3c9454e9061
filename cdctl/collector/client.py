"""A fleet looked at through a collector (port `Fleet`). Light: it holds what it shows, and imports no numpy."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, overload

import msgspec

from cdctl.collector import wire
from cdctl.collector.following import Following
from cdctl.collector.reaching import CutError, Place, Reach
from cdctl.domain.fleet.reading import Card, Cell, FleetStatus, Happening, Minute, Page, Query, Tally

if TYPE_CHECKING:
    from cdctl.domain.ports import Clock  # not at run time: it brings numpy

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 10.0
_ASK_SETTLE = 10.0


class RemoteRows(Sequence[Sequence[Cell]]):
    """Rows as they came, read when they are asked for: a million vehicles are not a million Python lists."""

    def __init__(self, lines: Sequence[bytes], count: int) -> None:
        self._lines, self._count = lines, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Sequence[Cell]: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Sequence[Cell]]: ...
    def __getitem__(self, at: int | slice) -> Sequence[Cell] | Sequence[Sequence[Cell]]:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(self._count))]
        place = at + self._count if at < 0 else at
        if not 0 <= place < self._count:
            raise IndexError(at)
        return _rows(self._lines[place // wire.ROWS_A_LINE])[place % wire.ROWS_A_LINE]

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        for line in self._lines:
            yield from _rows(line)


def _rows(line: bytes) -> list[list[Cell]]:
    found: list[list[Cell]] = _ROWS.decode(line)
    return found


_ROWS = msgspec.json.Decoder(list[list[Cell]])


class RemoteFleet:
    """The port `Fleet` through a collector. See there for what its methods promise."""

    def __init__(self, place: Place, clock: Clock) -> None:
        self._reach = Reach(place)
        self._clock = clock

    async def settle(self, timeout: float) -> FleetStatus:
        """See the port. A collector that runs has mostly settled long ago."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while True:
            wait = max(0.0, min(end - loop.time(), _ASK_SETTLE))
            status = await self._reach.ask(f"status?settle={wait:.3f}", None, FleetStatus, wait + 10)
            if status.settled or loop.time() >= end:
                return status

    async def status(self) -> FleetStatus:
        """See the port."""
        return await self._reach.ask("status", None, FleetStatus)

    async def find(self, query: Query) -> Page:
        """See the port."""
        ask = wire.Ask(query.where, list(query.columns), query.sort, query.limit, query.offset)
        try:
            async with self._reach.lines("find", ask, silent=60.0) as lines:
                head = self._reach.decoded(await anext(lines, b""), wire.PageHead)
                kept = [line async for line in lines]
                self._check(kept, head.count)
        except CutError as error:
            raise self._reach.unavailable(str(error)) from None
        rows = RemoteRows(kept, head.count)
        return Page(tuple(head.columns), rows, head.matched, head.left_out, head.status)

    def _check(self, lines: Sequence[bytes], count: int) -> None:
        if len(lines) != -(-count // wire.ROWS_A_LINE):
            raise CutError("the answer stopped in the middle")
        for line in lines[-1:]:
            self._reach.decoded(line, list[list[Cell]])

    async def tally(self, where: str, by: Sequence[str]) -> Tally:
        """See the port."""
        return await self._reach.ask("tally", wire.AskTally(where, list(by)), Tally)

    async def card(self, vin: str) -> Card | None:
        """See the port."""
        return await self._reach.ask("card", wire.AskCard(vin), Card | None)  # type: ignore[arg-type]

    async def history(
        self, where: str, since: float, by: Sequence[str] = ()
    ) -> tuple[float | None, Sequence[Happening], Sequence[Minute]]:
        """See the port. The newest happenings, and when older ones are left out a happening "lost" before them. Minutes
        are summed by some of region, model and sw; there are none for a selection that asks for more than these."""
        found = await self._reach.ask("history", wire.AskHistory(since, where, list(by)), wire.History)
        told = found.happenings
        if found.cut and told:
            word = f"what happened before is left out: only the last {len(told)} are told at once"
            told = [Happening(told[0].at, "", "", "lost", word), *told]
        return found.since, told, found.minutes

    async def watch(self, where: str) -> AsyncIterator[Sequence[Happening]]:
        """See the port. A cut is told, too: "collector.down" and "collector.up" happen to no vehicle; what happened
        meanwhile is told after it where the collector still knows."""
        ask = wire.AskWatch(where)
        down = False
        pause = FIRST_PAUSE
        while True:
            try:
                async with self._reach.lines("watch", ask) as lines:
                    async for line in lines:
                        run = self._reach.decoded(line, wire.Run)
                        ask = wire.AskWatch(where, run.boot, run.after)
                        pause = FIRST_PAUSE
                        if down:
                            yield [Happening(self._clock.now(), "", "", "collector.up", self._reach.url)]
                        down = False
                        if run.happenings:
                            yield run.happenings
                raise CutError("it said good-bye")
            except CutError as error:
                if not down and not ask.boot:
                    raise self._reach.unavailable(str(error)) from None
                if not down:
                    down = True
                    word = f"{self._reach.url}: {error}; trying again"
                    yield [Happening(self._clock.now(), "", "", "collector.down", word)]
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - so that not all come back at once
            pause = min(pause * 2, LONGEST_PAUSE)

    async def follow(self, query: Query) -> AsyncIterator[Page]:
        """A page, at once and then each time that it changed, at most twice a second; at most 1,000 rows. While the
        collector cannot be reached the last page comes again each second, with a note that says how old it is."""
        ask = wire.Ask(query.where, list(query.columns), query.sort, query.limit, query.offset)
        async for state in self._followed(ask):
            yield Page(tuple(state.columns), state.rows, state.matched, state.left_out, state.status)

    async def follow_tally(self, where: str, by: Sequence[str]) -> AsyncIterator[Tally]:
        """The same for counts by group."""
        async for state in self._followed(wire.Ask(where, by=list(by))):
            yield Tally(tuple(by), state.rows, state.matched, state.left_out, state.status)

    async def _followed(self, ask: wire.Ask) -> AsyncIterator[Following]:
        """What is shown, again and again. Raises UnavailableError only when nothing was ever there to show."""
        state = Following(self._clock)
        pause = FIRST_PAUSE
        while True:
            try:
                async with self._reach.lines("follow", ask) as lines:
                    async for line in lines:
                        state.take(self._reach.decoded(line, wire.Frame))
                        pause = FIRST_PAUSE
                        yield state
                raise CutError("it said good-bye")
            except CutError as error:
                if not state.columns:
                    raise self._reach.unavailable(str(error)) from None
                state.cut(f"{self._reach.url}: {error}")
            left = pause * random.uniform(0.5, 1.0)  # noqa: S311 - so that not all come back at once
            pause = min(pause * 2, LONGEST_PAUSE)
            while left > 0:
                yield state
                await asyncio.sleep(min(left, 1.0))
                left -= 1.0

    async def aclose(self) -> None:
        """See the port."""
        await self._reach.aclose()
