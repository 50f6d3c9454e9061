"""Ed25519 private keys as PKCS#8 PEM (RFC 8410, section 7; RFC 7468), as `openssl genpkey -algorithm ed25519` writes
them."""

from __future__ import annotations

import binascii
import re

# OneAsymmetricKey, version 0, id-Ed25519 (1.3.101.112), and an OCTET STRING in an OCTET STRING of 32 bytes.
_HEADER = bytes.fromhex("302e020100300506032b657004220420")
_PEM = re.compile(r"\s*-----BEGIN PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END PRIVATE KEY-----\s*")
_ENCRYPTED = "BEGIN ENCRYPTED PRIVATE KEY"
_OPENSSH = "BEGIN OPENSSH PRIVATE KEY"


def written(seed: bytes) -> str:
    """The PEM text of a key's 32 bytes."""
    content = binascii.b2a_base64(_HEADER + seed, newline=False).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{content}\n-----END PRIVATE KEY-----\n"


def parse(text: str) -> bytes:
    """The 32 bytes. Raises ValueError, which never holds any of the text, saying what it is instead."""
    if _ENCRYPTED in text:
        raise ValueError("it is encrypted; keep it in a keyring or an ssh-agent instead")
    if _OPENSSH in text:
        raise ValueError("it is a key of OpenSSH; add it to an ssh-agent instead")
    found = _PEM.fullmatch(text)
    try:
        content = binascii.a2b_base64("".join(found[1].split()), strict_mode=True) if found else b""
    except ValueError:
        content = b""
    if len(content) != len(_HEADER) + 32 or not content.startswith(_HEADER):
        raise ValueError("it is no Ed25519 private key as PKCS#8 PEM")
    return content[len(_HEADER) :]
