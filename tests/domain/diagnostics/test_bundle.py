"""Codes and bundles as plain values: what JSON carries, and nothing else."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import ValidationError, validate

from cdctl.domain.diagnostics import bundle
from cdctl.domain.diagnostics.catalogue import catalogue
from cdctl.domain.diagnostics.health import Health, health
from cdctl.domain.diagnostics.tally import tally

CODES = catalogue("P0A9B\tHybrid battery temperature sensor A: circuit\n")
RESULT = {
    "dtc": [
        {"code": "0A9B17", "status": 0xFF, "mask": 0x7F, "frame": {"at": 1_790_000_000_123, "Vehicle.Speed": 42}},
        {"code": "4123"},
    ],
    "signals": {"Vehicle.Speed": 3, "Vehicle.CurrentLocation.Latitude": 1.0},
    "versions": {"tcu": "1"},
    "network": {},
    "events": [{"at": 0, "kind": "a", "text": "b"}],
}


def test_a_code_says_everything():
    found = bundle.trouble((health(RESULT).troubles or ())[0], CODES)
    assert found == {
        "code": "P0A9B-17",
        "hex": "0A9B17",
        "text": "Hybrid battery temperature sensor A: circuit",
        "system": "powertrain",
        "control": "ISO/SAE",
        "failure": "17",
        "failure_text": "circuit voltage too high",
        "failure_category": "electrical",
        "status": 0x7F,
        "status_words": [
            "failing now",
            "confirmed",
            "pending",
            "failed this cycle",
            "failed since clear",
            "not tested this cycle",
            "not tested since clear",
        ],
        "status_brief": ["failing now", "confirmed", "pending"],
        "bits": {
            "testFailed": True,
            "testFailedThisOperationCycle": True,
            "pendingDTC": True,
            "confirmedDTC": True,
            "testNotCompletedSinceLastClear": True,
            "testFailedSinceLastClear": True,
            "testNotCompletedThisOperationCycle": True,
            "warningIndicatorRequested": None,
        },
        "unit": "",
        "frame": {
            "at": "2026-09-21T14:13:20.123Z",
            "signals": [{"path": "Vehicle.Speed", "value": 42, "unit": "km/h"}],
        },
    }


def test_what_was_not_told_is_null():
    found = bundle.trouble((health(RESULT).troubles or ())[1], CODES)
    assert (found["code"], found["status"], found["bits"], found["frame"], found["failure"]) == (
        "C0123",
        None,
        None,
        None,
        None,
    )
    assert bundle.vehicle(health({}), CODES) == dict.fromkeys(["troubles", "signals", "versions", "network", "events"])


@pytest.mark.parametrize("told", [health(RESULT), None])
def test_a_bundle_is_json_and_says_what_was_kept_back(told):
    made = bundle.snapshot(
        taken_at=1_790_000_000_000,
        context="lab",
        reason="",
        answer={"state": "succeeded"},
        fleet={"known": True},
        told=told,
        codes=CODES,
        kept_back=["latitude", "latitude"],
    )
    again = json.loads(json.dumps(made, allow_nan=False))
    assert again == made
    assert again["schema"] == "cdctl.snapshot/v1"
    assert again["taken_at"] == "2026-09-21T14:13:20.000Z"
    assert again["kept_back"] == ["latitude", *(["Vehicle.CurrentLocation.Latitude"] if told else [])]
    assert (again["vehicle"] is None) is (told is None)


def test_a_count_has_its_text():
    (one,) = tally({"A": [(health(RESULT).troubles or ())[0]]})
    assert bundle.count(one, CODES)["text"] == "Hybrid battery temperature sensor A: circuit"
    assert bundle.count(one, CODES)["lamp"] == 0  # not supported


SCHEMA = json.loads((files("cdctl.domain.diagnostics") / "snapshot.schema.json").read_text())


def whole(told: Health | None) -> dict[str, Any]:
    """A bundle as `cdctl diag snapshot` writes it."""
    made = bundle.snapshot(
        taken_at=1_790_000_000_000,
        context="lab",
        reason="",
        answer={"state": "succeeded", "reason": "", "took_ms": 3, "order": "o", "signed_by": "f"},
        fleet={
            "known": True,
            "fields": {"soc": 3.5, "state": "online", "age": None},
            "dtc": ["P0A9B"],
            "happenings": [
                {"at": "2026-09-21T14:13:20.000Z", "vin": "A", "region": "eu", "kind": "online", "detail": ""}
            ],
            "remembered_since": None,
            "status": {},
        },
        told=told,
        codes=CODES,
    )
    return {"vin": "A", "region": "eu", **made}


@pytest.mark.parametrize("told", [health(RESULT), health({}), health({"dtc": 3, "network": {"a": True}}), None])
def test_a_bundle_keeps_its_schema(told):
    validate(whole(told), SCHEMA)
    assert set(whole(told)) == set(SCHEMA["properties"])


def test_the_schema_names_every_key_of_a_code():
    assert set(bundle.trouble((health(RESULT).troubles or ())[0], CODES)) == set(
        SCHEMA["$defs"]["trouble"]["properties"]
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.pop("vin"),
        lambda body: body.update(schema="cdctl.snapshot/v2"),
        lambda body: body["vehicle"]["troubles"][0].update(code="X0A9B"),
        lambda body: body["vehicle"]["troubles"][0].update(status=256),
        lambda body: body["vehicle"]["troubles"][0]["bits"].pop("testFailed"),
        lambda body: body["vehicle"]["signals"].append({"path": "a"}),
        lambda body: body["answer"].pop("state"),
    ],
)
def test_the_schema_finds_what_is_wrong(spoil):
    body = whole(health(RESULT))
    validate(body, SCHEMA)
    spoil(body)
    with pytest.raises(ValidationError):
        validate(body, SCHEMA)
