"""DSSE envelopes (https://github.com/secure-systems-lab/dsse, version 1.0): signatures over exact bytes and their type.

Stricter than the specification where that costs nothing: base64 in its one right form alone (standard alphabet,
padded), a cap on the size, one signature a key. Who signed is told by the key that verified; `keyid` only says which
key to try first.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import msgspec

from cdctl.domain.orders.telling import PLAN
from cdctl.errors import RefusedError
from cdctl.security.ed25519 import SIGNATURE, fingerprint, holds

LIMIT = 128 * 1024
"""Bytes of an envelope that travels."""
PLAN_LIMIT = 512 * 1024 * 1024
"""Bytes of the envelope of a plan, which is a file: it names every vehicle."""
MOST_SIGNATURES = 16
MOST_TRIES = 256
"""Keys that are tried on one envelope, whatever its hints say: what is hostile must not buy hours of arithmetic."""


class Signer(Protocol):
    """Something that signs: a key in memory, or one that an agent keeps."""

    @property
    def public(self) -> bytes:
        """32 bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """64 bytes. Raises UnavailableError when the key cannot be used."""
        ...


class _Signature(msgspec.Struct, frozen=True, gc=False):
    sig: str
    keyid: str = ""


class _Envelope(msgspec.Struct, frozen=True, rename={"kind": "payloadType"}, gc=False):
    payload: str
    kind: str
    signatures: tuple[_Signature, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope that is well formed; nothing in it has been believed yet. signatures: hint (keyid) and bytes."""

    payload: bytes
    kind: str
    signatures: tuple[tuple[str, bytes], ...]


_decode = msgspec.json.Decoder(_Envelope).decode
_encode = msgspec.json.Encoder().encode
_hint = lru_cache(64)(fingerprint)
"""Of whoever signs: few keys, each thousands of times."""


def pae(kind: str, payload: bytes) -> bytes:
    """What is signed: the pre-authentication encoding of type and payload."""
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def seal(payload: bytes, kind: str, *signers: Signer) -> bytes:
    """An envelope as compact JSON, signed by each in turn. Raises UnavailableError when a key cannot be used."""
    message = pae(kind, payload)
    return _written(payload, kind, [(_hint(one.public), one.sign(message)) for one in signers])


def signed(payload: bytes, kind: str, public: bytes, signature: bytes) -> bytes:
    """An envelope with a signature over `pae(kind, payload)` that somebody else has made."""
    return _written(payload, kind, [(_hint(public), signature)])


def cosign(envelope: bytes, signer: Signer) -> bytes:
    """The same envelope with one signature more. Raises RefusedError when it is malformed, or this key signed it."""
    found = parse(envelope, PLAN_LIMIT)
    message = pae(found.kind, found.payload)
    if any(holds(signature, message, signer.public) for _, signature in found.signatures):
        raise RefusedError("this key signed it already", subject=fingerprint(signer.public))
    if len(found.signatures) == MOST_SIGNATURES:
        raise RefusedError(f"it has {MOST_SIGNATURES} signatures, and may not have more")
    mine = (fingerprint(signer.public), signer.sign(message))
    return _written(found.payload, found.kind, [*found.signatures, mine])


def parse(envelope: bytes, limit: int = LIMIT) -> Envelope:
    """Read, believing nothing. Raises RefusedError with what is malformed."""
    if len(envelope) > limit:
        raise RefusedError(f"malformed: more than {limit:,} bytes")
    try:
        if not envelope.isascii():
            envelope.decode()  # the decoder does not look at what it skips
        found = _decode(envelope)
    except (msgspec.DecodeError, UnicodeDecodeError):  # a ValidationError is a DecodeError
        raise RefusedError("malformed: no envelope") from None
    if not 0 < len(found.signatures) <= MOST_SIGNATURES:
        raise RefusedError(f"malformed: {len(found.signatures)} signatures")
    try:
        payload = _unwrapped(found.payload)
        signatures = tuple((one.keyid, _unwrapped(one.sig)) for one in found.signatures)
    except ValueError:
        raise RefusedError("malformed: not base64") from None
    if any(len(signature) != SIGNATURE for _, signature in signatures):
        raise RefusedError("malformed: a signature of another length")
    return Envelope(payload, found.kind, signatures)


def open(envelope: bytes, kind: str, keys: Mapping[str, bytes]) -> tuple[bytes, tuple[str, ...]]:  # noqa: A001
    """The payload, and the fingerprints of the keys that signed it, in the order of the signatures.

    keys: public keys by fingerprint. Raises RefusedError: malformed, another type, no signature by any of these keys,
    or two by the same one.
    """
    found = parse(envelope, PLAN_LIMIT if kind == PLAN else LIMIT)
    if found.kind != kind:
        raise RefusedError("wrong type")
    by = signed_by(found, keys)
    if not by:
        raise RefusedError("no valid signature")
    return found.payload, by


def signed_by(envelope: Envelope, keys: Mapping[str, bytes]) -> tuple[str, ...]:
    """Fingerprints of those of the keys that signed. Raises RefusedError when one did so twice."""
    message = pae(envelope.kind, envelope.payload)
    by = [hint if _by(keys.get(hint), signature, message) else "" for hint, signature in envelope.signatures]
    tries = len(by)
    for number, (_, signature) in enumerate(envelope.signatures):
        if by[number]:
            continue
        for name, public in keys.items():
            if tries >= MOST_TRIES:
                break
            tries += 1
            if holds(signature, message, public):
                by[number] = name
                break
    names = [name for name in by if name]
    if len(set(names)) < len(names):
        raise RefusedError("malformed: signed twice by one key")
    return tuple(names)


def _by(public: bytes | None, signature: bytes, message: bytes) -> bool:
    return public is not None and holds(signature, message, public)


def _written(payload: bytes, kind: str, signatures: Sequence[tuple[str, bytes]]) -> bytes:
    wrapped = tuple([_Signature(_wrapped(signature), keyid) for keyid, signature in signatures])
    return _encode(_Envelope(_wrapped(payload), kind, wrapped))


def _wrapped(content: bytes) -> str:
    return binascii.b2a_base64(content, newline=False).decode()


def _unwrapped(text: str) -> bytes:
    content = binascii.a2b_base64(text, strict_mode=True)
    if binascii.b2a_base64(content, newline=False) != text.encode():  # spare bits must be zero
        raise ValueError(text)
    return content
