"""What a policy means, as answers to the same questions for every role that it speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from cdctl.domain.orders.authority import Request, Ruling
from cdctl.domain.orders.command import Risk
from cdctl.domain.orders.trust import Identity
from cdctl.security.policy import CedarPolicy
from cdctl.security.policy_reach import Named

_NOBODY = Identity("somebody", "")
_LOCK = Request(_NOBODY, "send", "lock", Risk.CONFIRM, False, 1, ("eu",), "prod")
_REBOOT = replace(_LOCK, command="reboot", risk=Risk.DANGEROUS)
_LOCATE = replace(_LOCK, command="locate", private=True)

QUESTIONS: Mapping[str, Request] = {
    "ping 1 vehicle": replace(_LOCK, command="ping", risk=Risk.SAFE),
    "collect diagnostics of 1": replace(_LOCK, command="diagnostics.collect", risk=Risk.SAFE),
    "lock 1": _LOCK,
    "lock 60": replace(_LOCK, count=60),
    "lock 60 --expect 60": replace(_LOCK, count=60, expected=60),
    "lock 2000 --expect 2000": replace(_LOCK, count=2000, expected=2000),
    "lock 2000 as a rollout": replace(_LOCK, action="rollout", count=2000, rollout=True),
    "reboot 1": _REBOOT,
    "reboot 200 as a rollout": replace(_REBOOT, action="rollout", count=200, rollout=True),
    "reboot 1 --break-glass --reason": replace(_REBOOT, break_glass=True, reason="fire"),
    "locate 1": _LOCATE,
    "locate 1 --reason": replace(_LOCATE, reason="theft, case 17"),
    "read locations --reason": replace(_LOCATE, action="read-location", command="fleet", risk=Risk.SAFE, reason="x"),
    "abort": replace(_LOCK, action="abort"),
    "approve reboot": replace(_REBOOT, action="approve"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the policy says to one question of somebody with that role alone (empty: with none)."""

    question: str
    role: str
    ruling: Ruling

    @property
    def word(self) -> str:
        """ "yes", "no", or how many approvals it would take."""
        if self.ruling.allowed:
            return "yes"
        return f"with {self.ruling.missing} more" if self.ruling.missing else "no"


def roles(policy: CedarPolicy) -> list[str]:
    """The roles that the policy speaks of, in its order."""
    found: dict[str, None] = {}
    for rule in policy.rules.values():
        named = Named()
        named.walk(rule.body)
        found |= dict.fromkeys(sorted(named.entities.get("Role", ())))
    return list(found)


def answers(policy: CedarPolicy) -> Iterator[Answer]:
    """Every question for every role."""
    held = roles(policy)
    for question, request in QUESTIONS.items():
        for role in held:
            by = Identity(f"somebody who is {role}", "", (role,))
            yield Answer(question, role, policy.rule(replace(request, by=by)))
