"""Lets go of a plan's orders: what never left ends at once, vehicles are asked to drop the rest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from cdctl.application import stopping
from cdctl.application.planning import vehicles
from cdctl.application.resuming import plan_of
from cdctl.domain.orders.command import Command, Risk
from cdctl.domain.orders.plan import Plan, Target

if TYPE_CHECKING:
    from cdctl.application.orders_wiring import Orders
    from cdctl.domain.orders.keeping import Kept


def plan_of_orders(command: str, kept: Sequence[Kept], context: str, reason: str = "") -> Plan:
    """A plan of orders that were sent, to ask policy about them."""
    targets = tuple(sorted({Target(one.order.vin, one.order.region) for one in kept}))
    return Plan("", context, command, {}, targets, "", 0, 0, 0, reason=reason)


async def open_of(
    orders: Orders,
    digest: str,
    names: Sequence[str],
    *,
    whole: bool,
    agreed: Callable[[str, int], Awaitable[None]] | None = None,
) -> list[Kept]:
    """Those of a plan's orders (by their ids) that are to be taken back, with `Dispatch.cancel`. whole: nothing of the
    plan leaves any more, either. agreed: returns when somebody agrees to what it is told, and how many vehicles that
    are. Raises RefusedError when policy does not let us."""
    live = [kept for kept in map(orders.journal.order, names) if kept is not None]
    plan = plan_of(orders.journal, digest) or plan_of_orders(live[0].order.command, live, orders.context.name)
    command = orders.command(plan.command) or Command(plan.command, plan.command, Risk.CONFIRM)
    await orders.authorise(plan, command, action="abort")
    if agreed is not None:
        what = f"let {vehicles(len(live))} drop {plan.command}" if live else f"send no more of {plan.command}"
        await agreed(what, len(live))
    return await stopping.stop(orders, digest) if whole else live
