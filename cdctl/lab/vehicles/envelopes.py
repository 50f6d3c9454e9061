"""What a vehicle believes: the operators' keys that were put into it, with their roles."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cdctl.errors import RefusedError
from cdctl.security import dsse, trust_file
from cdctl.security.ed25519 import fingerprint, holds


class Untrusted(Exception):  # noqa: N818 - it is no error of the vehicle
    """Nobody whom the vehicle knows signed this; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who may tell vehicles what to do. until: epoch seconds after which the key is as good as revoked."""

    name: str
    roles: frozenset[str]
    public: bytes
    until: float | None = None

    @property
    def revoked(self) -> bool:
        """Whether the key is trusted no longer."""
        return self.until is not None and self.until <= time.time()


@dataclass(frozen=True, slots=True)
class Known:
    """The operators that vehicles know, by the fingerprint of their key."""

    operators: Mapping[str, Operator] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Known:
        """From a trust file. Raises FileError when it cannot be read."""
        written = trust_file.parse(trust_file.load(path), path)
        return cls(
            {
                mark: Operator(
                    one.name, frozenset(one.roles), key.public, 0.0 if mark in written.revoked else key.until
                )
                for one in written.operators.values()
                for key in one.keys
                for mark in [fingerprint(key.public)]
            }
        )

    def open(self, envelope: bytes) -> tuple[str, bytes, tuple[Operator, ...]]:
        """Type, payload and all signers that are known, one at least. Raises Untrusted. Those whose keys were revoked
        are among them: the vehicle knows whom it refuses."""
        try:
            found = dsse.parse(envelope)
        except RefusedError:
            raise Untrusted("malformed") from None
        message = dsse.pae(found.kind, found.payload)
        signers = (self._signer(keyid, signature, message) for keyid, signature in found.signatures)
        if by := tuple(one for one in signers if one is not None):
            return found.kind, found.payload, by
        hinted = any(keyid in self.operators for keyid, _ in found.signatures)
        raise Untrusted("bad signature" if hinted else "unknown key")

    def _signer(self, keyid: str, signature: bytes, message: bytes) -> Operator | None:
        """The hint is tried first, and believed never."""
        hinted = self.operators.get(keyid)
        if hinted is not None and holds(signature, message, hinted.public):
            return hinted
        others = (one for one in self.operators.values() if one is not hinted)
        return next((one for one in others if holds(signature, message, one.public)), None)
