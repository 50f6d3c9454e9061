"""What travels between cdctl and a broker, and what carries it: the port `Link` and its values.

A link speaks MQTT 5 or 3.1.1 and nothing else: it knows no vehicle. One owner, one event loop; every method is called
on that loop. Two carriers keep this promise (`cdctl.links.paho` and `.bulk`); one contract test judges both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class Message(Protocol):
    """One received message, in the names of MQTT 5 (a packet of the mqtt5 library is one as it is)."""

    @property
    def topic(self) -> str:
        """Whole topic name."""
        ...

    @property
    def payload(self) -> bytes:
        """The bytes as sent; any bytes at all."""
        ...

    @property
    def retain(self) -> bool:
        """True when the broker had kept it: an old message, not one of this moment."""
        ...

    @property
    def qos(self) -> int:
        """0, 1 or 2: something that equals them; of the mqtt5 library an object that has no order, hash or truth."""
        ...

    @property
    def response_topic(self) -> str | None:
        """Where a reply should go (MQTT 5)."""
        ...

    @property
    def correlation_data(self) -> bytes | None:
        """What a reply must repeat (MQTT 5)."""
        ...

    @property
    def user_properties(self) -> Sequence[tuple[str, str]]:
        """Name and value pairs (MQTT 5)."""
        ...


@dataclass(frozen=True, slots=True)
class Publish:
    """One message to send, with QoS 0 or 1. `expiry` in seconds; the MQTT 5 fields are left out on a 3.1.1 link."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    response_topic: str | None = None
    correlation_data: bytes | None = None
    expiry: int | None = None
    user_properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one publish.

    `code` is the broker's reason code (0 taken, 16 taken but nobody subscribed, 128 and above refused); None when the
    link was cut before the broker said anything: it may or may not have been delivered. QoS 0 is 0 once written.
    """

    code: int | None
    reason: str = ""

    @property
    def taken(self) -> bool:
        """The broker has it, and somebody is subscribed as far as the broker tells."""
        return self.code == 0


@dataclass(frozen=True, slots=True)
class Filter:
    """One subscription; a QoS of 2 is asked for as 1. `retained` false asks the broker not to send what it has kept
    (MQTT 5 only)."""

    topic: str
    qos: int = 0
    retained: bool = True


@dataclass(frozen=True, slots=True)
class Grant:
    """What the broker said to one filter: the QoS granted, or None and why it refused."""

    topic: str
    qos: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Up:
    """A link is connected. Limits are what the broker announced (for 3.1.1, what the settings and the standard say)."""

    version: int  # 5 or 4 (3.1.1)
    client_id: str
    session_present: bool
    receive_maximum: int
    maximum_packet: int | None = None
    wildcards: bool = True
    retain: bool = True
    shared: bool = True
    note: str = ""  # what is degraded, in one line; empty when nothing is


@dataclass(frozen=True, slots=True)
class LinkCounters:
    """What a link has moved since it was made. Monotonic, except `in_flight`."""

    received: int = 0
    received_bytes: int = 0
    published: int = 0
    acknowledged: int = 0
    in_flight: int = 0
    reconnects: int = 0
    dropped: int = 0  # received but not handed on: broken packets, a full queue


class Listener(Protocol):
    """Whom a link tells. Called on the link's event loop; must be quick; may not raise."""

    def on_messages(self, messages: Sequence[Message]) -> Awaitable[None] | None:
        """A run of messages in the order of the wire. They are acknowledged when this returns, or, when it gives
        something to await, when that is done (write it down first, then acknowledge)."""
        ...

    def on_up(self, up: Up) -> None:
        """Connected, for the first time or again; subscriptions are renewed by the link when the session is gone."""
        ...

    def on_down(self, reason: str) -> None:
        """Cut. The link goes on trying, unless it was closed; told again when an attempt fails for another reason."""
        ...

    def on_grants(self, grants: Sequence[Grant]) -> None:
        """What the broker said to subscriptions that the link renewed by itself."""
        ...


class Link(Protocol):
    """A connection to one broker that mends itself."""

    async def connect(self) -> Up:
        """Connect once. Raises UnavailableError (unreachable, refused, untrusted certificate) with the reason, and
        UsageError when the settings are at fault (plaintext to another host without the explicit setting)."""
        ...

    async def subscribe(self, filters: Sequence[Filter]) -> Sequence[Grant]:
        """Ask for topics; a grant for each, in order. Refused ones are grants without a QoS, never an exception.
        Granted ones are kept for reconnects."""
        ...

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        """Stop receiving those filters."""
        ...

    async def publish(self, messages: Sequence[Publish]) -> Sequence[Receipt]:
        """Send all and wait for every acknowledgement, with the broker's receive maximum honoured; receipts in order.
        A link that is cut gives receipts without a code for what was in flight, and for the rest."""
        ...

    def counters(self) -> LinkCounters:
        """What was moved so far."""
        ...

    async def aclose(self) -> None:
        """Send what is queued, disconnect cleanly, stop. May be called twice."""
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """How to reach one broker, all secrets resolved. Made by the wiring from the settings; never logged or shown.

    url: mqtt://, mqtts://, ws:// or wss:// with host, port and path. ca, cert, key: PEM files. plaintext: the settings
    allow no TLS to another host. receive_maximum: how many unacknowledged messages we take and send at most.
    maximum_packet: bytes of the largest packet we take; a broker that speaks MQTT 5 keeps larger ones to itself. rate,
    byte_rate: publishes and bytes per second that the broker allows a connection (None: as fast as it goes).
    session_expiry: seconds the broker keeps our session; 0 starts clean.
    """

    url: str
    client_id: str = ""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str = ""
    cert: str = ""
    key: str = ""
    plaintext: bool = False
    version: int = 5  # 4: speak 3.1.1 from the start
    keep_alive: int = 30
    session_expiry: int = 0
    receive_maximum: int = 1000
    maximum_packet: int = 1_048_576
    rate: float | None = None
    byte_rate: float | None = None
    connect_timeout: float = 10.0
