"""MQTT 3.1.1 and 5 with paho-mqtt. The event loop's thread owns the client; its callbacks only note what happened."""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import Sequence
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, _WebsocketWrapper
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from cdctl.domain.text import safe
from cdctl.domain.wire import Address, Filter, Message, Publish
from cdctl.errors import UnavailableError
from cdctl.links.carrier import Hub, Opened, cut_too_early
from cdctl.links.endpoint import Endpoint
from cdctl.links.paho.agreed import agreed, refusal
from cdctl.links.paho.dialling import client_for, dial, plain
from cdctl.links.paho.messages import Received, publish_properties, subscribe_options
from cdctl.links.paho.notes import Notes, text_of
from cdctl.links.reasons import words
from cdctl.links.sockets import confirm_at_once, send_at_once
from cdctl.links.trust import failure

_READS = 64
"""Packets in a row before the loop has its turn; paho reads them one by one."""


class PahoCarrier:
    """The port `Carrier` on paho-mqtt."""

    def __init__(self, address: Address, end: Endpoint, client_id: str) -> None:
        """Connects to nothing yet."""
        self.heard = 0.0
        self.blocked = False
        self._address = address
        self._end = end
        self._client_id = client_id
        self._loop = asyncio.get_running_loop()
        self._client: Client | None = None
        self._hub: Hub | None = None
        self._opening: asyncio.Future[Opened] | None = None
        self._fd = -1
        self._watching = self._paused = False
        self._ended = ""
        self._notes = Notes(address.version, address.maximum_packet)

    async def open(self, hub: Hub) -> Opened:
        """See `Carrier.open`."""
        client = self._client = self._client or self._made()
        self._hub, self._opening = None, self._loop.create_future()
        self._ended, self.blocked, self._paused = "", False, False
        self._notes.clear()
        dialling = self._loop.run_in_executor(None, dial, client, self._address, self._end)
        try:
            await asyncio.shield(dialling)
            self._watch()
            async with asyncio.timeout(self._address.connect_timeout):
                opened = await self._opening
        except UnavailableError:
            self.abort()
            raise
        except asyncio.CancelledError:
            dialling.add_done_callback(self._dialled_in_vain)
            raise
        except Exception as error:  # paho raises more than it says
            self.abort()
            raise failure(error, self._end) from None
        self._hub = hub
        return opened

    def send(self, message: Publish) -> int:
        """See `Carrier.send`."""
        client = self._used()
        properties = publish_properties(message) if self._address.version == 5 else None
        while True:
            info = client.publish(message.topic, message.payload, message.qos, message.retain, properties)
            if info.rc != MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:  # else that packet id is in use: paho counts on
                break
        return info.mid if message.qos else 0

    def resend(self, mid: int, message: Publish) -> None:
        """See `Carrier.resend`: paho did so when it was connected."""

    def forget(self) -> None:
        """See `Carrier.forget`: done when paho was connected, before it sends again."""

    def flush(self) -> None:
        """See `Carrier.flush`: paho writes at once what the network takes."""
        self._look_after()

    def hurry(self) -> None:
        """See `Carrier.hurry`."""
        if self._watching:
            confirm_at_once(plain(self._used().socket()))

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """See `Carrier.acknowledge`."""
        client = self._used()
        for message in messages:
            if isinstance(message, Received) and message.qos:
                client.ack(message.mid, message.qos)
        self._look_after()

    def subscribe(self, filters: Sequence[Filter]) -> int:
        """See `Carrier.subscribe`."""
        client = self._used()
        if self._address.version == 5:
            mid = client.subscribe([(wanted.topic, subscribe_options(wanted)) for wanted in filters])[1]
        else:
            mid = client.subscribe([(wanted.topic, min(wanted.qos, 1)) for wanted in filters])[1]
        return mid or 0

    def unsubscribe(self, topics: Sequence[str]) -> int:
        """See `Carrier.unsubscribe`."""
        return self._used().unsubscribe(list(topics))[1] or 0

    def ping(self) -> None:
        """See `Carrier.ping`."""
        self._used()._send_pingreq()  # paho's own pings do not stop when we pause, and its `loop_misc` would cut us
        self._look_after()

    def pause(self) -> None:
        """See `Carrier.pause`."""
        self._paused = True
        if self._watching:
            self._loop.remove_reader(self._fd)

    def resume(self) -> None:
        """See `Carrier.resume`."""
        self._paused = False
        if self._watching:
            self._loop.add_reader(self._fd, self._readable)
        self._loop.call_soon(self._resumed)  # TLS may hold what the socket does not show

    def abort(self) -> None:
        """See `Carrier.abort`."""
        self._hub = None
        if self._client is not None:
            self._client._sock_close()  # there is no other way to leave without a goodbye
        if self._opening is not None and not self._opening.cancel() and not self._opening.cancelled():
            self._opening.exception()  # nobody waits for it any more

    async def close(self) -> None:
        """See `Carrier.close`."""
        self._hub = None
        client = self._used()
        deadline = self._loop.time() + self._address.connect_timeout
        client.disconnect()
        while client.socket() is not None and self._loop.time() < deadline:
            client.loop_write()
            await asyncio.sleep(0.005)
        self.abort()

    def _made(self) -> Client:
        client = client_for(self._address, self._end, self._client_id)
        client.max_inflight_messages_set(65_535)  # the window is the outbox', which honours what the broker says
        client.on_socket_open = lambda client, data, sock: send_at_once(plain(sock))
        client.on_socket_close = lambda client, data, sock: self._unwatch()
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        self._notes.attach(client)
        return client

    def _dialled_in_vain(self, dialling: asyncio.Future[None]) -> None:
        if dialling.cancelled() or dialling.exception() is None:
            self.abort()

    def _used(self) -> Client:
        assert self._client is not None
        return self._client

    def _watch(self) -> None:
        sock = self._used().socket()
        if sock is None:
            raise ConnectionResetError
        self._fd, self._watching = sock.fileno(), True
        self._loop.add_reader(self._fd, self._readable)
        self._loop.call_soon(self._readable)

    def _unwatch(self) -> None:
        if self._watching:
            self._watching = False
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)

    def _resumed(self) -> None:
        self._readable()
        if self._client is not None and not self._paused:
            self._look_after()

    def _readable(self) -> None:
        client = self._client
        if client is None or self._paused or not self._watching:
            return
        self.heard = self._loop.time()
        self._notes.reading = True
        try:
            self._read(client)
        except Exception as error:  # a packet that paho cannot read
            self._ended = f"the broker sent what is no MQTT: {safe(str(error), 200) or type(error).__name__}"
            client._sock_close()
        finally:
            self._notes.reading = False
        self.hurry()
        if self._hub is not None:
            self._notes.tell(self._hub)
        self._look_after()

    def _read(self, client: Client) -> None:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        for _ in range(_READS):
            client.loop_read()
            sock = client.socket()
            if sock is None or self._paused:
                return
            held_by_tls = isinstance(sock, ssl.SSLSocket | _WebsocketWrapper) and sock.pending()
            if not held_by_tls and not poll.poll(0):
                return
        self._loop.call_soon(self._readable)

    def _writable(self) -> None:
        self._used().loop_write()
        self._look_after()
        if not self.blocked and self._hub is not None:
            self._hub.settled()

    def _look_after(self) -> None:
        """After every call of paho: is the connection still there, is something left to write?"""
        client = self._used()
        if client.socket() is None:
            self._lose()
            return
        if client.want_write() != self.blocked:
            self.blocked = not self.blocked
            if self.blocked:
                self._loop.add_writer(self._fd, self._writable)
            else:
                self._loop.remove_writer(self._fd)

    def _lose(self) -> None:
        reason = self._ended or "the broker closed the connection"
        hub, self._hub = self._hub, None
        if hub is not None:
            self._loop.call_soon(hub.lost, reason)
        elif self._opening is not None and not self._opening.done():
            self._opening.set_exception(cut_too_early(self._end, self._ended))

    def _on_connect(
        self, client: Client, data: Any, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if self._opening is None or self._opening.done():
            return
        if reason.is_failure:
            self._opening.set_exception(refusal(reason, properties, self._end))
            return
        if not flags.session_present:
            client.drop_out_messages()  # paho would send them again, which nobody waits for
        self.pause()  # what follows is told after the link knows of the connection
        self._opening.set_result(agreed(flags, properties, self._address, self._client_id))

    def _on_disconnect(
        self, client: Client, data: Any, flags: DisconnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._ended = f"the broker closed: {words(reason.value, text_of(properties))}"
