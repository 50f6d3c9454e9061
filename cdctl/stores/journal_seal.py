"""Checkpoints: notes that hold the head of the chain, sealed with the operator's key when there is one."""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec

from cdctl.domain.orders.keeping import CHECKPOINT, SEAL, Note
from cdctl.domain.orders.trust import Sealer, Trust
from cdctl.errors import CdctlError


class _Head(msgspec.Struct):
    number: int
    hash: str
    at: int
    v: int = 1


def sealed(number: int, digest: bytes, sign: Sealer | None, at: int) -> Note:
    """The checkpoint of that head. A key that cannot be used leaves the seal out and says why: the chain goes on."""
    said = _Head(number, digest.hex(), at)
    body: dict[str, Any] = {"number": number, "hash": said.hash, "at": at}
    if sign is None:
        return Note(CHECKPOINT, "", "", at, body)
    try:
        body["seal"] = sign.seal(msgspec.json.encode(said), SEAL).decode()
    except CdctlError as error:
        body["unsealed"] = error.message
    return Note(CHECKPOINT, "", sign.identity.name, at, body)


class Seal(Enum):
    """What a seal is worth."""

    HOLDS = "holds"
    NOBODYS = "nobody's"  # there is none, or nobody who is trusted now has its key: no proof, and no fault
    BROKEN = "broken"


_FOREIGN = frozenset({"unknown key", "revoked key", "expired key"})
"""Reasons of a Trust. Contexts share a journal, and each trusts its own keys; keys are replaced and taken back."""


def judged(body: dict[str, Any], trust: Trust | None) -> tuple[Seal, str]:
    """What a checkpoint's seal is worth, and what is wrong with it."""
    seal = body.get("seal")
    if not seal or trust is None:
        return Seal.NOBODYS, ""
    try:
        said = msgspec.json.decode(trust.open(str(seal).encode(), SEAL).payload, type=_Head)
    except CdctlError as error:
        return (Seal.NOBODYS, "") if error.message in _FOREIGN else (Seal.BROKEN, error.message)
    except (msgspec.DecodeError, UnicodeError) as error:
        return Seal.BROKEN, str(error)
    if (said.number, said.hash) != (body.get("number"), body.get("hash")):
        return Seal.BROKEN, "it seals another head"
    return Seal.HOLDS, ""
