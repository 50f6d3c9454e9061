"""Ends a rollout of this host's journal, whether anybody runs it or not, with its topics or without."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from cdctl.cli import cmd_asking, exits, rollout_lines, rollout_rows
from cdctl.cli.settings import settings_of
from cdctl.domain.orders.command import Command, Risk
from cdctl.domain.orders.rollout.standing import Phase
from cdctl.domain.text import safe
from cdctl.errors import RefusedError, UnavailableError

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import Orders
    from cdctl.application.rollout_notes import Told
    from cdctl.cli.options import Run
    from cdctl.domain.orders.rollout.engine import Picture

_HEARD = 5.0
"""Seconds in which whoever runs it looks at the journal; it does so twice a second."""
_LOOK = 0.1


def of_journal(run: Run, rollout: str) -> Told | None:
    """The one rollout of this host's journal whose id begins so; None when it has none, or several."""
    from cdctl.application.orders_wiring import journal_path, with_journal
    from cdctl.application.rollout_notes import told
    from cdctl.domain.orders.keeping import Journal

    settings = settings_of(run)
    if not settings.journal or not journal_path(settings).exists():
        return None

    async def look(journal: Journal) -> list[Told]:
        return told(journal, rollout)

    found = with_journal(settings, look)
    return found[0] if len(found) == 1 else None


def of_plan(run: Run, digest: str) -> Told | None:
    """The rollout of a plan (its digest); None when that is a plain plan, or its rollout did not begin."""
    from cdctl.application.orders_wiring import with_journal
    from cdctl.application.rollout_notes import told
    from cdctl.domain.orders.keeping import Journal

    async def look(journal: Journal) -> list[Told]:
        return told(journal)

    return next((one for one in with_journal(settings_of(run), look) if one.plan == digest), None)


def end(run: Run, one: Told, why: str, *, yes: bool = True) -> None:
    """Nothing of it leaves any more from the moment it is written down. Whoever runs it reads that, and ends it; where
    nobody does it is ended here. Raises RefusedError when policy does not let us, or it has ended."""
    from cdctl.application.orders_wiring import with_orders

    settings = settings_of(run)

    async def write(orders: Orders, dispatch: Dispatch) -> None:
        from cdctl.application import calling_off, resuming, rolling

        newest = rolling.one(orders.journal, one.id)
        if newest.standing.phase.terminal:
            raise rollout_rows.over(newest.standing.phase.value, newest.standing.since, one.id)
        if (plan := resuming.plan_of(orders.journal, one.plan)) is None:
            raise UnavailableError("the journal does not hold its plan", subject=one.id)
        command = orders.command(plan.command) or Command(plan.command, plan.command, Risk.CONFIRM)
        await orders.authorise(plan, command, action="abort")
        what = f"end the rollout {one.id} of {plan.command}"
        await cmd_asking.agreed(run, Risk.CONFIRM, what, 1, yes, otherwise="nothing was cancelled")
        await calling_off.call_off(orders, one.plan, why)

    with_orders(settings, write, plugins=run.plugins)
    try:
        _end_here(run, one, why)
    except RefusedError as taken:  # somebody runs it, and has read it by now
        _heard(run, one, taken)


def _end_here(run: Run, one: Told, why: str) -> None:
    from cdctl.application import rolling, rollout_taking
    from cdctl.application.orders_wiring import with_orders

    lines = rollout_lines.Lines(run)

    async def work(orders: Orders, dispatch: Dispatch) -> Picture:
        newest = rolling.one(orders.journal, one.id)
        exits.note(run, f"nobody runs {one.id}: it is ended here")
        taking = rollout_taking.ending(newest, orders.sealer.identity.name, orders.now, why)
        lines.since(orders.now)
        return await rolling.carry(
            orders, dispatch, rolling.kept(orders, newest), taking=taking, shown=lines.show, warn=exits.insist,
            config=run.config, plugins=run.plugins,
        )  # fmt: skip

    with exits.in_flight(lines.doing, f"nothing leaves any more; end it: cdctl rollout abort {one.id}"):
        with_orders(settings_of(run), work, session=one.session, plugins=run.plugins)


def _heard(run: Run, one: Told, taken: RefusedError) -> None:
    """Returns when whoever runs it has read that it was called off. Raises UnavailableError when they do not."""
    from cdctl.application import rolling
    from cdctl.application.orders_wiring import with_journal
    from cdctl.domain.orders.keeping import Journal

    async def look(journal: Journal) -> str:
        until = time.monotonic() + _HEARD
        while time.monotonic() < until:
            phase = rolling.one(journal, one.id).standing.phase
            if phase is Phase.ABORTING or phase.terminal:
                return phase.value
            await asyncio.sleep(_LOOK)
        return ""

    if not with_journal(settings_of(run), look):
        hint = "it was written down: nothing of it leaves once that process looks, and nobody can go on with it"
        raise UnavailableError(f"{taken.message}, and does not answer", subject=one.id, hint=hint)
    exits.note(run, f"abort: heard by whoever runs {safe(one.id, 40)}; cdctl rollout status {safe(one.id, 40)}")
