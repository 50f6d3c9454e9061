"""A cause as a selection of vehicles, in the one language that `fleet`, `cmd` and `rollout` read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from cdctl.domain.fleet.selection import SelectionError, select
from cdctl.domain.fleet.selection.tree import Term
from cdctl.domain.fleet.view import fields_of
from cdctl.domain.why.attributes import ABSENT
from cdctl.domain.why.explanation import Conjunction, Predicate

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "sw": "sw", "software": "sw", "sw_version": "sw", "vehicle.software": "sw", "vehicle_software": "sw",
        "model": "model", "vehicle.model": "model", "vehicle_model": "model",
        "region": "region", "cloud.region": "region", "cloud_region": "region", "vehicle.region": "region",
    }
)  # fmt: skip
"""What the fleet calls an attribute of events."""
_PLAIN = re.compile(r"[A-Za-z0-9_.+/@-]+")


def pick(where: Conjunction) -> tuple[str, Conjunction]:
    """The selection, empty when it cannot be one, and the predicates that it cannot express."""
    parts: dict[str, str] = {}
    beyond: list[Predicate] = []
    for predicate in where:
        field = FIELDS.get(predicate.attribute)
        told = term(field, predicate.value) if field and field not in parts and predicate.value != ABSENT else ""
        if not told:
            beyond.append(predicate)
            continue
        parts[str(field)] = told
    return " ".join(parts.values()), tuple(beyond)


def quoted(value: str) -> str:
    """A value as the selection language takes it."""
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def term(field: str, value: str) -> str:
    """A term that picks this value and nothing else; empty when there is none. A star is a glob even in quotes, so a
    value that holds one is asked for by an expression."""
    if not value.isprintable() or not value:
        return ""
    text = f'{field}~"^{re.escape(value)}$"'.replace('\\"', '"') if "*" in value else f"{field}:{quoted(value)}"
    try:
        tree = select(text, fields_of(())).tree
    except SelectionError:
        return ""
    wanted = ("~", (f"^{re.escape(value)}$",)) if "*" in value else ("=", (value,))
    whole = isinstance(tree, Term) and tree.field.name == field and (tree.op, tree.values) == wanted
    return text if whole else ""
