"""Who may be believed: identities behind keys, and the ports that seal and open messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a key belongs to. name: an operator's name, or a VIN. fingerprint: of the public key: the first 16
    hexadecimal digits of SHA-256 over its 32 bytes. roles: of an operator."""

    name: str
    fingerprint: str
    roles: tuple[str, ...] = ()
    vehicle: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope whose signatures hold: the exact bytes, their type, and who signed (distinct identities, one at
    least)."""

    payload: bytes
    kind: str
    by: tuple[Identity, ...]


class Sealer(Protocol):
    """Signs as one operator (or one vehicle)."""

    @property
    def identity(self) -> Identity:
        """Who signs."""
        ...

    def seal(self, payload: bytes, kind: str) -> bytes:
        """A DSSE envelope as JSON with our signature over exactly these bytes and this type. `kind` is a payloadType
        such as "application/vnd.cdctl.order.v1+json". Raises UnavailableError when the key cannot be used."""
        ...

    async def seal_all(self, payloads: Sequence[bytes], kind: str) -> Sequence[bytes]:
        """The same for each; no turn of the event loop takes longer than some milliseconds, wherever the key is and
        however long that takes. Raises UnavailableError when the key cannot be used, or not in time."""
        ...

    def cosign(self, envelope: bytes) -> bytes:
        """The same envelope with our signature added. Raises RefusedError when we signed it already."""
        ...


class Trust(Protocol):
    """Opens envelopes. A revoked or unknown key is as good as none."""

    def open(self, envelope: bytes, kind: str, *, vehicle: str = "") -> Opened:
        """Check signatures over exact bytes and the type; with `vehicle` only that vehicle's key counts, else only
        operators' keys. Raises RefusedError whose message is the reason: "malformed: ...", "wrong type", "unknown
        vehicle", "unknown key", "bad signature" (it names a key that is known), "revoked key" or "expired key"."""
        ...

    def operator(self, name: str) -> Identity | None:
        """An operator by name; None when nobody trusted is called so."""
        ...

    def knows(self, vins: Sequence[str]) -> Sequence[bool]:
        """Whether each vehicle has a key that is trusted now."""
        ...
