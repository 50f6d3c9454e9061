"""One line that says what is looked at, how much comes in, and how old the picture is; below it, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.boards.drawing import Line, Piece, width_of
from cdctl.domain.boards.keys import Binding, Key
from cdctl.domain.boards.requests import Reply
from cdctl.domain.boards.snapshot import FleetSight, SloSight, Snapshot
from cdctl.domain.duration import brief
from cdctl.domain.grid import cells, shorten
from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe

_ROOM = 18
"""Cells of a fact such as `│ 20,000 msg/s `, at least."""


class Header:
    """See the port."""

    title = ""
    bindings: Sequence[Binding] = ()
    fields: Sequence[str] = ()
    writing = False

    def __init__(self) -> None:
        self._seen: Snapshot | None = None

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """See the port."""
        self._seen = snapshot
        return None

    def press(self, action: str, key: Key) -> Reply:
        """No key is for it."""
        return None

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The state first: on a narrow screen it is what must be seen."""
        snapshot = self._seen
        if snapshot is None:
            return []
        (mood, role), named = mood_of(snapshot), f"{snapshot.colour} strong".strip()
        ages, held = _ages(snapshot), _held(snapshot)
        line: list[Piece] = [(f" {mood} ", f"{role} strong"), (f" {safe(snapshot.context, 40)} ", named)]
        line += [(" read only ", "warn")] if snapshot.readonly else []
        line += [(f"via {safe(snapshot.through, 40)} ", "dim")] if snapshot.through else []
        if ages and width_of(tuple(line)) + _ROOM * (1 + len(held)) > width:  # names may be long: how old it is first
            line.insert(1, (f" {ages.pop(0).removeprefix('heard ').removeprefix('promises ')} ", ""))
        missing = [" " + safe(note, 400) for note in notes(snapshot)]
        told: list[Line] = [((text, "warn"),) for text in _first(missing, width, height - 1)]
        facts: list[Piece] = [("│ " + text + " ", "") for text in (*held, *ages, *_facts(snapshot))]
        if not told and height > 1:  # nothing is missing: there is room below for what does not fit
            first = _fitting(facts, width - width_of(tuple(line)))
            below = "".join(text for text, _ in facts[first:]).removeprefix("│")
            facts, told = facts[:first], [((below, ""),)]
        return [(*line, *facts), *told[: height - 1]]

    def data(self) -> Mapping[str, object]:
        """What the line says, as numbers."""
        snapshot = self._seen
        if snapshot is None:
            return {}
        fleet, slo = snapshot.fleet, snapshot.slo
        told: dict[str, object] = {"context": snapshot.context, "state": mood_of(snapshot)[0].lower()}
        told |= {"readonly": snapshot.readonly, "through": snapshot.through or None}
        if isinstance(fleet, FleetSight):
            status = fleet.status
            told |= {
                "vehicles": status.vehicles,
                "online": status.online,
                "rate": round(status.rate, 1) if fleet.steady else None,
            }
            told |= {"dropped": status.dropped, "malformed": status.malformed}
            age = status.snapshot_age if fleet.heard_at is None else _age(snapshot, fleet.heard_at)
            told["fleet_age_s"] = None if age is None else round(age, 1)
        if isinstance(slo, SloSight):
            told["slo_age_s"] = round(_age(snapshot, slo.judged_at), 1)
        return {**told, "notes": list(notes(snapshot))}


def mood_of(snapshot: Snapshot) -> tuple[str, str]:
    """LIVE, FROZEN, STALE (a part of what is shown is not of now) or WAITING, and its role. A quiet fleet is live: that
    nobody spoke for a while, the age beside it tells."""
    fleet = snapshot.fleet
    if snapshot.frozen_at is not None:
        return "FROZEN", "warn"
    if isinstance(fleet, Missing):
        return ("WAITING", "dim") if fleet.waiting else ("STALE", "bad")
    down = not fleet.status.links or not all(link.up for link in fleet.status.links)
    kept = isinstance(snapshot.slo, SloSight) and snapshot.slo.broken
    return ("STALE", "bad") if fleet.broken or down or fleet.status.stalled or kept else ("LIVE", "good")


def notes(snapshot: Snapshot) -> Sequence[str]:
    """What is missing, the gravest first."""
    fleet, slo = snapshot.fleet, snapshot.slo
    broken = slo.reason if isinstance(slo, Missing) and slo.bad else "" if isinstance(slo, Missing) else slo.broken
    judged = [f"promises: {broken}"] if broken else []
    if isinstance(fleet, Missing):  # where there is none, that is no news
        return [*judged, f"vehicles: {fleet.reason}{f'; {fleet.hint}' if fleet.hint else ''}"]
    return [*([fleet.broken] if fleet.broken else []), *fleet.status.notes, *judged]


def _first(texts: Sequence[str], width: int, count: int) -> Sequence[str]:
    """As many as there are lines; how many are left out stands at the end of the last."""
    if len(texts) <= count or count < 1:
        return texts[: max(count, 0)]
    more = f" (and {len(texts) - count} more)"
    return [*texts[: count - 1], shorten(texts[count - 1], max(width - cells(more), 0)) + more]


def _held(snapshot: Snapshot) -> list[str]:
    """For how long the hand holds the picture."""
    since = snapshot.frozen_at
    return [] if since is None else [f"for {brief(_age(snapshot, since))}"]


def _ages(snapshot: Snapshot) -> list[str]:
    """How old what is shown is."""
    fleet, slo, told = snapshot.fleet, snapshot.slo, []
    if isinstance(fleet, FleetSight):
        old = fleet.status.snapshot_age
        heard = "heard before" if fleet.status.received else "nothing heard"
        heard = f"last run, {brief(old)} old" if old is not None else heard
        told.append(heard if fleet.heard_at is None else f"heard {brief(_age(snapshot, fleet.heard_at))} ago")
    if isinstance(slo, SloSight):
        told.append(f"promises {brief(_age(snapshot, slo.judged_at))} old")
    return told


def _facts(snapshot: Snapshot) -> list[str]:
    if not isinstance(snapshot.fleet, FleetSight):
        return []
    status = snapshot.fleet.status
    rate = f"{status.rate:,.0f}" if snapshot.fleet.steady else "-"
    return [
        f"{status.vehicles:,} vehicles", f"{status.online:,} online", f"{rate} msg/s",
        f"{status.dropped:,} dropped",
    ]  # fmt: skip


def _fitting(facts: Sequence[Piece], width: int) -> int:
    """How many of them stand in so many cells, with room for larger numbers: none may jump to and fro with these."""
    ends = accumulate(max(cells(text), _ROOM) for text, _ in facts)
    return sum(end <= width for end in ends)


def _age(snapshot: Snapshot, moment: float) -> float:
    return max(0.0, snapshot.at - moment)


def make(settings: Mapping[str, object]) -> Header:
    """A panel; it has no settings."""
    return Header()


PLUGIN = Plugin(API, "panels", "header", "1", "context, rates, drops, age and whether it is live", make)
