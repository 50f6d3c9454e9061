"""The native protocol's orders, version 1: what is signed to vehicles on `{root}/{region}/{vin}/cmd`, and what they say
on `{root}/{region}/{vin}/reply/{session}`. The signatures around it (DSSE envelopes) are made and judged elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from cdctl.domain.fleet.speech import Promises
from cdctl.domain.orders.order import VEHICLE, Heard, Order, Word
from cdctl.domain.wire import Filter
from cdctl.protocols.native import LARGEST, VERSION, BirthPayload, Millis, NativeSpeech

MOST_ASKED = 50
"""Orders that one query may ask for."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Vin = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Nonce = Annotated[str, msgspec.Meta(min_length=8, max_length=64)]
Span = Annotated[int, msgspec.Meta(ge=0, le=30 * 86_400_000)]
Topic = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Text = Annotated[str, msgspec.Meta(max_length=256)]
TraceParent = Annotated[str, msgspec.Meta(max_length=64)]
TraceState = Annotated[str, msgspec.Meta(max_length=512)]


class OrderPayload(msgspec.Struct, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """An order. nbf and exp: epoch milliseconds between which the vehicle may begin; timeout: milliseconds it may take
    then. A vehicle refuses what it does not know: it could be what limits the order."""

    v: int
    id: Name
    key: Key
    vin: Vin
    region: Name
    command: Name
    args: dict[str, Any]
    nonce: Nonce
    nbf: Millis
    exp: Millis
    timeout: Span
    created: Millis
    plan: Text
    reply: Topic
    tp: TraceParent = ""
    ts: TraceState = ""


class CancelPayload(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """Takes an order back that has not begun."""

    v: int
    vin: Vin
    order: Name
    nonce: Nonce
    nbf: Millis
    exp: Millis
    reply: Topic


class QueryPayload(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """Asks a vehicle's ledger: it answers with one reply an order."""

    v: int
    vin: Vin
    orders: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=MOST_ASKED)]
    nonce: Nonce
    nbf: Millis
    exp: Millis
    reply: Topic


class ReplyPayload(msgspec.Struct, gc=False, omit_defaults=True):
    """What a vehicle says of one order. ts: by its clock; took: milliseconds since it began; duplicate: the order had
    come before. Fields that are not known here are skipped: newer vehicles may say more."""

    v: int
    order: Name
    vin: Vin
    state: Heard
    ts: Millis
    took: Span = 0
    reason: Text = ""
    result: dict[str, Any] = {}
    duplicate: bool = False
    tp: TraceParent = ""


_encode = msgspec.json.Encoder().encode
_decode_reply = msgspec.json.Decoder(ReplyPayload).decode
_decode_birth = msgspec.json.Decoder(BirthPayload).decode


class NativeTelling:
    """How orders travel in the native protocol (port Telling)."""

    promises: Promises = NativeSpeech.promises

    def __init__(self, root: str = "cd") -> None:
        """root: first levels of every topic, as in the settings."""
        self._prefix = f"{root}/"

    def order_topic(self, region: str, vin: str) -> str:
        """Where a vehicle hears orders, cancels and queries."""
        return f"{self._prefix}{region}/{vin}/cmd"

    def reply_topic(self, region: str, vin: str, session: str) -> str:
        """Where a vehicle answers one session."""
        return f"{self._prefix}{region}/{vin}/reply/{session}"

    def replies(self, region: str, session: str, vins: Sequence[str] | None = None) -> Sequence[Filter]:
        """The filters of all answers to a session, at QoS 1."""
        return [Filter(self.reply_topic(region, vin, session), qos=1) for vin in (["+"] if vins is None else vins)]

    def births(self, region: str) -> Sequence[Filter]:
        """Births from now on: what the broker has kept tells of the past."""
        return [Filter(f"{self._prefix}{region}/+/birth", qos=1, retained=False)]

    def place(self, topic: str) -> tuple[str, str, str]:
        """Region, vehicle and kind of a topic. Raises ValueError for a foreign one."""
        parts = topic.removeprefix(self._prefix).split("/")
        if not topic.startswith(self._prefix) or len(parts) < 3 or not all(parts):
            raise ValueError("foreign topic")
        return parts[0], parts[1], parts[2]

    def born(self, payload: bytes) -> bool | None:
        """Whether a birth says that the vehicle is online; None when it cannot be read."""
        try:
            birth = _decode_birth(payload) if 0 < len(payload) <= LARGEST else None
        except (ValueError, RecursionError):
            return None
        return birth.online if birth is not None and birth.v == VERSION else None

    def order(self, order: Order) -> bytes:
        """The payload of an order."""
        told = OrderPayload(
            VERSION, order.id, order.key, order.vin, order.region, order.command, dict(order.arguments), order.nonce,
            order.not_before, order.expires, order.timeout, order.created, order.plan, order.reply, order.traceparent,
            order.tracestate,
        )  # fmt: skip
        return _encode(told)

    def cancel(self, order: Order, *, nonce: str, now: int, expires: int) -> bytes:
        """The payload that takes an order back."""
        return _encode(CancelPayload(VERSION, order.vin, order.id, nonce, now, expires, order.reply))

    def query(self, vin: str, orders: Sequence[str], *, reply: str, nonce: str, now: int, expires: int) -> bytes:
        """The payload that asks a vehicle's ledger about orders. Raises ValueError for none, or more than 50."""
        if not 0 < len(orders) <= MOST_ASKED:
            raise ValueError(f"a query asks for 1 to {MOST_ASKED} orders")
        return _encode(QueryPayload(VERSION, vin, list(orders), nonce, now, expires, reply))

    def word(self, payload: bytes) -> Word:
        """What a vehicle says. Raises ValueError with a fixed reason when it cannot be understood."""
        if len(payload) > LARGEST:
            raise ValueError("payload too large")
        try:
            told = _decode_reply(payload)
        except msgspec.ValidationError:
            raise ValueError("wrong type or missing field") from None
        except (ValueError, RecursionError):
            raise ValueError("not JSON") from None
        if told.v != VERSION:
            raise ValueError("unknown version")
        if told.state not in VEHICLE:
            raise ValueError("no word of a vehicle")
        return Word(
            told.order, told.vin, told.state, told.ts, told.took, told.reason, told.result, told.duplicate, "", told.tp
        )
