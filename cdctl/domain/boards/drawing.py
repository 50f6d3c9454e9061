"""Lines as panels draw them: pieces of text, each with the role it plays. How a role looks, a terminal decides."""

from __future__ import annotations

from collections.abc import Iterable

from cdctl.domain.grid import cells

Piece = tuple[str, str]
"""A text without line breaks, safe for a terminal, and its roles: words of ROLES with blanks between, empty for
plain."""
Line = tuple[Piece, ...]
"""Lines are equal when they look equal, so a view repaints those alone that changed."""
SERIES = ("series1", "series2", "series3", "series4", "series5", "series6")
"""Roles of curves, which mean nothing but that they are not the same one."""
ROLES = ("dim", "good", "warn", "bad", "title", "head", "strong", "cursor", "mark", *SERIES)
BLANK: Line = ()


def width_of(line: Line) -> int:
    """Terminal cells that a line takes."""
    return sum(cells(text) for text, _ in line)


def fit(line: Iterable[Piece], width: int, role: str = "") -> Line:
    """The line in exactly `width` cells: cut, or filled with blanks of the role. A wide character that would stand on
    the edge becomes a blank. Neighbours with the same roles become one: what is painted is shorter then."""
    pieces: list[Piece] = []
    left = width
    for text, own in line:
        if left <= 0:
            break
        kept = _cut(text, left)
        left -= cells(kept)
        _add(pieces, kept, own)
        if kept != text:
            break
    _add(pieces, " " * left, role)
    return tuple(pieces)


def _add(pieces: list[Piece], text: str, role: str) -> None:
    if text and pieces and pieces[-1][1] == role:
        pieces[-1] = (pieces[-1][0] + text, role)
    elif text:
        pieces.append((text, role))


def _cut(text: str, width: int) -> str:
    if cells(text) <= width:
        return text
    end = min(len(text), width)
    while cells(text[:end]) > width:
        end -= 1
    return text[:end]


def with_role(line: Line, role: str) -> Line:
    """Every piece plays this role, too."""
    return tuple((text, f"{own} {role}".strip()) for text, own in line)


def without_role(line: Line, role: str) -> Line:
    """No piece plays this role."""
    if not any(role in own for _, own in line):
        return line
    return tuple((text, " ".join(one for one in own.split() if one != role)) for text, own in line)


def text_of(line: Line) -> str:
    """The text alone."""
    return "".join(text for text, _ in line)
