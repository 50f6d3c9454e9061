"""Cedar (https://docs.cedarpolicy.com): rules as values, and what it says to questions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import cedarpy

from cdctl.domain.orders.authority import Request
from cdctl.security import cedar_text

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a policy. name: its @id, else Cedar's own; refusal: its @refusal. body: as Cedar's JSON has it. line:
    where it begins."""

    key: str
    name: str
    permits: bool
    refusal: str
    body: Mapping[str, Any]
    line: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What Cedar said. rules: keys of those that decided. failed: why a rule or the question could not be judged."""

    allowed: bool
    rules: tuple[str, ...] = ()
    failed: str = ""


def rules_of(text: str) -> dict[str, Rule]:
    """The rules of a policy that Cedar reads, by its own names for them."""
    document = json.loads(cedarpy.policies_to_json_str(text))
    lines = [line for line, _ in cedar_text.statements(text)]
    found = {}
    for key, body in document["staticPolicies"].items():
        notes = body.get("annotations", {})
        number = int(key.removeprefix("policy"))
        name, refusal = notes.get("id") or key, notes.get("refusal") or ""
        found[key] = Rule(key, name, body["effect"] == "permit", refusal, body, lines[number])
    return found


def decide(policies: cedarpy.PolicySet, questions: Sequence[tuple[Request, int]]) -> list[Decision]:
    """What Cedar says to each question, were there so many approvals more than the request has."""
    found: list[Decision] = []
    for (by, command, risk, private), run in groupby(questions, _entities):
        entities = [
            {"uid": _uid("Operator", by.name), "attrs": {}, "parents": [_uid("Role", role) for role in by.roles]},
            {"uid": _uid("Command", command), "attrs": {"risk": risk.value, "private": private}, "parents": []},
        ]
        asked = [_question(request, extra) for request, extra in run]
        said = cedarpy.is_authorized_batch(asked, policies, json.dumps(entities), schema())
        found += [_decision(one) for one in said]
    return found


@cache
def schema() -> cedarpy.Schema:
    """What a policy can ask about."""
    return cedarpy.Schema.from_str(schema_text())


def schema_text() -> str:
    """The schema as it is written."""
    return (HERE / "policy.cedarschema").read_text(encoding="utf-8")


def _entities(question: tuple[Request, int]) -> tuple[Any, ...]:
    request = question[0]
    return request.by, request.command, request.risk, request.private


def _uid(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": name}


def _question(request: Request, extra: int) -> dict[str, Any]:
    context: dict[str, object] = {
        "count": request.count,
        "regions": list(request.regions),
        "platform": request.context,
        "rollout": request.rollout,
        "reason": request.reason.strip(),
        "approvals": len(request.approvers) + extra,
        "approver_roles": sorted({role for one in request.approvers for role in one.roles}),
        "break_glass": request.break_glass,
    }
    if request.expected is not None:
        context["expected"] = request.expected
    return {
        "principal": _uid("Operator", request.by.name),
        "action": _uid("Action", request.action),
        "resource": _uid("Command", request.command),
        "context": context,
    }


def _decision(said: cedarpy.AuthzResult) -> Decision:
    """A rule that failed was skipped by Cedar, a `forbid` too: that must not let anything through."""
    if said.decision is cedarpy.Decision.NoDecision or said.diagnostics.errors:
        return Decision(False, failed="; ".join(map(str, said.diagnostics.errors)) or "no decision")
    return Decision(said.allowed, tuple(sorted(said.diagnostics.reasons)))
