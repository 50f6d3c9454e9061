"""Keeps the process that takes in alive: when it ends, everything is unknown, and it is started again on the same
memory, so that whoever looks goes on looking."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from cdctl.application.watching import IngestProcess
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.ports import Clock
from cdctl.errors import CdctlError

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
_WELL = 60.0
"""Seconds of life after which the next end is the first again."""
_LOOK = 0.1


class Counts(Protocol):
    """Where starts after the first are counted."""

    restarts: int


class Tended:
    """The process that fills the memory behind `fd`. `attach` gives new columns on it, to be written to while no other
    process does. Warnings of the process go to `say`."""

    def __init__(
        self,
        fd: int,
        job: Mapping[str, Any],
        attach: Callable[[], Columns],
        clock: Clock,
        counts: Counts,
        say: Callable[[str], None],
    ) -> None:
        self._fd, self._job, self._attach, self._clock, self._counts, self._say = fd, job, attach, clock, counts, say
        self._process: IngestProcess | None = None
        self._note = ""
        self._said = 0

    async def start(self) -> None:
        """The first start. Raises what the process raises while it reads settings."""
        self._process = await IngestProcess.start(self._fd, self._job)

    def notes(self) -> tuple[str, ...]:
        """That nothing is taken in, and why."""
        return (self._note,) if self._note else ()

    async def run(self) -> None:
        """Look after it until cancelled."""
        loop = asyncio.get_running_loop()
        pause, begun = FIRST_PAUSE, loop.time()
        while True:
            error = await self._ended()
            pause = FIRST_PAUSE if loop.time() - begun > _WELL else pause
            self._lose(error, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            begun = loop.time()
            self._counts.restarts += 1
            try:
                self._process = await IngestProcess.start(self._fd, {**self._job, "again": True})
                self._note = ""
            except CdctlError as again:
                self._process = None
                self._said = 0
                self._note = f"nothing is taken in: {again.message}; trying again"

    async def close(self) -> None:
        """Let it write its snapshot and end."""
        if self._process:
            await self._process.stop()
            self._hear()

    async def _ended(self) -> CdctlError | None:
        while self._process:
            self._hear()
            try:
                self._process.check()
            except CdctlError as error:
                await self._process.stop()
                return error
            await asyncio.sleep(_LOOK)
        return None

    def _hear(self) -> None:
        if self._process:
            for warning in self._process.warnings[self._said :]:
                self._say(warning)
            self._said = len(self._process.warnings)

    def _lose(self, error: CdctlError | None, pause: float) -> None:
        """Nobody writes now, so we may: what its end left half done is closed, and nobody can tell who is online."""
        if error is None:
            return
        self._process, self._said = None, 0
        self._note = f"nothing is taken in: {error.message}; started again in {pause:g} s"
        self._say(self._note)
        columns = self._attach()
        columns.header["generation"] += columns.header["generation"] % 2
        if columns.header["dtc_epoch"][0] % 2:  # it ended while codes were given anew: they mean nothing now
            columns.dtcs[: columns.rows] = 0
            columns.header["dtc_epoch"] += 1
        columns.header["settled"] = 0
        now_ms = round(self._clock.now() * 1000)
        for link in columns.links.states():
            columns.link_down(link.region, link.url, now_ms, "the process that listens ended")
