"""`cdctl cmd approve`: somebody else looks at a plan and signs exactly its bytes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cdctl.application import planning
from cdctl.application.planning import vehicles
from cdctl.application.targets import Selected
from cdctl.cli import cmd_asking, cmd_plan_file, exits
from cdctl.cli.settings import settings_of
from cdctl.domain.orders.arguments import judge_values
from cdctl.domain.orders.command import Risk
from cdctl.domain.orders.keeping import Note

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import Orders
    from cdctl.cli.options import Run


def approve(run: Run, name: str, *, yes: bool) -> exits.Code:
    """Show what is in it, ask, sign it, write the file anew."""
    from cdctl.application import security_wiring, wiring
    from cdctl.application.orders_wiring import with_orders

    settings = settings_of(run)
    context = settings.context()
    found = cmd_plan_file.read(name, security_wiring.trust_of(context), context.name, time.time())
    plan = found.plan
    command = wiring.catalogue(settings, plugins=run.plugins).command(plan.command)
    judge_values(command, plan.arguments)
    exits.note(run, f"  {'asked by':<10} {plan.by}")
    for fact, value in planning.facts(plan, command, Selected(plan.targets, plan.where)):
        exits.note(run, f"  {fact:<10} {value}")
    cmd_asking.must_be_able(Risk.CONFIRM, yes, "signs")

    async def work(orders: Orders, dispatch: Dispatch) -> None:
        await orders.authorise(plan, command, action="approve")
        what = f"approve {plan.command} to {vehicles(len(plan.targets))}, asked by {plan.by}"
        await cmd_asking.agreed(run, Risk.CONFIRM, what, len(plan.targets), yes, otherwise="nothing was signed")
        who = orders.sealer.identity
        cmd_plan_file.approve(name, found, orders.sealer)
        await orders.journal.write(
            [Note("approval", plan.digest(), who.name, orders.now, {"key": who.fingerprint, "file": name})]
        )

    with_orders(settings, work, plugins=run.plugins)
    exits.note(run, f"signed {name}: cdctl cmd send --plan {name} sends it")
    return exits.Code.DONE
