"""The door of this room: from an address to a link."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from cdctl.domain.wire import Address, Link, Listener
from cdctl.links.carrier import Carrier
from cdctl.links.endpoint import Endpoint, endpoint
from cdctl.links.mending import MendingLink
from cdctl.links.pool import pooled

CarrierName = Literal["bulk", "paho"]


def open_link(address: Address, listener: Listener, *, carrier: CarrierName = "bulk") -> Link:
    """A link that is not connected yet; call it on the event loop that will own it.

    `bulk` is quick and speaks MQTT 5 over TCP and TLS; WebSockets and MQTT 3.1.1 are left to `paho`, and so is a broker
    that turns out to speak 3.1.1 only. Raises UsageError for a URL, a file or plaintext that cannot be used.
    """
    end = endpoint(address)
    # Every broker takes 23 bytes (MQTT 3.1.1, section 3.1.3.1); two clients of one id would cut each other off.
    client_id = address.client_id or f"cdctl-{uuid.uuid4().hex[:16]}"
    return MendingLink(address, listener, _carriers(address, end, client_id, carrier))


def open_pool(address: Address, connections: int, listener: Listener | None = None) -> Link:
    """Links to one broker that publish together: each has a window and caps of its own.

    What the listener is told comes from the first of them, which subscribes and has the session. Raises as `open_link`.
    """
    base = address.client_id or f"cdctl-{uuid.uuid4().hex[:12]}"

    def opens(number: int) -> Callable[[Listener], Link]:
        own = {"client_id": f"{base}-{number}", "session_expiry": 0} if number else {"client_id": base}
        return lambda ear: open_link(replace(address, **own), ear)

    return pooled([opens(number) for number in range(max(1, connections))], listener)


def _carriers(address: Address, end: Endpoint, client_id: str, name: CarrierName) -> list[Callable[[], Carrier]]:
    def bulk() -> Carrier:
        from cdctl.links.bulk.carrier import BulkCarrier

        return BulkCarrier(address, end, client_id)

    def paho(version: int) -> Callable[[], Carrier]:
        def make() -> Carrier:
            from cdctl.links.paho.carrier import PahoCarrier

            return PahoCarrier(replace(address, version=version), end, client_id)

        return make

    if address.version == 4:
        return [paho(4)]
    return [bulk if name == "bulk" and not end.websocket else paho(5), paho(4)]
