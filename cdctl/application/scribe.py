"""Writes the journal for one dispatch, in the order in which things happened; many at a time, one task for all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from cdctl.domain.orders.keeping import Entry, Journal
from cdctl.errors import CdctlError, UnavailableError

_LAZY = 0.05


class Scribe:
    """What is noted is written; whoever must know that it is on the disk waits for it.

    A journal that failed once is not written to any more, but for ends: whoever waits is told, and so is `broken`.
    """

    def __init__(self, journal: Journal, broken: Callable[[CdctlError], None]) -> None:
        self._journal, self._broken = journal, broken
        self._pending: list[Entry] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._ending = False
        self._task: asyncio.Task[None] | None = None
        self._later: asyncio.TimerHandle | None = None
        self.error: CdctlError | None = None

    def note(self, entries: Sequence[Entry], *, ending: bool = False) -> None:
        """To be written at once, after everything that was noted before. ending: see `Journal.write`."""
        if entries:
            self._pending += entries
            self._ending = self._ending or ending
            self._start()

    def note_lazily(self, entries: Sequence[Entry]) -> None:
        """To be written with whatever comes next, or a little later: nobody waits for it."""
        self._pending += entries
        if self._pending and self._task is None and self._later is None:
            self._later = asyncio.get_running_loop().call_later(_LAZY, self._start)

    def _start(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._pending and self._task is None and (self.error is None or self._ending):
            self._task = asyncio.get_running_loop().create_task(self._write())

    async def flush(self) -> None:
        """Returns when everything that was noted so far is on the disk. Raises UnavailableError when it cannot be."""
        self._start()
        if self._task is not None:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(done)
            await done
        elif self.error is not None:
            raise self.error

    async def write(self, entries: Sequence[Entry], *, ending: bool = False) -> None:
        """Note, and wait."""
        self.note(entries, ending=ending)
        await self.flush()

    async def aclose(self) -> None:
        """Write what is noted, if it can be."""
        self._start()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _write(self) -> None:
        try:
            while self._pending:
                entries, self._pending = self._pending, []
                waiting, self._waiting = self._waiting, []
                ending, self._ending = self._ending, False
                error = await self._put(entries, ending)
                for one in waiting:
                    if not one.done():
                        one.set_result(None) if error is None else one.set_exception(error)
                if error is not None and not self._ending:
                    break
        finally:
            self._task = None
            waiting, self._waiting = self._waiting, []
            for one in waiting:
                if not one.done():
                    one.set_exception(self.error) if self.error else one.set_result(None)

    async def _put(self, entries: Sequence[Entry], ending: bool) -> CdctlError | None:
        try:
            await self._journal.write(entries, ending=ending)
        except Exception as error:
            known = error if isinstance(error, CdctlError) else UnavailableError(f"the journal takes no entry: {error}")
            self.error = self.error or known
            self._broken(known)
            return known
        return None
