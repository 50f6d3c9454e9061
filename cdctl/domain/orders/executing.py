"""The port `Executor`: what carries orders to vehicles and brings back what they say; over MQTT, or an HTTP API."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cdctl.domain.fleet.speech import Promises
from cdctl.domain.orders.order import Order, Word
from cdctl.domain.wire import Receipt


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An order on its way. envelope: its signed bytes; an executor that cannot carry signatures leaves them. tries: how
    often it was sent before. asked: of a query, all orders that its envelope asks for; empty for `order` alone."""

    order: Order
    envelope: bytes = b""
    tries: int = 0
    asked: tuple[Order, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What came from a vehicle: an envelope still to be opened, or, from an executor that does not sign, a word. doubt:
    why the executor itself believes nothing of it; it is counted then, and moves nothing."""

    region: str
    vin: str
    at: int  # our clock, epoch milliseconds
    envelope: bytes = b""
    word: Word | None = None
    doubt: str = ""


class Hearer(Protocol):
    """Whom an executor tells. Called on its event loop."""

    def on_said(self, said: Sequence[Said]) -> Awaitable[None] | None:
        """Answers, in order of arrival. They are acknowledged to the broker when the awaitable is done: write down
        first."""
        ...

    def on_back(self, region: str, vins: Sequence[str]) -> None:
        """These vehicles have just connected."""
        ...

    def on_link(self, region: str, *, up: bool, forgot: bool, note: str = "") -> None:
        """A link came or went. forgot: the broker kept nothing for us (session lost): what was in flight is lost."""
        ...


class Executor(Protocol):
    """Carries orders. One owner, one event loop."""

    @property
    def promises(self) -> Promises:
        """What may be relied on; without `dedupe` nothing is ever sent twice, without `signed_replies` words have no
        `by`."""
        ...

    async def open(self, hearer: Hearer, regions: Sequence[str]) -> None:
        """Connect and listen for answers before anything is sent. Raises UnavailableError, RefusedError (a
        subscription to answers is refused) and UsageError."""
        ...

    async def send(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        """Hand on orders; a receipt for each, in order (see Receipt: code None is not known)."""
        ...

    async def cancel(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        """Ask vehicles to drop orders; envelopes hold the cancels. The vehicle's word tells what became of it."""
        ...

    async def query(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        """Ask what became of orders; envelopes hold the queries (one envelope may ask for several orders of a
        vehicle)."""
        ...

    async def aclose(self) -> None:
        """Let go. Answers that were not acknowledged come again to the same session."""
        ...
