"""Carries rollouts in this process: begins them, or goes on where one stood."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cdctl.application import rollout_asking
from cdctl.application.planning import vehicles
from cdctl.application.rollout_states import over
from cdctl.cli import (
    cmd_asking,
    exits,
    output,
    rollout_ending,
    rollout_lines,
    rollout_looking,
    rollout_planning,
    rollout_rows,
)
from cdctl.cli.settings import settings_of
from cdctl.errors import UnavailableError

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import Orders
    from cdctl.application.rollout_notes import Told
    from cdctl.cli.options import Run
    from cdctl.domain.orders.rollout.engine import Job, Picture


def start(
    run: Run,
    file: str,
    outputs: list[str] | None,
    *,
    seconds: str,
    expect: int | None,
    yes: bool,
    break_glass: bool = False,
    despite_caps: bool = False,
) -> exits.Code:
    """From the file to the end of its rollout; the exit code."""
    from cdctl.application import rolling
    from cdctl.application.orders_wiring import with_orders

    wanted = output.parse(outputs)
    found = rollout_planning.ready(run, file, seconds=seconds, expect=expect, despite_caps=despite_caps)
    plan, command = found.job.plan, found.command
    if not plan.targets:
        exits.note(run, "no vehicle matches: nothing is sent")
        return exits.Code.DONE
    cmd_asking.must_be_able(command.risk, yes)
    lines = rollout_lines.Lines(run)
    expected = expect if expect is not None else found.wanted.expect

    async def work(orders: Orders, dispatch: Dispatch) -> Picture:
        if break_glass:
            exits.insist("BREAK GLASS: approvals are passed over; who, what and why go into the audit")
        missing = await rolling.allowed(orders, plan, command, expected, break_glass=break_glass)
        job = rolling.job_of(plan, found.wanted, command, missing)
        for row in rollout_rows.planned(job):
            exits.note(run, f"  wave {row['wave']}: {row['vehicles']:,} vehicles, {row['total']:,} in all")
        for name, value in rollout_rows.guarded(job):
            exits.note(run, f"  {name:<10} {value}")
        for text in rollout_rows.lacking(job):
            exits.insist(text)
        what = f"roll {command.name} out to {vehicles(len(plan.targets))} of {plan.context}"
        await cmd_asking.agreed(run, command.risk, what, len(plan.targets), yes)
        exits.note(run, f"rollout {plan.id}: cdctl rollout status|pause|abort {plan.id}")
        return await rolling.carry(
            orders, dispatch, job, shown=lines.show, warn=exits.insist, config=run.config, plugins=run.plugins
        )

    with exits.in_flight(lines.doing, f"go on where it stands: cdctl rollout resume {plan.id}"):
        with_orders(found.settings, work, plugins=run.plugins)
    return rollout_lines.ended(run, wanted, lines.last)


def resume(run: Run, rollout: str, outputs: list[str] | None, *, reason: str, anyway: bool, yes: bool) -> exits.Code:
    """Tell whoever runs it to go on; where nobody does and this journal has it, go on here."""
    wanted = output.parse(outputs)
    try:
        return rollout_looking.wish(run, rollout, "resume", reason, anyway=anyway)
    except UnavailableError as nobody:
        if (one := rollout_ending.of_journal(run, rollout)) is None:
            raise
        if one.standing.phase.terminal:
            raise over(one.standing.phase.value, one.standing.since, one.id, time.time() * 1000) from nobody
    return _take_up(run, one, wanted, reason, anyway=anyway, yes=yes)


def abort(run: Run, rollout: str, reason: str) -> exits.Code:
    """Tell whoever runs it to end it; where they cannot be told and this journal has it, end it by the journal."""
    try:
        return rollout_looking.wish(run, rollout, "abort", reason)
    except UnavailableError:
        if (one := rollout_ending.of_journal(run, rollout)) is None:
            raise
    rollout_ending.end(run, one, reason.strip()[:500])
    return exits.Code.DONE


def _take_up(
    run: Run, one: Told, wanted: Sequence[output.Output], reason: str, *, anyway: bool, yes: bool
) -> exits.Code:
    from cdctl.application.orders_wiring import with_orders

    settings = settings_of(run)
    lines = rollout_lines.Lines(run)
    exits.note(run, f"nobody runs {one.id}: it goes on here, from wave {one.standing.wave + 1}")

    async def agreed(job: Job) -> None:
        count = len(job.plan.targets)
        await cmd_asking.agreed(run, job.command.risk, f"go on with {job.command.name}", count, yes, does="goes on")

    async def work(orders: Orders, dispatch: Dispatch) -> Picture:
        lines.since(orders.now)
        return await rollout_asking.go_on(
            orders, dispatch, one, reason, anyway=anyway, agreed=agreed, to=lines.audience
        )

    with exits.in_flight(lines.doing, f"go on where it stands: cdctl rollout resume {one.id}"):
        with_orders(settings, work, session=one.session, plugins=run.plugins)
    return rollout_lines.ended(run, wanted, lines.last)
