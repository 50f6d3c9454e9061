"""Lists of things in every format."""

from __future__ import annotations

import csv
import io
import json

import pytest

from cdctl.cli.records import FORMATS, Column, render

ROWS = [
    {"name": "a", "ok": True, "size": None, "tags": ["x", "y"], "more": {"k": 1}, "note": "one"},
    {"name": "longer \x1b[2J", "ok": False, "size": 0, "tags": [], "more": {}, "note": 'two, "quoted"\nline'},
]
COLUMNS = (Column("name"), Column("ok"), Column("size"), Column("tags"), Column("more"), Column("note", wide=True))


def test_a_table_has_safe_cells_under_their_titles():
    assert render(ROWS, COLUMNS, "table").splitlines() == [
        "NAME            OK   SIZE  TAGS  MORE",
        "a               yes  -     x, y  k=1",
        r"longer \x1b[2J  no   0     -     -",
    ]


def test_wide_has_more():
    assert "NOTE" in render(ROWS, COLUMNS, "wide")
    assert "NOTE" not in render(ROWS, COLUMNS, "table")
    assert 'two, "quoted"\\x0aline' in render(ROWS, COLUMNS, "wide")


def test_a_column_in_which_nothing_stands_is_left_out():
    assert render([{"a": 1, "b": ""}], (Column("a"), Column("b")), "table") == "A\n1\n"
    assert render([], (Column("a"), Column("b")), "table") == "A  B\n"


def test_json_and_jsonl_say_everything():
    assert json.loads(render(ROWS, COLUMNS, "json")) == ROWS
    assert [json.loads(line) for line in render(ROWS, COLUMNS, "jsonl").splitlines()] == ROWS
    assert json.loads(render([], COLUMNS, "json")) == []
    assert render([], COLUMNS, "jsonl") == ""


def test_csv_reads_back():
    lines = list(csv.reader(io.StringIO(render(ROWS, COLUMNS, "csv"))))
    assert lines[0] == ["name", "ok", "size", "tags", "more", "note"]
    assert lines[2][5] == 'two, "quoted"\nline'


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1+2", "@SUM(A1)"])
def test_a_spreadsheet_runs_no_cell(cell):
    (_, line) = csv.reader(io.StringIO(render([{"a": cell}], [Column("a")], "csv")))
    assert line == [f"'{cell}"]


def test_every_format_is_one():
    assert len({render(ROWS, COLUMNS, form) for form in FORMATS}) == len(FORMATS)


@pytest.mark.parametrize("form", FORMATS)
def test_what_acts_on_a_terminal_passes_in_no_format(form):
    hostile = "\x1b]52;c;aGk=\x07 \x9b2J \x7f \u202e"
    text = render([{"a": hostile, "b": {hostile: hostile}}], [Column("a"), Column("b")], form)
    assert not set(text) & set("\x1b\x07\x9b\x7f\u202e")
    if form in {"json", "jsonl"}:
        found = json.loads(text)
        assert (found[0] if form == "json" else found)["a"] == hostile
