from __future__ import annotations

import csv
import io

from cdctl.domain.slo.verdict import SloReport
from cdctl.reports.csv import HEADER, CsvReport


def records(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def formulas(text: str) -> list[str]:
    """Cells that a spreadsheet would run: they start like one and are no number."""
    cells = [cell for record in csv.reader(io.StringIO(text, newline="")) for cell in record]
    return [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not number(cell)]


def number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_records_are_complete_and_end_in_cr_lf(report: SloReport) -> None:
    text = CsvReport().render(report)
    assert text.count("\r\n") == text.count("\n") == len(report.rows) + 1
    rows = records(text)
    assert tuple(rows[0])[: len(HEADER)] == HEADER
    eu = rows[1]
    assert (eu["slo"], eu["group"], eu["group.region"], eu["verdict"]) == (
        "remote-command-availability",
        "region=eu",
        "eu",
        "breached",
    )
    assert (eu["target"], eu["bad"], eu["window_end"]) == ("0.999", "23151", "2026-11-22T16:10:00Z")


def test_what_is_not_known_is_an_empty_cell(report: SloReport) -> None:
    error = next(row for row in records(CsvReport().render(report)) if row["slo"] == "file-transfer")
    assert {error[key] for key in ("sli", "good", "coverage", "budget_allowed", "burn_1h")} == {""}


def test_no_text_is_a_formula(report: SloReport) -> None:
    text = CsvReport().render(report)
    assert formulas(text) == []
    assert any(row["slo"].startswith("'=HYPERLINK") for row in records(text))


def test_a_formula_would_be_found() -> None:
    assert formulas('a,b\r\n=cmd(),-1.5\r\n"@x",+1|x\r\n') == ["=cmd()", "@x", "+1|x"]
