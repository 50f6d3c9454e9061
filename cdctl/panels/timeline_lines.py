"""What happened, a line each: when, what kind, whom it is about, what it was."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cdctl.domain import grid
from cdctl.domain.boards.drawing import Line, Piece, with_role
from cdctl.domain.boards.timeline import KINDS, Occasion, Reach
from cdctl.domain.text import safe
from cdctl.panels.moments import ago, clock

GLYPHS = dict(zip(KINDS, "●▲►◆■≡", strict=True))
_AWAY = "○"
"""Of a vehicle that is not there any more."""
MARK = "since"
"""Word of the line that stands where the moment is that a board is about."""
_ROOMY = 60
"""Cells from which on a line has its age, too."""
_NAMED = 78
"""Cells that the names of all kinds take."""
_VIN, _WIDE = 17, 26


@dataclass(frozen=True, slots=True)
class Page:
    """How lines are drawn. now: epoch seconds. about: the vehicle that all of it is about; empty for many. unfolded:
    keys of those of many whose parts are shown."""

    width: int
    now: float
    about: str = ""
    unfolded: Collection[str] = ()


def line(one: Occasion, page: Page) -> Line:
    """One occasion."""
    if one.word == MARK:
        text = f" ── {clock(one.at, page.now)} {one.text} "
        return ((text + "─" * max(page.width - grid.cells(text), 0), "focus"),)
    pieces: list[Piece] = [(f" {clock(one.at, page.now)} ", "dim")]
    if page.width >= _ROOMY:
        pieces.append((f"{ago(one.at, page.now):>6} ", "dim"))
    fold = "└" if one.part_of else " " if one.count == 1 else "▾" if one.key in page.unfolded else "▸"
    pieces += [(_glyph(one), f"{one.role} strong".strip()), (fold, "dim" if one.count == 1 else "strong")]
    if one.subject and one.subject != page.about:
        width = _WIDE if page.width >= 2 * _ROOMY else _VIN
        short = grid.shorten(safe(one.subject, 200), width)
        pieces.append((short + " " * (width - grid.cells(short) + 1), "strong" if one.count > 1 else ""))
    text = safe(one.text, 400)
    if one.count > 1 and one.began is not None and one.at - one.began >= 1:
        text += f" within {ago(one.began, one.at)}"
    return (*pieces, (text, one.role))


def _glyph(one: Occasion) -> str:
    return _AWAY if one.word in {"offline", "unknown"} else GLYPHS.get(one.kind, "·")


def legend(kinds: Collection[str], width: int, about: str = "") -> Line:
    """The keys of the kinds; those that are hidden are dim. Of one vehicle no others are told than the first three."""
    named = width >= (_NAMED if not about else _NAMED // 2)
    there = KINDS[: 3 if about else None]
    pieces: list[Piece] = []
    for number, kind in enumerate(there, 1):
        shown = kind in kinds
        pieces.append((f" {number}", "strong" if shown else "dim"))
        mark = GLYPHS[kind] if shown else "-"
        pieces.append((f" {mark} {kind} " if named else f"{mark} ", "" if shown else "dim"))
    hidden = any(kind not in kinds for kind in there)
    return (*pieces, (" 0 all", "dim")) if hidden else tuple(pieces)


def reaches(told: Sequence[Reach], now: float, width: int, most: int) -> list[Line]:
    """Since when everybody knows, on as few lines as it takes; what should be known and is not, first."""
    parts = [(_reach(one, now), "bad" if one.bad else "dim") for one in sorted(told, key=lambda one: not one.bad)]
    lines: list[list[Piece]] = [[]]
    used = 0
    for text, role in parts:
        wide = grid.cells(text) + 3
        if used and used + wide > width:
            lines.append([])
            used = 0
        lines[-1].append((f" {text} " if not used else f"· {text} ", role))
        used += wide
    return [tuple(pieces) for pieces in lines[:most] if pieces]


def _reach(one: Reach, now: float) -> str:
    note = safe(one.note, 200)
    if one.since is None:
        return f"{one.source}: {note}" if note else f"{one.source} since ever"
    return f"{one.source} since {clock(one.since, now).strip()}{f' ({note})' if note else ''}"


def under(text: Line, width: int) -> Line:
    """The line under the hand."""
    return with_role((*text, (" " * width, "")), "cursor")
