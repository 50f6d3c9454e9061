"""A client of paho-mqtt, made and connected. Connecting blocks, so a thread does it, and nobody else meanwhile."""

from __future__ import annotations

import socket
import traceback
from typing import cast

from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY, Client, _WebsocketWrapper
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from cdctl.domain.wire import Address
from cdctl.links.endpoint import Endpoint
from cdctl.links.paho.messages import connect_properties
from cdctl.links.sockets import Adjustable
from cdctl.links.trust import tls_context


def client_for(address: Address, end: Endpoint, client_id: str) -> Client:
    """A client that is not connected. Raises UsageError for certificates that cannot be used."""
    old = address.version == 4
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=address.session_expiry <= 0 if old else None,
        protocol=MQTTProtocolVersion.MQTTv311 if old else MQTTProtocolVersion.MQTTv5,
        transport="websockets" if end.websocket else "tcp",
        reconnect_on_failure=False,
        manual_ack=True,
    )
    client.connect_timeout = address.connect_timeout
    if address.username is not None:
        client.username_pw_set(address.username, address.password)
    if end.websocket:
        client.ws_set_options(path=end.path)
    if end.tls:
        client.tls_set_context(tls_context(address))
    return client


def dial(client: Client, address: Address, end: Endpoint) -> None:
    """Connect and send CONNECT. Raises OSError and whatever else paho does; leaves no socket behind."""
    old = address.version == 4
    try:
        code = client.connect(
            end.host,
            end.port,
            keepalive=address.keep_alive,
            clean_start=MQTT_CLEAN_START_FIRST_ONLY if old else address.session_expiry <= 0,
            properties=None if old else connect_properties(address),
        )
    except Exception as error:
        # paho leaves the socket of a failed handshake to the garbage collector
        for frame, _ in traceback.walk_tb(error.__traceback__):
            for value in list(frame.f_locals.values()):
                if isinstance(value, socket.socket):
                    value.close()
        raise
    if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
        raise ConnectionResetError


def plain(sock: object) -> Adjustable:
    """The TCP or TLS socket of what paho calls its socket."""
    return cast("Adjustable", sock._socket if isinstance(sock, _WebsocketWrapper) else sock)
