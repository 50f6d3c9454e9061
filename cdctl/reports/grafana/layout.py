"""Panels on Grafana's grid: 24 columns, rows of about 30 pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cdctl.reports.grafana.names import ids
from cdctl.reports.grafana.panels import Panel
from cdctl.reports.grafana.variables import Json

COLUMNS = 24

Line = tuple[int, Sequence[tuple[int, Panel]]]
"""A height, and panels with their widths side by side."""


def even(height: int, panels: Sequence[Panel]) -> Line:
    """Panels that share a line."""
    width = COLUMNS // max(len(panels), 1)
    return height, [(width, panel) for panel in panels]


def broken(height: int, panels: Iterable[tuple[int, Panel]]) -> list[Line]:
    """Panels with their widths, broken into lines as text is."""
    lines: list[list[tuple[int, Panel]]] = []
    for width, panel in panels:
        if not lines or sum(taken for taken, _ in lines[-1]) + width > COLUMNS:
            lines.append([])
        lines[-1].append((width, panel))
    return [(height, line) for line in lines]


def placed(lines: Iterable[Line]) -> list[Json]:
    """Every panel with its id and its place, from top to bottom."""
    lines = [line for line in lines if line[1]]
    numbers = iter(ids([panel.key for _, line in lines for _, panel in line]))
    found: list[Json] = []
    top = 0
    for height, line in lines:
        left = 0
        for width, panel in line:
            place = {"h": height, "w": width, "x": left, "y": top}
            found.append({"id": next(numbers), "gridPos": place, **panel.values})
            left += width
        top += height
    return found
