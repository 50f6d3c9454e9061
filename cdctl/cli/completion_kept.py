"""What the shell offers for ids of the journal: plans, orders and rollouts, the newest first. Errors offer nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING

import typer

from cdctl.cli.completion import Offers, offers

if TYPE_CHECKING:
    from cdctl.domain.orders.keeping import Journal

_MOST = 30
_PLAN = 16
"""Digits of a plan's hash: as they are shown."""


def _of(names: Callable[[Journal], Iterable[str]]) -> Offers:
    def found(ctx: typer.Context) -> list[str]:
        from cdctl.application import audit_wiring, wiring

        settings = wiring.read_settings(config=ctx.find_root().params.get("config") or "")
        with audit_wiring.journal_to_read(settings) as journal:
            return list(names(journal))

    return offers(found)


def _plans(journal: Journal) -> list[str]:
    return [note.subject[:_PLAN] for note in journal.records(kind="plan")][: -_MOST - 1 : -1]


def _kept(journal: Journal) -> list[str]:
    return [*_plans(journal), *(one.order.id for one in islice(journal.orders(), _MOST))]


def _rollouts(journal: Journal) -> list[str]:
    names = dict.fromkeys(note.subject for note in journal.records(kind="rollout"))
    return list(names)[: -_MOST - 1 : -1]


kept = _of(_kept)
"""Plans and orders."""

plans = _of(_plans)
"""Plans."""

rollouts = _of(_rollouts)
"""Rollouts of this host's journal."""
