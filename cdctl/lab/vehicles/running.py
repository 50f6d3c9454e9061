"""How vehicles carry out what they accepted: one thing at a time, in order; what is instant at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cdctl.domain.orders.command import Arguments
from cdctl.domain.orders.order import Heard
from cdctl.lab.vehicles.body import Bodies
from cdctl.lab.vehicles.judging import Judge, Refused
from cdctl.lab.vehicles.ledger import Entry, Ledger
from cdctl.lab.vehicles.records import Execution, Records, Refusal
from cdctl.lab.vehicles.replying import Replies
from cdctl.lab.vehicles.tasks import TASKS, Failed, Task, seconds
from cdctl.lab.vehicles.troubles import Trouble

MOST_WAITING = 8
"""Orders that one vehicle keeps waiting while another is under way."""
_TELLS_RUNNING = 1.0
"""Seconds; what is quicker tells only its end."""
_LAST_WORDS = 0.3
"""Seconds between telling that a reboot has begun and the end of the connection."""


@dataclass(slots=True)
class Job:
    """An order that was accepted. received: by the vehicle's clock; at: by this machine's. parent: its traceparent."""

    row: int
    entry: Entry
    command: str
    args: Arguments
    timeout: int
    received: int
    at: int
    parent: str
    timer: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class World:
    """What is around the vehicles of a fleet. clock: a vehicle's own, by its row; real: this machine's; both epoch
    milliseconds. troubled: how an order (by row, command, key) ends badly, None when it does not. restart: a vehicle's
    modem goes off for some seconds. ended: told of every end; of those that were never accepted without a job. pace:
    what a second of a task takes."""

    clock: Callable[[int], int]
    real: Callable[[], int]
    troubled: Callable[[int, str, str], Trouble | None] = lambda row, command, key: None
    restart: Callable[[int, float], None] = lambda row, after: None
    ended: Callable[[int, Entry, Job | None], None] = lambda row, entry, job: None
    pace: float = 1.0


class Work:
    """What all vehicles of a fleet are doing, and will do next."""

    def __init__(
        self,
        judge: Judge,
        bodies: Bodies,
        ledger: Ledger,
        records: Records,
        replies: Replies,
        world: World,
        wake: Callable[[], None],
    ) -> None:
        """wake: asks for a `turn` soon."""
        self._judge, self._bodies, self._ledger, self._records, self._replies = judge, bodies, ledger, records, replies
        self._world = world
        self._clock = world.clock
        self._wake = wake
        self._done: deque[Job] = deque()
        self._under_way: dict[int, Job] = {}
        self._waiting: dict[int, deque[Job]] = {}
        self._starting: deque[Job] = deque()

    def full(self, row: int) -> bool:
        """Whether a vehicle can keep no more waiting."""
        return len(self._waiting.get(row, ())) >= MOST_WAITING

    def turn(self) -> None:
        """End what is over, begin what may begin: what begins is in the ledger before it is done."""
        while self._done:
            self._end_of(self._done.popleft())
        starting, self._starting = self._starting, deque()
        begun = [job for job in starting if self._begin(job)]
        self._ledger.flush()
        self._records.flush()
        for job in begun:
            self._go(job)
        self._ledger.flush()
        if self._done or self._starting:
            self._wake()

    def withdraw(self, row: int, entry: Entry) -> bool:
        """Drop an order that waits; false when it does not."""
        for jobs in (self._starting, self._waiting.get(row, deque())):
            job = next((one for one in jobs if one.entry is entry), None)
            if job is not None:
                jobs.remove(job)
                self.settle(row, entry, Heard.CANCELLED, job=job)
                self._next(job)
                return True
        return False

    def close(self) -> None:
        """What is under way is interrupted."""
        for job in self._under_way.values():
            if job.timer is not None:
                job.timer.cancel()

    def add(self, job: Job) -> None:
        """Begin it with the next turn, or when what is before it has ended."""
        if TASKS[job.command][2] and (job.row in self._under_way or self._waiting.get(job.row)):
            self._waiting.setdefault(job.row, deque()).append(job)
        else:
            if TASKS[job.command][2]:
                self._under_way[job.row] = job
            self._starting.append(job)

    def _begin(self, job: Job) -> bool:
        """Last look, and the note that it begins. False when it does not."""
        entry, now = job.entry, self._clock(job.row)
        try:
            if entry.exp <= now:
                raise Refused("expired", Heard.EXPIRED)
            self._judge.ready(job.row, job.command)
        except Refused as error:
            self.refuse(job.row, error.reason, entry.id)
            self.settle(job.row, entry, error.state, error.reason, job=job)
            self._next(job)
            return False
        entry.began, entry.at = now, now
        if seconds(job.command, entry.key, entry.vin) > _TELLS_RUNNING:
            entry.state = Heard.RUNNING
            self._replies.say(job.row, entry)
        self._ledger.put(entry)
        self._records.execution(Execution(entry.vin, entry.key, entry.id, job.command, self._world.real()))
        return True

    def _go(self, job: Job) -> None:
        span = seconds(job.command, job.entry.key, job.entry.vin)
        if not span:
            self._end_of(job)
            return
        loop = asyncio.get_running_loop()
        most = job.timeout / 1000
        job.timer = loop.call_later(min(span * self._world.pace, most), self._over, job)
        if job.command == "reboot" and job.args.get("unit") == "tcu":
            loop.call_later(_LAST_WORDS * self._world.pace, self._world.restart, job.row, span * self._world.pace)

    def _over(self, job: Job) -> None:
        self._done.append(job)
        self._wake()

    def _end_of(self, job: Job) -> None:
        entry, now = job.entry, self._clock(job.row)
        if seconds(job.command, entry.key, entry.vin) * self._world.pace > job.timeout / 1000:
            self.settle(job.row, entry, Heard.TIMED_OUT, "took too long", job=job)
        elif trouble := self._world.troubled(job.row, job.command, entry.key):
            self.settle(job.row, entry, *trouble, job=job)
        else:
            try:
                result = TASKS[job.command][0](Task(job.row, job.args, job.received, self._bodies), now)
            except Failed as error:
                self.settle(job.row, entry, Heard.FAILED, str(error), job=job)
            else:
                self.settle(job.row, entry, Heard.SUCCEEDED, "", result, job)
        self._next(job)

    def _next(self, job: Job) -> None:
        if self._under_way.get(job.row) is not job:
            return
        del self._under_way[job.row]
        if waiting := self._waiting.get(job.row):
            following = self._under_way[job.row] = waiting.popleft()
            if not waiting:
                del self._waiting[job.row]
            self._starting.append(following)
            self._wake()

    def settle(
        self,
        row: int,
        entry: Entry,
        state: Heard,
        reason: str = "",
        result: dict[str, Any] | None = None,
        job: Job | None = None,
    ) -> None:
        """It ended: into the ledger, and told."""
        entry.at = self._clock(row)
        entry.state, entry.reason, entry.result = state, reason, result or {}
        entry.took = max(0, entry.at - entry.began) if entry.began else 0
        if not entry.began:
            self._ledger.release(entry)
        self._ledger.put(entry)
        self._world.ended(row, entry, job)
        self._replies.say(row, entry)
        for twin in entry.twins:
            other = self._ledger.get(entry.vin, twin)
            if other is not None:
                self._replies.say(row, entry, duplicate=True, order=other)

    def refuse(self, row: int, reason: str, order: str = "") -> None:
        """Write down that nothing was done about a message."""
        self._records.refusal(Refusal(self._bodies.vin(row), reason, order, self._world.real()))
