"""Jobs of an API that are looked at again and again until they end, each rarer while nothing changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from heapq import heappop, heappush

from cdctl.domain.orders.api import Pace
from cdctl.domain.orders.order import Heard, Order

_AFTERWARDS_MS = 60_000
"""So long a job is looked at after the time of its order is over: what it says then is late, and written down."""


@dataclass(slots=True, eq=False)
class Job:
    """remote: the API's id. told: the last that was said of it. changed, began: epoch milliseconds, as we saw it; began
    is 0 before. at: when it is looked at next, by the loop's clock; busy: it is being looked at."""

    order: Order
    remote: str
    changed: int
    told: Heard | None = None
    began: int = 0
    pause: float = 0.0
    at: float = 0.0
    busy: bool = False

    def end(self) -> int:
        """When our own clock ends its order."""
        timeout = self.order.timeout
        return self.began + timeout if self.began else max(self.order.expires, self.changed + timeout)

    def over(self, now: int) -> bool:
        """Whether nothing that is still to come would matter."""
        return now > max(self.order.expires, self.changed + self.order.timeout) + _AFTERWARDS_MS


class Jobs:
    """All that have not ended. look: asks the API about one; never raises but when it is cancelled. rarely: seconds
    between looks where the API itself tells what is new; they come closer as the end of an order's time does."""

    def __init__(
        self, pace: Pace, look: Callable[[Job], Awaitable[None]], now: Callable[[], int], rarely: float = 0.0
    ) -> None:
        self._pace, self._look, self._now, self._rarely = pace, look, now, rarely
        self._first = max(pace.interval, rarely)
        self._heap: list[tuple[float, int, Job]] = []
        self._number = 0
        self._wake = asyncio.Event()
        self._due: asyncio.Queue[Job] = asyncio.Queue()
        self.by_order: dict[str, Job] = {}
        self.by_remote: dict[str, Job] = {}

    def add(self, order: Order, remote: str) -> Job:
        """A job that is looked at from now on."""
        self.drop(self.by_order.get(order.id))
        job = self.by_order[order.id] = self.by_remote[remote] = Job(order, remote, self._now(), pause=self._first)
        self._put(job, self._pause(job))
        return job

    def soon(self, job: Job) -> None:
        """Look at it now."""
        self._put(job, 0.0)

    def changed(self, job: Job) -> None:
        """Something happened to it: more may follow quickly."""
        job.changed, job.pause = self._now(), self._first

    def drop(self, job: Job | None) -> None:
        """It has ended."""
        if job is None:
            return
        if self.by_order.get(job.order.id) is job:
            del self.by_order[job.order.id]
        if self.by_remote.get(job.remote) is job:
            del self.by_remote[job.remote]

    async def run(self) -> None:
        """Until cancelled."""
        crew = [asyncio.create_task(self._work()) for _ in range(self._pace.at_once)]
        try:
            await self._watch()
        finally:
            for one in crew:
                one.cancel()
            await asyncio.gather(*crew, return_exceptions=True)

    def _pause(self, job: Job) -> float:
        """Seconds until the next look. What nobody calls about is looked at before our own clock ends it."""
        left = (job.end() - self._now()) / 1000
        if not self._rarely or left <= 0:
            return job.pause
        return min(job.pause, max(self._pace.interval, left / 2))

    def _put(self, job: Job, pause: float) -> None:
        job.at = asyncio.get_running_loop().time() + pause
        self._number += 1
        heappush(self._heap, (job.at, self._number, job))
        self._wake.set()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            while self._heap and self._heap[0][0] <= loop.time():
                at, _, job = heappop(self._heap)
                if at == job.at and not job.busy and self.by_order.get(job.order.id) is job:
                    job.busy = True
                    self._due.put_nowait(job)
            pause = self._heap[0][0] - loop.time() if self._heap else None
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
            except TimeoutError:
                continue

    async def _work(self) -> None:
        while True:
            job = await self._due.get()
            looked_at = job.at
            await self._look(job)
            job.busy = False
            if self.by_order.get(job.order.id) is not job:
                continue
            if job.over(self._now()):
                self.drop(job)
            elif job.at == looked_at:
                self._put(job, self._pause(job))
                job.pause = min(job.pause * self._pace.backoff, max(self._pace.longest, self._rarely))
            else:  # somebody asked for it meanwhile
                self._put(job, max(0.0, job.at - asyncio.get_running_loop().time()))
