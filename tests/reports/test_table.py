from __future__ import annotations

import re
from dataclasses import replace

import pytest

from cdctl.domain.grid import cells
from cdctl.domain.slo.verdict import ErrorBudget, SloReport, Verdict
from cdctl.reports import answer
from cdctl.reports.table import BARS_FROM, TableReport

VERDICT = re.compile(r"(met|at_risk|breached|no_data|error)$")


def table(report: SloReport) -> list[str]:
    return TableReport().render(report).split("\n\n")[0].splitlines()


def fitted(report: SloReport, width: int) -> list[str]:
    return TableReport().fit(report, width).split("\n\n")[0].splitlines()


@pytest.mark.parametrize("width", [80, 100, 120])
def test_on_a_terminal_it_fits_and_keeps_verdicts_and_numbers(report: SloReport, width: int) -> None:
    shown, whole = fitted(report, width), table(report)
    assert max(map(cells, shown)) <= width < max(map(cells, whole))
    assert ("█" in "".join(shown)) is (width >= BARS_FROM)
    for short, long in zip(shown[1:], whole[1:], strict=True):
        assert not set("▌█░…") & set("".join(short.split()[-6:]))
        assert [word for word in long.split()[-8:] if word[0] not in "▌█░"][-6:] == short.split()[-6:]


@pytest.mark.parametrize(("width", "gone"), [(72, "6h/3d"), (66, "COV"), (60, "TARGET"), (58, "TARGET")])
def test_a_narrow_terminal_is_told_less_and_no_line_wraps(report: SloReport, width: int, gone: str) -> None:
    shown, whole = fitted(report, width), table(report)
    assert max(map(cells, shown)) <= width
    assert gone in whole[0]
    assert gone not in shown[0]
    assert "BURN 1h" in shown[0]
    assert not set("▌█░") & set("".join(shown))
    for short, long in zip(shown[1:], whole[1:], strict=True):
        assert VERDICT.search(short)[0] == VERDICT.search(long)[0]
        assert {word for word in short.split() if word[0].isdigit()} <= set(long.split())


def test_where_there_is_room_nothing_is_shortened(report: SloReport) -> None:
    assert fitted(report, 400) == table(report)


def test_in_a_pipe_no_name_is_shortened(report: SloReport) -> None:
    long = replace(report.rows[0], name="n" * 300, group={"region": "g" * 100})
    text = "\n".join(table(replace(report, rows=(*report.rows, long))))
    assert "n" * 300 in text
    assert "g" * 100 in text
    assert "…" not in text


def test_a_row_that_could_not_be_judged_has_no_budget(report: SloReport) -> None:
    budget = ErrorBudget(10.0, 0.0, 1.0)
    rows = {v: replace(report.rows[0], verdict=v, error_budget=budget, reason="r") for v in Verdict}
    lines = {v: table(replace(report, rows=(row,)))[1] for v, row in rows.items()}
    assert {v for v, line in lines.items() if "█" in line or "100%  " in line} == {"met", "at_risk", "breached"}


def test_a_reason_that_many_rows_share_is_said_once(report: SloReport) -> None:
    row = replace(
        report.rows[0], verdict=Verdict.ERROR, reason="http://x: connection refused", warnings=("odd",), firing=()
    )
    others = tuple(replace(row, name=f"slo-{n:02}") for n in range(40))
    notes = TableReport().render(replace(report, rows=others)).split("\n\n")[1].splitlines()
    assert notes[0].startswith("error     40 rows (slo-00 ")
    assert notes[0].endswith(", ...): http://x: connection refused")
    assert notes[1].startswith("warning   40 rows (")
    assert len(notes) < 6
    two = TableReport().render(replace(report, rows=(others[0], replace(others[1], reason="another"))))
    assert "connection refused" in two
    assert "another" in two


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
