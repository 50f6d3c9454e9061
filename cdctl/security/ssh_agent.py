"""Keys that an ssh-agent keeps (draft-ietf-sshm-ssh-agent): cdctl asks for signatures and never sees the key."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import struct
from dataclasses import dataclass

from cdctl.domain.text import safe
from cdctl.errors import UnavailableError, UsageError
from cdctl.security.ed25519 import SIGNATURE, fingerprint

_FAILURE = 5
_LIST, _LISTED = 11, 12
_SIGN, _SIGNED = 13, 14
_ED25519 = b"ssh-ed25519"
_MOST = 256 * 1024
_PATIENCE = 60.0  # an agent may ask its owner


@dataclass(frozen=True, slots=True)
class AgentKey:
    """An Ed25519 key of the agent at `path`."""

    path: str
    public: bytes
    comment: str = ""

    @property
    def fingerprint(self) -> str:
        """As cdctl writes it."""
        return fingerprint(self.public)

    @property
    def ssh_fingerprint(self) -> str:
        """As `ssh-add -l` writes it."""
        digest = hashlib.sha256(_blob(self.public)).digest()
        return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"

    def sign(self, message: bytes) -> bytes:
        """64 bytes. Raises UnavailableError when the agent is gone, refuses, or has lost the key."""
        request = _text(_blob(self.public)) + _text(message) + struct.pack(">I", 0)
        answer = _ask(self.path, _SIGN, request, _SIGNED)
        try:
            signature, _ = _take(answer, 0)
            name, at = _take(signature, 0)
            content, _ = _take(signature, at)
        except struct.error:
            name = content = b""
        if name != _ED25519 or len(content) != SIGNATURE:
            raise UnavailableError("the ssh-agent gave no Ed25519 signature", subject=self.path)
        return content


def keys() -> list[AgentKey]:
    """The Ed25519 keys of the agent that SSH_AUTH_SOCK names. Raises UnavailableError when there is none."""
    path = os.environ.get("SSH_AUTH_SOCK", "")
    if not path:
        raise UnavailableError("no ssh-agent: SSH_AUTH_SOCK is not set", hint="eval $(ssh-agent); ssh-add KEY")
    answer = _ask(path, _LIST, b"", _LISTED)
    found = []
    try:
        (count,) = struct.unpack_from(">I", answer)
        at = 4
        for _ in range(count):
            blob, at = _take(answer, at)
            comment, at = _take(answer, at)
            if blob.startswith(_text(_ED25519)) and len(blob) == len(_blob(bytes(32))):
                found.append(AgentKey(path, blob[-32:], comment.decode(errors="replace")))
    except struct.error:
        raise UnavailableError("the ssh-agent's answer cannot be understood", subject=path) from None
    return found


def find(wanted: str) -> AgentKey:
    """The key of that comment or fingerprint (cdctl's or OpenSSH's). Raises UnavailableError when the agent does not
    have it, UsageError when several are called so."""
    held = keys()
    exact = [one for one in held if wanted in {one.fingerprint, one.ssh_fingerprint}]
    named = exact or [one for one in held if one.comment == wanted]
    if len(named) == 1:
        return named[0]
    have = ", ".join(f"{one.fingerprint} ({safe(one.comment, 60)})" for one in held) or "none of type Ed25519"
    if named:
        raise UsageError("several keys of the ssh-agent are called so", subject=wanted, hint=f"it has {have}")
    raise UnavailableError("the ssh-agent does not have this key", subject=wanted, hint=f"it has {have}; ssh-add KEY")


def _ask(path: str, kind: int, content: bytes, wanted: int) -> bytes:
    try:
        with socket.socket(socket.AF_UNIX) as agent:
            agent.settimeout(_PATIENCE)
            agent.connect(path)
            agent.sendall(struct.pack(">IB", 1 + len(content), kind) + content)
            (length,) = struct.unpack(">I", _receive(agent, 4))
            answer = _receive(agent, min(length, _MOST))
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise UnavailableError(f"the ssh-agent cannot be asked: {reason}", subject=path) from None
    if not answer or length > _MOST or answer[0] not in {wanted, _FAILURE}:
        raise UnavailableError("the ssh-agent's answer cannot be understood", subject=path)
    if answer[0] == _FAILURE:
        hint = "is it locked, or did somebody say no?"
        raise UnavailableError("the ssh-agent refuses", subject=path, hint=hint)
    return answer[1:]


def _receive(agent: socket.socket, length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        piece = agent.recv(length - len(found))
        if not piece:
            raise ConnectionError("it hung up")
        found += piece
    return bytes(found)


def _blob(public: bytes) -> bytes:
    return _text(_ED25519) + _text(public)


def _text(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def _take(content: bytes, at: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from(">I", content, at)
    if at + 4 + length > len(content):
        raise struct.error("cut off")
    return content[at + 4 : at + 4 + length], at + 4 + length
