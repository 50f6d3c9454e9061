"""Drawn lines as an SVG image that needs nothing else: no font to be fetched, no script."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from xml.sax.saxutils import escape

from cdctl.domain.boards.drawing import Line
from cdctl.domain.grid import cells
from cdctl.tui.looks import colors

_WIDE, _HIGH, _EDGE = 8.4, 18, 10
"""Pixels of a cell, and around them all."""
_FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def svg(lines: Sequence[Line], width: int, title: str, theme: str = "dark") -> str:
    """The image of lines, each of `width` cells."""
    ink, ground, _ = colors("", theme)
    wide, high = _px(2 * _EDGE + width * _WIDE), _px(2 * _EDGE + len(lines) * _HIGH)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" '
        f'height="{high}" role="img">'
        f"\n<title>{escape(title)}</title>\n"
        f'<rect width="100%" height="100%" rx="6" fill="{ground}"/>\n'
        f'<g font-family="{_FONT}" font-size="14" fill="{ink}">\n'
    )
    return head + "".join(_line(line, number, theme) for number, line in enumerate(lines)) + "</g>\n</svg>\n"


def _line(line: Line, number: int, theme: str) -> str:
    drawn, at = _grounds(line, number, theme), 0
    plain, _, _ = colors("", theme)
    for text, roles in line:
        wide = cells(text)
        ink, _, bold = colors(roles, theme)
        left, top = _px(_EDGE + at * _WIDE), _EDGE + number * _HIGH
        if text.strip():
            more = (' font-weight="bold"' if bold else "") + ("" if ink == plain else f' fill="{ink}"')
            place = f'x="{left}" y="{top + 14}" textLength="{_px(wide * _WIDE)}"'
            # Blanks that do not collapse: what an image is shown by need not honour xml:space.
            drawn.append(f"<text {place}{more}>{escape(text).replace(' ', '&#160;')}</text>")
        at += wide
    return "".join(f"{piece}\n" for piece in drawn)


def _grounds(line: Line, number: int, theme: str) -> list[str]:
    """What texts stand on. Neighbours of one colour are one: between two a seam would be seen."""
    drawn, at = [], 0
    bare = colors("", theme)[1]
    for ground, pieces in groupby(line, lambda piece: colors(piece[1], theme)[1]):
        wide = sum(cells(text) for text, _ in pieces)
        if ground != bare:
            place = f'x="{_px(_EDGE + at * _WIDE)}" y="{_EDGE + number * _HIGH}" width="{_px(wide * _WIDE)}"'
            drawn.append(f'<rect {place} height="{_HIGH}" fill="{ground}"/>')
        at += wide
    return drawn


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
