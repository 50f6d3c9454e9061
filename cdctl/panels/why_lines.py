"""Causes as lines of a table, and below it what is known of the one under the cursor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cdctl.domain import figures, grid
from cdctl.domain.boards.drawing import Line, Piece, with_role
from cdctl.domain.boards.explaining import Explained
from cdctl.domain.duration import brief
from cdctl.domain.text import safe
from cdctl.domain.why.explanation import Cause, Explanation
from cdctl.domain.why.wording import LONG, p_value, rate, spoken
from cdctl.panels.missing_lines import wrapped

_BAR = 10
_NARROWEST, _WIDEST_NAME = 20, 52
_WIDE, _WIDEST = 110, 130
"""Cells from which on there is room for how it was before and what it adds, and for a bar."""


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    width: int
    least: int = 0
    """Cells that the panel must have for it to be there."""


_COLUMNS = (
    _Column("OF BAD", 6), _Column("INSIDE", 7), _Column("OUTSIDE", 8), _Column("BEFORE", 8, _WIDE),
    _Column("BURN", 7, _WIDE), _Column("VEHICLES", 8), _Column("SINCE", 12),
)  # fmt: skip


def head(width: int) -> Line:
    """Names of the columns."""
    shown = [column for column in _COLUMNS if column.least <= width]
    titles = "".join(f"{column.title:>{column.width}} " for column in shown)
    bar = " " * (_BAR + 1) if width >= _WIDEST else ""
    return ((f" {'CAUSE':{_name(width)}} {bar}{titles}", "head"), (" " * width, "head"))


def row(cause: Cause, told: Explanation, width: int, now: float) -> Line:
    """One cause. What was so before is dim: it explains no new burn."""
    name = _name(width)
    standing = cause in told.standing
    short = grid.shorten(spoken(cause.where) + (" (as before)" if standing else ""), name)
    values = (
        rate(cause.share), rate(cause.inside.rate), rate(cause.outside.rate),
        rate(cause.before.rate) if cause.before else figures.UNKNOWN, figures.burn(cause.burn),
        f"{cause.vehicles:,}" if cause.vehicles else figures.UNKNOWN, _since(cause, told, now),
    )  # fmt: skip
    figured = zip(_COLUMNS, values, strict=True)
    pieces: list[Piece] = [(f" {short}{' ' * (name - grid.cells(short))} ", "" if standing else "strong")]
    if width >= _WIDEST:
        pieces.append((f"{_bar(cause.share)} ", "" if standing else "bad"))
    for place, (column, text) in enumerate((column, text) for column, text in figured if column.least <= width):
        pieces.append((f"{text:>{column.width}} ", "bad" if place < 2 and not standing else ""))
    return with_role(tuple(pieces), "dim") if standing else tuple(pieces)


def _name(width: int) -> int:
    rest = sum(column.width + 1 for column in _COLUMNS if column.least <= width) + 2
    return min(max(width - rest - (_BAR + 1 if width >= _WIDEST else 0), _NARROWEST), _WIDEST_NAME)


def _bar(share: float) -> str:
    """Full for all of it only."""
    filled = int(min(max(share, 0.0), 1.0) * _BAR)
    return "█" * filled + "░" * (_BAR - filled)


def _since(cause: Cause, told: Explanation, now: float) -> str:
    """Of what was so in the whole window, that it is longer: when it began is not looked for before that."""
    if cause.since is None:
        return f">{brief(max(now - told.window.start, 0.0))} ago"
    return f"{brief(max(now - cause.since, 0.0))} ago"


def details(cause: Cause, told: Explanation, now: float) -> Iterator[Line]:
    """What to do with it first, then when it began and after what, then how it was before."""
    picked = cause.picked
    if picked.where:
        vehicles = f"   {many(picked.vehicles, 'vehicle')} with bad events" if picked.vehicles else ""
        yield ((" /", "dim"), (safe(picked.where, 200), "title strong"), (vehicles, "dim"))
    if picked.beyond:
        beyond = ", ".join(f"{safe(one.attribute, LONG)} {safe(one.value, LONG)}" for one in picked.beyond)
        yield ((f" no filter of vehicles can say {beyond}", "warn"),)
    yield ((f" {_began(cause, told, now)}", ""), *_after(cause))
    yield ((f" {_before(cause, told)} · {p_value(cause.log10_p)}", ""),)
    for near in cause.after[1:]:
        yield ((f" {_apart(near.ahead)}: {safe(near.change.title, LONG)}", "dim"),)


def _began(cause: Cause, told: Explanation, now: float) -> str:
    if cause.vague:
        first, last = (brief(max(now - moment, 0.0)) for moment in cause.vague)
        return f"began between {first} and {last} ago"
    if cause.since is None:
        return f"began more than {brief(max(now - told.window.start, 0.0))} ago, before the window that was looked at"
    return f"began about {brief(max(now - cause.since, 0.0))} ago"


def _after(cause: Cause) -> Iterator[Piece]:
    if not cause.after:
        if cause.since is not None:
            yield "; nothing is known to have been changed shortly before", "dim"
        return
    near = cause.after[0]
    yield f", {_apart(near.ahead)}: {safe(near.change.title, LONG)}", "warn" if near.related else ""


def _apart(ahead: float) -> str:
    return f"{brief(abs(ahead))} {'after' if ahead >= 0 else 'before'}"


def many(number: int, word: str) -> str:
    """A number of things."""
    return f"{number:,} {word if number == 1 else f'{word}s'}"


def _before(cause: Cause, told: Explanation) -> str:
    """How the group was in the reference window."""
    if told.reference is None:
        return "there is nothing to compare with: whether it was so before is not known"
    then = f"{brief(told.window.end - told.reference.end)} before"
    if cause.before is None or cause.before.raw_total == 0:
        return f"{then} there was no such event"
    outside = cause.before_outside.rate if cause.before_outside else None
    new = {True: "new", False: "as it was", None: "too few events then to tell"}[cause.new]
    return f"{then} {rate(cause.before.rate)} failed inside, {rate(outside)} outside: {new}"


def unexplained(found: Explained, width: int) -> Iterator[Line]:
    """Where there is no cause: the answer, and what nearly was one."""
    yield from wrapped(found.said, width, "strong")
    for miss in found.explanation.near:
        figured = f"{rate(miss.share)} of the bad events, {rate(miss.inside)} fail inside, {rate(miss.outside)} outside"
        yield ((f" nearly: {spoken(miss.where)}: {figured}; but {safe(miss.reason, 120)}", "dim"),)


def notes(told: Explanation) -> Sequence[Line]:
    """What has to be known to read it."""
    seconds = told.window.end - told.window.start
    source = "spans" if told.source == "spans" else "the series of a metric"
    asked = f" {many(round(told.events.raw_total), 'event')} of {brief(seconds)}, from {source}"
    by = f", counted as {safe(told.by, LONG)} does" if told.by else ""
    nameless = [f"{rate(told.nameless)} of events name no vehicle that is known"] if told.nameless else []
    lines = [
        f"{asked}{by}; {many(told.searched, 'group')} {'was' if told.searched == 1 else 'were'} looked at",
        *(f" {safe(n)}" for n in (*nameless, *told.notes)),
    ]
    return [((line, "dim"),) for line in lines]
