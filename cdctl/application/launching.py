"""Orders leave: written down first, signed in runs while the runs before are on their way."""

from __future__ import annotations

import asyncio
from collections import defaultdict
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
        self._sizes: dict[str, int] = defaultdict(lambda: _FIRST)
        """Of the next run, by region."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def launch(
        self,
        sending: Sending,
        plan: Plan,
        targets: Sequence[Target],
        trace: tuple[str, str] = ("", ""),
    ) -> None:
        """An order for each target, every region by itself; returns when all are written down and every broker that can
        be reached has answered, or nothing may leave any more."""
        arguments: Mapping[str, object] = plan.arguments
        if sending.command is not None:
            arguments = dict(sending.command.encode(sending.arguments))
        regions: dict[str, list[Target]] = defaultdict(list)
        for target in targets:
            regions[target.region].append(target)
        work = [self._launch(sending, plan, region, some, arguments, trace) for region, some in regions.items()]
        if work:
            await asyncio.wait([self.spawn(sending, one) for one in work])  # what stops one of them is in the sending

    async def _launch(
        self,
        sending: Sending,
        plan: Plan,
        region: str,
        targets: Sequence[Target],
        arguments: Mapping[str, object],
        trace: tuple[str, str],
    ) -> None:
        slots = asyncio.Semaphore(_UNDER_WAY)
        started: list[asyncio.Task[None]] = []
        start = 0
        while start < len(targets) and not sending.stopped.is_set():
            part = targets[start : start + sending.pace.size(self._sizes[region])]
            start += len(part)
            if region not in self._desk.reach:  # what stays queued takes nobody's turn
                await sending.pace.turn(len(part))
            await slots.acquire()
            if sending.stopped.is_set():
                break
            orders = self._desk.issuer.orders(plan, sending.digest, part, arguments, trace)
            started.append(self.spawn(sending, self._run(sending, orders, slots)))
            await asyncio.sleep(0)
        if started:
            await asyncio.wait(started)

    async def again(self, sending: Sending, due: Sequence[tuple[int, Order, int]]) -> None:
        """Another try of orders that failed, each with how often it was tried before."""
        spans: dict[tuple[str, int], list[tuple[Order, int]]] = {}
        for _, order, tries in due:
            spans.setdefault((order.region, order.expires - order.created), []).append((order, tries))
        try:
            for (_, span), some in spans.items():
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
                if error is self._desk.scribe.error and not self._desk.scribe.hopeless:
                    sending.refuse(error)
                else:
                    sending.stop(error)

        task = asyncio.get_running_loop().create_task(guarded())
        task.add_done_callback(lambda _: work.close())  # one that is cancelled before it began
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
        """Give orders of one region that are written down to the executor; returns when it has answered, or when the
        link is cut: what is on its way is told of then when it is back. Without a link they stay queued until then."""
        desk, region = self._desk, flights[0].order.region
        if sending.stopped.is_set():
            desk.withdraw(flights)
        elif region not in desk.reach:
            await desk.reach.unless_gone(region, self.spawn(sending, self._handed(sending, flights, envelopes)))

    async def _handed(self, sending: Sending, flights: Sequence[Flight], envelopes: Sequence[bytes]) -> None:
        desk = self._desk
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
        self._learn(flights[0].order.region, len(flights), loop.time() - began)
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
        desk.scribe.note_lazily(moves, ending=True)  # a program that dies before knows as much: it may have left
        desk.ask(now + desk.patience, silent)
        desk.ask(now, lost)
        desk.leave.put(now + _RETURN_MS, back)
        sending.left(len(flights) - len(back))

    def _learn(self, region: str, count: int, took: float) -> None:
        size = self._sizes[region]
        if took > _SLOW:
            self._sizes[region] = max(_LEAST, min(size, count) // 2)
        elif took < _QUICK and count >= size:
            self._sizes[region] = min(_MOST, size * 2)


def _heard(receipt: Receipt) -> tuple[Heard, str]:
    code = receipt.code
    if code == 0:
        return Heard.SENT, ""
    if code is None:
        return Heard.LOST, receipt.reason
    if code < 0x80:
        return Heard.SENT, receipt.reason
    return (Heard.RETURNED if code in _RETURNED else Heard.REFUSED), receipt.reason
