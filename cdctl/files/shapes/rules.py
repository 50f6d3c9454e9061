"""Rules between the keys of one mapping, each with its equal in JSON Schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cdctl.files.faults import Faults
from cdctl.files.nodes import Mapping

Schema = dict[str, Any]


class Rule(NamedTuple):
    """`check` records what breaks the rule in a mapping (called `noun` in messages); `schema` says the same."""

    check: Callable[[Mapping, str, Faults], None]
    schema: Schema


def has(*keys: str) -> Schema:
    """Schema: all these keys are there."""
    return {"required": list(keys)}


def exactly_one(*keys: str) -> Rule:
    """One of the keys is there, and no other."""

    def check(node: Mapping, noun: str, faults: Faults) -> None:
        count = sum(key in node.values for key in keys)
        if not count:
            faults.error(node, f"{noun} has none of {', '.join(keys)}", f"add one of {', '.join(keys)}")
        elif count > 1:
            _clash(node, noun, keys, faults)

    return Rule(check, {"oneOf": [has(key) for key in keys]})


def at_most_one(*keys: str) -> Rule:
    """No two of the keys are there together."""

    def check(node: Mapping, noun: str, faults: Faults) -> None:
        if sum(key in node.values for key in keys) > 1:
            _clash(node, noun, keys, faults)

    pairs = [has(one, other) for i, one in enumerate(keys) for other in keys[i + 1 :]]
    return Rule(check, {"not": {"anyOf": pairs}})


def _clash(node: Mapping, noun: str, keys: tuple[str, ...], faults: Faults) -> None:
    first, second, *_ = (key for key in node.values if key in keys)
    faults.error(node.keys[second], f"{noun} has both {first} and {second}", "keep one of them")


def needs(key: str, *others: str) -> Rule:
    """Where `key` is, the others are too."""

    def check(node: Mapping, noun: str, faults: Faults) -> None:
        if key in node.values:
            for other in others:
                if other not in node.values:
                    faults.error(node.keys[key], f"{noun} has {key} but no {other}", f"add {other} or delete {key}")

    return Rule(check, {"dependentRequired": {key: list(others)}})
