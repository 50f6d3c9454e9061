"""Ends a rollout of this host's journal, whether anybody runs it or not, with its topics or without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdctl.application import rollout_asking
from cdctl.cli import cmd_asking, exits, rollout_lines
from cdctl.cli.settings import settings_of
from cdctl.domain.orders.command import Risk
from cdctl.domain.text import safe
from cdctl.errors import RefusedError

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import Orders
    from cdctl.application.rollout_notes import Told
    from cdctl.cli.options import Run
    from cdctl.domain.orders.keeping import Journal
    from cdctl.domain.orders.rollout.engine import Picture


def of_journal(run: Run, rollout: str) -> Told | None:
    """The one rollout of this host's journal whose id begins so; None when it has none, or several."""
    from cdctl.application.orders_wiring import journal_path, with_journal

    settings = settings_of(run)
    if not settings.journal or not journal_path(settings).exists():
        return None

    async def look(journal: Journal) -> Told | None:
        return rollout_asking.of_journal(journal, rollout)

    return with_journal(settings, look)


def of_plan(run: Run, digest: str) -> Told | None:
    """The rollout of a plan (its digest); None when that is a plain plan, or its rollout did not begin."""
    from cdctl.application.orders_wiring import with_journal

    async def look(journal: Journal) -> Told | None:
        return rollout_asking.of_plan(journal, digest)

    return with_journal(settings_of(run), look)


def end(run: Run, one: Told, why: str, *, yes: bool = True) -> None:
    """Nothing of it leaves any more from the moment it is written down. Whoever runs it reads that, and ends it; where
    nobody does it is ended here. Raises RefusedError when policy does not let us, or it has ended."""
    from cdctl.application.orders_wiring import with_orders

    async def agreed(what: str) -> None:
        await cmd_asking.agreed(run, Risk.CONFIRM, what, 1, yes, otherwise="nothing was cancelled")

    async def write(orders: Orders, dispatch: Dispatch) -> None:
        await rollout_asking.call_off(orders, one, why, agreed)

    with_orders(settings_of(run), write, plugins=run.plugins)
    try:
        _end_here(run, one, why)
    except RefusedError as taken:  # somebody runs it, and has read it by now
        _heard(run, one, taken)


def _end_here(run: Run, one: Told, why: str) -> None:
    from cdctl.application.orders_wiring import with_orders

    lines = rollout_lines.Lines(run)

    async def work(orders: Orders, dispatch: Dispatch) -> Picture:
        exits.note(run, f"nobody runs {one.id}: it is ended here")
        lines.since(orders.now)
        return await rollout_asking.end(orders, dispatch, one, why, lines.audience)

    with exits.in_flight(lines.doing, f"nothing leaves any more; end it: cdctl rollout abort {one.id}"):
        with_orders(settings_of(run), work, session=one.session, plugins=run.plugins)


def _heard(run: Run, one: Told, taken: RefusedError) -> None:
    """Returns when whoever runs it has read that it was called off. Raises UnavailableError when they do not."""
    from cdctl.application.orders_wiring import with_journal

    async def look(journal: Journal) -> bool:
        return await rollout_asking.heard(journal, one.id)

    if not with_journal(settings_of(run), look):
        raise rollout_asking.unheard(taken.message, one.id)
    exits.note(run, f"abort: heard by whoever runs {safe(one.id, 40)}; cdctl rollout status {safe(one.id, 40)}")
