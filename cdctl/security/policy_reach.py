"""Rules of a policy that can never matter.

What a rule names (roles, commands, numbers with their neighbours, patterns filled in) makes the questions it is asked,
so that a rule that no question meets is almost surely one that nothing can meet. Everything else in the questions is
usual.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import cedarpy

from cdctl.domain.orders.authority import Request
from cdctl.domain.orders.command import Risk
from cdctl.domain.orders.trust import Identity
from cdctl.errors import Place, Problem
from cdctl.security import cedar_text
from cdctl.security.cedar import Rule, decide, rules_of

ACTIONS = ("send", "rollout", "revert", "abort", "approve", "read-location")
_MOST = 4000
"""Questions that a rule is asked; of more, some evenly spread ones."""
_RUN = 200
"""Questions asked before looking whether they were enough."""
_ENOUGH = 20
"""Questions of a run that a rule met and the whole policy is asked, too."""


@dataclass(slots=True)
class Named:
    """What a rule speaks of: entities by type, attributes, and literals."""

    entities: dict[str, set[str]] = field(default_factory=dict)
    attributes: set[str] = field(default_factory=set)
    numbers: set[int] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def walk(self, node: Any) -> None:
        """Take in a part of a rule as Cedar's JSON has it."""
        if isinstance(node, list):
            for item in node:
                self.walk(item)
        if not isinstance(node, Mapping):
            return
        if {"type", "id"} == set(node):
            self.entities.setdefault(node["type"], set()).add(node["id"])
            return
        if "attr" in node and isinstance(node["attr"], str):
            self.attributes.add(node["attr"])
        if "pattern" in node and isinstance(node["pattern"], list):
            self.texts.add("".join(part["Literal"] for part in node["pattern"] if isinstance(part, Mapping)))
        value = node.get("Value")
        if isinstance(value, int) and not isinstance(value, bool):
            self.numbers.add(value)
        elif isinstance(value, str):
            self.texts.add(value)
        for child in node.values():
            self.walk(child)


def unreachable(text: str, file: str) -> list[Problem]:
    """Every rule that no question meets, and every permit that another rule always forbids; of a policy that Cedar
    reads. file: for the places."""
    whole = cedarpy.PolicySet.from_str(text)
    found = []
    for rule, (line, said) in zip(rules_of(text).values(), cedar_text.statements(text), strict=True):
        met, used = _tried(rule, cedarpy.PolicySet.from_str(said), whole)
        place = Place(file, line, 1)
        if not met:
            message = f"the rule {rule.name} can never matter: nothing that can be asked meets it"
            found.append(Problem(place, message, "remove it, or mend its conditions"))
        elif not used:
            message = f"the rule {rule.name} never permits anything: another rule always forbids it"
            found.append(Problem(place, message, "remove it, or mend the one that forbids"))
    return found


def _tried(rule: Rule, alone: cedarpy.PolicySet, whole: cedarpy.PolicySet) -> tuple[bool, bool]:
    """Whether a question meets a rule, and whether the rule then matters. alone: a policy of this rule only."""
    met = False
    asked = list(_questions(_named(rule.body)))
    for start in range(0, len(asked), _RUN):
        run = asked[start : start + _RUN]
        here = [one for one, said in zip(run, decide(alone, [(one, 0) for one in run]), strict=True) if said.rules]
        met = met or bool(here)
        if here and (not rule.permits or _used(whole, rule.key, here[:: max(1, len(here) // _ENOUGH)])):
            return True, True
    return met, False


def _used(policies: cedarpy.PolicySet, key: str, met: Sequence[Request]) -> bool:
    """Whether a permit decides anything in the whole policy, when all that could be missing is there."""
    helped = [
        replace(one, expected=expected, rollout=rollout, reason=one.reason or reason)
        for one in met
        for expected in (one.expected, one.count)
        for rollout in (one.rollout, True)
        for reason in ("", "why")
    ]
    decisions = decide(policies, [(one, extra) for one in helped for extra in (0, 5)])
    return any(said.allowed and key in said.rules for said in decisions)


def _named(body: Mapping[str, Any]) -> Named:
    named = Named()
    for part in ("principal", "action", "resource", "conditions"):
        named.walk(body.get(part, {}))
    return named


def _questions(named: Named) -> Iterator[Request]:
    spoken = named.attributes
    numbers = sorted({0, 1, *(n + d for n in named.numbers for d in (-1, 0, 1) if n + d >= 0)})
    texts = ["", *sorted(named.texts)]
    asks: dict[str, Sequence[Any]] = {
        "by": _people(named),
        "command": [*sorted(named.entities.get("Command", ())), "another"],
        "risk": list(Risk) if "risk" in spoken else [Risk.SAFE, Risk.DANGEROUS],
        "private": [False, True] if "private" in spoken else [False],
        "action": ACTIONS,
        "count": [one for one in numbers if one] if spoken & {"count", "expected"} else [1],
        "expected": [None, *numbers] if "expected" in spoken else [None],
        "approvals": numbers if "approvals" in spoken else [0],
        "approver_roles": [(), tuple(sorted(named.texts))] if "approver_roles" in spoken else [()],
        "context": texts if "platform" in spoken else ["prod"],
        "regions": [(), *((one,) for one in texts if one), tuple(texts)] if "regions" in spoken else [("eu",)],
        "reason": ["", "why", *texts[1:]] if "reason" in spoken else ["why"],
        "rollout": [False, True] if "rollout" in spoken else [False],
        "break_glass": [False, True] if "break_glass" in spoken else [False],
    }
    total = 1
    for choices in asks.values():
        total *= len(choices)
    stride = max(1, total // _MOST) | 1  # odd, so that it does not always fall on the same of two
    for number, chosen in enumerate(product(*asks.values())):
        if number % stride == 0:
            yield _request(dict(zip(asks, chosen, strict=True)))


def _people(named: Named) -> list[Identity]:
    roles = sorted(named.entities.get("Role", ()))
    combined = [(), *((role,) for role in roles), *([tuple(roles)] if len(roles) > 1 else [])]
    names = [*sorted(named.entities.get("Operator", ())), "somebody"]
    return [Identity(name, "", held) for name in names for held in combined]


def _request(chosen: dict[str, Any]) -> Request:
    roles, approvals = chosen.pop("approver_roles"), chosen.pop("approvals")
    approvers = tuple(Identity(f"approver {number}", "", roles) for number in range(min(approvals, 20)))
    return Request(**chosen, approvers=approvers)
