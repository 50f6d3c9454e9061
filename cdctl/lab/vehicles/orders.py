"""The reference vehicle: what it does with what arrives on its own `cmd` topic.

Arrivals are dealt with in runs: what a run begins is in the ledger before any of it is done, and what it ends is there
before anybody is told.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cdctl.domain.orders.command import Arguments
from cdctl.domain.orders.order import Heard
from cdctl.lab.vehicles.body import Bodies
from cdctl.lab.vehicles.judging import Judge, Opened, Refused, Unheard
from cdctl.lab.vehicles.ledger import Entry, Ledger
from cdctl.lab.vehicles.records import Execution, Records, Refusal
from cdctl.lab.vehicles.replying import Replies
from cdctl.lab.vehicles.tasks import TASKS, Failed, Task, seconds
from cdctl.protocols.native_orders import CancelPayload, OrderPayload, QueryPayload

MOST_WAITING = 8
"""Orders that one vehicle keeps waiting while another is under way."""
_RUN = 200
"""Arrivals that are dealt with before others get their turn."""
_TELLS_RUNNING = 1.0
"""Seconds; what is quicker tells only its end."""
_LAST_WORDS = 0.3
"""Seconds between telling that a reboot has begun and the end of the connection."""


@dataclass(slots=True)
class Job:
    """An order that was accepted. received: by the vehicle's clock."""

    row: int
    entry: Entry
    command: str
    args: Arguments
    timeout: int
    received: int
    timer: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class World:
    """What is around the vehicles of a fleet. clock: a vehicle's own, by its row; real: this machine's; both epoch
    milliseconds. troubled: why this order fails at this vehicle, empty when it does not. restart: a vehicle's modem
    goes off for some seconds. counted: told of every end. pace: what a second of a task takes."""

    clock: Callable[[int], int]
    real: Callable[[], int]
    troubled: Callable[[int, str], str] = lambda row, key: ""
    restart: Callable[[int, float], None] = lambda row, after: None
    counted: Callable[[int, Heard], None] = lambda row, state: None
    pace: float = 1.0


class Orders:
    """Takes the orders of all vehicles of a fleet."""

    def __init__(
        self, judge: Judge, bodies: Bodies, ledger: Ledger, records: Records, replies: Replies, world: World
    ) -> None:
        self._judge, self._bodies, self._ledger, self._records, self._replies = judge, bodies, ledger, records, replies
        self._world = world
        self._clock = world.clock
        self._inbox: deque[tuple[int, bytes]] = deque()
        self._done: deque[Job] = deque()
        self._under_way: dict[int, Job] = {}
        self._waiting: dict[int, deque[Job]] = {}
        self._starting: deque[Job] = deque()
        self._awake = False

    def take(self, row: int, envelope: bytes) -> None:
        """A message for the vehicle `row` arrived."""
        self._inbox.append((row, envelope))
        self._wake()

    def back(self, row: int) -> None:
        """The vehicle is connected: it tells what it could not."""
        self._replies.back(row)

    def close(self) -> None:
        """What is under way is interrupted."""
        for job in self._under_way.values():
            if job.timer is not None:
                job.timer.cancel()

    def _wake(self) -> None:
        if not self._awake:
            self._awake = True
            asyncio.get_running_loop().call_soon(self._work)

    def _work(self) -> None:
        self._awake = False
        for _ in range(min(len(self._inbox), _RUN)):
            self._judge_one(*self._inbox.popleft())
        while self._done:
            self._end_of(self._done.popleft())
        starting, self._starting = self._starting, deque()
        begun = [job for job in starting if self._begin(job)]
        self._ledger.flush()
        self._records.flush()
        for job in begun:
            self._go(job)
        self._ledger.flush()
        self._replies.send()
        if self._inbox or self._done or self._starting:
            self._wake()

    def _judge_one(self, row: int, envelope: bytes) -> None:
        try:
            opened = self._judge.open(row, envelope)
        except Unheard as error:
            self._refuse(row, str(error))
            return
        match opened.told:
            case OrderPayload():
                self._order(row, opened, opened.told)
            case CancelPayload() | QueryPayload() as told:
                try:
                    self._judge.admit(row, opened, self._clock(row))
                except Refused as error:
                    self._refuse(row, error.reason)
                    return
                if isinstance(told, CancelPayload):
                    self._cancel(row, opened, told)
                else:
                    self._query(row, opened, told)

    def _order(self, row: int, opened: Opened, order: OrderPayload) -> None:
        vin, now = self._bodies.vin(row), self._clock(row)
        held = self._ledger.get(vin, order.id)
        if held is not None:
            self._again(row, opened, order, held)
            return
        entry = Entry(vin, order.id, Heard.ACKED, order.exp, now, opened.reply, order.key, order.nonce, tp=order.tp)
        try:
            self._judge.admit(row, opened, now)
            first = self._ledger.with_key(vin, order.key)
            if first is not None:
                self._twin(row, entry, first)
                return
            args = self._judge.allow(order, opened.by)
            if len(self._waiting.get(row, ())) >= MOST_WAITING:
                raise Refused("busy")
        except Refused as error:
            self._refuse(row, error.reason, order.id)
            if order.vin == vin:
                self._settle(row, entry, error.state, error.reason)
            else:
                self._replies.say(row, Entry(vin, order.id, error.state, 0, now, opened.reply, reason=error.reason))
            return
        self._ledger.put(entry)
        self._ledger.claim(entry)
        self._replies.say(row, entry)
        self._queue(Job(row, entry, order.command, args, order.timeout, now))

    def _again(self, row: int, opened: Opened, order: OrderPayload, held: Entry) -> None:
        """The same order once more: it is answered by what became of it."""
        same = (held.nonce, held.key) == (order.nonce, order.key) or not held.nonce
        trusted = not opened.by.revoked
        self._refuse(row, "duplicate" if same and trusted else "replayed" if trusted else "revoked key", order.id)
        if same and trusted:
            self._replies.say(row, self._first(held), duplicate=True, order=held)

    def _twin(self, row: int, entry: Entry, first: Entry) -> None:
        """Another order with the same key: it gets the first one's answers."""
        self._refuse(row, "duplicate", entry.id)
        entry.twin = first.id
        self._ledger.put(entry)
        if not first.ended:
            first.twins.append(entry.id)
            self._ledger.put(first)
        self._replies.say(row, first, duplicate=True, order=entry)

    def _first(self, entry: Entry) -> Entry:
        """The order that was done, of those with one key."""
        return (self._ledger.get(entry.vin, entry.twin) if entry.twin else None) or entry

    def _cancel(self, row: int, opened: Opened, told: CancelPayload) -> None:
        vin, now = self._bodies.vin(row), self._clock(row)
        held = self._ledger.get(vin, told.order)
        if held is None:  # it may still come, and must not run then
            held = Entry(vin, told.order, Heard.CANCELLED, told.exp, now, opened.reply)
            self._ledger.put(held)
            self._replies.say(row, held)
            return
        waiting = self._waiting.get(row, deque())
        job = next((one for one in waiting if one.entry is held), None)
        if job is not None:
            waiting.remove(job)
            self._settle(row, held, Heard.CANCELLED, "")
            return
        self._replies.say(row, self._first(held), duplicate=True, order=held)

    def _query(self, row: int, opened: Opened, told: QueryPayload) -> None:
        vin, now = self._bodies.vin(row), self._clock(row)
        for order in told.orders:
            held = self._ledger.get(vin, order)
            asked = Entry(vin, order, Heard.UNHELD, 0, now, opened.reply, tp=held.tp if held else "")
            if held is None:
                self._replies.say(row, asked)
            else:
                self._replies.say(row, self._first(held), duplicate=True, order=asked)

    def _queue(self, job: Job) -> None:
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
            self._refuse(job.row, error.reason, entry.id)
            self._settle(job.row, entry, error.state, error.reason)
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
            self._settle(job.row, entry, Heard.TIMED_OUT, "took too long")
        elif job.command != "ping" and (reason := self._world.troubled(job.row, entry.key)):
            self._settle(job.row, entry, Heard.FAILED, reason)
        else:
            try:
                result = TASKS[job.command][0](Task(job.row, job.args, job.received, self._bodies), now)
            except Failed as error:
                self._settle(job.row, entry, Heard.FAILED, str(error))
            else:
                self._settle(job.row, entry, Heard.SUCCEEDED, "", result)
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

    def _settle(self, row: int, entry: Entry, state: Heard, reason: str, result: dict[str, Any] | None = None) -> None:
        """It ended: into the ledger, and told."""
        entry.at = self._clock(row)
        entry.state, entry.reason, entry.result = state, reason, result or {}
        entry.took = max(0, entry.at - entry.began) if entry.began else 0
        if not entry.began:
            self._ledger.release(entry)
        self._ledger.put(entry)
        self._world.counted(row, state)
        self._replies.say(row, entry)
        for twin in entry.twins:
            other = self._ledger.get(entry.vin, twin)
            if other is not None:
                self._replies.say(row, entry, duplicate=True, order=other)

    def _refuse(self, row: int, reason: str, order: str = "") -> None:
        self._records.refusal(Refusal(self._bodies.vin(row), reason, order, self._world.real()))
