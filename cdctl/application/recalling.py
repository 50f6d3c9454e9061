"""Waits until orders have ended, those of other processes among them, and says how far they are."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence

from cdctl.application.desk import Desk
from cdctl.application.resuming import last_tries
from cdctl.application.sending import Sending
from cdctl.application.tally import Outcome
from cdctl.domain.orders.keeping import Kept
from cdctl.domain.orders.order import Order, State

_LOOK, _LOOK_AWAY = 0.05, 0.5
"""Seconds between two looks: at our own memory, and into the journal for what others move."""


async def ended(desk: Desk, own: Sequence[Kept], others: Sequence[Kept], sending: Sending) -> None:
    """Returns when all of them have. others: orders that other processes move."""
    loop = asyncio.get_running_loop()
    states = {kept.order.id: kept.course.state for kept in (*own, *others)}
    here = [kept.order.id for kept in own if not kept.course.state.terminal]
    there = [kept.order.id for kept in others if not kept.course.state.terminal]
    look_away_at = 0.0
    while here or there:
        await asyncio.sleep(_LOOK)
        for name in here:
            flight = desk.flights.by_id.get(name)
            states[name] = flight.course.state if flight is not None else _kept(desk, name)
        if loop.time() >= look_away_at:
            look_away_at = loop.time() + _LOOK_AWAY
            states |= {name: _kept(desk, name) for name in there}
        here = [name for name in here if not states[name].terminal]
        there = [name for name in there if not states[name].terminal]
        sending.tally.states = Counter(states.values())
        sending.tell()


def outcome(desk: Desk, sending: Sending) -> Outcome:
    """How a sending ended, or how it is when nobody waits for that."""
    journal, digest, tally = desk.means.journal, sending.digest, sending.tally
    stopped, waiting = sending.stopped.is_set(), bool(sending.open)
    return Outcome(
        digest, desk.session, tally, lambda: last_tries(journal.orders(plan=digest)), stopped=stopped, waiting=waiting
    )


async def take_back(desk: Desk, orders: Sequence[Order]) -> None:
    """Ask the vehicles of orders of other processes to let go of them; where there is no link, when there is one."""
    if orders:
        await desk.means.executor.cancel(await desk.issuer.cancels(orders))


def named(desk: Desk, names: Sequence[str]) -> Iterator[Kept]:
    """Orders by their ids, as the journal has them."""
    return (kept for name in names if (kept := desk.means.journal.order(name)))


def _kept(desk: Desk, name: str) -> State:
    kept = desk.means.journal.order(name)
    return kept.course.state if kept is not None else State.UNKNOWN
