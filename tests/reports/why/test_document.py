"""The JSON of an explanation keeps its schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from why_told import incident, told

import cdctl.reports.why
from cdctl.domain.why.explanation import Explanation
from cdctl.reports.why.document import SCHEMA, document

CHECK = jsonschema.Draft202012Validator(
    json.loads((Path(cdctl.reports.why.__file__).parent / "why.schema.json").read_text()),
    format_checker=jsonschema.FormatChecker(),
)


@pytest.fixture(scope="module")
def found() -> Explanation:
    return told()


def test_the_schema_itself_is_sound() -> None:
    CHECK.check_schema(CHECK.schema)
    assert CHECK.schema["title"] == SCHEMA


@pytest.mark.parametrize("what", ["incident", "standing", "calm", "nothing"])
def test_every_explanation_keeps_it(what: str, found: Explanation) -> None:
    made = {
        "incident": lambda: found,
        "standing": lambda: told(before=incident(2, back=86_400)),
        "calm": lambda: told(incident(rate=0.05, us=0.05, everywhere=0.05)),
        "nothing": lambda: told(incident(n=0)),
    }[what]()
    whole = json.loads(json.dumps(document(made), allow_nan=False))
    CHECK.validate(whole)


def test_what_it_says(found: Explanation) -> None:
    whole = document(found)
    assert whole["answer"].startswith("region eu with software 23-07.60: ")
    (cause,) = whole["causes"]
    assert cause["where"] == [{"attribute": "region", "value": "eu"}, {"attribute": "sw", "value": "23-07.60"}]
    assert cause["selection"]["where"] == "region:eu sw:23-07.60"
    assert "cdctl fleet ls --where 'region:eu sw:23-07.60'" in whole["next"]
    assert f"cdctl trace show {cause['traces'][0]}" in whole["next"]
    assert len(cause["timeline"]["ends"]) == 60


def test_a_document_that_breaks_it_is_refused(found: Explanation) -> None:
    for change in ({"schema": "cdctl.why/v2"}, {"source": "logs"}, {"more": 1}):
        with pytest.raises(jsonschema.ValidationError):
            CHECK.validate({**document(found), **change})
    with pytest.raises(jsonschema.ValidationError):
        CHECK.validate({**document(found), "causes": [{"where": []}]})


def test_ids_of_vehicles_are_masked_unless_asked_for(found: Explanation) -> None:
    assert "WBA000000000" not in json.dumps(document(found))
    assert "WBA000000000" in json.dumps(document(found, show_vins=True))
