"""The plan: exactly what will be sent to whom. Its bytes are what is approved and what every order refers to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields


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
