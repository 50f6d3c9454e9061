"""`csv`: one row a line for spreadsheets (RFC 4180, UTF-8), with one more column for each group label.

A text cell that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, "CSV Injection").
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from cdctl.domain.ports import API, Plugin
from cdctl.domain.slo.verdict import Row, SloReport
from cdctl.domain.text import safe
from cdctl.reports.document import number
from cdctl.reports.words import rfc3339

_BURNS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
HEADER = (
    *("at", "service", "slo", "objective", "group", "verdict", "reason", "target", "budgeting"),
    *("window_kind", "window_start", "window_end", "good", "bad", "total", "sli", "sli_low", "sli_high", "coverage"),
    *("budget_allowed", "budget_consumed", "budget_remaining_ratio", *(f"burn_{window}" for window in _BURNS)),
    *("firing", "composite_verdict", "composite_sli", "warnings"),
)
"""The fixed columns; those of group labels follow as `group.<label>`."""


class CsvReport:
    """Numbers are plain; a number that is not known is an empty cell."""

    suffix = ".csv"

    def render(self, report: SloReport) -> str:
        """Header, then one record a row; records end in CR LF."""
        labels = list(dict.fromkeys(label for row in report.rows for label in row.group))
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow([*HEADER, *(f"group.{safe(label)}" for label in labels)])
        writer.writerows(_record(row, report.at, labels) for row in report.rows)
        return text.getvalue()


def _record(row: Row, at: int, labels: Sequence[str]) -> list[str | float | None]:
    budget, whole = row.error_budget, row.composite
    low, high = row.interval or (None, None)
    words = (row.service, row.name, row.objective, row.group_text, row.verdict.value, row.reason or "")
    return [
        rfc3339(at),
        *map(_cell, words),
        float(row.target),
        row.budgeting,
        row.window.kind,
        rfc3339(row.window.start),
        rfc3339(row.window.end),
        *map(number, (row.good, row.bad, row.total, row.sli, low, high, row.coverage)),
        *map(number, (budget.allowed, budget.consumed, budget.remaining_ratio) if budget else (None,) * 3),
        *(number(row.burn_rates.get(window)) for window in _BURNS),
        _cell("; ".join(row.firing)),
        whole.verdict.value if whole else "",
        number(whole.sli) if whole else None,
        _cell("; ".join(row.warnings)),
        *(_cell(row.group.get(label, "")) for label in labels),
    ]


def _cell(text: str) -> str:
    text = safe(text)
    return f"'{text}" if text.startswith(_FORMULA) else text


PLUGIN = Plugin(
    api=API,
    room="reports",
    name="csv",
    version="1",
    summary="one row a line for spreadsheets, a column for each group label",
    make=CsvReport,
)
