"""Curves as lines of a screen: axes, legend, and the names by which series differ."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cdctl.domain import grid
from cdctl.domain.boards.drawing import SERIES, Line, Piece, width_of
from cdctl.domain.boards.graphing import Curve, Graphed
from cdctl.domain.text import safe
from cdctl.panels.chart_axes import HUGE, Scale, moments, scale, written
from cdctl.panels.chart_canvas import draw, pieces

EDGE = 10
"""Cells at the left: a tick and the axis."""
_NAME = "__name__"
_APART = 14
"""Cells between two moments of the axis."""


def chart(found: Graphed, unit: str, width: int, height: int) -> list[Line]:
    """As much as there is room for: the legend at least."""
    known = [curve.values[np.isfinite(curve.values)] for curve in found.curves]
    if not any(map(len, known)):
        return [
            ((" no series: the query is fine, and nothing answers it" if not found.series else " no value", "dim"),)
        ]
    legend = _legend(found, unit, width, 2 if height >= 12 else 1)
    room = height - len(legend) - 1
    if room < 2 or width < EDGE + 8:
        return legend[:height]
    low, high = min(own.min() for own in known if len(own)), max(own.max() for own in known if len(own))
    axis = scale(float(low), float(high), min(max(room // 2, 3), 3 + room // 6), unit)
    return [*_plot(found, axis, width, room), _times(found, width), *legend]


def _plot(found: Graphed, axis: Scale, width: int, room: int) -> list[Line]:
    values = [np.clip(curve.values, -HUGE, HUGE) for curve in found.curves]
    bits, owner = draw(values, width - EDGE, room, axis.low, axis.high)
    ticks = {
        round((axis.high - tick) / (axis.high - axis.low) * (room - 1)): text
        for tick, text in zip(axis.ticks, axis.labels(), strict=True)
    }
    lines: list[Line] = []
    for row in range(room):
        text = ticks.get(row)
        head: Piece = (f"{'' if text is None else grid.shorten(text, EDGE - 2):>{EDGE - 2}} ", "dim")
        side: Piece = ("│" if text is None else "┤", "frame")
        ground: Piece = (" ", "") if text is None else ("┈", "frame")
        lines.append((head, side, *pieces(bits[row], owner[row], SERIES, ground)))
    return lines


def _times(found: Graphed, width: int) -> Line:
    """Moments under their places; one that finds no room behind the one before is left out."""
    begin, end, room = found.span.start + found.span.step, found.span.end, width - EDGE
    text = ""
    for at, told in moments(begin, end, room // _APART):
        place = EDGE + round((at - begin) / max(end - begin, 1) * (room - 1)) - len(told) // 2
        place = min(place, width - len(told))
        if place > len(text):
            text += " " * (place - len(text)) + told
    return ((text, "dim"),)


def _legend(found: Graphed, unit: str, width: int, most: int) -> list[Line]:
    """Every series with its last value, in as many lines as it takes, at most `most`."""
    lines: list[list[Piece]] = [[(" ", "")]]
    for role, curve, name in zip(SERIES, found.curves, names(found), strict=False):
        last = "no number" if curve.odd else _last(curve, unit)
        label = grid.shorten(safe(name, 200), max(width // 2, 8))
        own: list[Piece] = [("━ ", role), (f"{label} " if label else "", ""), (last, "strong"), ("   ", "")]
        if width_of((*lines[-1], *own[:-1])) > width and len(lines[-1]) > 1:
            if len(lines) == most:
                break
            lines.append([(" ", "")])
        lines[-1] += own
    return [tuple(line) for line in lines]


def _last(curve: Curve, unit: str) -> str:
    last = float(curve.values[-1])
    return "-" if math.isnan(last) else written(last, unit)


def names(found: Graphed) -> list[str]:
    """Of each series the labels in which it differs from others: the value alone where there is one such label."""
    sets = [curve.labels for curve in found.curves]
    every = sorted({label for labels in sets for label in labels})
    differ = [label for label in every if len({labels.get(label) for labels in sets}) > 1]
    if len(differ) == 1:
        return [labels.get(differ[0], f"no {differ[0]}") for labels in sets]
    if not differ:
        return [labels.get(_NAME, "") for labels in sets]
    return [" ".join(f"{label}={labels[label]}" for label in differ if label in labels) for labels in sets]


def numbers(curve: Curve) -> Sequence[float | None]:
    """Values as JSON has them."""
    return [None if math.isnan(value) else value for value in curve.values.tolist()]
