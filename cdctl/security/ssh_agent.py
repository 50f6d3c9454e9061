"""Keys that an ssh-agent keeps (draft-ietf-sshm-ssh-agent): cdctl asks for signatures and never sees the key."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from cdctl.domain.text import safe
from cdctl.errors import UnavailableError, UsageError
from cdctl.security.ed25519 import SIGNATURE, fingerprint

_FAILURE = 5
_LIST, _LISTED = 11, 12
_SIGN, _SIGNED = 13, 14
_ED25519 = b"ssh-ed25519"
_MOST = 256 * 1024
_HINT = "does it wait for you (a question, a touch)? else start it anew; a key in a file or keyring needs no agent"


@dataclass(slots=True)
class Patience:
    """seconds: so long an agent may take for one answer; it may ask its owner. One that took longer is not waited for
    again until as many more have passed: who stops because of it must not be held up by it."""

    seconds: float = 30.0
    again_at: float = 0.0

    def left(self) -> float:
        """Seconds for the next answer. Raises TimeoutError when the agent is not to be waited for."""
        if time.monotonic() < self.again_at:
            raise TimeoutError
        return self.seconds

    def lost(self, path: str) -> UnavailableError:
        """It took too long."""
        if time.monotonic() >= self.again_at:
            self.again_at = time.monotonic() + self.seconds
        return UnavailableError(f"the ssh-agent does not answer within {self.seconds:g} s", subject=path, hint=_HINT)


@dataclass(frozen=True, slots=True)
class AgentKey:
    """An Ed25519 key of the agent at `path`."""

    path: str
    public: bytes
    comment: str = ""
    patience: Patience = field(default_factory=Patience, compare=False)

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
        """64 bytes. Raises UnavailableError when the agent is gone, refuses, does not answer in time, or has lost the
        key."""
        return self._signature(_ask(self.path, _SIGN, self._request(message), _SIGNED, self.patience))

    async def sign_all(self, messages: Sequence[bytes]) -> list[bytes]:
        """As `sign`, each in turn, and nothing else waits for it."""
        writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(self.patience.left()):
                reader, writer = await asyncio.open_unix_connection(self.path)
            signatures = []
            for message in messages:
                async with asyncio.timeout(self.patience.left()):
                    writer.write(_framed(_SIGN, self._request(message)))
                    (length,) = struct.unpack(">I", await reader.readexactly(4))
                    answer = await reader.readexactly(min(length, _MOST))
                signatures.append(self._signature(_judged(self.path, length, answer, _SIGNED)))
            return signatures
        except TimeoutError:
            raise self.patience.lost(self.path) from None
        except (OSError, asyncio.IncompleteReadError) as error:
            raise _unasked(self.path, error) from None
        finally:
            if writer is not None:
                writer.close()

    def _request(self, message: bytes) -> bytes:
        return _text(_blob(self.public)) + _text(message) + struct.pack(">I", 0)

    def _signature(self, answer: bytes) -> bytes:
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
    answer = _ask(path, _LIST, b"", _LISTED, Patience())
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


def _ask(path: str, kind: int, content: bytes, wanted: int, patience: Patience) -> bytes:
    try:
        with socket.socket(socket.AF_UNIX) as agent:
            agent.settimeout(patience.left())
            agent.connect(path)
            agent.sendall(_framed(kind, content))
            (length,) = struct.unpack(">I", _receive(agent, 4))
            answer = _receive(agent, min(length, _MOST))
    except TimeoutError:
        raise patience.lost(path) from None
    except OSError as error:
        raise _unasked(path, error) from None
    return _judged(path, length, answer, wanted)


def _framed(kind: int, content: bytes) -> bytes:
    return struct.pack(">IB", 1 + len(content), kind) + content


def _unasked(path: str, error: Exception) -> UnavailableError:
    hung_up = isinstance(error, asyncio.IncompleteReadError)
    reason = "it hung up" if hung_up else getattr(error, "strerror", None) or str(error) or type(error).__name__
    hint = "ssh-add -l says whether it is there"
    return UnavailableError(f"the ssh-agent cannot be asked: {reason}", subject=path, hint=hint)


def _judged(path: str, length: int, answer: bytes, wanted: int) -> bytes:
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
