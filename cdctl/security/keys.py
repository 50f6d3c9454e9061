"""The key that signs: found where the settings say it is kept, and named by the trust file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.domain.orders.trust import Identity
from cdctl.domain.settings import SigningKey
from cdctl.security import dsse, key_files, keyrings, ssh_agent
from cdctl.security.ed25519 import fingerprint

if TYPE_CHECKING:
    from cdctl.security.live_trust import LiveTrust
    from cdctl.security.trust import TrustFile


_AT_ONCE = 32
"""Signatures of a key in memory between two turns of the loop: some milliseconds."""


@dataclass(frozen=True, slots=True)
class KeySealer:
    """Signs with one key (the port `Sealer`)."""

    signer: dsse.Signer
    identity: Identity

    def seal(self, payload: bytes, kind: str) -> bytes:
        """See the port."""
        return dsse.seal(payload, kind, self.signer)

    async def seal_all(self, payloads: Sequence[bytes], kind: str) -> list[bytes]:
        """See the port."""
        if isinstance(self.signer, ssh_agent.AgentKey):
            public = self.signer.public
            signatures = await self.signer.sign_all([dsse.pae(kind, payload) for payload in payloads])
            each = zip(payloads, signatures, strict=True)
            return [dsse.signed(payload, kind, public, signature) for payload, signature in each]
        envelopes: list[bytes] = []
        for start in range(0, len(payloads), _AT_ONCE):
            envelopes += [dsse.seal(payload, kind, self.signer) for payload in payloads[start : start + _AT_ONCE]]
            await asyncio.sleep(0)
        return envelopes

    def cosign(self, envelope: bytes) -> bytes:
        """See the port."""
        return dsse.cosign(envelope, self.signer)


def signer(kept: SigningKey) -> dsse.Signer:
    """The key itself. Raises UnavailableError when it is not there, RefusedError when it is kept where others can
    read it, UsageError when it is no key."""
    if kept.kind == "file":
        return key_files.read(Path(kept.where).expanduser())
    if kept.kind == "keyring":
        return keyrings.read(kept.where)
    return ssh_agent.find(kept.where)


def load(kept: SigningKey, trust: TrustFile | LiveTrust) -> KeySealer:
    """Whoever signs with the key of the settings, as the trust file knows them. Raises as `signer`, and RefusedError
    when nobody trusts the key, or no longer."""
    found = signer(kept)
    return KeySealer(found, trust.owner(found.public))


def sealer(found: dsse.Signer, name: str, roles: tuple[str, ...] = (), *, vehicle: bool = False) -> KeySealer:
    """A sealer whose name is told, not looked up: of a vehicle, or in a test."""
    return KeySealer(found, Identity(name, fingerprint(found.public), roles, vehicle))
