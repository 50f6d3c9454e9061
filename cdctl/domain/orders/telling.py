"""How one fleet is told things over MQTT: the part of a protocol that orders need. Pure: bytes and topics, no IO."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from cdctl.domain.fleet.speech import Promises
from cdctl.domain.orders.order import Order, Word
from cdctl.domain.wire import Filter

ORDER = "application/vnd.cdctl.order.v1+json"
CANCEL = "application/vnd.cdctl.cancel.v1+json"
QUERY = "application/vnd.cdctl.query.v1+json"
REPLY = "application/vnd.cdctl.reply.v1+json"
PLAN = "application/vnd.cdctl.plan.v1+json"
CONTROL = "application/vnd.cdctl.control.v1+json"
"""Payload types of envelopes. CONTROL: of a rollout, by operators."""


class Telling(Protocol):
    """Topics and payloads of orders, as `protocols.native` defines them. A Speech that can also tell has these."""

    @property
    def promises(self) -> Promises:
        """What may be relied on."""
        ...

    def order_topic(self, region: str, vin: str) -> str:
        """Where a vehicle hears orders, cancels and queries."""
        ...

    def reply_topic(self, region: str, vin: str, session: str) -> str:
        """Where a vehicle answers one session."""
        ...

    def replies(self, region: str, session: str, vins: Sequence[str] | None = None) -> Sequence[Filter]:
        """The filters of all answers to a session; for some vehicles alone when `vins` is given."""
        ...

    def births(self, region: str) -> Sequence[Filter]:
        """The filters that tell when vehicles come back."""
        ...

    def place(self, topic: str) -> tuple[str, str, str]:
        """Region, vehicle and kind ("reply", "birth", ...) of a topic. Raises ValueError for a foreign one."""
        ...

    def born(self, payload: bytes) -> bool | None:
        """Whether a birth says that the vehicle is online; None when it cannot be read."""
        ...

    def order(self, order: Order) -> bytes:
        """The payload of an order."""
        ...

    def cancel(self, order: Order, *, nonce: str, now: int, expires: int) -> bytes:
        """The payload that takes an order back."""
        ...

    def query(self, vin: str, orders: Sequence[str], *, reply: str, nonce: str, now: int, expires: int) -> bytes:
        """The payload that asks a vehicle's ledger about orders, by their ids; at most 50 at once."""
        ...

    def word(self, payload: bytes) -> Word:
        """What a vehicle says. Raises ValueError with a fixed reason when it cannot be understood."""
        ...


@runtime_checkable
class Previewing(Protocol):
    """A Telling whose orders do not leave as it writes them down. What a dry run shows is what leaves."""

    def preview(self, order: Order) -> tuple[str, Mapping[str, object]]:
        """Where an order goes, and what is sent there; no secrets."""
        ...
