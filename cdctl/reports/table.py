"""`table`: the verdicts at a glance, for a terminal of 100 columns. Worst first: that is what somebody looks for."""

from __future__ import annotations

from cdctl.domain.ports import API, Plugin
from cdctl.domain.slo.verdict import Row, SloReport
from cdctl.domain.text import safe
from cdctl.reports import answer, words
from cdctl.reports.grid import Column, grid

WIDTH = 100
_COLUMNS = (
    Column("SLO", shrinks=True),
    Column("GROUP", shrinks=True),
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
        rows = [_cells(called[row.service, row.name, row.objective], row) for row in answer.worst_first(report.rows)]
        table = [*grid(_COLUMNS, rows, WIDTH), ""] if rows else []
        return "\n".join([*table, *answer.notes(report)]) + "\n"


def _cells(name: str, row: Row) -> list[str]:
    left = words.budget_left(row)
    return [
        name,
        safe(row.group_text, 120),
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
