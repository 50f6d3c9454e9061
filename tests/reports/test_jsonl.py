from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from cdctl.domain.slo.verdict import SloReport
from cdctl.reports.document import row_values
from cdctl.reports.jsonl import JsonlReport

SCHEMA: dict[str, Any] = json.loads((files("cdctl.reports") / "report.schema.json").read_text())
LINE = jsonschema.Draft202012Validator({"$ref": "#/$defs/line", "$defs": SCHEMA["$defs"]})


def test_a_line_is_complete_in_itself(report: SloReport) -> None:
    lines = [json.loads(line) for line in JsonlReport().render(report).splitlines()]
    for line, row in zip(lines, report.rows, strict=True):
        LINE.validate(line)
        assert line.items() >= row_values(row).items()
        assert line["at"] == "2026-11-22T16:10:00Z"


@pytest.mark.parametrize("key", ["schema", "at", "generated_at", "verdict"])
def test_a_line_without_its_head_is_refused(report: SloReport, key: str) -> None:
    line = json.loads(JsonlReport().render(report).splitlines()[0])
    del line[key]
    with pytest.raises(jsonschema.ValidationError, match=key):
        LINE.validate(line)


def test_nothing_gives_no_line(empty: SloReport) -> None:
    assert JsonlReport().render(empty) == ""
