"""Writes the journal for one dispatch, in the order in which things happened; many at a time, one task for all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from cdctl.domain.orders.keeping import Entry, Journal
from cdctl.errors import CdctlError, UnavailableError

_LAZY = 0.05


class Scribe:
    """What is noted is written; whoever must know that it is on the disk waits for it.

    A journal that failed once takes nothing new any more, only what ends what is under way (`ending`): whoever waits
    for something else is told, and it is forgotten. When an end cannot be written either it is `hopeless`. `broken` is
    told of both.
    """

    def __init__(self, journal: Journal, broken: Callable[[CdctlError], None]) -> None:
        self._journal, self._broken = journal, broken
        self._pending: list[Entry] = []
        self._ends: list[Entry] = []
        """Those of the pending that are written on a full disk, too."""
        self._waiting: list[tuple[asyncio.Future[None], bool]] = []
        self._task: asyncio.Task[None] | None = None
        self._later: asyncio.TimerHandle | None = None
        self.error: CdctlError | None = None
        self.hopeless = False

    def note(self, entries: Sequence[Entry], *, ending: bool = False) -> None:
        """To be written at once, after everything that was noted before. ending: see `Journal.write`."""
        self._take(entries, ending)
        if entries:
            self._start()

    def note_lazily(self, entries: Sequence[Entry], *, ending: bool = False) -> None:
        """To be written with whatever comes next, or a little later: nobody waits for it."""
        self._take(entries, ending)
        if self._pending and self._task is None and self._later is None:
            self._later = asyncio.get_running_loop().call_later(_LAZY, self._start)

    def _take(self, entries: Sequence[Entry], ending: bool) -> None:
        if ending:
            self._ends += entries
        elif self.error is not None:
            return
        self._pending += entries

    def _start(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._pending and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._write())

    async def flush(self, *, ending: bool = False) -> None:
        """Returns when everything that was noted so far is on the disk; with `ending` when the ends are. Raises
        UnavailableError when it cannot be."""
        self._start()
        if self._task is not None:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((done, ending))
            await done
        elif self.error is not None and (self.hopeless or not ending):
            raise self.error

    async def write(self, entries: Sequence[Entry], *, ending: bool = False) -> None:
        """Note, and wait."""
        if self.error is not None and not ending:
            raise self.error
        self.note(entries, ending=ending)
        await self.flush(ending=ending)

    async def aclose(self) -> None:
        """Write what is noted, if it can be."""
        self._start()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _write(self) -> None:
        try:
            while self._pending:
                entries, self._pending = self._pending, []
                ends, self._ends = self._ends, []
                waiting, self._waiting = self._waiting, []
                await self._put(entries, ends)
                self._tell(waiting)
        finally:
            self._task = None
            waiting, self._waiting = self._waiting, []
            self._tell(waiting)

    def _tell(self, waiting: Sequence[tuple[asyncio.Future[None], bool]]) -> None:
        for one, ending in waiting:
            if one.done():
                continue
            if self.error is not None and (self.hopeless or not ending):
                one.set_exception(self.error)
            else:
                one.set_result(None)

    async def _put(self, entries: Sequence[Entry], ends: Sequence[Entry]) -> None:
        """All together; where that fails the ends by themselves, for which some room is kept."""
        new = len(ends) < len(entries)
        if new and self.error is None:
            error = await self._written(entries, ending=False)
            if error is None:
                return
            self.error = error
            self._broken(error)
        error = await self._written(ends, ending=True) if ends else None
        if error is not None:
            self.error, self.hopeless = self.error or error, True
            self._broken(error)

    async def _written(self, entries: Sequence[Entry], *, ending: bool) -> CdctlError | None:
        try:
            await self._journal.write(entries, ending=ending)
        except Exception as error:
            return error if isinstance(error, CdctlError) else UnavailableError(f"the journal takes no entry: {error}")
        return None
