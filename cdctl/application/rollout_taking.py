"""How a rollout of the journal is taken up by another process: to go on where it stood, or to be ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cdctl.application.rollout_notes import Told
from cdctl.domain.orders.rollout.engine import Event
from cdctl.domain.orders.rollout.seen import Control, Wish
from cdctl.domain.orders.rollout.standing import Phase, Standing


@dataclass(frozen=True, slots=True)
class Taking:
    """standing: where it goes on from. before: what happened until now. taken: what the taking up is, for the record.
    wish: what whoever takes it up wants, once the guards were read; None when nothing holds it back but what goes away
    by itself."""

    standing: Standing
    before: Sequence[Event]
    taken: Sequence[Event]
    wish: Control | None = None


def going_on(told: Told, by: str, now: int, why: str, *, anyway: bool) -> Taking:
    """Where it stood, past every pause that an operator may lift. now: epoch milliseconds."""
    standing = told.standing
    held = any(anyway or not pause.cause.lifts for pause in standing.pauses)
    wish = Control(Wish.RESUME, by, now, why, anyway=anyway)
    waits = held or (anyway and standing.phase is Phase.SOAKING)
    place = f"wave {standing.wave + 1}, {standing.shown}"
    event = Event(now, "taken up", f"{place}{f': {why}' if why else ''}", by)
    return Taking(standing, told.events, (event,), wish if waits else None)


def ending(told: Told, by: str, now: int, why: str) -> Taking:
    """To its end: nothing leaves any more, and what is open is taken back."""
    words = why or f"by {by}"
    standing = replace(told.standing, phase=Phase.ABORTING, since=now, reason=words, pauses=())
    if told.standing.phase is Phase.ABORTING:
        return Taking(replace(told.standing, since=now), told.events, ())
    return Taking(standing, told.events, (Event(now, "aborting", words, by),))
