"""What `slo ls`, `slo status` and `slo test` say, for people and for scripts."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from cdctl.cli import slo_rows
from cdctl.cli.records import Column, Record, render
from cdctl.domain.slo.verdict import ErrorBudget, Row, Verdict
from cdctl.domain.slo.window import Bounds

ROW = Row(
    name="availability",
    service="commands",
    group={"region": "eu", "model": "i4"},
    objective="ok",
    target=Decimal("0.999"),
    budgeting="Occurrences",
    window=Bounds("rolling", 0, 2_419_200),
    verdict=Verdict.BREACHED,
    error_budget=ErrorBudget(100.0, 100.04, -0.0004),
    burn_rates={"5m": 0.1 + 0.2, "1h": None, "6h": 14.4, "3d": float("nan")},
    reason="too much",
)


def shown(rows: list[Row], form: str) -> str:
    records = [slo_rows.status(row) for row in rows]
    return render(records, slo_rows.status_columns(records), form)


def test_scripts_get_numbers_and_an_object():
    (found,) = json.loads(shown([ROW], "json"))
    assert found == {
        "service": "commands",
        "slo": "availability",
        "objective": "ok",
        "group": {"region": "eu", "model": "i4"},
        "target": 0.999,
        "burn_5m": 0.3,
        "burn_1h": None,
        "burn_6h": 14.4,
        "burn_3d": None,
        "budget_left": -0.0004,
        "verdict": "breached",
        "why": "too much",
    }
    assert json.loads(shown([ROW], "jsonl")) == found
    assert all(re.fullmatch("[a-z][a-z0-9_]*", key) for key in found)
    bare = json.loads(shown([replace(ROW, group={}, error_budget=None, burn_rates={}, reason=None)], "jsonl"))
    assert [bare["group"], bare["budget_left"], bare["burn_5m"], bare["why"]] == [{}, None, None, None]


def test_csv_has_numbers_and_the_text_of_a_group():
    (found,) = csv.DictReader(io.StringIO(shown([ROW], "csv")))
    assert found["group"] == "region=eu,model=i4"
    assert (found["target"], found["burn_5m"], found["burn_1h"], found["budget_left"]) == (
        "0.999",
        "0.3",
        "",
        "-0.0004",
    )


def test_the_table_reads_as_before():
    head, line = shown([ROW], "table").splitlines()
    assert head.split("  ")[0] == "SLO"
    assert "BUDGET LEFT" in head
    assert line.split() == ["availability", "region=eu,model=i4", "0.30", "14.4", "-0.1%", "breached", "too", "much"]


@pytest.mark.parametrize(("left", "text"), [(-0.0004, "-0.1%"), (0.99999, "99.9%"), (1.0, "100%"), (0.0996, "9.9%")])
def test_a_budget_is_cut_as_in_reports(left, text):
    line = shown([replace(ROW, error_budget=ErrorBudget(1.0, 1.0, left))], "table").splitlines()[1]
    assert text in line.split()


@pytest.mark.parametrize("verdict", [Verdict.NO_DATA, Verdict.ERROR])
def test_what_could_not_be_judged_shows_no_budget(verdict):
    row = replace(ROW, verdict=verdict, error_budget=ErrorBudget(1.0, 0.0, 1.0))
    assert "100%" not in shown([row], "table")
    assert "100%" in shown([row, replace(row, verdict=Verdict.MET)], "table")


def test_the_objective_is_named_where_there_are_several():
    assert "OBJECTIVE" not in shown([ROW, replace(ROW, group={})], "table")
    assert "OBJECTIVE" in shown([ROW, replace(ROW, objective="quick")], "table")
    assert "OBJECTIVE" in shown([ROW], "wide")


def test_a_reason_of_many_is_said_once_and_scripts_get_each():
    rows = [replace(ROW, name=f"slo-{n}", verdict=Verdict.ERROR, reason="x: refused") for n in range(50)]
    rows.append(replace(ROW, reason="another"))
    text = shown(rows, "table")
    assert text.count("x: refused (50 rows)") == text.count("refused") == 1
    assert text.count("another") == 1
    assert [row["why"] for row in json.loads(shown(rows, "json"))].count("x: refused") == 50
    assert shown(rows, "csv").count("x: refused") == 50
    assert shown(rows[:2], "table").count("x: refused") == 2


def test_a_narrow_terminal_keeps_verdict_and_numbers():
    records = [slo_rows.status(replace(ROW, name="remote-command-availability" * 2, reason="r" * 90))]
    columns = slo_rows.status_columns(records)
    lines = render(records, columns, "table", 90).splitlines()
    assert max(map(len, lines)) <= 90
    assert {"0.30", "14.4", "-0.1%", "breached"} <= set(lines[1].split())
    assert "r" * 90 in render(records, columns, "table"), "nothing is shortened in a pipe"


LISTED: Record = {
    "service": "s",
    "slo": "n",
    "objective": "o",
    "target": 0.9995,
    "window": {"kind": "rolling", "duration_s": 2_419_200},
    "group_by": ["region", "model"],
    "budgeting": "Occurrences",
    "file": "a.yaml",
    "line": 3,
    "column": 5,
    "alerts": ["page", "ticket"],
}


def test_a_list_of_promises():
    calendar: Record = {**LISTED, "window": {"kind": "calendar", "count": 1, "unit": "M", "time_zone": "Europe/Berlin"}}
    minutes: Record = {**LISTED, "window": {"kind": "rolling", "duration_s": 5400}}
    lines = render([LISTED, calendar, minutes], slo_rows.LS, "wide").splitlines()
    assert "99.95 %  28d rolling" in lines[1]
    assert "region, model" in lines[1]
    assert "a.yaml:3:5" in lines[1]
    assert "1M calendar, Europe/Berlin" in lines[2]
    assert "90m rolling" in lines[3]
    assert "LINE" not in lines[0]
    (found,) = csv.DictReader(io.StringIO(render([LISTED], slo_rows.LS, "csv")))
    assert (found["target"], found["window"], found["file"], found["line"]) == ("0.9995", "28d rolling", "a.yaml", "3")


def test_what_the_command_lists_has_these_keys(cdctl, root):
    found = json.loads(cdctl("slo", "ls", root / "slo_specs", "-o", "json").out)
    assert all(set(row) == set(LISTED) for row in found)
    assert {type(row["target"]) for row in found} == {float}
    assert {row["window"]["kind"] for row in found} >= {"rolling"}
    assert "%" not in json.dumps([row["target"] for row in found])


def test_negative_numbers_are_no_formulas():
    text = render([{"n": -0.5, "t": "-0.5"}], (Column("n"), Column("t")), "csv")
    assert text == "n,t\n-0.5,'-0.5\n"
