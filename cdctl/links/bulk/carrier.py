"""MQTT 5 over asyncio: what to send for what the link wants, and what to tell it of what comes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

import mqtt5

from cdctl.domain.text import safe
from cdctl.domain.wire import Address, Filter, Message, Publish
from cdctl.links.bulk import packets
from cdctl.links.bulk.agreed import OLD_BROKER, agreed
from cdctl.links.bulk.ids import PacketIds, Unreleased
from cdctl.links.bulk.pace import REST_SECONDS, Pace
from cdctl.links.bulk.stream import Stream
from cdctl.links.carrier import Hub, OldBrokerError, Opened, cut_too_early
from cdctl.links.endpoint import Endpoint
from cdctl.links.reasons import words
from cdctl.links.sockets import confirm_at_once
from cdctl.links.trust import failure, tls_context

_UNSENT_BYTES = 262_144
"""So much may wait for the network before nothing more is encoded."""
_CONNACK = 0x20


class BulkCarrier:
    """The port `Carrier` on the library mqtt5: TCP and TLS."""

    def __init__(self, address: Address, end: Endpoint, client_id: str) -> None:
        """Connects to nothing yet."""
        self.heard = 0.0
        self.blocked = False
        self.maximum_packet = address.maximum_packet
        self._address = address
        self._end = end
        self._client_id = client_id
        self._context: ssl.SSLContext | None = None
        self._loop = asyncio.get_running_loop()
        self._hub: Hub | None = None
        self._opening: asyncio.Future[mqtt5.ConnAckPacket] | None = None
        self._stream: Stream | None = None
        self._transport: asyncio.Transport | None = None
        self._gone = asyncio.Event()
        self._ended = ""
        self._pace = Pace()
        self._paused = False
        self._resting: asyncio.TimerHandle | None = None
        self._out: list[bytes] = []
        self._ids = PacketIds()
        self._unreleased = Unreleased()

    async def open(self, hub: Hub) -> Opened:
        """See `Carrier.open`."""
        if self._end.tls and self._context is None:
            self._context = tls_context(self._address)
        self._hub, self._opening = None, self._loop.create_future()
        self._paused = False
        self._out, self.blocked, self._ended, self._gone = [], False, "", asyncio.Event()
        try:
            async with asyncio.timeout(self._address.connect_timeout):
                await self._loop.create_connection(self._stream_made, self._end.host, self._end.port, ssl=self._context)
                self._write(packets.connect(self._address, self._client_id))
                opened = agreed(await self._opening, self._address, self._client_id, self._end)
        except (OSError, EOFError, TimeoutError) as error:
            self.abort()
            raise failure(error, self._end) from None
        except BaseException:
            self.abort()
            raise
        self._hub = hub
        return opened

    def _stream_made(self) -> Stream:
        self._stream = Stream(self)
        return self._stream

    def send(self, message: Publish) -> int:
        """See `Carrier.send`."""
        mid = self._ids.take() if message.qos else 0
        try:
            self._out.append(packets.publish(message, mid))
        except BaseException:
            self._ids.free((mid,))
            raise
        return mid

    def resend(self, mid: int, message: Publish) -> None:
        """See `Carrier.resend`."""
        self._out.append(packets.publish(message, mid, duplicate=True))

    def forget(self) -> None:
        """See `Carrier.forget`."""
        self._ids.clear()
        self._unreleased.clear()

    def flush(self) -> None:
        """See `Carrier.flush`."""
        if self._out:
            out, self._out = self._out, []
            self._write(b"".join(out))

    def hurry(self) -> None:
        """See `Carrier.hurry`."""
        if self._transport is not None:
            confirm_at_once(self._transport.get_extra_info("socket"))

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """See `Carrier.acknowledge`."""
        self._write(packets.acknowledgements(messages))  # type: ignore[arg-type]  # they are those we gave

    def subscribe(self, filters: Sequence[Filter]) -> int:
        """See `Carrier.subscribe`."""
        mid = self._ids.take()
        self._out.append(packets.subscribe(mid, filters))
        return mid

    def unsubscribe(self, topics: Sequence[str]) -> int:
        """See `Carrier.unsubscribe`."""
        mid = self._ids.take()
        self._out.append(packets.unsubscribe(mid, topics))
        return mid

    def ping(self) -> None:
        """See `Carrier.ping`."""
        self._write(packets.PING)

    def pause(self) -> None:
        """See `Carrier.pause`."""
        self._paused = True
        self._read_no_more()

    def _read_no_more(self) -> None:
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()

    def resume(self) -> None:
        """See `Carrier.resume`."""
        self._paused = False
        self._read_on()
        if self._stream is not None:
            self._stream.go_on()
        if self._ended:
            self._loop.call_soon(self._lose, self._ended)

    def _rest(self) -> None:
        if self._resting is None:
            self._read_no_more()
            self._resting = self._loop.call_later(REST_SECONDS, self._rested)

    def _rested(self) -> None:
        self._resting = None
        self._read_on()

    def _read_on(self) -> None:
        if self._paused or self._resting is not None:
            return
        if self._transport is not None and not self._transport.is_reading() and not self._transport.is_closing():
            self._transport.resume_reading()

    def abort(self) -> None:
        """See `Carrier.abort`."""
        self._hub = None
        if self._stream is not None:
            self._stream.stop()
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
        if self._opening is not None and not self._opening.cancel() and not self._opening.cancelled():
            self._opening.exception()  # nobody waits for it any more

    async def close(self) -> None:
        """See `Carrier.close`."""
        self._hub = None
        self.flush()
        if self._transport is not None:
            self._write(packets.GOODBYE)
            self._transport.close()
            try:
                async with asyncio.timeout(self._address.connect_timeout):
                    await self._gone.wait()
            except TimeoutError:
                self.abort()

    def connected(self, transport: asyncio.Transport) -> None:
        """See `Ends`."""
        transport.set_write_buffer_limits(high=_UNSENT_BYTES)
        self._transport = transport
        self.heard = self._loop.time()

    def chunk(
        self, run: list[mqtt5.PublishPacket], size: int, taken: list[int], broken: list[int], *, qos: int
    ) -> None:
        """See `Ends`."""
        hub = self._hub
        self.heard = self._loop.time()
        if hub is None:
            return
        if run and not qos and self._pace.rest(self.heard, len(run)):
            self._rest()
        else:
            self.hurry()
        if qos & 2:
            run, again = self._unreleased.sort(run)
            self._write(packets.acknowledgements(again))
        if run:
            hub.arrived(run, size, acknowledge=qos > 0)
        if broken:
            hub.dropped(len(broken))
            self._write(b"".join(packets.unreadable(mid) for mid in broken if mid))
        if taken:
            self._ids.free(taken)
            hub.taken(taken)
            hub.settled()

    def packet(self, packet: mqtt5.Packet) -> None:
        """See `Ends`."""
        self.heard = self._loop.time()
        match packet:
            case mqtt5.ConnAckPacket() if self._opening is not None and not self._opening.done():
                self._wait_for_link()
                self._opening.set_result(packet)
            case mqtt5.PubAckPacket() if self._hub is not None:
                self._ids.free((packet.packet_id,))
                self._hub.answered(packet.packet_id, int(packet.reason_code), packet.reason_str or "")
                self._hub.settled()
            case mqtt5.SubAckPacket() | mqtt5.UnsubAckPacket() if self._hub is not None:
                self._ids.free((packet.packet_id,))
                self._hub.granted(packet.packet_id, [int(c) for c in packet.reason_codes], packet.reason_str or "")
            case mqtt5.PubRelPacket():
                self._unreleased.release(packet.packet_id)
                self._write(packets.released(packet.packet_id))
            case mqtt5.PingRespPacket():
                pass
            case mqtt5.DisconnectPacket():
                self._end_with(f"the broker closed: {words(int(packet.reason_code), packet.reason_str or '')}")
            case _:
                self.malformed(0, f"a packet that no broker may send now ({type(packet).__name__})")

    def malformed(self, first: int, reason: str) -> None:
        """See `Ends`."""
        if self._opening is not None and not self._opening.done():
            self._opening.set_exception(
                OldBrokerError(OLD_BROKER, subject=str(self._end))
                if first == _CONNACK
                else failure(ValueError(f"no MQTT broker: {reason}"), self._end)
            )
            return
        self._write(packets.malformed())
        self._end_with(f"the broker sent what is no MQTT: {safe(reason, 200)}")

    def flowing(self, flows: bool) -> None:
        """See `Ends`."""
        self.blocked = not flows
        if flows and self._hub is not None:
            self._hub.settled()

    def gone(self, error: BaseException | None) -> None:
        """See `Ends`."""
        self._gone.set()
        self._transport = None
        if self._opening is not None and not self._opening.done():
            self._opening.set_exception(
                error
                if isinstance(error, OSError) and not isinstance(error, ConnectionResetError)
                else cut_too_early(self._end)
            )
        self._end_with("the broker closed the connection" if error is None else f"the connection broke: {_said(error)}")

    def _wait_for_link(self) -> None:
        """What follows a CONNACK at once is told after the link knows of the connection."""
        if self._stream is not None:
            self._stream.hold()
        self.pause()

    def _end_with(self, reason: str) -> None:
        if self._stream is not None and self._stream.held:
            self._ended = self._ended or reason
        else:
            self._lose(reason)

    def _lose(self, reason: str) -> None:
        hub = self._hub
        if hub is not None:
            self.abort()
            hub.lost(reason)

    def _write(self, data: bytes) -> None:
        if self._transport is not None and data:
            self._pace.sent()
            self._transport.write(data)


def _said(error: BaseException) -> str:
    return safe((error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__)
