"""Checkpoints: notes that hold the head of the chain, sealed with the operator's key when there is one."""

from __future__ import annotations

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


def broken(body: dict[str, Any], trust: Trust | None) -> str:
    """What is wrong with a checkpoint's seal, empty when nothing is, or nobody sealed, or nobody can tell."""
    seal = body.get("seal")
    if not seal or trust is None:
        return ""
    try:
        said = msgspec.json.decode(trust.open(str(seal).encode(), SEAL).payload, type=_Head)
    except CdctlError as error:
        return error.message
    except (msgspec.DecodeError, UnicodeError) as error:
        return str(error)
    if (said.number, said.hash) != (body.get("number"), body.get("hash")):
        return "it seals another head"
    return ""
