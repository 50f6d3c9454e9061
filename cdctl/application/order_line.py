"""One region's link for orders: listens to answers before anything is sent, and comes back after every cut."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, repeat

from cdctl.domain.orders.executing import Hearer
from cdctl.domain.wire import Filter, Grant, Link, Listener, Message, Publish, Receipt, Up
from cdctl.errors import RefusedError, UnavailableError

Open = Callable[[Listener], Link]
Arrived = Callable[[Sequence[Message]], Awaitable[None] | None]
Replies = Callable[[Sequence[str] | None], Sequence[Filter]]

_DEAF = Receipt(0x87, "not sent: the broker does not let us hear this vehicle's answers")
_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)


class OrderLine:
    """The link of one region (port Listener)."""

    def __init__(
        self,
        region: str,
        opens: Open,
        hearer: Hearer,
        arrived: Arrived,
        replies: Replies,
        births: Sequence[Filter],
    ) -> None:
        """`replies` gives the filters of all answers to us, or of those of some vehicles."""
        self.on_messages = arrived
        self._region, self._opens, self._hearer, self._replies = region, opens, hearer, replies
        # Who comes back is news; what the broker has kept of a whole fleet is not.
        self._births = [replace(one, qos=0, retained=False) for one in births]
        self._link = opens(self)
        self._up = asyncio.Event()
        self._listening = False
        self._narrow = False
        self._heard: dict[str, bool] = {}
        self._filling = asyncio.Lock()
        self._flying: set[asyncio.Task[Sequence[Receipt]]] = set()
        self._again: asyncio.Task[None] | None = None
        self._note = ""

    @property
    def in_flight(self) -> int:
        """Messages that left and that the broker has not acknowledged yet."""
        return self._link.counters().in_flight

    @property
    def is_up(self) -> bool:
        """Whether what is sent can leave, and its answers be heard."""
        return self._listening and self._up.is_set()

    def keep_trying(self, why: str) -> None:
        """It could not be opened: go on trying, and tell when it is."""
        self._hearer.on_link(self._region, up=False, forgot=False, note=why)
        self._again = asyncio.create_task(self._anew())

    async def open(self) -> None:
        """Connect, and listen. Raises as `Executor.open`."""
        up = await self._link.connect()
        await self._listen()
        self._listening = True
        self._hearer.on_link(self._region, up=True, forgot=not up.session_present, note=self._note or up.note)

    async def listen(self, filters: Sequence[Filter]) -> None:
        """Hear these topics, too."""
        await self._link.subscribe(filters)

    async def ready(self) -> None:
        """Wait while the link is down."""
        if not self._up.is_set():
            await self._up.wait()

    async def publish(self, vins: Sequence[str], messages: Sequence[Publish]) -> Sequence[Receipt]:
        """A receipt for each. Cancelled, it lets nothing leave any more."""
        if self._narrow:
            await self._hear(vins)
            if not all(self._heard[vin] for vin in vins):
                return await self._publish_heard(vins, messages)
        return await self._handed(messages)

    async def _publish_heard(self, vins: Sequence[str], messages: Sequence[Publish]) -> Sequence[Receipt]:
        """Nothing is sent to a vehicle whose answer could not come."""
        heard = [self._heard[vin] for vin in vins]
        got = iter(await self._handed([message for message, good in zip(messages, heard, strict=True) if good]))
        return [next(got) if good else _DEAF for good in heard]

    async def _handed(self, messages: Sequence[Publish]) -> Sequence[Receipt]:
        try:
            return await self._link.publish(messages)
        except asyncio.CancelledError:
            if not self._up.is_set() and self._again is None:
                # What was on its way would be sent again by the link when it is back: it must not be.
                self._again = asyncio.create_task(self._anew())
            raise

    def on_up(self, up: Up) -> None:
        """See `Listener`. Without its session it counts only when answers are heard again."""
        self._up.set()
        if self._listening and up.session_present:
            self._hearer.on_link(self._region, up=True, forgot=False, note=up.note or self._note)

    def on_down(self, reason: str) -> None:
        """See `Listener`."""
        self._up.clear()
        if self._listening:
            self._hearer.on_link(self._region, up=False, forgot=False, note=reason)

    def on_grants(self, grants: Sequence[Grant]) -> None:
        """See `Listener`: the broker had forgotten us, and knows us again."""
        refused = [one for one in grants if one.qos is None]
        if refused:
            self._note = f"the broker no longer lets us hear {len(refused)} topics: {refused[0].reason}"
        if self._listening:
            self._hearer.on_link(self._region, up=True, forgot=True, note=self._note)

    async def aclose(self) -> None:
        """Let go."""
        self._listening = False
        if self._again is not None:
            self._again.cancel()
            await asyncio.gather(self._again, return_exceptions=True)
        if self._up.is_set():
            # Answers are kept for whoever resumes; a whole fleet's births would only fill the session.
            await self._link.unsubscribe([one.topic for one in self._births])
        await self._link.aclose()

    async def _listen(self) -> None:
        wanted = list(self._replies(None))
        grants = await self._link.subscribe([*wanted, *self._births])
        answers, births = grants[: len(wanted)], grants[len(wanted) :]
        if any(one.qos is None for one in answers):
            self._narrow = True  # each vehicle's own topic, when something is sent to it
            self._heard.clear()
            self._note = "the broker refuses one filter for all answers: every vehicle's is asked for by itself"
        elif any(one.qos is None for one in births):
            self._note = f"the broker does not tell when vehicles come back ({births[0].reason}): they are asked"

    async def _hear(self, vins: Sequence[str]) -> None:
        async with self._filling:
            new = [vin for vin in dict.fromkeys(vins) if vin not in self._heard]
            if not new:
                return
            filters = [list(self._replies([vin])) for vin in new]
            grants = await self._granted([one for some in filters for one in some])
            for vin, some in zip(new, filters, strict=True):
                told = [next(grants) for _ in some]
                self._heard[vin] = all(one.qos is not None for one in told)
            if not any(self._heard.values()):
                hint = "ask for the right to subscribe to the answers to this session, of every vehicle or of each"
                raise RefusedError("the broker does not let us hear answers", subject=self._region, hint=hint)

    async def _granted(self, filters: Sequence[Filter]) -> Iterator[Grant]:
        """What the broker says; a link that is cut meanwhile is no answer."""
        while True:
            await self._up.wait()
            grants = await self._link.subscribe(filters)
            if self._up.is_set():
                return iter(grants)

    async def _anew(self) -> None:
        """Another link to the same session, which knows nothing of what was on its way."""
        self._listening = False
        await self._link.aclose()
        self._link = self._opens(self)
        for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
            try:
                up = await self._link.connect()
                await self._listen()
            except UnavailableError as error:
                self._hearer.on_link(self._region, up=False, forgot=False, note=error.message)
                await asyncio.sleep(pause)
                continue
            break
        self._again, self._listening = None, True
        self._hearer.on_link(self._region, up=True, forgot=not up.session_present, note=self._note or up.note)
