"""A plan that somebody cancelled: nothing of it leaves any more, whichever process was sending it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from cdctl.domain.orders.keeping import Note
from cdctl.errors import RefusedError

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import Orders
    from cdctl.domain.orders.keeping import Journal, Kept
    from cdctl.domain.orders.plan import Plan

EVERY_SECONDS = 0.5
"""How often the journal is looked at: nothing leaves later than two seconds after a cancel."""


def is_stopped(journal: Journal, plan: str) -> bool:
    """Whether a plan (its digest) was cancelled."""
    return next(iter(journal.records(kind="cancel", subject=plan, limit=1)), None) is not None


def refuse_stopped(journal: Journal, plan: Plan) -> None:
    """Raises RefusedError when it was cancelled: what was called off needs a new plan."""
    digest = plan.digest()
    if is_stopped(journal, digest):
        raise RefusedError("this plan was cancelled", subject=digest[:16], hint="make a new one: what, to whom, why")


async def stop(orders: Orders, plan: str) -> list[Kept]:
    """Write it down, so that every process that sends the plan stops, and none goes on with it; the orders of it that
    are open when they have."""
    note = Note("cancel", plan, orders.sealer.identity.name, orders.now, {"what": "plan"})
    await orders.journal.write([note], ending=True)
    await asyncio.sleep(2 * EVERY_SECONDS)
    return list(orders.journal.orders(plan=plan, open_only=True))


@asynccontextmanager
async def stoppable(orders: Orders, dispatch: Dispatch, plans: Sequence[str]) -> AsyncIterator[None]:
    """Inside, a plan that another process cancels ends the dispatch."""

    async def watch() -> None:
        while not any(is_stopped(orders.journal, plan) for plan in plans):
            await asyncio.sleep(EVERY_SECONDS)
        await dispatch.abort()

    task = asyncio.get_running_loop().create_task(watch())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
