"""`table`: the verdicts at a glance, for a terminal of 100 columns. Worst first: that is what somebody looks for."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.ports import API, Plugin
from cdctl.domain.slo.verdict import Row, SloReport
from cdctl.domain.text import safe
from cdctl.reports import answer, words
from cdctl.reports.grid import Column, grid

WIDTH = 100
_NUMBERS = (
    Column("TARGET", "point"),
    Column("SLI", "point"),
    Column("BUDGET LEFT", "right"),
    Column("BURN " + "/".join(words.SHORT_BURNS), "right"),
    Column("COV", "right"),
    Column("VERDICT"),
)


class TableReport:
    """Plain text without colour; verdicts are the words of the JSON report, so that a caller can colour them."""

    suffix = ".txt"

    def render(self, report: SloReport) -> str:
        """One line a row, then why, then the summary."""
        called = answer.names(report.rows)
        label = _label(report.rows)
        rows = [
            _cells(called[row.service, row.name, row.objective], row, label) for row in answer.worst_first(report.rows)
        ]
        group = Column(safe(label, 20).upper() or "GROUP", shrinks=True)
        table = [*grid([Column("SLO", shrinks=True), group, *_NUMBERS], rows, WIDTH), ""] if rows else []
        return "\n".join([*table, *answer.notes(report)]) + "\n"


def _label(rows: Sequence[Row]) -> str:
    """The one label that all groups have, so that its column can be called after it; empty when they differ."""
    labels = {tuple(row.group) for row in rows if row.group}
    only = labels.pop() if len(labels) == 1 else ()
    return only[0] if len(only) == 1 else ""


def _cells(name: str, row: Row, label: str) -> list[str]:
    left = words.budget_left(row)
    return [
        name,
        safe(row.group.get(label, "") if label else row.group_text, 120),
        words.target(row.target),
        words.sli(row.sli, row.target),
        f"{words.bar(left, 5)} {words.percent(left, 0 if left is None or abs(left) >= 0.1 else 1):>5}",
        " ".join(f"{words.burn(row.burn_rates.get(window)):>4}" for window in words.SHORT_BURNS),
        words.percent(row.coverage, 0),
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
