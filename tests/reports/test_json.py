from __future__ import annotations

import copy
import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from cdctl.domain.slo.verdict import SloReport
from cdctl.reports.json import JsonReport

Json = dict[str, Any]
SCHEMA: Json = json.loads((files("cdctl.reports") / "report.schema.json").read_text())


def refuse(word: str) -> float:
    raise ValueError(f"{word} is no JSON number")


def strict(text: str) -> Json:
    """What a script reads: parsed without the numbers that JSON lacks, and valid."""
    value: Json = json.loads(text, parse_constant=refuse)
    jsonschema.Draft202012Validator(SCHEMA).validate(value)
    return value


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_report_is_valid(report: SloReport, empty: SloReport) -> None:
    assert len(strict(JsonReport().render(report))["slos"]) == 13
    assert strict(JsonReport().render(empty))["slos"] == []


def test_the_shape_is_the_one_promised(report: SloReport) -> None:
    value = strict(JsonReport().render(report))
    assert value["schema"] == "cdctl.report/v1"
    assert (value["at"], value["generated_at"]) == ("2026-11-22T16:10:00Z", "2026-11-22T16:11:15Z")
    assert value["summary"] == {"met": 5, "at_risk": 2, "breached": 3, "no_data": 1, "error": 2}
    row = value["slos"][1]
    assert row["group"] == {"region": "eu"}
    assert row["window"] == {
        "kind": "rolling",
        "start": "2026-10-25T16:10:00Z",
        "end": "2026-11-22T16:10:00Z",
        "duration_s": 2_419_200,
    }
    assert (row["target"], row["verdict"], row["composite"]) == (0.999, "breached", None)
    assert row["evidence"][0]["source"] == "prometheus"


def test_numbers_are_free_of_noise(report: SloReport) -> None:
    noisy = replace(report.rows[0], sli=0.1 + 0.2, good=3.0, bad=float("nan"), total=float("inf"))
    text = JsonReport().render(replace(report, rows=(noisy,)))
    row = strict(text)["slos"][0]
    assert '"sli": 0.3,' in text
    assert '"good": 3,' in text
    assert (row["bad"], row["total"]) == (None, None)


def test_text_is_lossless_and_harmless(report: SloReport) -> None:
    text = JsonReport().render(report)
    row = strict(text)["slos"][-1]
    assert row["group"]["region"] == report.rows[-1].group["region"]
    assert "\u202e" not in text
    assert "\x1b" not in text


BAD: list[tuple[list[str | int], object]] = [
    (["schema"], "cdctl.report/v2"),
    (["at"], "2026-11-22 16:10"),
    (["generated_at"], 1),
    (["summary", "met"], -1),
    (["summary", "fine"], 1),
    (["slos"], {}),
    (["slos", 1, "verdict"], "BREACHED"),
    (["slos", 1, "budgeting"], "occurrences"),
    (["slos", 1, "sli"], 1.2),
    (["slos", 1, "sli"], "0.9"),
    (["slos", 1, "target"], 1),
    (["slos", 1, "good"], -1),
    (["slos", 1, "interval"], [0.9]),
    (["slos", 1, "coverage"], True),
    (["slos", 1, "group"], None),
    (["slos", 1, "group", "region"], 5),
    (["slos", 1, "window", "kind"], "sliding"),
    (["slos", 1, "window", "duration_s"], 1.5),
    (["slos", 1, "error_budget", "remaining_ratio"], 2),
    (["slos", 1, "burn_rates", "soon"], 1),
    (["slos", 1, "burn_rates", "1h"], "1"),
    (["slos", 1, "evidence", 0, "at"], None),
    (["slos", 6, "composite", "verdict"], "fine"),
]


@pytest.mark.parametrize(
    ("path", "value"), BAD, ids=lambda value: ".".join(map(str, value)) if isinstance(value, list) else ""
)
def test_the_schema_refuses(report: SloReport, path: list[str | int], value: object) -> None:
    document = strict(JsonReport().render(report))
    place: Any = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        strict(json.dumps(document))


def required() -> list[tuple[str, str]]:
    row = SCHEMA["$defs"]["row"]["required"]
    return [*(("", key) for key in SCHEMA["required"]), *(("row", key) for key in row)]


@pytest.mark.parametrize(("where", "key"), required())
def test_the_schema_refuses_a_missing_key(report: SloReport, where: str, key: str) -> None:
    document = strict(JsonReport().render(report))
    missing = copy.deepcopy(document)
    del (missing["slos"][0] if where else missing)[key]
    with pytest.raises(jsonschema.ValidationError, match=key):
        strict(json.dumps(missing))


def test_a_number_that_json_lacks_is_refused(report: SloReport) -> None:
    document = strict(JsonReport().render(report))
    document["slos"][0]["sli"] = float("nan")
    with pytest.raises(ValueError, match="NaN"):
        strict(json.dumps(document))
