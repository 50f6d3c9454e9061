"""Ed25519 (RFC 8032): keys, their text and their fingerprints."""

from __future__ import annotations

import binascii
import hashlib
import os
from dataclasses import dataclass, field

from nacl import bindings
from nacl.exceptions import CryptoError

PREFIX = "ed25519:"
SIGNATURE = bindings.crypto_sign_BYTES


def fingerprint(public: bytes) -> str:
    """The first 16 hexadecimal digits of SHA-256 over the 32 bytes of a public key."""
    return hashlib.sha256(public).hexdigest()[:16]


def written(public: bytes) -> str:
    """`ed25519:` and the key in base64: how a public key stands in files."""
    return PREFIX + binascii.b2a_base64(public, newline=False).decode()


def parse(text: str) -> bytes:
    """The 32 bytes of a public key. Raises ValueError saying what is wrong with its text."""
    if not text.startswith(PREFIX):
        raise ValueError("a key is written ed25519:BASE64")
    try:
        public = binascii.a2b_base64(text.removeprefix(PREFIX), strict_mode=True)
    except ValueError:
        raise ValueError("what follows ed25519: is not base64") from None
    if len(public) != 32:
        raise ValueError(f"an Ed25519 key has 32 bytes, this has {len(public)}")
    if written(public) != text:
        raise ValueError("what follows ed25519: is not base64 in its one right form")
    if not bindings.crypto_core_ed25519_is_valid_point(public):
        raise ValueError("it is no point of the curve that a key may be")
    return public


def holds(signature: bytes, message: bytes, public: bytes) -> bool:
    """Whether the signature is this key's over exactly this message."""
    if len(signature) != SIGNATURE:
        return False
    try:
        bindings.crypto_sign_open(signature + message, public)
    except CryptoError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key in memory. seed: 32 bytes (RFC 8032's private key); never shown."""

    seed: bytes = field(repr=False)
    public: bytes = field(init=False)
    _secret: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        public, secret = bindings.crypto_sign_seed_keypair(self.seed)
        object.__setattr__(self, "public", public)
        object.__setattr__(self, "_secret", secret)

    @classmethod
    def new(cls) -> PrivateKey:
        """A key that nobody else has."""
        return cls(os.urandom(32))

    @property
    def fingerprint(self) -> str:
        """Of its public key."""
        return fingerprint(self.public)

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return bindings.crypto_sign(message, self._secret)[:SIGNATURE]
