from __future__ import annotations

import re

from cdctl.domain.slo.verdict import SloReport, Verdict
from cdctl.reports import answer
from cdctl.reports.grid import cells
from cdctl.reports.table import WIDTH, TableReport
from cdctl.reports.wide import WideReport

VERDICT = re.compile(r"(met|at_risk|breached|no_data|error)$")


def table(report: SloReport) -> list[str]:
    return TableReport().render(report).split("\n\n")[0].splitlines()


def test_it_fits_its_width(report: SloReport) -> None:
    assert max(map(cells, table(report))) <= WIDTH
    assert max(map(cells, WideReport().render(report).splitlines())) > WIDTH


def test_names_are_whole_where_there_is_room(healthy: SloReport) -> None:
    assert "remote-command-availability" in "\n".join(table(healthy))


def test_the_column_is_called_after_the_one_label_there_is(report: SloReport, healthy: SloReport) -> None:
    assert table(healthy)[0].split()[:2] == ["SLO", "REGION"]
    assert any(line.split()[1] == "us" for line in table(healthy))
    assert table(report)[0].split()[:2] == ["SLO", "GROUP"]
    assert "region=eu" in "\n".join(table(report))


def test_every_row_ends_in_its_verdict_worst_first(report: SloReport) -> None:
    found = [VERDICT.search(line) for line in table(report)[1:]]
    assert [match[1] for match in found if match] == [row.verdict.value for row in answer.worst_first(report.rows)]


def test_a_near_miss_does_not_read_as_a_hit(report: SloReport) -> None:
    line = next(line for line in table(report) if line.startswith("near-miss"))
    assert line.split()[1:3] == ["99.9%", "99.899%"]
    assert "-0.1%" in line


def test_every_row_that_is_not_met_says_why_in_one_line(report: SloReport) -> None:
    notes = TableReport().render(report).split("\n\n")[1].splitlines()
    bad = [row for row in report.rows if row.verdict is not Verdict.MET]
    assert sum(note.startswith(answer.WORST_FIRST[:4]) for note in notes) == len(bad)
    eu = next(note for note in notes if "region=eu" in note)
    assert eu.startswith("breached")
    assert "1h/5m > 13.44, 6h/30m > 5.6" in eu
    assert any(note.startswith("composite  customer-journey: breached") for note in notes)
    assert notes[-1].endswith("3 breached, 2 at_risk, 2 error, 1 no_data, 5 met")


def test_good_news_is_short(healthy: SloReport) -> None:
    assert TableReport().render(healthy).split("\n\n")[1] == "4 objectives at 2026-11-22 16:10 UTC: 4 met\n"
