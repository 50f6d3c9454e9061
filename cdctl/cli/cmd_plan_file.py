"""Plans as files: signed by who asks, then by those who approve; exactly these bytes are sent, or none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.application import security_wiring
from cdctl.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from cdctl.domain.orders.plan import Plan
    from cdctl.domain.orders.trust import Identity, Sealer, Trust

_OLDEST = 7 * 86_400
"""Seconds after which a plan is of another time: vehicles have changed, and who asked has forgotten."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan of a file. signed: whose signatures hold, the requester's first."""

    plan: Plan
    signed: tuple[Identity, ...]


def write(name: str, plan: Plan, sealer: Sealer) -> None:
    """Sign it and write it. Raises UsageError when there is a file already."""
    security_wiring.write_plan(Path(name).expanduser(), plan, sealer)


def approve(name: str, found: Planned, sealer: Sealer) -> None:
    """Add our signature, beside those of others who may be doing so right now. Raises RefusedError when we asked for it
    ourselves, signed it before, or the file holds another plan by now."""
    security_wiring.approve_plan(Path(name).expanduser(), sealer, found.plan.digest())


def read(name: str, trust: Trust, context: str, now: float) -> Planned:
    """What is in it. now: epoch seconds. Raises UsageError when it is no plan, RefusedError when its signatures do not
    hold, it is for another context, or too old."""
    path = Path(name).expanduser()
    if not path.exists():
        hint = "send --plan writes it when a command and vehicles are named"
        raise UsageError("there is no such file", subject=name, hint=hint)
    signed = security_wiring.signed_plan(path, trust)
    plan = signed.plan
    if plan.context != context:
        raise RefusedError(f"it is for the context {plan.context!r}, not {context!r}", subject=name)
    if now - plan.created / 1000 > _OLDEST:
        raise RefusedError("it is more than a week old", subject=name, hint="make it anew")
    return Planned(plan, (signed.requester, *signed.approvers))
