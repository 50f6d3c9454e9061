"""Who may do what to how many, and what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cdctl.domain.orders.command import Risk
from cdctl.domain.orders.trust import Identity


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the policy. action: "send", "rollout", "abort", "approve", "revert", "read-location".
    count: of targets. context: name of the context in the settings. rollout: in waves, guarded. expected: what --expect
    said (None: not told). approvers: those whose signatures over the plan hold, the requester not among them; which of
    them may approve is the policy's business. break_glass: the requester invokes the emergency rule."""

    by: Identity
    action: str
    command: str
    risk: Risk
    private: bool
    count: int
    regions: tuple[str, ...]
    context: str
    rollout: bool = False
    expected: int | None = None
    reason: str = ""
    approvers: tuple[Identity, ...] = ()
    break_glass: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    """allowed, or why not, in words for whoever is refused. missing: approvals that would still be needed (0: approvals
    are not what is missing). rules: the names (@id) of the rules that decided."""

    allowed: bool
    reasons: tuple[str, ...] = ()
    missing: int = 0
    rules: tuple[str, ...] = ()


class Authority(Protocol):
    """A policy. Default deny."""

    def rule(self, request: Request) -> Ruling:
        """May this be done now?"""
        ...

    def check(self) -> Sequence[str]:
        """Everything that is wrong with the policy itself, a line each."""
        ...
