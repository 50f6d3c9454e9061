"""Orders leave: written down first, signed in runs while the runs before are on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from cdctl.application.desk import Desk
from cdctl.application.flights import Flight
from cdctl.application.sending import Sending
from cdctl.domain.orders.executing import Outgoing
from cdctl.domain.orders.keeping import Intent
from cdctl.domain.orders.order import Course, Heard, Order, State
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.wire import Receipt
from cdctl.errors import CdctlError

_LEAST, _FIRST, _MOST = 8, 64, 512
_QUICK, _SLOW = 0.2, 0.5
"""Seconds: a run that leaves quicker may be larger, one that takes longer was too large for an abort to hold."""
_UNDER_WAY = 3
"""Runs: one is written down, one on its way, one coming back."""
_RETURN_MS = 1_000
_RETURNED = frozenset({0x93, 0x97})
"""Receive maximum exceeded, quota exceeded (MQTT 5.0, section 2.4): not now."""


class Launcher:
    """Sends the orders of a dispatch."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._size = _FIRST
        self._tasks: set[asyncio.Task[None]] = set()

    async def launch(
        self,
        sending: Sending,
        plan: Plan,
        targets: Sequence[Target],
        rate: float | None,
        trace: tuple[str, str] = ("", ""),
    ) -> None:
        """An order for each target; returns when every broker has answered, or nothing may leave any more."""
        arguments: Mapping[str, object] = plan.arguments
        if sending.command is not None:
            arguments = dict(sending.command.encode(sending.arguments))
        slots = asyncio.Semaphore(_UNDER_WAY)
        started: list[asyncio.Task[None]] = []
        loop = asyncio.get_running_loop()
        start, free_at = 0, loop.time()
        while start < len(targets) and not sending.stopped.is_set():
            size = self._size if rate is None else max(1, min(self._size, int(rate / 5)))
            part = targets[start : start + size]
            start += size
            if rate is not None:
                await _until(sending, free_at)
                free_at = max(free_at, loop.time()) + len(part) / rate
            await slots.acquire()
            if sending.stopped.is_set():
                break
            orders = self._desk.issuer.orders(plan, sending.digest, part, arguments, trace)
            started.append(self.spawn(sending, self._run(sending, orders, slots)))
            await asyncio.sleep(0)
        if started:
            await asyncio.wait(started)  # what stops one of them is in the sending

    async def again(self, sending: Sending, due: Sequence[tuple[int, Order, int]]) -> None:
        """Another try of orders that failed, each with how often it was tried before."""
        spans: dict[int, list[tuple[Order, int]]] = {}
        for _, order, tries in due:
            spans.setdefault(order.expires - order.created, []).append((order, tries))
        try:
            for span, some in spans.items():
                orders = self._desk.issuer.once_more([order for order, _ in some], span)
                await self._run(sending, orders, tries=[tries + 1 for _, tries in some])
        finally:
            sending.retrying -= len(due)
            sending.look()

    def spawn(self, sending: Sending, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Work for a sending, which is stopped when that fails."""

        async def guarded() -> None:
            try:
                await work
            except Exception as error:  # whoever waits for the sending raises it
                sending.stop(error)

        task = asyncio.get_running_loop().create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def aclose(self) -> None:
        """Drop everything."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def halt(self, grace: float) -> None:
        """Nothing leaves any more: what is leaving has `grace` seconds. What was handed on without an answer may have
        left."""
        tasks = list(self._tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        lost = [flight for flight in self._desk.flights if flight.handed]
        for flight in lost:
            flight.handed = False
        self._desk.ask(self._desk.now(), self._desk.hear(lost, Heard.LOST, "it was leaving as it was stopped"))

    async def _run(
        self,
        sending: Sending,
        orders: Sequence[Order],
        slots: asyncio.Semaphore | None = None,
        tries: Sequence[int] | None = None,
    ) -> None:
        desk = self._desk
        try:
            envelopes = await desk.issuer.sealed(orders)
            if sending.stopped.is_set():
                return
            now = desk.now()
            intents = [
                Intent(order, envelope, desk.session, desk.actor, now)
                for order, envelope in zip(orders, envelopes, strict=True)
            ]
            await desk.scribe.write([*sending.preface(), *intents])
            course = Course(since=now)
            flights = [Flight(order, sending, course, patience=desk.patience) for order in orders]
            for flight, often in zip(flights, tries or (), strict=False):
                flight.tries = often
            desk.flights.add(flights)
            desk.due.put(min(order.expires for order in orders), flights)
            await self.hand(sending, flights, envelopes)
        finally:
            if slots is not None:
                slots.release()

    async def hand(self, sending: Sending, flights: Sequence[Flight], envelopes: Sequence[bytes]) -> None:
        """Give orders that are written down to the executor."""
        desk = self._desk
        if sending.stopped.is_set():
            desk.withdraw(flights)
            return
        outgoing = [Outgoing(flight.order, one, flight.sends) for flight, one in zip(flights, envelopes, strict=True)]
        for flight in flights:
            flight.handed = True
            flight.sends += 1
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            receipts = await desk.means.executor.send(outgoing)
        except CdctlError:
            for flight in flights:
                flight.handed = False
            desk.withdraw(flights)
            raise
        self._learn(len(flights), loop.time() - began)
        self._receive(sending, flights, receipts)

    def _receive(self, sending: Sending, flights: Sequence[Flight], receipts: Sequence[Receipt]) -> None:
        desk, now = self._desk, self._desk.now()
        hear = desk.flights.hear
        moves = []
        silent: list[Flight] = []
        lost: list[Flight] = []
        back: list[Flight] = []
        for flight, receipt in zip(flights, receipts, strict=True):
            flight.handed = False
            heard, reason = _heard(receipt)
            move = hear(flight, heard, now, reason)
            if move is not None:
                moves.append(move)
            state = flight.course.state
            if state is State.SENT:
                silent.append(flight)
            elif state is State.UNKNOWN:
                lost.append(flight)
            elif state is State.QUEUED:
                back.append(flight)
        desk.scribe.note_lazily(moves)  # a program that dies before knows as much: it may have left
        desk.ask(now + desk.patience, silent)
        desk.ask(now, lost)
        desk.leave.put(now + _RETURN_MS, back)
        sending.left(len(flights) - len(back))

    def _learn(self, count: int, took: float) -> None:
        if took > _SLOW:
            self._size = max(_LEAST, min(self._size, count) // 2)
        elif took < _QUICK and count >= self._size:
            self._size = min(_MOST, self._size * 2)


def _heard(receipt: Receipt) -> tuple[Heard, str]:
    code = receipt.code
    if code == 0:
        return Heard.SENT, ""
    if code is None:
        return Heard.LOST, receipt.reason
    if code < 0x80:
        return Heard.SENT, receipt.reason
    return (Heard.RETURNED if code in _RETURNED else Heard.REFUSED), receipt.reason


async def _until(sending: Sending, at: float) -> None:
    """Wait for an instant of the loop's clock, or a stop."""
    pause = at - asyncio.get_running_loop().time()
    if pause > 0:
        try:
            await asyncio.wait_for(sending.stopped.wait(), pause)
        except TimeoutError:
            return
