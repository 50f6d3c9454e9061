"""The plan: exactly what will be sent to whom. Its bytes are what is approved and what every order refers to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """A vehicle that an order goes to."""

    vin: str
    region: str
    model: str = ""
    sw: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one `cmd send`, or one rollout, will do. Instants are epoch milliseconds, spans seconds.

    context: the name of the context in the settings: a plan for a test fleet is none for production. by: the
    requester's name. where: the selection in its own words, empty when VINs were named. rollout: the rollout file's
    content, empty for a plain command.
    """

    id: str
    context: str
    command: str
    arguments: Mapping[str, object]
    targets: tuple[Target, ...]
    by: str
    created: int
    expires: int
    timeout: int
    where: str = ""
    reason: str = ""
    rollout: Mapping[str, object] = field(default_factory=dict)

    def content(self) -> bytes:
        """The bytes that are hashed and signed: JSON with sorted keys and no spaces, ASCII alone."""
        body = {one.name: getattr(self, one.name) for one in fields(self)}
        # Not `asdict`: it copies whatever it finds, at five times the cost for a million targets.
        body["targets"] = [{"vin": t.vin, "region": t.region, "model": t.model, "sw": t.sw} for t in self.targets]
        return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()

    def digest(self) -> str:
        """SHA-256 of the content, hexadecimal."""
        return hashlib.sha256(self.content()).hexdigest()


_KINDS: Mapping[str, type] = {"created": int, "expires": int, "timeout": int, "arguments": dict, "rollout": dict}


def read_plan(content: bytes) -> Plan:
    """The plan of exactly these bytes: what was signed is what is sent. Raises ValueError with a fixed reason."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    known = {one.name: one for one in fields(Plan)}
    if not isinstance(body, dict) or not body.keys() <= known.keys():
        raise ValueError("it holds what is no part of a plan")
    if any(
        one.default is MISSING and one.default_factory is MISSING and name not in body for name, one in known.items()
    ):
        raise ValueError("a part of the plan is missing")
    targets = body.pop("targets")
    if not isinstance(targets, list) or not all(map(_is_target, targets)):
        raise ValueError("a target is no vehicle")
    if any(type(value) is not _KINDS.get(name, str) for name, value in body.items()):
        raise ValueError("a part of the plan is of the wrong type")
    plan = Plan(targets=tuple(Target(**target) for target in targets), **body)
    if plan.content() != content:
        raise ValueError("it is not written as a plan is: keys sorted, no spaces")
    return plan


def _is_target(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != {"vin", "region", "model", "sw"}:
        return False
    return all(isinstance(text, str) for text in value.values())
