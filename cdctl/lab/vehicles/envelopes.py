"""What a vehicle believes: the operators' keys that were put into it, and its own key to answer with."""

from __future__ import annotations

import binascii
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from nacl import bindings
from nacl.exceptions import CryptoError

LARGEST = 128 * 1024
"""Bytes of the largest envelope a vehicle reads."""
_MOST_SIGNATURES = 16
_SIGNATURE = 64


class Signature(msgspec.Struct, gc=False):
    """keyid: the fingerprint of a key, a hint and no proof."""

    keyid: str
    sig: str


class Envelope(msgspec.Struct, gc=False, rename={"kind": "payloadType"}):
    """DSSE as JSON."""

    payload: str
    kind: str
    signatures: list[Signature]


class Untrusted(Exception):  # noqa: N818 - it is no error of the vehicle
    """Nobody whom the vehicle trusts signed this; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who may tell vehicles what to do."""

    name: str
    roles: frozenset[str]
    public: bytes
    fingerprint: str
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """The operators that vehicles know, by the fingerprint of their key."""

    operators: Mapping[str, Operator] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Known:
        """From a trust file."""
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        revoked = {one["key"] for one in content.get("revoked", ())}
        found = {}
        for name, operator in content.get("operators", {}).items():
            for text in operator.get("keys", ()):
                public = binascii.a2b_base64(text.removeprefix("ed25519:"))
                mark = fingerprint(public)
                gone = text in revoked or mark in revoked
                found[mark] = Operator(name, frozenset(operator.get("roles", ())), public, mark, gone)
        return cls(found)

    def open(self, envelope: bytes) -> tuple[str, bytes, Operator]:
        """Type, payload and signer. Raises Untrusted. One whose key was revoked is told as such, with what he signed:
        the vehicle knows whom it refuses."""
        if len(envelope) > LARGEST:
            raise Untrusted("malformed")
        try:
            found = _decode(envelope)
            payload = binascii.a2b_base64(found.payload, strict_mode=True)
            signatures = [(one.keyid, binascii.a2b_base64(one.sig, strict_mode=True)) for one in found.signatures]
        except (ValueError, RecursionError):
            raise Untrusted("malformed") from None
        message = pae(found.kind, payload)
        for keyid, signature in signatures[:_MOST_SIGNATURES]:
            if signer := self._signer(keyid, signature, message):
                return found.kind, payload, signer
        hinted = any(keyid in self.operators for keyid, _ in signatures)
        raise Untrusted("bad signature" if hinted else "unknown key")

    def _signer(self, keyid: str, signature: bytes, message: bytes) -> Operator | None:
        hinted = self.operators.get(keyid)
        for one in self.operators.values() if hinted is None else (hinted,):
            if holds(one.public, message, signature):
                return one
        return None


_decode = msgspec.json.Decoder(Envelope).decode
_encode = msgspec.json.Encoder().encode


def pae(kind: str, payload: bytes) -> bytes:
    """What is signed: DSSE's pre-authentication encoding."""
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this key signed exactly this message."""
    if len(signature) != _SIGNATURE:
        return False
    try:
        bindings.crypto_sign_open(signature + message, public)
    except CryptoError:
        return False
    return True


def fingerprint(public: bytes) -> str:
    """The first 16 hexadecimal digits of SHA-256 over a public key."""
    return hashlib.sha256(public).hexdigest()[:16]


class Voice:
    """A vehicle's own key."""

    __slots__ = ("_keyid", "_secret", "public")

    def __init__(self, seed: bytes) -> None:
        """seed: 32 bytes."""
        self.public, self._secret = bindings.crypto_sign_seed_keypair(seed)
        self._keyid = fingerprint(self.public)

    @property
    def text(self) -> str:
        """The public key as trust files write it."""
        return f"ed25519:{_wrapped(self.public)}"

    def seal(self, payload: bytes, kind: str) -> bytes:
        """A signed envelope."""
        signature = bindings.crypto_sign(pae(kind, payload), self._secret)[:_SIGNATURE]
        signed = [Signature(self._keyid, _wrapped(signature))]
        return _encode(Envelope(_wrapped(payload), kind, signed))


def _wrapped(content: bytes) -> str:
    return binascii.b2a_base64(content, newline=False).decode()
