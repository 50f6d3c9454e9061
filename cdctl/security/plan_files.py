"""Plans that are signed: a file holds the plan's bytes once, and a signature of everybody who stands for them.

An approval is one signature more over the same bytes. Whatever changes in the plan is another plan, for which nobody
has signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cdctl.domain.orders.plan import Plan, read_plan
from cdctl.domain.orders.telling import PLAN
from cdctl.domain.orders.trust import Identity, Sealer, Trust
from cdctl.errors import RefusedError, UnavailableError, UsageError
from cdctl.security import dsse, whole_file


@dataclass(frozen=True, slots=True)
class SignedPlan:
    """A plan that its requester signed, and others who did. approvers: distinct, trusted now, the requester not among
    them; whether they may approve is the policy's business."""

    plan: Plan
    requester: Identity
    approvers: tuple[Identity, ...]


def write(path: Path, plan: Plan, sealer: Sealer) -> None:
    """Put a plan into a new file, signed by its requester. Raises RefusedError when somebody else signs, UsageError
    when there is a file already."""
    if sealer.identity.name != plan.by:
        raise RefusedError(f"this plan is {plan.by}'s, and {sealer.identity.name} signs", subject=str(path))
    with whole_file.alone(path) as target:
        if target.exists():
            raise UsageError(
                "there is a file already",
                subject=str(path),
                hint=f"to send what is in it: cdctl cmd send --plan {path}",
            )
        whole_file.write(target, sealer.seal(plan.content(), PLAN))


def peek(path: Path) -> Plan:
    """The plan of a file, to look at: nobody's signature has been checked. Raises UsageError for what is no plan,
    UnavailableError when it cannot be read."""
    try:
        found = dsse.parse(_read(path), dsse.PLAN_LIMIT)
    except RefusedError as error:
        raise UsageError(f"this is no plan: {error.message}", subject=str(path)) from None
    if found.kind != PLAN:
        raise UsageError("this is no plan, but another signed thing", subject=str(path))
    return _plan(found.payload, str(path))


def approve(path: Path, sealer: Sealer, *, digest: str = "") -> Plan:
    """Add a signature to a plan's file. digest: of the plan that was shown to whoever approves; another one in the file
    by now is refused. Raises RefusedError for one's own plan, a second approval, and a plan that changed."""
    with whole_file.alone(path) as target:
        plan = peek(target)
        if digest and plan.digest() != digest:
            raise RefusedError("the plan is another one than was shown", subject=str(path), hint="look at it again")
        if sealer.identity.name == plan.by:
            raise RefusedError("you asked for it: somebody else has to approve it", subject=str(path))
        whole_file.write(target, sealer.cosign(_read(target)))
    return plan


def approvers(path: Path, trust: Trust) -> SignedPlan:
    """The plan of a file, and who stands for it. Raises RefusedError when the requester's signature does not hold,
    UsageError for what is no plan, UnavailableError when it cannot be read."""
    return judge(_read(path), trust, str(path))


def judge(envelope: bytes, trust: Trust, subject: str = "") -> SignedPlan:
    """As `approvers`, of an envelope that came from elsewhere."""
    try:
        opened = trust.open(envelope, PLAN)
    except RefusedError as error:
        hint = "whoever signed it must be in the trust file, and nobody may have changed it"
        raise RefusedError(f"its signature does not hold: {error.message}", subject=subject, hint=hint) from None
    plan = _plan(opened.payload, subject)
    mine = [one for one in opened.by if one.name == plan.by]
    if not mine:
        raise RefusedError(f"{plan.by} has not signed this plan, or with no trusted key", subject=subject)
    return SignedPlan(plan, mine[0], tuple(one for one in opened.by if one.name != plan.by))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnavailableError(f"cannot read the plan: {error.strerror}", subject=str(path)) from None


def _plan(content: bytes, subject: str) -> Plan:
    try:
        return read_plan(content)
    except ValueError as error:
        raise UsageError(f"this is no plan: {error}", subject=subject) from None
