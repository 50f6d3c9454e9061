"""Plans as files: signed by who asks, then by those who approve; exactly these bytes are sent, or none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.cli import whole_file
from cdctl.domain.orders.plan import Plan, read_plan
from cdctl.domain.orders.telling import PLAN
from cdctl.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from cdctl.domain.orders.trust import Identity, Sealer, Trust

_LARGEST = 200_000_000
_OLDEST = 7 * 86_400
"""Seconds after which a plan is of another time: vehicles have changed, and who asked has forgotten."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan of a file. signed: whose signatures hold, the requester's among them."""

    plan: Plan
    envelope: bytes
    signed: tuple[Identity, ...]


def write(name: str, plan: Plan, sealer: Sealer) -> None:
    """Sign it and write it. Raises UsageError when there is a file already."""
    path = Path(name).expanduser()
    if path.exists():
        hint = f"to send what is in it: cdctl cmd send --plan {name}"
        raise UsageError("there is a file of this name already", subject=name, hint=hint)
    whole_file.write(path, sealer.seal(plan.content(), PLAN).decode("ascii") + "\n")


def approve(name: str, found: Planned, sealer: Sealer) -> None:
    """Add our signature. Raises RefusedError when we asked for it ourselves, or signed it before."""
    if sealer.identity.name == found.plan.by:
        raise RefusedError("you asked for it: somebody else has to approve it", subject=name)
    whole_file.write(Path(name).expanduser(), sealer.cosign(found.envelope).decode("ascii") + "\n")


def read(name: str, trust: Trust, context: str, now: float) -> Planned:
    """What is in it. now: epoch seconds. Raises UsageError when it is no plan, RefusedError when its signatures do not
    hold, it is for another context, or too old."""
    path = Path(name).expanduser()
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError("that is no plan: it is too large", subject=name)
        envelope = path.read_bytes().strip()
    except OSError as error:
        hint = "with a NAME and vehicles, send --plan writes it"
        raise UsageError(f"cannot read the plan: {error.strerror}", subject=name, hint=hint) from None
    try:
        opened = trust.open(envelope, PLAN)
    except RefusedError as error:
        hint = "whoever signed it must be in the trust file, and nobody may have changed it"
        raise RefusedError(f"its signature does not hold: {error.message}", subject=name, hint=hint) from None
    try:
        plan = read_plan(opened.payload)
    except ValueError as error:
        raise UsageError(f"that is no plan: {error}", subject=name) from None
    if plan.by not in {one.name for one in opened.by}:
        raise RefusedError(f"{plan.by} asked for it and has not signed it", subject=name)
    if plan.context != context:
        raise RefusedError(f"it is for the context {plan.context!r}, not {context!r}", subject=name)
    if now - plan.created / 1000 > _OLDEST:
        raise RefusedError("it is more than a week old", subject=name, hint="make it anew")
    return Planned(plan, envelope, opened.by)
