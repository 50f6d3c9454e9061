"""What comes after orders were sent: go on with them, or let go of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cdctl.application.planning import vehicles
from cdctl.cli import (
    cmd_asking,
    cmd_kept,
    cmd_patience,
    cmd_rows,
    cmd_sending,
    exits,
    fleet_rows,
    output,
    rollout_ending,
)
from cdctl.cli.cmd_progress import Board
from cdctl.cli.cmd_sending import Ended
from cdctl.cli.settings import settings_of
from cdctl.domain.orders.command import Risk
from cdctl.domain.orders.order import State
from cdctl.errors import RefusedError

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import Orders
    from cdctl.cli.options import Run
    from cdctl.domain.orders.keeping import Journal
    from cdctl.domain.settings import Settings


def resume(
    run: Run, which: str, outputs: Sequence[output.Output], *, yes: bool, show_vins: bool, wait_for: str = ""
) -> exits.Code:
    """Go on with what sessions left: ask vehicles first, send only what they certainly do not hold."""
    from cdctl.application.orders_wiring import with_journal

    settings, patience = settings_of(run), cmd_patience.seconds_of(wait_for)
    now = round(time.time() * 1000)

    async def look(journal: Journal) -> list[cmd_kept.Session]:
        plan = cmd_kept.find(journal, which).plan if which else ""
        return cmd_kept.sessions(journal, now, plan)

    sessions = [] if cmd_kept.is_none(settings, which) else with_journal(settings, look)
    if not sessions:
        exits.note(run, "nothing is left to do")
        return exits.Code.DONE
    whole = Ended()
    refused: list[RefusedError] = []
    for session in sessions:
        try:
            _join(whole, _go_on(run, settings, session, yes, patience))
        except RefusedError as error:
            refused.append(error)
    if refused and not whole.kept:
        raise refused[0]
    for each in refused:
        exits.report(each)
    show(run, settings, outputs, whole, show_vins)
    cmd_sending.closing(run, "resumed", whole)
    return exits.worst([cmd_sending.code(whole), *([exits.Code.REFUSED] if refused else [])])


def _join(whole: Ended, part: Ended) -> None:
    whole.kept += part.kept
    whole.plans += part.plans
    whole.unsent += part.unsent
    whole.forged += part.forged
    whole.gave_up = whole.gave_up or part.gave_up


def _go_on(run: Run, settings: Settings, session: cmd_kept.Session, yes: bool, patience: float | None) -> Ended:
    from cdctl.application.orders_wiring import with_orders

    board = Board(run, f"session {session.name}", f"going on with session {session.name}")
    exits.note(run, f"session {session.name}: {session.open:,} not ended, {session.unsent:,} not sent yet")

    async def work(orders: Orders, dispatch: Dispatch) -> Ended:
        plans = [one.plan for one in session.left if one.plan is not None and one.targets]
        known = [orders.command(plan.command) for plan in plans]
        risk = cmd_asking.worst([one.risk if one else Risk.DANGEROUS for one in known])
        await cmd_asking.agreed(
            run, risk, f"send to {vehicles(session.unsent)} more", session.unsent, yes, does="goes on"
        )
        with board.shown():
            found = await cmd_patience.within(patience, [dispatch.resume(tell=board.tell())])
        if found is None:
            wanted = [(one.digest, len(one.plan.targets) if one.plan and one.targets else 0) for one in session.left]
            return await cmd_sending.so_far(dispatch, orders.journal, wanted, board)
        return cmd_sending.ended(found[0], board)

    with cmd_sending.interruptible(board, lambda: "go on: cdctl cmd resume"):
        return with_orders(settings, work, session=session.name, plugins=run.plugins)


def cancel(run: Run, which: str, outputs: Sequence[output.Output], *, yes: bool, show_vins: bool) -> exits.Code:
    """Let go of what has not ended: what never left ends at once, vehicles are asked to drop the rest."""
    from cdctl.application.orders_wiring import with_journal

    settings = settings_of(run)

    async def look(journal: Journal) -> cmd_kept.Found:
        return cmd_kept.find(journal, which)

    cmd_kept.is_none(settings, which)
    found = with_journal(settings, look)
    cmd_asking.must_be_able(Risk.CONFIRM, yes, "cancels")
    rollout = None if found.single else rollout_ending.of_plan(run, found.plan)
    live = [one.order.id for one in found.kept if not one.course.state.terminal]
    if rollout is not None and not rollout.standing.phase.terminal:
        rollout_ending.end(run, rollout, "its plan was cancelled", yes=yes)
        found = with_journal(settings, look)
        whole = Ended(list(found.kept), plans=[found.plan])
        exits.note(run, f"the rollout {rollout.id} is ended: {vehicles(found.unsent)} of it are told nothing")
    elif live or found.unsent:
        whole = _let_go(run, settings, found.plan, live, yes, whole=not found.single)
    else:
        exits.note(run, "nothing to let go of: all of it has ended")
        whole = Ended(list(found.kept))
    show(run, settings, outputs, whole, show_vins)
    states = [one.course.state for one in whole.kept]
    exits.note(run, f"cancelled {states.count(State.CANCELLED):,} of {vehicles(len(states))}")
    return exits.Code.DONE if set(states) <= {State.CANCELLED, State.SUCCEEDED} else exits.Code.PARTLY


def _let_go(run: Run, settings: Settings, digest: str, names: Sequence[str], yes: bool, *, whole: bool) -> Ended:
    from cdctl.application.letting_go import open_of
    from cdctl.application.orders_wiring import with_orders

    board = Board(run, "cancel", "cancelling")

    async def agreed(what: str, count: int) -> None:
        await cmd_asking.agreed(run, Risk.CONFIRM, what, count, yes, otherwise="nothing was cancelled")

    async def work(orders: Orders, dispatch: Dispatch) -> Ended:
        live = await open_of(orders, digest, names, whole=whole, agreed=agreed)
        if not live:
            return Ended()
        with board.shown():
            outcome = await dispatch.cancel(live, tell=board.tell())
        return cmd_sending.ended([outcome], board)

    with cmd_sending.interruptible(board, lambda: "what was asked for stands: cdctl cmd status shows what came of it"):
        return with_orders(settings, work, plugins=run.plugins)


def show(run: Run, settings: Settings, outputs: Sequence[output.Output], found: Ended, show_vins: bool) -> None:
    """Orders of several commands, in every format asked for; places are kept back."""
    from cdctl.application import wiring

    doors = wiring.catalogue(settings, plugins=run.plugins)
    known = {command.name: command for command in doors.commands()[0]}
    head = {"plans": found.plans, "unsent": found.unsent}
    told = cmd_rows.Told(found.kept, known.get, False, head)
    fleet_rows.emit(run, outputs, cmd_rows.orders(told), show_vins=show_vins)
