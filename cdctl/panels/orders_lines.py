"""Plans and rollouts as lines: how many vehicles are how, in columns that all of them share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdctl.domain import grid
from cdctl.domain.boards.drawing import Line, Piece
from cdctl.domain.boards.ordering import OPEN, PlanSeen, RolloutSeen, WaveSeen
from cdctl.domain.duration import brief
from cdctl.domain.text import safe
from cdctl.panels.moments import ago

Thing = PlanSeen | RolloutSeen
WIDE, WIDEST = 110, 160
"""Cells from which on there is room for who and how, and for a column of its own for every count."""
_ROLES = {"succeeded": "good", "failed": "bad", "rejected": "bad", "timed_out": "warn", "expired": "warn"}
_HEALTH = {"healthy": "good", "thin": "dim", "burning": "bad"}
_PENDING = ("planned", "again", *OPEN)


@dataclass(frozen=True, slots=True)
class Columns:
    """counts: title, width, places that are summed up. bar: cells of the progress."""

    counts: Sequence[tuple[str, int, tuple[str, ...]]]
    bar: int
    vehicles: int
    state: int
    by: int

    def what(self, width: int) -> int:
        """Cells that are left for what it is."""
        taken = 8 + self.state + self.by + self.vehicles + 1 + self.bar + sum(wide for _, wide, _ in self.counts)
        return max(width - taken - 1, 8)


NARROW = Columns(
    (
        ("OK", 6, ("succeeded",)), ("FAILED", 7, ("failed",)), ("REJECT", 7, ("rejected",)),
        ("SILENT", 7, ("timed_out", "expired")), ("CANCEL", 7, ("cancelled",)), ("OPEN", 6, _PENDING),
    ),
    6, 6, 0, 0,
)  # fmt: skip
MIDDLE = Columns(NARROW.counts, 10, 9, 11, 11)
BROAD = Columns(
    (
        ("SUCCEEDED", 10, ("succeeded",)), ("FAILED", 8, ("failed",)), ("REJECTED", 10, ("rejected",)),
        ("TIMED OUT", 11, ("timed_out",)), ("UNANSWERED", 12, ("expired",)), ("CANCELLED", 11, ("cancelled",)),
        ("PENDING", 9, _PENDING),
    ),
    16, 9, 11, 11,
)  # fmt: skip


def columns(width: int) -> Columns:
    """Those that fit."""
    return BROAD if width >= WIDEST else MIDDLE if width >= WIDE else NARROW


def head(width: int) -> Line:
    """Names of the columns."""
    chosen = columns(width)
    text = f" {'AGO':6} {'STATE':{chosen.state}.{chosen.state}}{'COMMAND':{chosen.what(width)}}"
    text += f"{'BY':{chosen.by}.{chosen.by}}{'OF' if not chosen.by else 'VEHICLES':>{chosen.vehicles}} "
    text += f"{'DONE' if chosen.bar < 8 else 'PROGRESS':{chosen.bar}}"
    text += "".join(f"{title:>{wide}}" for title, wide, _ in chosen.counts)
    return ((text, "head"), (" " * width, "head"))


def height(thing: Thing) -> int:
    """Lines of its block."""
    if isinstance(thing, PlanSeen) or thing.over:
        return 1
    return 2 + len(thing.why) + len(thing.waves) + len(thing.guards)


def block(thing: Thing, now: float, width: int) -> list[Line]:
    """A plan on a line; a rollout that is under way with its waves, its guards and why it does not go on. now: epoch
    seconds."""
    if isinstance(thing, PlanSeen):
        under_way = thing.under_way(now * 1000)
        said = "cancelled" if thing.cancelled else "under way" if under_way else "over"
        places = {**thing.states, "planned": thing.unsent}
        mood = "strong" if under_way else "" if not thing.cancelled else "dim"
        name = f"{thing.command} {thing.given}".strip()
        return [_row(thing.at, said, mood, name, thing.by, (thing.vehicles, places), now, width)]
    places = {place: thing.count(place) for place in thing.waves[0].places} if thing.waves else {}
    name = f"{thing.name}: {thing.command}" if columns(width).state else thing.name
    mood = {"paused": "warn", "aborted": "bad", "failed": "bad", "aborting": "bad"}.get(thing.state, "")
    mood = mood or ("" if thing.over else "good strong")
    at = thing.created or thing.at
    first = _row(at, thing.state, mood, name, thing.by, (thing.vehicles, places), now, width)
    if thing.over:
        return [first]
    waves = [_wave(thing, number, wave, now, width) for number, wave in enumerate(thing.waves)]
    return [first, *_standing(thing, now), *waves, *(_guard(thing, place, now) for place in range(len(thing.guards)))]


def _row(
    at: int, state: str, mood: str, name: str, by: str, counted: tuple[int, Mapping[str, int]], now: float, width: int
) -> Line:
    chosen = columns(width)
    when = ago(at / 1000, now) if at else ""
    mark: Piece = (f" {when:6} ", "dim") if not chosen.state else (f" {when:6} ", "")
    cell = f"{safe(state, 20):{chosen.state}.{chosen.state}}"
    return (
        mark, (cell, mood), (_cell(safe(name, 300), chosen.what(width)), mood if not chosen.state else "strong"),
        (_cell(safe(by, 60), chosen.by), ""), *_counted(*counted, chosen),
    )  # fmt: skip


def _wave(thing: RolloutSeen, number: int, wave: WaveSeen, now: float, width: int) -> Line:
    chosen = columns(width)
    here = number == thing.wave
    name = f"  {'▸' if here else ' '} {number + 1} {safe(wave.name or f'to {wave.to}', 60)}"
    said = "" if not chosen.state else "now" if here else "over" if number < thing.wave else "later"
    lead = (" " * 8, ""), (f"{said:{chosen.state}.{chosen.state}}", "strong" if here else "dim")
    role = "" if here else "dim"
    return (
        *lead, (_cell(name, chosen.what(width)), role), (" " * chosen.by, ""),
        *_counted(wave.size, wave.places, chosen),
    )  # fmt: skip


def _counted(total: int, places: Mapping[str, int], chosen: Columns) -> Line:
    pieces: list[Piece] = [(f"{_number(total, chosen.vehicles)} ", ""), *bar(total, places, chosen.bar)]
    for _, wide, some in chosen.counts:
        count = sum(places.get(place, 0) for place in some)
        role = _ROLES.get(some[0], "") if count else "dim"
        pieces.append((_number(count, wide) if count else f"{'·':>{wide}}", role))
    return tuple(pieces)


def bar(total: int, places: Mapping[str, int], cells: int) -> Line:
    """How much of it has ended how: good, bad, silent, cancelled, and what is to come. A part that is there is seen."""
    parts = [
        ("█", "good", ("succeeded",)), ("█", "bad", ("failed", "rejected")), ("█", "warn", ("timed_out", "expired")),
        ("▒", "dim", ("cancelled",)),
    ]  # fmt: skip
    counts = [sum(places.get(place, 0) for place in some) for _, _, some in parts]
    sizes = [max(cells * count // total, 1) if count and total else 0 for count in counts]
    if sum(counts) < total and sum(sizes) >= cells:  # what is to come is seen, too
        sizes[sizes.index(max(sizes))] -= sum(sizes) - cells + 1
    elif sum(counts) >= total and total:
        sizes[sizes.index(max(sizes))] += cells - sum(sizes)
    pieces = [(char * size, role) for (char, role, _), size in zip(parts, sizes, strict=True) if size > 0]
    left = cells - sum(max(size, 0) for size in sizes)
    return (*pieces, ("░" * left, "dim")) if left > 0 else tuple(pieces)


def _standing(thing: RolloutSeen, now: float) -> list[Line]:
    """What a rollout does, since when, by whose hand; and why it does not go on."""
    parts = [f"{safe(thing.state, 20)} for {ago(thing.since / 1000, now)}"]
    parts.append(f"wave {thing.wave + 1} of {len(thing.waves)}")
    nobody = thing.runner == "nobody"
    parts.append("nobody runs it" if nobody else f"run by {safe(thing.runner, 40)}")
    if thing.rate is not None:
        parts.append(f"{thing.rate:g} orders a minute")
    if thing.asked > len(thing.approvers):
        parts.append(f"{len(thing.approvers)} of {thing.asked} approvals")
    role = "bad" if nobody else "warn" if thing.state in {"paused", "waiting"} else "dim"
    lines: list[Line] = [((" " * 10 + " · ".join(parts), role),)]
    return lines + [((" " * 10 + safe(text, 300), "warn"),) for text in thing.why]


def _guard(thing: RolloutSeen, place: int, now: float) -> Line:
    one = thing.guards[place]
    role = _HEALTH.get(one.health, "warn")
    since = f", {brief(max(now - one.at / 1000, 0.0))} ago" if one.at else ""
    told = f"{safe(one.guard, 80)}: {safe(one.words, 200)}{since}"
    return ((" " * 10, ""), (f"{safe(one.health, 12):<8} ", role), (told, "" if role != "dim" else "dim"))


def foot(thing: Thing | None, now: float) -> Line:
    """More about the thing under the hand. now: epoch seconds."""
    if thing is None:
        return ()
    if isinstance(thing, PlanSeen):
        parts = [f"plan {thing.digest[:16]}", f"by {safe(thing.by, 40)}", _silent(thing.states), safe(thing.given, 200)]
        parts.append(f"cancelled by {safe(thing.cancelled, 40)}" if thing.cancelled else "")
        parts.append(f"reason: {safe(thing.reason, 200)}" if thing.reason else "")
    else:
        parts = [f"rollout {safe(thing.id, 40)}", safe(thing.command, 60), f"by {safe(thing.by, 40)}"]
        parts.append(_silent({place: thing.count(place) for place in ("timed_out", "expired")}))
        parts.append(f"{safe(thing.state, 20)} {ago(thing.since / 1000, now)} ago" if thing.over else "")
        parts += [safe(text, 200) for text in thing.why] if thing.over else []
    return ((" " + " · ".join(filter(None, parts)), "dim"),)


def _silent(places: Mapping[str, int]) -> str:
    """What one column of a narrow screen puts together."""
    timed_out, expired = places.get("timed_out", 0), places.get("expired", 0)
    return ", ".join([f"{timed_out:,} timed out"] * bool(timed_out) + [f"{expired:,} unanswered"] * bool(expired))


def _number(count: int, wide: int) -> str:
    text = f"{count:,}"
    if len(text) >= wide:
        text = f"{count / 1000:.0f}k" if count < 1_000_000 else f"{count / 1e6:.1f}M"
    return f"{text:>{wide}}"


def _cell(text: str, wide: int) -> str:
    """Exactly so many cells, with a blank at the end. What is too long loses its end."""
    if not wide:
        return ""
    if grid.cells(text) >= wide:
        text = text[: wide - 2]
        while grid.cells(text) > wide - 2:
            text = text[:-1]
        text += "…"
    return text + " " * (wide - grid.cells(text))
