"""What one MQTT library must do for a link, and what it tells the link: everything else is the same for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cdctl.domain.wire import Filter, Message, Publish, Up
from cdctl.errors import UnavailableError
from cdctl.links.endpoint import Endpoint
from cdctl.links.trust import cure_of_silence, cut_short


class OldBrokerError(UnavailableError):
    """The broker does not speak MQTT 5, or (not `surely`) closed the connection as those do that do not."""

    def __init__(self, message: str, *, subject: str, hint: str = "", surely: bool = True) -> None:
        super().__init__(message, subject=subject, hint=hint)
        self.surely = surely


def cut_too_early(end: Endpoint, said: str = "") -> OldBrokerError:
    """The connection ended before the broker agreed to it; `said` is its reason if it gave one."""
    reason, cure = cut_short(end)
    return OldBrokerError(said or reason, subject=str(end), hint=cure_of_silence(end) if said else cure, surely=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection as the broker agreed to it."""

    up: Up
    keep_alive: int
    """Seconds; the broker's word when it has one."""
    maximum_qos: int = 1


class Hub(Protocol):
    """Whom a carrier tells. Called on the event loop, never from inside another call of the carrier's library."""

    def arrived(self, messages: Sequence[Message], size: int, *, acknowledge: bool) -> None:
        """Messages in the order of the wire, of so many bytes; some want an acknowledgement."""
        ...

    def dropped(self, count: int) -> None:
        """Messages that could not be read."""
        ...

    def taken(self, mids: Sequence[int]) -> None:
        """Publishes that were acknowledged with success."""
        ...

    def answered(self, mid: int, code: int, text: str) -> None:
        """A publish that was acknowledged with another code."""
        ...

    def granted(self, mid: int, codes: Sequence[int], text: str) -> None:
        """A SUBACK or UNSUBACK."""
        ...

    def settled(self) -> None:
        """Everything that had arrived is told: a good moment to send more."""
        ...

    def lost(self, reason: str) -> None:
        """The connection is gone, and we did not close it."""
        ...


class Carrier(Protocol):
    """One MQTT library, one connection at a time. All methods but `open` need a connection."""

    heard: float
    """When the broker last said anything, in seconds of the event loop's clock."""
    blocked: bool
    """Whether what was sent still waits for the network, so that more should not be sent."""

    async def open(self, hub: Hub) -> Opened:
        """Connect once. Raises UnavailableError, OldBrokerError among them."""
        ...

    def send(self, message: Publish) -> int:
        """Take one publish; its packet id, 0 at QoS 0. Raises ValueError, OverflowError or TypeError when it cannot be
        encoded."""
        ...

    def resend(self, mid: int, message: Publish) -> None:
        """Send again what was not acknowledged, marked as a duplicate."""
        ...

    def forget(self) -> None:
        """The session is gone: nothing of it is sent again."""
        ...

    def flush(self) -> None:
        """What was taken goes out now."""
        ...

    def hurry(self) -> None:
        """We wait for the broker: have the kernel confirm what came; a broker with Nagle's algorithm waits for that."""
        ...

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Messages of QoS 1 and 2 that arrived over this connection are done."""
        ...

    def subscribe(self, filters: Sequence[Filter]) -> int:
        """Ask; the packet id that `granted` will name."""
        ...

    def unsubscribe(self, topics: Sequence[str]) -> int:
        """Ask; the packet id that `granted` will name."""
        ...

    def ping(self) -> None:
        """Ask for a sign of life."""
        ...

    def pause(self) -> None:
        """Read no more for now."""
        ...

    def resume(self) -> None:
        """Read on."""
        ...

    def abort(self) -> None:
        """Cut the connection now; nothing is told."""
        ...

    async def close(self) -> None:
        """Say goodbye and close; nothing is told."""
        ...
