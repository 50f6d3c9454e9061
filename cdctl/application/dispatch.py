"""Sends a plan: intents, envelopes, publishes, words of vehicles, until every order has ended or is known to wait."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

from cdctl.application.desk import Desk
from cdctl.application.flights import Flight
from cdctl.application.hearing import Hearing
from cdctl.application.issuing import Means
from cdctl.application.launching import Launcher
from cdctl.application.recalling import ended, named, outcome, take_back
from cdctl.application.reconcile import Reconciler
from cdctl.application.resuming import left_by, preface
from cdctl.application.sending import Sending
from cdctl.application.spans import begin, end
from cdctl.application.tally import Outcome, Tell
from cdctl.application.words import Words
from cdctl.domain.orders.command import Command
from cdctl.domain.orders.executing import Said
from cdctl.domain.orders.keeping import Kept
from cdctl.domain.orders.plan import Plan, Target

_TICK = 0.2
_GRACE = 1.0
"""Seconds that what is leaving has when nothing more may leave: an abort holds after two."""


class Dispatch:
    """Orders of one session (port Hearer). One owner, one event loop.

    skew: seconds by which clocks may differ and messages be under way. patience: seconds after which a vehicle that did
    not acknowledge is asked; every next time it is twice as long.
    """

    def __init__(self, means: Means, *, session: str, skew: float = 10.0, patience: float = 10.0) -> None:
        self._desk = desk = Desk(
            means, session, skew=round(skew * 1000), patience=round(patience * 1000), broken=self._broken
        )
        self.session = session
        self._launcher = Launcher(desk)
        self._reconciler = Reconciler(desk, self._launcher)
        self._words = Words(desk, Hearing(means, desk.actor), self._adopt)
        self._sendings: set[Sending] = set()
        self._tending = False
        self._work: set[asyncio.Task[None]] = set()
        self._notes: dict[str, str] = {}

    async def open(self, regions: Iterable[str]) -> Mapping[str, str]:
        """Connect, unless it was done; regions that cannot be reached now, and why: they are tried again. Raises as
        `send`."""
        wanted = sorted(set(regions))
        await self._desk.means.executor.open(self, wanted)
        if not self._tending:
            self._tending = True
            self._spawn(self._tend())
        return self._desk.reach.among(wanted)

    def away(self, regions: Iterable[str]) -> Mapping[str, str]:
        """Those of them that have no link now, and why."""
        return self._desk.reach.among(regions)

    async def send(
        self,
        plan: Plan,
        command: Command,
        *,
        targets: Sequence[Target] | None = None,
        rate: float | None = None,
        retries: int = 0,
        wait: bool = True,
        tell: Tell | None = None,
        digest: str = "",
    ) -> Outcome:
        """Send a plan, or the part of it that `targets` names (a wave). Returns when every order has ended; without
        `wait` when all were handed to their brokers, as far as these can be reached. Orders to regions that cannot be
        stay queued, and leave when there is a link.

        rate: orders a second at most. retries: how often a failure that the command calls retryable is tried again.
        digest: the plan's, for who has it and has written the plan down: hashing a million targets takes a second.
        Raises UnavailableError when the journal cannot be written or no broker can be reached (nothing was sent then),
        and RefusedError when answers may not be heard.
        """
        content = b"" if digest else plan.content()
        digest = digest or hashlib.sha256(content).hexdigest()
        some = plan.targets if targets is None else targets
        await self.open(target.region for target in some)
        told = {"plan": digest, "whole": targets is None, "retries": retries, "rate": rate}
        sending = self._sending(digest, command, plan.arguments, tell, retries=retries, rate=rate)
        sending.notes = preface(self._desk, told, content)
        sending.tally.total = len(some)
        return await self._through(sending, plan, some, wait)

    async def resume(self, *, tell: Tell | None = None) -> Sequence[Outcome]:
        """Go on with what the session left open; an outcome for each plan. Vehicles' ledgers are asked first, and only
        what they certainly do not hold is sent again. What its plans had not begun is sent now, unless they were
        aborted or are too old. Raises as `send`."""
        desk = self._desk
        found = left_by(desk.means.journal, self.session, desk.now())
        work = []
        for left in found:
            command = desk.means.command(left.plan.command) if left.plan else None
            arguments = left.plan.arguments if left.plan else {}
            sending = self._sending(left.digest, command, arguments, tell, retries=left.retries, rate=left.rate)
            sending.tally.total = len(left.open) + len(left.targets) + left.missed
            if left.stopped:
                sending.stop()
            flights = [self._take_over(kept, sending, left.tries.get(kept.order.key, 1) - 1) for kept in left.open]
            self._reconciler.lose(flights, "the program ended")
            work.append((sending, left.plan, left.targets))
        regions = {flight.order.region for flight in desk.flights}
        await self.open(regions | {target.region for _, _, targets in work for target in targets})
        return await asyncio.gather(*(self._through(*one, True) for one in work))

    async def cancel(self, orders: Sequence[Kept], *, tell: Tell | None = None) -> Outcome:
        """Take orders back: what never left ends at once, of the others the vehicles are asked to let go; their words
        tell what became of it. Returns when all have ended. Orders of a session that another process goes on with end
        there."""
        desk = self._desk
        await self.open(kept.order.region for kept in orders)
        live = [kept for kept in orders if not kept.course.state.terminal]
        over = [kept for kept in orders if kept.course.state.terminal]
        for kept in live:
            desk.note("cancel", kept.order.id, {"vin": kept.order.vin, "command": kept.order.command}, ending=True)
        sending = Sending("", None, {}, tell=tell)
        sending.launched = True
        sending.stop()
        sending.tally.total = len(orders)
        sessions = dict.fromkeys(kept.session for kept in live)
        mine = {one for one in sessions if one == self.session or await desk.means.take_over(one)}
        own = [kept for kept in live if kept.session in mine]
        others = [kept for kept in live if kept.session not in mine]
        found = [desk.flights.by_id.get(kept.order.id) for kept in own]
        taken = [self._take_over(kept, sending) for kept, one in zip(own, found, strict=True) if one is None]
        self._reconciler.lose(taken, "its program ended")
        await self._recall([*filter(None, found), *taken])
        asked = take_back(desk, [kept.order for kept in others])
        if self.away(kept.order.region for kept in others):
            self._spawn(asked)  # it leaves when there is a link
        else:
            await asked
        names = [kept.order.id for kept in orders]
        await ended(desk, [*own, *over], others, sending)
        return Outcome("", self.session, sending.tally, lambda: named(desk, names))

    async def abort(self, *, cancel: bool = False) -> None:
        """No order leaves any more; what had not left is cancelled. `send` and `resume` return when what is under way
        has ended. cancel: ask the vehicles, too, to drop what they have not begun."""
        desk = self._desk
        for sending in list(self._sendings):
            if sending.digest:
                desk.note("cancel", sending.digest, {"what": "abort"}, ending=True)
            sending.stop()
        desk.withdraw(list(desk.flights))
        await self._launcher.halt(_GRACE)
        desk.withdraw(list(desk.flights))
        if cancel:
            await self._recall(list(desk.flights))
        await desk.settle()

    def on_said(self, said: Sequence[Said]) -> Awaitable[None] | None:
        """See `Hearer`."""
        return self._words.take(said)

    def on_back(self, region: str, vins: Sequence[str]) -> None:
        """See `Hearer`."""
        self._reconciler.back(vins)

    def on_link(self, region: str, *, up: bool, forgot: bool, note: str = "") -> None:
        """See `Hearer`."""
        if up:
            self._desk.reach.up(region)
            self._reconciler.mended(region, forgot=forgot)
        else:
            self._desk.reach.down(region, note)
            self._reconciler.cut(region)
        told = note if up else f"no link: {note}"
        if told:
            self._notes[region] = f"{region}: {told}"
        else:
            self._notes.pop(region, None)

    async def settle(self) -> None:
        """Returns when everything that happened so far stands in the journal. Raises UnavailableError."""
        await self._desk.settle()

    async def aclose(self) -> None:
        """Let go of brokers; what is open waits in the journal for `resume`."""
        await self._launcher.aclose()
        for task in list(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        self._words.note_forged(last=True)
        await self._desk.scribe.aclose()
        self._words.close()
        await self._desk.means.executor.aclose()

    async def _through(self, sending: Sending, plan: Plan | None, targets: Sequence[Target], wait: bool) -> Outcome:
        """To the end of a sending."""
        self._sendings.add(sending)
        name = plan.command if plan is not None else "resume"
        trace = begin(self._desk.means.traces, name, sending.digest, self.session, len(targets))
        try:
            if plan is not None and targets:
                await self._launcher.launch(sending, plan, targets, trace.parent)
            sending.launched = True
            self._desk.scribe.note(sending.preface())
            sending.look()
            if wait:
                await sending.done.wait()
            sending.rethrow()
            await self._desk.settle()
        finally:
            if sending.over:
                self._sendings.discard(sending)
            self._tell(sending)
            end(trace, sending.tally)
        return outcome(self._desk, sending)

    def _sending(
        self, digest: str, command: Command | None, arguments: Mapping[str, object], tell: Tell | None, **how: Any
    ) -> Sending:
        return Sending(digest, command, arguments, pause=self._desk.patience // 5, tell=tell, **how)

    def _take_over(self, kept: Kept, sending: Sending, tries: int = 0) -> Flight:
        """An order as the journal has it, in flight again."""
        desk = self._desk
        flight = Flight(kept.order, sending, kept.course, tries, patience=desk.patience)
        desk.flights.add([flight])
        desk.due.put(desk.now(), [flight])
        self._sendings.add(sending)
        return flight

    def _adopt(self, kept: Kept) -> Flight:
        """An answer came to what this session sent, and nobody here waits for it."""
        sending = Sending(kept.order.plan, self._desk.means.command(kept.order.command), {})
        sending.launched = True
        sending.stop()
        return self._take_over(kept, sending)

    async def _recall(self, flights: Sequence[Flight]) -> None:
        desk = self._desk
        for flight in flights:
            flight.recalled = True
        desk.withdraw(flights)
        desk.ask(desk.now(), [flight for flight in flights if not flight.course.state.terminal])
        await desk.settle()

    def _tell(self, sending: Sending) -> None:
        sending.tally.degraded = tuple(self._notes.values())
        sending.tally.forged = self._words.forged
        sending.tell()

    def _broken(self, error: Exception) -> None:
        """The journal takes nothing new: nothing more leaves, and what has left is seen to its end. Where not even ends
        can be written, or something else fails that everything needs, nobody waits for that."""
        scribe = self._desk.scribe
        if error is not scribe.error or scribe.hopeless:
            for sending in list(self._sendings):
                sending.stop(error)
            return
        for sending in list(self._sendings):
            sending.refuse(error)
        self._desk.withdraw(list(self._desk.flights))

    async def _tend(self) -> None:
        """Look after everything that waits for a time."""
        desk, reconciler = self._desk, self._reconciler
        while True:
            reconciler.overdue()
            if asked := reconciler.silent():
                self._spawn(reconciler.ask(asked))
            if leaving := desk.leave.due(desk.now()):
                reconciler.send_again(leaving)
            self._words.note_forged()
            for sending in list(self._sendings):
                if again := sending.take_again(desk.now()):
                    self._launcher.spawn(sending, self._launcher.again(sending, again))
                self._tell(sending)
                if sending.over:
                    self._sendings.discard(sending)
            await asyncio.sleep(_TICK)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except Exception as error:  # nobody looks after orders any more: whoever waits for them is told
                self._broken(error)

        task = asyncio.get_running_loop().create_task(guarded())
        task.add_done_callback(lambda _: work.close())  # one that is cancelled before it began
        self._work.add(task)
        task.add_done_callback(self._work.discard)
