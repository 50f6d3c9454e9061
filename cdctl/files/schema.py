"""The published JSON Schema of spec files, made from the shapes that the reader checks with.

python -m cdctl.files.schema > cdctl/files/schemas/slo.schema.json
"""

from __future__ import annotations

import json
import sys

from cdctl.files.openslo.kinds import KINDS
from cdctl.files.openslo.kinds import VERSION as OPENSLO
from cdctl.files.shapes.publish import DRAFT, Publisher
from cdctl.files.shapes.rules import Schema, has
from cdctl.files.sloth import shapes as sloth


def document() -> Schema:
    """The whole schema: one YAML document of a spec file, of any kind that is read."""
    publisher = Publisher()
    kinds = {kind: publisher.write(shape) for kind, shape in KINDS.items()}
    envelope = {
        "apiVersion": {"description": "Format of this document.", "enum": [OPENSLO, sloth.API_VERSION]},
        "kind": {"description": "What this document is.", "enum": [*kinds, sloth.KIND]},
    }
    return {
        "$schema": DRAFT,
        "$id": "urn:cdctl:schema:slo:v1",
        "title": "SLO specs",
        "description": "OpenSLO v1 documents and Sloth's prometheus/v1 files, as cdctl reads them.",
        "type": "object",
        "if": has("version"),
        "then": publisher.write(sloth.FILE),
        "else": {
            **has("apiVersion", "kind"),
            "properties": envelope,
            "allOf": [
                *(_when(OPENSLO, kind, schema) for kind, schema in kinds.items()),
                {"if": _is("apiVersion", OPENSLO), "then": {"properties": {"kind": {"enum": list(kinds)}}}},
                {"if": _is("apiVersion", sloth.API_VERSION), "then": publisher.write(sloth.RESOURCE)},
            ],
        },
        "$defs": dict(sorted(publisher.definitions.items())),
    }


def _is(key: str, value: str) -> Schema:
    return {"properties": {key: {"const": value}}, **has(key)}


def _when(version: str, kind: str, schema: Schema) -> Schema:
    return {"if": {"allOf": [_is("apiVersion", version), _is("kind", kind)]}, "then": schema}


def text() -> str:
    """The schema as it is shipped."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
