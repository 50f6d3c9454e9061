"""One small MQTT 5 connection of the simulator: what a vehicle's modem does, and no more."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Protocol, cast

import mqtt5

Answered = tuple[str, bytes, bytes]
"""Topic, payload and correlation of an answer."""
_LARGEST_ID = 0xFFFF
_KEEP_ALIVE = 150
"""Longer than any vehicle that is awake is silent, so that none needs pings."""


class Owner(Protocol):
    """Whom a connection tells."""

    def up(self, wire: Wire) -> None:
        """The broker let it in."""
        ...

    def arrived(self, wire: Wire, packet: mqtt5.PublishPacket) -> bool:
        """A message came. True: the owner will `confirm` it when it is written down; else it is confirmed at once."""
        ...

    def acked(self, wire: Wire, number: int) -> None:
        """The broker took the publish of this packet id."""
        ...

    def passed(self, wire: Wire) -> None:
        """The broker has dealt with everything before the last `ask`."""
        ...

    def lost(self, wire: Wire) -> None:
        """It is gone, for whatever reason; refused counts, too."""
        ...


def hello(client_id: str, will: mqtt5.Will | None = None, keep_alive: int = _KEEP_ALIVE, *, session: int = 0) -> bytes:
    """The first packet of a connection. session: seconds that the broker keeps what is sent to it while it is away."""
    return mqtt5.ConnectPacket(
        client_id, clean_start=not session, session_expiry_interval=session, will=will, keep_alive=keep_alive
    ).write()


class Wire(asyncio.Protocol):
    """A connection for the vehicle `row`, or -1 for one that many share."""

    __slots__ = (
        "_buffer", "_flight", "_hello", "_next", "_owed", "_owner", "_queue", "_window", "accepted", "row", "transport",
    )  # fmt: skip

    def __init__(self, owner: Owner, row: int, first: bytes) -> None:
        self.row = row
        self.accepted = False
        self.transport: asyncio.Transport | None = None
        self._owner = owner
        self._hello = first
        self._buffer = b""
        self._next = 0
        self._flight = 0
        self._window = 1
        self._queue: deque[tuple[int, bytes]] = deque()
        self._owed: dict[int, Answered] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        """Packets, and parts of packets."""
        buffer = memoryview(self._buffer + data if self._buffer else data)
        at = 0
        while at < len(buffer):
            try:
                packet, size = mqtt5.read(buffer[at:])
            except IndexError:
                break
            except ValueError:
                self.cut()
                return
            at += size
            self._take(packet)
        self._buffer = bytes(buffer[at:])

    def _take(self, packet: mqtt5.Packet) -> None:
        match packet:
            case mqtt5.PubAckPacket():
                self._flight -= 1
                self._owed.pop(packet.packet_id, None)
                self._owner.acked(self, packet.packet_id)
                self._flush()
            case mqtt5.PublishPacket():
                if not self._owner.arrived(self, packet):
                    self.confirm(packet)
            case mqtt5.PingRespPacket():
                self._owner.passed(self)
            case mqtt5.ConnAckPacket():
                if packet.reason_code != mqtt5.ConnAckReasonCode.SUCCESS:
                    self.cut()
                    return
                self._window = packet.receive_max
                self.accepted = True
                self._owner.up(self)
            case mqtt5.DisconnectPacket():
                self.cut()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the owner."""
        self.accepted = False
        self.transport = None
        self._queue.clear()
        self._owner.lost(self)

    def send(self, data: bytes) -> None:
        """Bytes of whole packets."""
        if self.transport is not None:
            self.transport.write(data)

    def confirm(self, packet: mqtt5.PublishPacket) -> None:
        """Tell the broker that it need not send this again."""
        if packet.packet_id is not None:
            self.send(mqtt5.PubAckPacket(packet.packet_id).write())

    def answer(self, topic: str, payload: bytes, correlation: bytes) -> None:
        """Publish something that must not be lost: `owed` has it until the broker does."""
        self._owed[self.publish(topic, payload, correlation=correlation)] = (topic, payload, correlation)

    def owed(self) -> list[Answered]:
        """Answers that the broker did not confirm."""
        return list(self._owed.values())

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, correlation: bytes | None = None) -> int:
        """At QoS 1, as soon as the broker's receive maximum allows; the packet id."""
        number = self._next = self._next % _LARGEST_ID + 1
        packet = mqtt5.PublishPacket(
            topic,
            payload,
            qos=mqtt5.QoS.AT_LEAST_ONCE,
            retain=retain,
            packet_id=number,
            correlation_data=correlation,
        ).write()
        self._queue.append((number, packet))
        self._flush()
        return number

    def _flush(self) -> None:
        while self._queue and self._flight < self._window:
            self._flight += 1
            self.send(self._queue.popleft()[1])

    def subscribe(self, *topics: str, fleeting: Sequence[str] = ()) -> None:
        """To what is published from now on, at QoS 1; `fleeting` at QoS 0: nothing is kept while we are away."""
        levels = [(topic, mqtt5.QoS.AT_LEAST_ONCE) for topic in topics]
        levels += [(topic, mqtt5.QoS.AT_MOST_ONCE) for topic in fleeting]
        filters = [
            mqtt5.TopicFilter(topic, max_qos=level, retain_handling=mqtt5.RetainHandling.SEND_NEVER)
            for topic, level in levels
        ]
        self._next = self._next % _LARGEST_ID + 1
        self.send(mqtt5.SubscribePacket(self._next, filters).write())

    def ask(self) -> None:
        """Have the owner told when everything sent so far was dealt with."""
        self.send(mqtt5.PingReqPacket().write())

    def part(self) -> None:
        """Say goodbye: no will is published."""
        if self.transport is not None:
            self.transport.write(mqtt5.DisconnectPacket().write())
            self.transport.close()

    def cut(self) -> None:
        """Go without a word: the broker publishes the will."""
        if self.transport is not None:
            self.transport.abort()
