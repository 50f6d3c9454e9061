"""A plan that somebody cancelled: nothing of it leaves any more, whichever process was sending it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from cdctl.application.calling_off import call_off, called_off

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import Orders
    from cdctl.domain.orders.keeping import Kept

EVERY_SECONDS = 0.5
"""How often the journal is looked at: nothing leaves later than two seconds after a cancel."""


async def stop(orders: Orders, plan: str) -> list[Kept]:
    """Write it down, so that every process that sends the plan stops, and none goes on with it; the orders of it that
    are open when they have."""
    await call_off(orders, plan)
    await asyncio.sleep(2 * EVERY_SECONDS)
    return list(orders.journal.orders(plan=plan, open_only=True))


@asynccontextmanager
async def stoppable(orders: Orders, dispatch: Dispatch, plans: Sequence[str]) -> AsyncIterator[None]:
    """Inside, a plan that another process cancels ends the dispatch."""

    async def watch() -> None:
        while not any(called_off(orders.journal, plan) for plan in plans):
            await asyncio.sleep(EVERY_SECONDS)
        await dispatch.abort()

    task = asyncio.get_running_loop().create_task(watch())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
