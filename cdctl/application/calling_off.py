"""A plan that somebody called off: it is written down, so that whoever sends it stops, and nobody goes on with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdctl.domain.orders.keeping import Journal, Note, Record
from cdctl.errors import RefusedError

if TYPE_CHECKING:
    from cdctl.application.orders_wiring import Orders

CANCEL = "cancel"


def called_off(journal: Journal, digest: str) -> Record | None:
    """What says that a plan (its digest) was called off; None when it was not."""
    return next(iter(journal.records(kind=CANCEL, subject=digest, limit=1)), None)


def refuse_called_off(journal: Journal, digest: str) -> None:
    """Raises RefusedError when it was: what was called off needs a new plan."""
    if (note := called_off(journal, digest)) is not None:
        hint = "make a new one: what, to whom, why"
        raise RefusedError(f"this plan was cancelled by {note.actor}", subject=digest[:16], hint=hint)


async def call_off(orders: Orders, digest: str, why: str = "") -> None:
    """Write it down: it holds for every process that uses this journal, also for later ones."""
    body = {"what": "plan", **({"reason": why} if why else {})}
    await orders.journal.write([Note(CANCEL, digest, orders.sealer.identity.name, orders.now, body)], ending=True)
