"""`table`: the verdicts at a glance, for a terminal or a pipe. Worst first: that is what somebody looks for."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain import figures
from cdctl.domain.grid import Column, grid
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
        """The same for a terminal so many cells wide: bars go first, then the middles of names, numbers never."""
        return _render(report, width)


def _render(report: SloReport, width: int | None) -> str:
    called = answer.names(report.rows)
    label = _label(report.rows)
    bar = 5 if width is None or width >= BARS_FROM else 0
    rows = [
        _cells(called[row.service, row.name, row.objective], row, label, bar) for row in answer.worst_first(report.rows)
    ]
    group = Column(safe(label, 20).upper() or "GROUP", shrinks=True, narrowest=8)
    table = [*grid([Column("SLO", shrinks=True), group, *_numbers(bar)], rows, width), ""] if rows else []
    return "\n".join([*table, *answer.notes(report)]) + "\n"


def _numbers(bar: int) -> tuple[Column, ...]:
    return (
        Column("TARGET", "point"),
        Column("SLI", "point"),
        Column("BUDGET LEFT" if bar else "LEFT", "right"),
        Column("BURN " + "/".join(words.SHORT_BURNS), "right"),
        Column("COV", "right"),
        Column("VERDICT"),
    )


def _label(rows: Sequence[Row]) -> str:
    """The one label that all groups have, so that its column can be called after it; empty when they differ."""
    labels = {tuple(row.group) for row in rows if row.group}
    only = labels.pop() if len(labels) == 1 else ()
    return only[0] if len(only) == 1 else ""


def _cells(name: str, row: Row, label: str, bar: int) -> list[str]:
    left = figures.budget_left(row)
    return [
        name,
        safe(row.group.get(label, "") if label else row.group_text, 120),
        figures.target(row.target),
        figures.sli(row.sli, row.target),
        f"{words.bar(left, bar)} {figures.percent(left, 0 if left is None or abs(left) >= 0.1 else 1):>5}",
        " ".join(f"{figures.burn(row.burn_rates.get(window)):>4}" for window in words.SHORT_BURNS),
        figures.percent(row.coverage, 0),
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
