"""Asks policy whether a plan may be done, and writes down what matters of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdctl.domain.orders.authority import Authority, Request, Ruling
from cdctl.domain.orders.command import Command
from cdctl.domain.orders.keeping import Journal, Note
from cdctl.domain.orders.plan import Plan
from cdctl.domain.orders.trust import Identity
from cdctl.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for beside the plan itself. approvers: those whose signatures over this very plan hold. expected:
    how many vehicles the requester says there are."""

    action: str = "send"
    approvers: Sequence[Identity] = ()
    expected: int | None = None
    break_glass: bool = False


async def authorise(
    plan: Plan, command: Command, by: Identity, authority: Authority, journal: Journal, *, now: int, wish: Wish
) -> Ruling:
    """What policy says to this plan by this person. now: epoch milliseconds.

    Raises RefusedError, after the refusal was written down. Who approved, and that somebody broke the glass, is on the
    disk when this returns: with a journal that cannot be written nothing is allowed.
    """
    request = asked(plan, command, by, wish)
    others, ruling = request.approvers, authority.rule(request)
    digest = plan.digest()
    said = {
        "action": wish.action,
        "command": command.name,
        "count": len(plan.targets),
        "reason": plan.reason,
        "rules": list(ruling.rules),
    }
    if not ruling.allowed:
        why = "; ".join(ruling.reasons) or "policy does not allow it"
        await journal.write([Note("refusal", digest, by.name, now, {**said, "why": why, "missing": ruling.missing})])
        raise RefusedError(why, subject=_what(plan), hint=_cure(plan, ruling))
    notes = [Note("approval", digest, one.name, now, {"key": one.fingerprint, "by": one.name}) for one in others]
    if wish.break_glass:
        notes.append(Note("break-glass", digest, by.name, now, said))
    await journal.write(notes)
    return ruling


def asked(plan: Plan, command: Command, by: Identity, wish: Wish) -> Request:
    """What a policy is asked about a plan; whoever asks for it is no approver of it."""
    others = tuple(one for one in wish.approvers if one.name not in {by.name, plan.by})
    return Request(
        by,
        wish.action,
        command.name,
        command.risk,
        command.private,
        len(plan.targets),
        tuple(sorted({target.region for target in plan.targets})),
        plan.context,
        bool(plan.rollout),
        wish.expected,
        plan.reason,
        others,
        wish.break_glass,
    )


def _what(plan: Plan) -> str:
    count = len(plan.targets)
    return f"{plan.command} to {count:,} vehicle{'s' * (count != 1)}"


def _cure(plan: Plan, ruling: Ruling) -> str:
    if not ruling.missing:
        return "cdctl policy check shows the rules that are in force"
    people = "one more approval" if ruling.missing == 1 else f"{ruling.missing} more approvals"
    if plan.rollout:
        return f"{people} would do: cdctl rollout approve"
    return f"{people} would do: others sign the plan's file, cdctl cmd approve FILE; send --plan FILE writes it"
