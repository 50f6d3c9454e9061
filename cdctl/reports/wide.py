"""`wide`: the table with everything that is counted, one line a row, nothing cut; for wide terminals and `less -S`."""

from __future__ import annotations

from cdctl.domain import figures
from cdctl.domain.grid import Column, grid
from cdctl.domain.ports import API, Plugin
from cdctl.domain.slo.verdict import Row, SloReport
from cdctl.domain.text import safe
from cdctl.reports import answer, words

_BURNS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
_COLUMNS = (
    Column("SERVICE"),
    Column("SLO"),
    Column("OBJECTIVE"),
    Column("GROUP"),
    Column("METHOD"),
    Column("WINDOW"),
    Column("TARGET", "point"),
    Column("SLI", "point"),
    Column("95% INTERVAL"),
    Column("GOOD", "right"),
    Column("BAD", "right"),
    Column("TOTAL", "right"),
    Column("ALLOWED", "right"),
    Column("BUDGET LEFT", "right"),
    *(Column(f"BURN {window}", "right") for window in _BURNS),
    Column("COVERAGE", "right"),
    Column("VERDICT"),
)


class WideReport:
    """Plain text without colour, as wide as its content."""

    suffix = ".txt"

    def render(self, report: SloReport) -> str:
        """One line a row, then why, then the summary."""
        rows = [_cells(row, report.at) for row in answer.worst_first(report.rows)]
        table = [*grid(_COLUMNS, rows), ""] if rows else []
        return "\n".join([*table, *answer.notes(report)]) + "\n"


def _cells(row: Row, at: int) -> list[str]:
    budget = row.error_budget
    return [
        safe(row.service),
        safe(row.name),
        safe(row.objective),
        safe(row.group_text),
        row.budgeting,
        words.window(row.window, at),
        figures.target(row.target),
        figures.sli(row.sli, row.target),
        words.interval(row),
        words.count(row.good),
        words.count(row.bad),
        words.count(row.total),
        words.count(budget.allowed if budget else None),
        figures.percent(figures.budget_left(row)),
        *(figures.burn(row.burn_rates.get(window)) for window in _BURNS),
        figures.percent(row.coverage),
        row.verdict.value,
    ]


PLUGIN = Plugin(
    api=API,
    room="reports",
    name="wide",
    version="1",
    summary="the table with counts, intervals, all burn rates and windows",
    make=WideReport,
)
