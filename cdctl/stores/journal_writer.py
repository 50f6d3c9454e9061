"""The one thread that writes the journal: whoever waits at a time is written in one transaction and one sync."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cdctl.errors import UnavailableError
from cdctl.stores.journal_chain import Chain
from cdctl.stores.journal_entries import Encoded


@dataclass(slots=True)
class _Job:
    """What one caller waits for."""

    entries: Encoded
    ending: bool
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]


class Writer:
    """Takes entries from any thread that runs an event loop. `every`: seconds of activity between checkpoints."""

    def __init__(self, path: Path, chain: Chain, every: float) -> None:
        self._path, self._chain, self._every = path, chain, every
        self._wake = threading.Condition()
        self._jobs: list[_Job] = []
        self._closing = False
        self._since: float | None = None
        self._thread: threading.Thread | None = None

    async def write(self, entries: Encoded, ending: bool) -> None:
        """Returns when they are on the disk."""
        loop = asyncio.get_running_loop()
        job = _Job(entries, ending, loop, loop.create_future())
        with self._wake:
            if self._closing:
                raise UnavailableError("the journal is closed", subject=str(self._path))
            self._jobs.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
                self._thread.start()
            self._wake.notify()
        await job.done

    def close(self) -> None:
        """Write what waits and a last checkpoint. Blocks; may be called twice."""
        with self._wake:
            self._closing = True
            self._wake.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                if not self._jobs and not self._closing:
                    self._wake.wait(self._patience())
                jobs, self._jobs = self._jobs, []
                closing = self._closing
            if jobs:
                _tell(jobs, self._outcomes(jobs))
                self._since = self._since or time.monotonic()
            if self._since is not None and (closing or self._patience() == 0):
                with suppress(Exception):  # a key can fail in its own way; the next checkpoint comes
                    self._chain.checkpoint()
                self._since = None
            if closing and not jobs:
                return

    def _outcomes(self, jobs: Sequence[_Job]) -> Sequence[Exception | None]:
        try:
            return self._chain.commit([(job.entries, job.ending) for job in jobs])
        except Exception as error:  # whatever it is: nobody may wait for ever
            return [error] * len(jobs)

    def _patience(self) -> float | None:
        """Seconds until a checkpoint is due; None when nothing was written since the last."""
        return None if self._since is None else max(0.0, self._since + self._every - time.monotonic())


def _tell(jobs: Sequence[_Job], outcomes: Sequence[Exception | None]) -> None:
    """Wake every event loop once."""
    told: dict[asyncio.AbstractEventLoop, list[Callable[[], None]]] = {}
    for job, outcome in zip(jobs, outcomes, strict=True):
        told.setdefault(job.loop, []).append(_end(job.done, outcome))
    for loop, ends in told.items():
        try:
            loop.call_soon_threadsafe(_all, ends)
        except RuntimeError:  # the loop is closed: nobody waits any more
            continue


def _end(done: asyncio.Future[None], outcome: Exception | None) -> Callable[[], None]:
    def end() -> None:
        if done.done():
            return
        if outcome is None:
            done.set_result(None)
        else:
            done.set_exception(outcome)

    return end


def _all(ends: Sequence[Callable[[], None]]) -> None:
    for end in ends:
        end()
