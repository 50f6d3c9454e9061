"""The reference vehicle: what it does with what arrives on its own `cmd` topic.

Arrivals are dealt with in runs: what a run begins is in the ledger before any of it is done, and what it ends is there
before anybody is told.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from cdctl.domain.orders.order import Heard
from cdctl.lab.vehicles.body import Bodies
from cdctl.lab.vehicles.judging import Judge, Opened, Refused, Unheard
from cdctl.lab.vehicles.ledger import Entry, Ledger
from cdctl.lab.vehicles.records import Records
from cdctl.lab.vehicles.replying import Replies
from cdctl.lab.vehicles.running import Job, Work, World
from cdctl.lab.vehicles.spans import child_of
from cdctl.protocols.native_orders import CancelPayload, OrderPayload, QueryPayload

_RUN = 200
"""Arrivals that are dealt with before others get their turn."""


class Orders:
    """Takes the orders of all vehicles of a fleet."""

    def __init__(
        self, judge: Judge, bodies: Bodies, ledger: Ledger, records: Records, replies: Replies, world: World
    ) -> None:
        self._judge, self._bodies, self._ledger, self._records, self._replies = judge, bodies, ledger, records, replies
        self._world = world
        self._clock = world.clock
        self._inbox: deque[tuple[int, bytes, Callable[[], None]]] = deque()
        self._running = Work(judge, bodies, ledger, records, replies, world, self._wake)
        self._awake = False

    def take(self, row: int, envelope: bytes, confirm: Callable[[], None]) -> bool:
        """A message for the vehicle `row` arrived; `confirm` is called when what follows from it is on the disk."""
        self._inbox.append((row, envelope, confirm))
        self._wake()
        return True

    def back(self, row: int) -> None:
        """The vehicle is connected: it tells what it could not."""
        self._replies.back(row)

    def close(self) -> None:
        """What is under way is interrupted."""
        self._running.close()

    def _wake(self) -> None:
        if not self._awake:
            self._awake = True
            asyncio.get_running_loop().call_soon(self._work)

    def _work(self) -> None:
        self._awake = False
        judged = []
        for _ in range(min(len(self._inbox), _RUN)):
            row, envelope, confirm = self._inbox.popleft()
            self._judge_one(row, envelope)
            judged.append(confirm)
        self._running.turn()
        for confirm in judged:
            confirm()
        self._replies.send()
        if self._inbox:
            self._wake()

    def _judge_one(self, row: int, envelope: bytes) -> None:
        try:
            opened = self._judge.open(row, envelope)
        except Unheard as error:
            self._running.refuse(row, str(error))
            return
        match opened.told:
            case OrderPayload():
                self._order(row, opened, opened.told)
            case CancelPayload() | QueryPayload() as told:
                try:
                    self._judge.admit(row, opened, self._clock(row))
                except Refused as error:
                    self._running.refuse(row, error.reason)
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
        entry = Entry(
            vin, order.id, Heard.ACKED, order.exp, now, opened.reply, order.key, order.nonce, tp=child_of(order.tp)
        )
        try:
            self._judge.admit(row, opened, now)
            first = self._ledger.with_key(vin, order.key)
            if first is not None:
                self._twin(row, entry, first)
                return
            args = self._judge.allow(order, opened.by)
            if self._running.full(row):
                raise Refused("busy")
        except Refused as error:
            self._running.refuse(row, error.reason, order.id)
            if order.vin == vin:
                self._running.settle(row, entry, error.state, error.reason)
            else:
                self._replies.say(row, Entry(vin, order.id, error.state, 0, now, opened.reply, reason=error.reason))
            return
        self._ledger.put(entry)
        self._ledger.claim(entry)
        self._replies.say(row, entry)
        self._running.add(Job(row, entry, order.command, args, order.timeout, now, self._world.real(), order.tp))

    def _again(self, row: int, opened: Opened, order: OrderPayload, held: Entry) -> None:
        """The same order once more: it is answered by what became of it."""
        same = (held.nonce, held.key) == (order.nonce, order.key) or not held.nonce
        trusted = not opened.revoked
        self._running.refuse(
            row, "duplicate" if same and trusted else "replayed" if trusted else "revoked key", order.id
        )
        if same and trusted:
            self._replies.say(row, self._first(held), duplicate=True, order=held)

    def _twin(self, row: int, entry: Entry, first: Entry) -> None:
        """Another order with the same key: it gets the first one's answers."""
        self._running.refuse(row, "duplicate", entry.id)
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
        if not self._running.withdraw(row, held):
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
