"""Changes out of OTLP logs: JSON and protobuf alike; logs that are no changes are counted with a reason."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from cdctl.domain.changes import Change
from cdctl.domain.traces.batch import Rejections
from cdctl.formats.otlp_changes import NO_CHANGE, NO_EVENT, NO_TIME, from_json, from_protobuf

NOON = 1_772_359_200


def pair(key: str, value: object) -> dict:
    kind = {bool: "boolValue", int: "intValue", float: "doubleValue"}.get(type(value), "stringValue")
    return {"key": key, "value": {kind: value}}


def request(*records: dict, resource: tuple[dict, ...] = ()) -> dict:
    return {
        "resourceLogs": [{"resource": {"attributes": list(resource)}, "scopeLogs": [{"logRecords": list(records)}]}]
    }


DEPLOYED = {
    "timeUnixNano": str(NOON * 10**9),
    "eventName": "deployment.finished",
    "body": {"stringValue": "customer-api 1.4.2"},
    "attributes": [pair("service.version", "1.4.2"), pair("pull", 12), pair("canary", True), pair("user.name", "ada")],
}
WANTED = Change(
    float(NOON), "deployment", "customer-api 1.4.2", "customer-api", "1.4.2", "eu", "ada",
    {"pull": "12", "canary": "true"}, "otlp",
)  # fmt: skip
RESOURCE = (pair("service.name", "customer-api"), pair("cloud.region", "eu"))


def as_protobuf(document: dict) -> bytes:
    made = ExportLogsServiceRequest()
    for logs in document["resourceLogs"]:
        group = made.resource_logs.add()
        for one in logs["resource"]["attributes"]:
            group.resource.attributes.add(key=one["key"]).value.string_value = one["value"]["stringValue"]
        scope = group.scope_logs.add()
        for one in logs["scopeLogs"][0]["logRecords"]:
            record = scope.log_records.add(
                time_unix_nano=int(one.get("timeUnixNano", 0)), event_name=one.get("eventName", "")
            )
            record.body.string_value = one.get("body", {}).get("stringValue", "")
            for attribute in one.get("attributes", ()):
                ((kind, value),) = attribute["value"].items()
                name = {"stringValue": "string_value", "intValue": "int_value", "boolValue": "bool_value"}[kind]
                setattr(record.attributes.add(key=attribute["key"]).value, name, value)
    return made.SerializeToString()


def both(document: dict) -> tuple[list[Change], Rejections]:
    one, other = Rejections(), Rejections()
    changes = from_json(json.dumps(document).encode(), one)
    assert from_protobuf(as_protobuf(document), other) == changes
    assert one == other
    return changes, one


def test_a_deployment_is_a_change_in_both_forms():
    changes, rejected = both(request(DEPLOYED, resource=RESOURCE))
    assert changes == [WANTED]
    assert rejected.total == 0


def test_what_is_no_change_is_counted_and_the_rest_lives():
    log = {"timeUnixNano": "1", "body": {"stringValue": "GET /"}}
    click = {**DEPLOYED, "eventName": "browser.click"}
    timeless = {**DEPLOYED, "timeUnixNano": "0"}
    changes, rejected = both(request(log, click, timeless, DEPLOYED, resource=RESOURCE))
    assert changes == [WANTED]
    assert rejected.counts == {NO_EVENT: 1, NO_CHANGE: 1, NO_TIME: 1}
    assert rejected.examples[NO_CHANGE] == "record 2"


def test_an_older_name_of_the_event_and_a_flag_without_a_body():
    flag = {
        "timeUnixNano": str(NOON * 10**9),
        "attributes": [pair("event.name", "feature_flag.evaluation"), pair("feature_flag.key", "fast-unlock")],
    }
    ((change,), _) = both(request(flag))
    assert (change.kind, change.title) == ("feature_flag.evaluation", "fast-unlock")
    assert change.labels == {"feature_flag.key": "fast-unlock"}


def test_a_name_that_only_begins_like_one_is_none():
    _, rejected = both(request({**DEPLOYED, "eventName": "deploymentology"}))
    assert rejected.counts == {NO_CHANGE: 1}


@pytest.mark.parametrize("body", [b"", b"  ", b"null", b"{}", b'{"resourceLogs": null}'])
def test_nothing_at_all_is_fine(body):
    assert from_json(body, Rejections()) == []


@pytest.mark.parametrize(
    "body",
    [
        b"[",
        b"[]",
        b'{"resourceLogs": 5}',
        b'{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "x"}]}]}]}',
    ],
)
def test_what_is_no_request_says_so(body):
    with pytest.raises(ValueError, match="no OTLP/JSON"):
        from_json(body, Rejections())
    with pytest.raises(ValueError, match="no protobuf"):
        from_protobuf(b"\xff\xff\xff" + body, Rejections())


@given(st.binary(max_size=300))
def test_no_bytes_are_a_crash(body):
    for read in (from_json, from_protobuf):
        try:
            read(body, Rejections())
        except ValueError:
            continue
