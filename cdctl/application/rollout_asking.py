"""What an operator wants of a rollout: told to whoever runs it; where nobody does, done here by the journal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdctl.application import calling_off, resuming, rolling, rollout_states, rollout_taking
from cdctl.application.rollout_notes import told
from cdctl.domain.orders.command import Command, Risk
from cdctl.domain.orders.rollout.seen import Control, Wish
from cdctl.domain.orders.rollout.standing import Phase
from cdctl.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import Orders
    from cdctl.application.rollout_notes import Told
    from cdctl.application.rollout_ops import Looking
    from cdctl.domain.orders.keeping import Journal
    from cdctl.domain.orders.rollout.engine import Job, Picture

ANSWER = 5.0
"""Seconds in which whoever runs it says that a wish was heard."""
HEARD = 5.0
"""Seconds in which whoever runs it looks at the journal; it does so twice a second."""
LONGEST_REASON = 500
_LOOK = 0.1


async def wish(looking: Looking, begins: str, what: str, reason: str, *, anyway: bool = False) -> str:
    """Tell whoever runs the rollout whose id begins so; its id. Raises RefusedError with why not, UnavailableError when
    nobody runs it."""
    try:
        body = rollout_states.one(looking.states, begins)
    except UsageError as error:
        raise UnavailableError(error.message, subject=error.subject, hint=error.hint) from error
    name, now = str(body["rollout"]), time.time() * 1000
    if body["phase"] in rollout_states.OVER:
        raise rollout_states.over(body["phase"], int(body.get("since") or body["at"]), name, now)
    if rollout_states.runs(body, now) == rollout_states.NOBODY:
        hint = "cdctl rollout resume goes on with it, where its journal is"
        raise UnavailableError("nobody runs it now", subject=name, hint=hint)
    control = Control(Wish(what), "", 0, reason.strip()[:LONGEST_REASON], int(body["wave"]), anyway)
    await looking.wish(name, control, ANSWER)
    return name


def of_journal(journal: Journal, begins: str) -> Told | None:
    """The one rollout of a journal whose id begins so; None when it has none, or several."""
    found = told(journal, begins)
    return found[0] if len(found) == 1 else None


def of_plan(journal: Journal, digest: str) -> Told | None:
    """The rollout of a plan (its digest); None when that is a plain plan, or its rollout did not begin."""
    return next((one for one in told(journal) if one.plan == digest), None)


async def call_off(orders: Orders, one: Told, why: str, agreed: Callable[[str], Awaitable[None]] | None = None) -> None:
    """Nothing of it leaves any more from the moment it is written down. agreed: returns when somebody agrees to what it
    is told. Raises RefusedError when policy does not let us, or it has ended."""
    newest = rolling.one(orders.journal, one.id)
    if newest.standing.phase.terminal:
        raise rollout_states.over(newest.standing.phase.value, newest.standing.since, one.id, time.time() * 1000)
    if (plan := resuming.plan_of(orders.journal, one.plan)) is None:
        raise UnavailableError("the journal does not hold its plan", subject=one.id)
    command = orders.command(plan.command) or Command(plan.command, plan.command, Risk.CONFIRM)
    await orders.authorise(plan, command, action="abort")
    if agreed is not None:
        await agreed(f"end the rollout {one.id} of {plan.command}")
    await calling_off.call_off(orders, one.plan, why)


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a rollout that is carried here is told to. config: the settings file, for processes that are started."""

    shown: Callable[[Picture], None]
    warn: Callable[[str], None]
    config: str = ""
    plugins: bool = True


async def end(orders: Orders, dispatch: Dispatch, one: Told, why: str, to: Audience) -> Picture:
    """Carry one that nobody runs to its end: nothing leaves, and what is open is taken back. The session of `orders` is
    the rollout's own."""
    newest = rolling.one(orders.journal, one.id)
    taking = rollout_taking.ending(newest, orders.sealer.identity.name, orders.now, why)
    return await rolling.carry(
        orders, dispatch, rolling.kept(orders, newest), taking=taking, shown=to.shown, warn=to.warn, config=to.config,
        plugins=to.plugins,
    )  # fmt: skip


async def go_on(
    orders: Orders,
    dispatch: Dispatch,
    one: Told,
    reason: str,
    *,
    anyway: bool,
    agreed: Callable[[Job], Awaitable[None]],
    to: Audience,
) -> Picture:
    """Carry one that nobody runs on from where it stood. The session of `orders` is the rollout's own. Raises
    RefusedError when its plan was cancelled."""
    newest = rolling.one(orders.journal, one.id)
    if newest.standing.phase is not Phase.ABORTING:
        calling_off.refuse_called_off(orders.journal, newest.plan)
    job = rolling.kept(orders, newest)
    await agreed(job)
    why = reason.strip()[:LONGEST_REASON]
    taking = rollout_taking.going_on(newest, orders.sealer.identity.name, orders.now, why, anyway=anyway)
    return await rolling.carry(
        orders, dispatch, job, taking=taking, shown=to.shown, warn=to.warn, config=to.config, plugins=to.plugins
    )


async def heard(journal: Journal, rollout: str) -> bool:
    """Whether whoever runs it has read, in time, that it was called off."""
    until = time.monotonic() + HEARD
    while time.monotonic() < until:
        phase = rolling.one(journal, rollout).standing.phase
        if phase is Phase.ABORTING or phase.terminal:
            return True
        await asyncio.sleep(_LOOK)
    return False


def unheard(message: str, rollout: str) -> UnavailableError:
    """Somebody has it and does not answer. message: what says that it is theirs."""
    hint = "it was written down: nothing of it leaves once that process looks, and nobody can go on with it"
    return UnavailableError(f"{message}, and does not answer", subject=rollout, hint=hint)
