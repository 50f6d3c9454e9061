"""The page as data: what its schema says, with numbers and nothing that acts."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from triage_told import page

from cdctl.application.triage_wiring import render
from cdctl.reports import triage
from cdctl.reports.triage.document import document

SCHEMA = json.loads((Path(triage.__file__).parent / "triage.schema.json").read_text())


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"why": None, "silent": "no spans", "onset": None, "starts": None, "rows": (), "changes": (), "states": ()},
        {"onset": None},
    ],
    ids=["everything", "nothing", "as the alert says"],
)
def test_it_is_what_the_schema_says(more):
    jsonschema.validate(document(page(**more)), SCHEMA)


def test_the_schema_can_fail():
    told = document(page())
    del told["filter"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, SCHEMA)


def test_its_figures():
    told = document(page())
    assert "23-07.60" in told["filter"]
    assert [one["before_s"] for one in told["changes"]] == [200, 3_200, 4_200]
    assert told["since"] == told["onset"]["at"] == "2026-11-29T23:30:00Z"
    assert told["why"]["schema"] == "cdctl.why/v1"
    assert [row["verdict"] for row in told["slos"]] == ["at_risk", "met"]
    assert json.loads(render(page(), "json")) == told
