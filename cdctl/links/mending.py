"""A link that mends itself: one carrier at a time, and what must survive its connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from cdctl.domain.text import safe
from cdctl.domain.wire import Address, Filter, Grant, LinkCounters, Listener, Message, Publish, Receipt, Up
from cdctl.errors import CdctlError, UnavailableError, UsageError
from cdctl.links.backoff import Backoff
from cdctl.links.carrier import Carrier, OldBrokerError, Opened
from cdctl.links.inbox import Inbox
from cdctl.links.outbox import Outbox
from cdctl.links.pulse import Pulse
from cdctl.links.requests import Requests
from cdctl.links.topics import is_topic

_CLOSED = "the link was closed"


class MendingLink:
    """The port `Link` over carriers; the first is preferred, the next ones are for brokers that it cannot speak to."""

    def __init__(self, address: Address, listener: Listener, carriers: Sequence[Callable[[], Carrier]]) -> None:
        """Made on the event loop that will call it. Connects to nothing yet."""
        self._address = address
        self._listener = listener
        self._makers = carriers
        self._made: dict[int, Carrier] = {}
        self._loop = asyncio.get_running_loop()
        self._outbox = Outbox(address)
        self._inbox = Inbox(listener, self._fail)
        self._requests = Requests(address.connect_timeout)
        self._pulse = Pulse(self._fail)
        self._backoff = Backoff()
        self._carrier: Carrier | None = None
        self._filters: dict[str, Filter] = {}
        self._mending: asyncio.Task[None] | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._up_since = 0.0
        self._down = "it was never connected"
        self._closed = False
        self._received = self._received_bytes = self._dropped = self._reconnects = 0

    async def connect(self) -> Up:
        """See `Link.connect`."""
        if self._closed:
            raise UsageError(_CLOSED)
        carrier, opened = await self._open()
        self._start(carrier, opened)
        return opened.up

    async def subscribe(self, filters: Sequence[Filter]) -> Sequence[Grant]:
        """See `Link.subscribe`."""
        carrier = self._carrier
        if carrier is None:
            return [Grant(wanted.topic, None, f"the link is down: {self._down}") for wanted in filters]
        grants = await self._requests.subscribe(carrier, filters)
        for wanted, grant in zip(filters, grants, strict=True):
            if grant.qos is not None:
                self._filters[wanted.topic] = wanted
        return grants

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        """See `Link.unsubscribe`."""
        for topic in topics:
            self._filters.pop(topic, None)
        if self._carrier is not None:
            await self._requests.unsubscribe(self._carrier, topics)

    async def publish(self, messages: Sequence[Publish]) -> Sequence[Receipt]:
        """See `Link.publish`. Raises UsageError for a topic that no broker takes, and for QoS 2."""
        for message in messages:
            if not is_topic(message.topic):
                raise UsageError("not a topic to publish to", subject=safe(message.topic, 100))
            if message.qos not in {0, 1}:
                raise UsageError("links publish with QoS 0 or 1", subject=safe(message.topic, 100))
        if self._carrier is None:
            return [Receipt(None, f"not sent: the link is down: {self._down}")] * len(messages)
        return await self._outbox.publish(messages)

    def counters(self) -> LinkCounters:
        """See `Link.counters`."""
        return LinkCounters(
            received=self._received,
            received_bytes=self._received_bytes,
            published=self._outbox.published,
            acknowledged=self._outbox.acknowledged,
            in_flight=self._outbox.in_flight,
            reconnects=self._reconnects,
            dropped=self._dropped + self._inbox.dropped,
        )

    async def aclose(self) -> None:
        """See `Link.aclose`. Waits at most the connect timeout for a broker that does not answer."""
        if self._closed:
            return
        self._closed = True
        if self._mending is not None:
            self._mending.cancel()
            await asyncio.gather(self._mending, return_exceptions=True)
        deadline = self._loop.time() + self._address.connect_timeout
        while self._carrier is not None and not (self._outbox.empty and self._inbox.idle):
            if self._loop.time() > deadline:
                break
            await asyncio.sleep(0.005)
        await self._inbox.aclose()
        carrier, self._carrier = self._carrier, None
        self._halt(_CLOSED)
        self._outbox.give_up(_CLOSED)
        if carrier is not None:
            await carrier.close()

    def arrived(self, messages: Sequence[Message], size: int, *, acknowledge: bool) -> None:
        """See `Hub`."""
        self._received += len(messages)
        self._received_bytes += size
        self._inbox.arrived(messages, size, acknowledge=acknowledge)

    def dropped(self, count: int) -> None:
        """See `Hub`."""
        self._dropped += count

    def taken(self, mids: Sequence[int]) -> None:
        """See `Hub`."""
        self._outbox.taken(mids)

    def answered(self, mid: int, code: int, text: str) -> None:
        """See `Hub`."""
        self._outbox.answered(mid, code, text)

    def granted(self, mid: int, codes: Sequence[int], text: str) -> None:
        """See `Hub`."""
        self._requests.answered(mid, codes, text)

    def settled(self) -> None:
        """See `Hub`."""
        self._outbox.refill()

    def lost(self, reason: str) -> None:
        """See `Hub`."""
        if self._carrier is None:
            return
        self._carrier = None
        self._backoff.held(self._loop.time() - self._up_since)
        self._halt(reason)
        if self._address.session_expiry <= 0:
            self._outbox.give_up(reason)
        elif self._expiry is None:
            self._expiry = self._loop.call_later(
                self._address.session_expiry, self._outbox.give_up, f"{reason}; the session has expired since"
            )
        self._tell_down(reason)
        if not self._closed:
            self._mending = self._loop.create_task(self._mend())

    def _fail(self, reason: str) -> None:
        """The connection is of no use any more."""
        if self._carrier is not None:
            self._carrier.abort()
            self.lost(reason)

    def _halt(self, reason: str) -> None:
        self._pulse.stop()
        self._outbox.cut()
        self._inbox.cut()
        self._requests.cut(reason)
        if self._closed and self._expiry is not None:
            self._expiry.cancel()

    def _tell_down(self, reason: str) -> None:
        if reason != self._down:
            self._down = reason
            self._listener.on_down(reason)

    async def _open(self) -> tuple[Carrier, Opened]:
        """A connection with the first carrier that the broker can speak to."""
        first: OldBrokerError | None = None
        for number, make in enumerate(self._makers):
            if number not in self._made:
                self._made[number] = make()
            carrier = self._made[number]
            try:
                return carrier, await carrier.open(self)
            except OldBrokerError as error:
                first = first or error
            except UnavailableError:
                if first is None or first.surely:
                    raise
                raise first from None  # it was no old broker: the first attempt has the better reason
        assert first is not None
        raise first

    def _start(self, carrier: Carrier, opened: Opened) -> None:
        """Up: told before anything that follows from it."""
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        if not opened.up.session_present:
            carrier.forget()
        self._carrier, self._down = carrier, ""
        self._up_since = self._loop.time()
        self._pulse.start(carrier, opened.keep_alive, lambda: self._inbox.paused)
        self._inbox.opened(carrier)
        self._listener.on_up(opened.up)
        self._outbox.opened(carrier, opened)
        if not self._inbox.paused:
            carrier.resume()

    async def _mend(self) -> None:
        """Try until it is up again, and renew what the broker has forgotten."""
        while True:
            await asyncio.sleep(self._backoff.next())
            try:
                carrier, opened = await self._open()
            except CdctlError as error:
                self._tell_down(error.message)
                continue
            self._reconnects += 1
            self._start(carrier, opened)
            if not opened.up.session_present and self._filters:
                grants = await self._requests.subscribe(carrier, list(self._filters.values()))
                self._listener.on_grants(grants)
            return
