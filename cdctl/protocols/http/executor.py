"""Orders over a command API (port Executor): submitted, looked at until they end, taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack

from cdctl.domain.fleet.speech import Promises
from cdctl.domain.orders.api import ApiProfile, Call, Callback
from cdctl.domain.orders.executing import Hearer, Outgoing, Said
from cdctl.domain.orders.order import Order
from cdctl.domain.ports import Clock
from cdctl.domain.wire import Receipt
from cdctl.errors import UnavailableError
from cdctl.protocols.http import judging
from cdctl.protocols.http.asking import STAYED, Asking
from cdctl.protocols.http.calls import Calls
from cdctl.protocols.http.knowledge import REMOTE, Knowledge
from cdctl.protocols.http.reaching import Place
from cdctl.protocols.http.receiving import Ear, Receiver
from cdctl.protocols.http.teller import Teller
from cdctl.protocols.http.templates import MISSING, submit_of

Recall = Callable[[str], str]
Where = Callable[[], Place]
_FIRST_PAUSE = 0.2
_NOT_BEGUN = Receipt(judging.LATER, "not sent: it was stopped")
_TOO_LATE = Receipt(judging.LATER, "not sent: it expired while it waited for its turn")
_LEAVING = Receipt(None, "it was leaving as it was stopped")
_GONE = frozenset({404, 410})


class HttpExecutor:
    """Carries the orders of one session over an API. One owner, one event loop.

    place: where the API is, asked when it is first needed: secrets are read then. recall: the API's id of an order's
    job as the journal has it, empty when it has none. ear: how its calls are heard, None to look alone.
    """

    def __init__(
        self, profile: ApiProfile, place: Where, session: str, recall: Recall, clock: Clock, ear: Ear | None = None
    ) -> None:
        self._profile, self._recall, self._clock, self._ear = profile, recall, clock, ear
        self._asking = Asking(profile, place, clock, self._note)
        self._sessions = {session}
        self._serving = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._regions: dict[str, None] = {}

    @property
    def promises(self) -> Promises:
        """See `Executor`: what the profile says; nobody signs what an API says of a vehicle."""
        return Promises(dedupe=bool(self._profile.dedupe[0]), cancel=self._profile.cancel is not None)

    async def open(self, hearer: Hearer, regions: Sequence[str]) -> None:
        """See `Executor`."""
        self._regions |= dict.fromkeys(regions)
        if self._tasks:
            return
        await self._asking.open()
        callback = self._profile.callback if self._ear is not None else None
        self._hearer, self._teller = hearer, Teller(hearer)
        rarely = callback.interval if callback is not None else 0.0
        self._known = Knowledge(self._profile, self._asking, self._teller, self._now, rarely)
        if self._ear is not None and callback is not None:
            await self._listen(self._ear, callback)
        self._tasks = [asyncio.create_task(self._teller.run()), asyncio.create_task(self._known.jobs.run())]

    async def _listen(self, ear: Ear, callback: Callback) -> None:
        """Hear the API's calls. Where that cannot be, jobs are looked at as often as if it did not call."""
        calls = Calls(
            self._profile, callback, self._known, self._teller, mine=self._mine, recall=self._recall, kept=ear.kept
        )
        found = await self._serving.enter_async_context(ear.serve(Receiver(ear.proof(), calls.take, self._doubt)))
        self._asking.callback = found.url
        if found.url:
            return
        if self._profile.poll is None and self._profile.find is None:
            hint = "its profile has no poll and no find: nobody would know what became of an order"
            raise UnavailableError(found.why, subject=self._profile.name, hint=hint)
        self._known = Knowledge(self._profile, self._asking, self._teller, self._now, 0.0)
        self._hearer.on_link("callbacks", up=True, forgot=False, note=f"{found.why}; jobs are looked at instead")

    async def listen(self, session: str) -> None:
        """Look after the jobs of another session as well."""
        self._sessions.add(session)

    async def send(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        """See `Executor`. A cancellation stops what has not left, and the receipts tell which that is."""
        receipts = [_NOT_BEGUN] * len(orders)

        async def one(place: int) -> None:
            await self._submit(orders[place].order, receipts, place)

        try:
            await self._each(len(orders), one)
            await self._teller.drain()  # the ids of the jobs are written down before anybody goes on
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
        return receipts

    async def cancel(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        """See `Executor`. Where the API cannot, or nobody knows the job, it is looked at instead."""
        receipts = [Receipt(judging.REFUSED, f"{self._profile.name} cannot cancel")] * len(orders)

        async def one(place: int) -> None:
            order = orders[place].order
            id_ = self._remote(order)
            if self._profile.cancel is not None and id_:
                answer = await self._asking.ask(self._profile.cancel, order, id_)
                receipts[place] = judging.receipt(answer, self._profile.cancel, self._profile, doubt=False)
            await self._find_out(order, again=False)

        await self._each(len(orders), one)
        return receipts

    async def query(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        """See `Executor`."""
        asked = [order for one in orders for order in one.asked or (one.order,)]

        async def one(place: int) -> None:
            await self._find_out(asked[place], again=True)

        await self._each(len(asked), one)
        return [Receipt(0)] * len(orders)

    async def aclose(self) -> None:
        """See `Executor`."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._serving.aclose()  # calls under way are told to come again
        await self._asking.aclose()

    async def _each(self, count: int, work: Callable[[int], Awaitable[None]]) -> None:
        """For every place, by as many tasks as there may be requests at once. All have ended when it returns."""
        places = iter(range(count))

        async def crew() -> None:
            for place in places:
                await work(place)

        tasks = [asyncio.create_task(crew()) for _ in range(min(count, self._profile.pace.at_once))]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _submit(self, order: Order, receipts: list[Receipt], place: int) -> None:
        """The receipt always says what is known, so that a cancellation finds the truth there."""
        profile, pace = self._profile, self._profile.pace
        if order.command not in profile.commands:
            receipts[place] = Receipt(judging.REFUSED, f"{profile.name} has no command {order.command}")
            return
        call = submit_of(profile, order.command)
        for tried in range(pace.tries):
            if tried:
                await asyncio.sleep(_FIRST_PAUSE * 2 ** (tried - 1))
            doubt = order.id in self._known.doubtful

            def leaving(doubt: bool = doubt) -> bool:
                if self._now() >= order.expires:
                    receipts[place] = Receipt(None, _TOO_LATE.reason) if doubt else _TOO_LATE
                    return False
                receipts[place] = _LEAVING
                return True

            with self._known.under_way():
                answer = await self._asking.ask(call, order, leaving=leaving, submit=True)
                if answer is STAYED:
                    return
                found = receipts[place] = self._known.taken(order, answer, call, doubt=doubt)
            again = not answer.arrived or (found.code is None and bool(profile.dedupe[0]))
            if found.code == 0 or not again:
                return

    async def _find_out(self, order: Order, *, again: bool) -> None:
        """Look at its job soon; where nobody knows the job, look for it; and let it be sent `again` if it may be."""
        if not self._mine(order):
            return
        if id_ := self._remote(order):
            job = self._known.jobs.by_order.get(order.id) or self._known.jobs.add(order, id_)
            job.told = None  # whoever asks wants to hear it again
            self._known.jobs.soon(job)
        elif (self._profile.find is None or await self._is_nowhere(order, self._profile.find)) and again:
            self._may_go_again(order)

    async def _is_nowhere(self, order: Order, call: Call) -> bool:
        answer = await self._asking.ask(call, order)
        document = judging.job(answer, call)
        if document is MISSING:
            return answer.code in _GONE or (answer.code in call.codes and answer.readable)
        if id_ := judging.remote(document, self._profile):
            self._known.found(order, id_, document)
            return False
        return document is None or document == []

    def _may_go_again(self, order: Order) -> None:
        """Only where the API does a thing once; and not as quickly as somebody may ask."""
        loop, known = asyncio.get_running_loop(), self._known.doubtful.get(order.id)
        if self._profile.dedupe[0] and (known is None or loop.time() - known >= self._profile.pace.interval):
            self._known.doubtful[order.id] = asyncio.get_running_loop().time()
            self._known.unheld(order)

    def _remote(self, order: Order) -> str:
        job = self._known.jobs.by_order.get(order.id)
        return job.remote if job is not None else self._recall(order.id)

    def _mine(self, order: Order) -> bool:
        """Whether its answers are for us: another process looks after its own."""
        return order.reply.rpartition("/")[2] in self._sessions

    def _doubt(self, why: str) -> None:
        """A call that is not believed: nobody knows which vehicle it would have been about."""
        self._teller.say(Said("callbacks", "-", self._now(), doubt=why))

    def _note(self, note: str) -> None:
        for region in self._regions:
            self._hearer.on_link(region, up=True, forgot=False, note=note)

    def _now(self) -> int:
        return round(self._clock.now() * 1000)


def remembered(moves: Sequence[Mapping[str, object]]) -> str:
    """The API's id in what was written down of an order: bodies of its moves, in order."""
    found = [judging.mapping(body.get("result")).get(REMOTE) for body in moves]
    return next((one for one in reversed(found) if isinstance(one, str)), "")
