"""What is to be published: a window of unacknowledged messages, receipts in order, and a share for everyone."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from cdctl.domain.wire import Address, Publish, Receipt
from cdctl.links.carrier import Carrier, Opened
from cdctl.links.limiter import Limiter
from cdctl.links.reasons import words
from cdctl.links.sizes import publish_size

_SHARE = 64
"""Messages that one call sends before another has its turn: an abort does not wait for a rollout."""
_GATHER_SECONDS = 0.001
"""So long half a window waits for more acknowledgements: ten messages in one write cost a third less than ten writes,
and the broker works on the other half meanwhile."""
_MOST_BYTES = 268_435_460
"""The largest packet that MQTT knows (MQTT 5.0, section 2.1.4)."""
_TAKEN = Receipt(0)


@dataclass(slots=True, eq=False)
class _Batch:
    messages: Sequence[Publish]
    receipts: list[Receipt]
    done: asyncio.Future[None]
    next: int = 0
    left: int = 0

    def settle(self, index: int, receipt: Receipt) -> None:
        self.receipts[index] = receipt
        self.left -= 1
        if not self.left and not self.done.done():
            self.done.set_result(None)


class Outbox:
    """Publishes of one link, over all its connections."""

    def __init__(self, address: Address) -> None:
        self.published = 0
        self.acknowledged = 0
        self._address = address
        self._loop = asyncio.get_running_loop()
        self._carrier: Carrier | None = None
        self._opened: Opened | None = None
        self._window = 0
        self._limiter: Limiter | None = None
        if address.rate or address.byte_rate:
            self._limiter = Limiter(address.rate, address.byte_rate, self._loop.time())
        self._queue: deque[_Batch] = deque()
        self._flying: dict[int, tuple[_Batch, int]] = {}
        self._gathering: asyncio.TimerHandle | None = None
        self._waiting: asyncio.TimerHandle | None = None

    @property
    def in_flight(self) -> int:
        """Sent and not acknowledged."""
        return len(self._flying)

    @property
    def empty(self) -> bool:
        """Whether nothing is queued or in flight."""
        return not self._queue and not self._flying

    async def publish(self, messages: Sequence[Publish]) -> Sequence[Receipt]:
        """Queue, send, and wait for all receipts."""
        if not messages:
            return []
        batch = _Batch(messages, [_TAKEN] * len(messages), self._loop.create_future(), left=len(messages))
        self._queue.append(batch)
        self.pump()
        try:
            await batch.done
        except asyncio.CancelledError:
            if batch in self._queue:
                self._queue.remove(batch)
            raise
        return batch.receipts

    def opened(self, carrier: Carrier, opened: Opened) -> None:
        """A connection is up. With its session, what was in flight is sent again; without, it is given up."""
        self._carrier, self._opened = carrier, opened
        self._window = max(1, min(opened.up.receive_maximum, self._address.receive_maximum))
        if opened.up.session_present:
            for mid, (batch, index) in self._flying.items():
                carrier.resend(mid, batch.messages[index])
            carrier.flush()
        elif self._flying:
            self.give_up("the link was cut, and the broker had forgotten the session")
        self.pump()

    def cut(self) -> None:
        """The connection is gone; everything waits for the next."""
        self._carrier = None
        for timer in (self._gathering, self._waiting):
            if timer is not None:
                timer.cancel()
        self._gathering = self._waiting = None

    def give_up(self, reason: str) -> None:
        """Nobody knows what became of what is in flight, and the rest is not sent."""
        flying, self._flying = self._flying, {}
        queued, self._queue = self._queue, deque()
        for batch, index in flying.values():
            batch.settle(index, Receipt(None, reason))
        for batch in queued:
            for index in range(batch.next, len(batch.messages)):
                batch.settle(index, Receipt(None, f"not sent: {reason}"))

    def taken(self, mids: Sequence[int]) -> None:
        """Acknowledged with success."""
        flying = self._flying
        for mid in mids:
            found = flying.pop(mid, None)
            if found is not None:
                self.acknowledged += 1
                batch = found[0]
                batch.left -= 1  # `settle`, without the receipt that is there already
                if not batch.left and not batch.done.done():
                    batch.done.set_result(None)

    def answered(self, mid: int, code: int, text: str) -> None:
        """Acknowledged with a code of its own."""
        found = self._flying.pop(mid, None)
        if found is not None:
            self.acknowledged += 1
            found[0].settle(found[1], Receipt(code, words(code, text)))

    def refill(self) -> None:
        """Acknowledgements have come: send on, but not one by one while more of them are about to come."""
        room = self._window - len(self._flying)
        if not self._queue or self._carrier is None:
            return
        if self._flying and room < min(self._window // 2, _SHARE):
            if self._gathering is None:
                self._carrier.hurry()
                self._gathering = self._loop.call_later(_GATHER_SECONDS, self.pump)
            return
        self.pump()

    def pump(self) -> None:
        """Send as much as the window, the network and the caps allow."""
        carrier = self._carrier
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        if carrier is None or self._waiting is not None:
            return
        while self._queue and not carrier.blocked:
            batch = self._queue[0]
            room = self._window - len(self._flying)
            if room <= 0:
                break
            wait = self._send(carrier, batch, min(room, _SHARE))
            self._queue.popleft()
            if batch.next < len(batch.messages):
                self._queue.append(batch)
            if wait:
                self._waiting = self._loop.call_later(wait, self._waited)
                break
        carrier.flush()

    def _waited(self) -> None:
        self._waiting = None
        self.pump()

    def _send(self, carrier: Carrier, batch: _Batch, most: int) -> float:
        """Send a share of a batch; seconds to wait when the caps say so."""
        flying, messages, limiter = self._flying, batch.messages, self._limiter
        limited = limiter is not None or self._is_limited()
        first, wait = batch.next, 0.0
        for index in range(first, min(first + most, len(messages))):
            message = messages[index]
            if limited:
                if limiter is not None and (wait := limiter.wait(self._loop.time())):
                    break
                if (refused := self._refused(message, limiter)) is not None:
                    batch.next += 1
                    batch.settle(index, refused)
                    continue
            batch.next += 1
            try:
                mid = carrier.send(message)
            except (ValueError, OverflowError, TypeError) as error:
                batch.settle(index, Receipt(0x80, f"not sent, it cannot be encoded: {error}"))
                continue
            self.published += 1
            if mid:
                flying[mid] = (batch, index)
            else:
                batch.settle(index, _TAKEN)
        return wait

    def _is_limited(self) -> bool:
        opened = self._opened
        return opened is not None and (
            opened.up.maximum_packet is not None or opened.maximum_qos < 1 or not opened.up.retain
        )

    def _refused(self, message: Publish, limiter: Limiter | None) -> Receipt | None:
        """What the broker has announced it would refuse is not sent: it would cut the link."""
        opened = self._opened
        assert opened is not None
        size = size_of(message, opened.up.version)
        if size > (opened.up.maximum_packet or _MOST_BYTES):
            return Receipt(0x95, f"not sent: {words(0x95)}, {size:,} bytes of {opened.up.maximum_packet:,}")
        if message.qos > opened.maximum_qos:
            return Receipt(0x9B, f"not sent: {words(0x9B)}")
        if message.retain and not opened.up.retain:
            return Receipt(0x9A, f"not sent: {words(0x9A)}")
        if limiter is not None:
            limiter.spend(size)
        return None


def size_of(message: Publish, version: int) -> int:
    """Bytes of a message on the wire."""
    return publish_size(
        message.topic,
        message.payload,
        message.qos,
        version,
        response_topic=message.response_topic,
        correlation_data=message.correlation_data,
        expiry=message.expiry,
        user_properties=message.user_properties,
    )
