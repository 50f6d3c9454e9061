"""`table`: the verdicts at a glance, for a terminal or a pipe. Worst first: that is what somebody looks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdctl.domain import figures
from cdctl.domain.grid import Column, cells, grid
from cdctl.domain.ports import API, Plugin
from cdctl.domain.slo.verdict import Row, SloReport
from cdctl.domain.text import safe
from cdctl.reports import answer, words

BARS_FROM = 100
"""Cells of a terminal from which on there is room for bars."""


class TableReport:
    """Plain text without colour; verdicts are the words of the JSON report, so that a caller can colour them."""

    suffix = ".txt"

    def render(self, report: SloReport) -> str:
        """One line a row, then why, then the summary; as wide as the names are long."""
        return _render(report, None)

    def fit(self, report: SloReport, width: int) -> str:
        """The same for a terminal so many cells wide: bars go first, then the middles of names, then whole
        columns; no number is cut."""
        return _render(report, width)


@dataclass(frozen=True, slots=True)
class _Layout:
    """What a line tells beside SLO, group, SLI, budget and verdict."""

    bar: int = 0
    burns: tuple[str, ...] = words.SHORT_BURNS
    coverage: bool = True
    target: bool = True


_WHOLE = _Layout(bar=5)
_LAYOUTS = (
    _WHOLE,
    _Layout(),
    _Layout(burns=words.SHORT_BURNS[:1]),
    _Layout(burns=words.SHORT_BURNS[:1], coverage=False),
    _Layout(burns=words.SHORT_BURNS[:1], coverage=False, target=False),
)
"""From wide to narrow; what is left out is told by `-o wide` in a pipe, and by every other format."""


def _render(report: SloReport, width: int | None) -> str:
    return "\n".join([*_table(report, width), *answer.notes(report)]) + "\n"


def _table(report: SloReport, width: int | None) -> list[str]:
    """The lines of the table: the first layout that fits, else the last."""
    if not report.rows:
        return []
    called, label, rows = answer.names(report.rows), _label(report.rows), answer.worst_first(report.rows)
    lines: list[str] = []
    for layout in _LAYOUTS[width is not None and width < BARS_FROM :]:
        texts = [_cells(called[row.service, row.name, row.objective], row, label, layout) for row in rows]
        group = Column(safe(label, 20).upper() or "GROUP", shrinks=True, narrowest=8)
        lines = grid([Column("SLO", shrinks=True), group, *_numbers(layout)], texts, width)
        if width is None or max(map(cells, lines)) <= width:
            break
    return [*lines, ""]


def _numbers(layout: _Layout) -> list[Column]:
    return [
        *([Column("TARGET", "point")] if layout.target else []),
        Column("SLI", "point"),
        Column("BUDGET LEFT" if layout.bar else "LEFT", "right"),
        Column("BURN " + "/".join(layout.burns), "right"),
        *([Column("COV", "right")] if layout.coverage else []),
        Column("VERDICT"),
    ]


def _label(rows: Sequence[Row]) -> str:
    """The one label that all groups have, so that its column can be called after it; empty when they differ."""
    labels = {tuple(row.group) for row in rows if row.group}
    only = labels.pop() if len(labels) == 1 else ()
    return only[0] if len(only) == 1 else ""


def _cells(name: str, row: Row, label: str, layout: _Layout) -> list[str]:
    left = figures.budget_left(row)
    said = figures.percent(left, 0 if left is None or abs(left) >= 0.1 else 1)
    return [
        name,
        safe(row.group.get(label, "") if label else row.group_text, 120),
        *([figures.target(row.target)] if layout.target else []),
        figures.sli(row.sli, row.target),
        f"{words.bar(left, layout.bar)} {said:>5}" if layout.bar else said,
        " ".join(f"{figures.burn(row.burn_rates.get(window)):>4}" for window in layout.burns),
        *([figures.percent(row.coverage, 0)] if layout.coverage else []),
        row.verdict.value,
    ]


PLUGIN = Plugin(
    api=API,
    room="reports",
    name="table",
    version="1",
    summary="verdicts at a glance for a terminal, worst first",
    make=TableReport,
)
