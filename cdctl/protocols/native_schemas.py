"""The JSON Schemas of what travels around orders, made from the types that read them.

python -m cdctl.protocols.native_schemas cdctl/protocols/schemas
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from cdctl.domain.orders.order import VEHICLE
from cdctl.domain.orders.telling import CANCEL, ORDER, QUERY, REPLY
from cdctl.protocols.native_orders import CancelPayload, OrderPayload, QueryPayload, ReplyPayload

SCHEMAS = Path(__file__).parent / "schemas"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"

Base64 = Annotated[str, msgspec.Meta(pattern=_BASE64)]


class SignaturePayload(msgspec.Struct):
    """One signature. keyid: the first 16 hexadecimal digits of SHA-256 over the public key; a hint, and no proof."""

    sig: Annotated[str, msgspec.Meta(pattern=_BASE64, min_length=88, max_length=88)]
    keyid: str = ""


class EnvelopePayload(msgspec.Struct, rename={"kind": "payloadType"}):
    """A DSSE envelope: Ed25519 over "DSSEv1 LENGTH TYPE LENGTH PAYLOAD", the payload as its exact bytes."""

    payload: Base64
    kind: str
    signatures: Annotated[list[SignaturePayload], msgspec.Meta(min_length=1, max_length=16)]


_TYPES: Mapping[str, tuple[type[msgspec.Struct], str]] = {
    "order": (OrderPayload, ORDER),
    "cancel": (CancelPayload, CANCEL),
    "query": (QueryPayload, QUERY),
    "reply": (ReplyPayload, REPLY),
    "envelope": (EnvelopePayload, ""),
}


def schema(name: str) -> Mapping[str, Any]:
    """The schema of "order", "cancel", "query", "reply" or "envelope"."""
    kind, payload_type = _TYPES[name]
    found = msgspec.json.schema(kind)
    definitions = found.pop("$defs")
    if "Heard" in definitions:
        definitions["Heard"] = {"title": "What a vehicle says", "enum": sorted(VEHICLE)}
    if name == "envelope":
        types = [one for _, one in _TYPES.values() if one]
        definitions[kind.__name__]["properties"]["payloadType"] = {"enum": types}
    top = definitions.pop(kind.__name__)
    if name != "envelope":
        top["properties"]["v"] = {"const": 1}
    top["title"] = f"{name}, version 1" + (f": {payload_type}" if payload_type else "")
    for one in (top, *definitions.values()):
        if "description" in one:
            one["description"] = " ".join(one["description"].split())
    rest = {"$defs": definitions} if definitions else {}
    return {"$schema": _DRAFT, "$id": f"urn:cdctl:schema:{name}:v1", **top, **rest}


def text(name: str) -> str:
    """The schema as it is shipped."""
    return json.dumps(schema(name), indent=2) + "\n"


def main(folder: Path) -> None:
    """Write all of them into a folder."""
    folder.mkdir(exist_ok=True)
    for name in _TYPES:
        (folder / f"{name}.schema.json").write_text(text(name), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
