"""OTLP as JSON: what is strict, what is lenient, and that one bad span does not take the others with it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from otlp_json import request, span
from span_texts import read, rows

from cdctl.domain.traces.batch import Rejections
from cdctl.errors import UsageError
from cdctl.formats.otlp_json import OtlpJson


def _attribute(key: str, **value: Any) -> dict[str, Any]:
    return {"key": key, "value": value}


def _one(**more: Any) -> dict[str, Any]:
    found, rejected = read(OtlpJson(), request(span(5, **more)))
    assert rejected.counts == {}
    assert len(found) == 1
    return found[0]


def test_a_span():
    found = _one(
        traceId="5B8EFFF798038103D269B633813FC60C", spanId="EEE19B7EC3C1B174", parentSpanId="eee19b7ec3c1b173",
        traceState="ot=th:c", name="I'm a server span", kind=2, startTimeUnixNano="1544712660000000000",
        endTimeUnixNano=1544712661000000000, flags=257, status={"code": 2, "message": "no"},
        events=[{"timeUnixNano": "1", "name": "e", "attributes": []}], links=[{"traceId": "00", "spanId": "01"}],
        attributes=[_attribute("http.route", stringValue="/x"), _attribute("my", stringValue="own")],
    )  # fmt: skip
    assert found == {
        "trace": "5b8efff798038103d269b633813fc60c", "span": "eee19b7ec3c1b174", "parent": "eee19b7ec3c1b173",
        "state": "ot=th:c", "weight": 4.0, "name": "I'm a server span", "kind": 2, "start": 1544712660000000000,
        "end": 1544712661000000000, "status": 2, "message": "no",
        "events": [{"timeUnixNano": "1", "name": "e", "attributes": []}], "links": [{"traceId": "00", "spanId": "01"}],
        "attributes": {"resource.service.name": "tests", "span.http.route": "/x", "span.my": "own"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"stringValue": "a"}, "a"),
        ({"stringValue": ""}, ""),
        ({"stringValue": 'q"\\ \u0000 }},{"key":"x'}, 'q"\\ \u0000 }},{"key":"x'),
        ({"intValue": "443"}, "443"),
        ({"intValue": 443}, "443"),
        ({"intValue": "-9223372036854775808"}, "-9223372036854775808"),
        ({"intValue": "0"}, "0"),
        ({"doubleValue": 1.5}, "1.5"),
        ({"doubleValue": 2}, "2.0"),
        ({"doubleValue": "NaN"}, "NaN"),
        ({"doubleValue": "-Infinity"}, "-Infinity"),
        ({"doubleValue": "0.25"}, "0.25"),
        ({"boolValue": True}, "true"),
        ({"boolValue": False}, "false"),
        ({"bytesValue": "AAEC"}, "AAEC"),
        ({"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "b"}, {}]}}, '[1,"b",null]'),
        ({"arrayValue": {}}, "[]"),
        ({"kvlistValue": {"values": [_attribute("k", boolValue=True)]}}, '{"k":true}'),
        ({"kvlistValue": {"values": [_attribute("k", stringValue="1"), _attribute("l")]}}, '{"k":"1","l":null}'),
        ({}, ""),
        (None, ""),
        ({"stringValue": None}, ""),
        ({"somethingNew": 1}, ""),
    ],
)
@pytest.mark.parametrize("spaces", [False, True])
def test_values(value, text, spaces):
    body = request(span(1, attributes=[{"key": "a", "value": value}, _attribute("z", stringValue="last")]))
    if not spaces:
        body = json.dumps(json.loads(body), separators=(",", ":")).encode()
    found, rejected = read(OtlpJson(), body)
    assert rejected.counts == {}
    assert found[0]["attributes"] == {"resource.service.name": "tests", "span.a": text, "span.z": "last"}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"traceId": "5b8efff798038103d269b633813fc6"}, "the trace id is not 16 bytes"),
        ({"traceId": "W47/95gDgQPSabYzgT/GDA=="}, "the trace id is not 16 bytes"),
        ({"traceId": ""}, "the trace id is not 16 bytes"),
        ({"traceId": None}, "the trace id is not 16 bytes"),
        ({"traceId": 7}, "the trace id is not 16 bytes"),
        ({"traceId": "0" * 32}, "the trace id is all zero"),
        ({"spanId": "eee19b7ec3c1b1744"}, "the span id is not 8 bytes"),
        ({"spanId": "0" * 16}, "the span id is all zero"),
        ({"parentSpanId": "eee1"}, "the parent's id is not 8 bytes"),
        ({"kind": "SPAN_KIND_SERVER"}, "the kind is not a number from 0 to 5"),
        ({"kind": 6}, "the kind is not a number from 0 to 5"),
        ({"kind": -1}, "the kind is not a number from 0 to 5"),
        ({"kind": 1 << 70}, "the kind is not a number from 0 to 5"),
        ({"status": {"code": "STATUS_CODE_ERROR"}}, "the status is not a number from 0 to 2"),
        ({"status": {"code": 3}}, "the status is not a number from 0 to 2"),
        ({"status": "error"}, "the status is not a number from 0 to 2"),
        ({"startTimeUnixNano": None}, "the start is missing or is no time"),
        ({"startTimeUnixNano": "0"}, "the start is missing or is no time"),
        ({"endTimeUnixNano": "soon"}, "the end is missing or is no time"),
        ({"endTimeUnixNano": "1_000"}, "the end is missing or is no time"),
        ({"endTimeUnixNano": " 1000 "}, "the end is missing or is no time"),
        ({"endTimeUnixNano": "-1000"}, "the end is missing or is no time"),
        ({"endTimeUnixNano": "9223372036854775808"}, "the end is missing or is no time"),
        ({"endTimeUnixNano": 1.5}, "the end is missing or is no time"),
        ({"events": {"name": "x"}}, "events or links cannot be read"),
        ({"links": [1]}, "events or links cannot be read"),
        ({"attributes": {"a": "b"}}, "an attribute cannot be read"),
        ({"attributes": ["a"]}, "an attribute cannot be read"),
        ({"attributes": [_attribute("a", intValue="x")]}, "an attribute cannot be read"),
        ({"attributes": [_attribute("a", intValue=str(1 << 63))]}, "an attribute cannot be read"),
        ({"attributes": [_attribute("a", doubleValue="much")]}, "an attribute cannot be read"),
        ({"attributes": [_attribute("a", boolValue="true")]}, "an attribute cannot be read"),
        ({"name": 5}, "the span cannot be read"),
    ],
)
@pytest.mark.parametrize("spaces", [False, True])
def test_one_bad_span_leaves_the_others(more, reason, spaces):
    body = request(span(1), span(2, **more), span(3))
    if not spaces:
        body = json.dumps(json.loads(body), separators=(",", ":")).encode()
    found, rejected = read(OtlpJson(), body)
    assert [one["span"][-1] for one in found] == ["2", "4"]
    assert rejected.counts == {reason: 1}
    assert rejected.examples[reason].startswith("message 1: span 2")


@pytest.mark.parametrize("body", [b"", b" \n", b"null", b"{}", b'{"resourceSpans":null}', b'{"resourceSpans":[]}',
                                  b'{"resourceSpans":[{}]}', b'{"resourceSpans":[{"scopeSpans":[{"spans":null}]}]}',
                                  b'{"resourceLogs":[{"x":1}]}', b'{"partialSuccess":{}}'])  # fmt: skip
def test_nothing_is_no_error(body):
    assert read(OtlpJson(), body) == ([], Rejections())


@pytest.mark.parametrize("body", [b"{", b"[]", b"5", b'{"resourceSpans":5}', b'{"resourceSpans":[5]}', b"\xff",
                                  b'{"resourceSpans":[{"scopeSpans":[{"spans":[]}]}]} x', b"[" * 100_000])  # fmt: skip
def test_what_is_no_request(body):
    reader, rejected = OtlpJson(), Rejections()
    reader.add(request(span(1)), rejected)
    with pytest.raises(UsageError, match="no OTLP/JSON"):
        reader.add(body, rejected)
    assert len(rows(reader.batch())) == 1, "what came before is still there"


def test_unknown_fields_are_ignored():
    found = _one(flags=1, traceFlags="new", droppedAttributesCount=3, entityRefs=[{"a": [1, {"b": None}]}])
    assert found["name"] == "operation 2"


def test_old_names_are_in_the_column_of_the_new_one_unless_both_are_there():
    old, new = _attribute("http.status_code", intValue="500"), _attribute("http.response.status_code", intValue=200)
    assert _one(attributes=[old])["attributes"]["span.http.response.status_code"] == "500"
    both = _one(attributes=[old, new])["attributes"]
    assert both["span.http.response.status_code"] == "200"
    assert both["span.http.status_code"] == "500"


def test_of_a_key_that_comes_twice_the_first_counts():
    twice = [_attribute(key, intValue=value) for key, value in [("a", 1), ("region", 2), ("a", 3), ("region", 4)]]
    found = _one(attributes=twice)["attributes"]
    assert (found["span.a"], found["span.region"]) == ("1", "2")


def test_equal_pairs_that_are_written_differently_are_one_value():
    reader, rejected = OtlpJson(), Rejections()
    reader.add(request(span(1, attributes=[_attribute("region", stringValue="eu")])), rejected)
    escaped = b'[{"key": "region", "value": {"stringValue": "\\u0065u"}}]'
    reader.add(request(span(2, attributes="HERE")).replace(b'"HERE"', escaped), rejected)
    batch = reader.batch()
    assert [list(one.values) for name, one in batch.columns.items() if name.key == "region"] == [["eu"]]


def test_resources_scopes_and_messages_are_not_mixed_up():
    def group(name: str, *numbers: int) -> dict[str, Any]:
        resource = {"attributes": [_attribute("service.name", stringValue=name), _attribute("r", stringValue=name)]}
        scoped = [{"scope": {"name": f"scope {number}"}, "spans": [span(number)]} for number in numbers]
        return {"resource": resource, "scopeSpans": scoped}

    bodies = [
        json.dumps({"resourceSpans": [group("a", 1, 2), group("b", 3)]}),
        json.dumps({"resourceSpans": [group("a", 4)]}),
    ]
    found, _ = read(OtlpJson(), *(body.encode() for body in bodies))
    told = [(one["span"][-1], one["scope"], one["attributes"]["resource.service.name"], one["attributes"]["resource.r"])
            for one in found]  # fmt: skip
    assert told == [("2", "scope 1", "a", "a"), ("3", "scope 2", "a", "a"), ("4", "scope 3", "b", "b"),
                    ("5", "scope 4", "a", "a")]  # fmt: skip


def test_a_bad_resource_costs_its_own_spans_only():
    bad = {"resource": {"attributes": [_attribute("a", intValue="x")]}, "scopeSpans": [{"spans": [span(1), span(2)]}]}
    good = {"scopeSpans": [{"spans": [span(3)]}]}
    found, rejected = read(OtlpJson(), json.dumps({"resourceSpans": [bad, good]}).encode())
    assert len(found) == 1
    assert rejected.counts == {"an attribute of the resource cannot be read": 2}


def test_too_many_attributes_are_left_out_and_counted():
    many = [_attribute(f"k{number}", intValue=number) for number in range(10_003)]
    found, rejected = read(OtlpJson(), request(span(1, attributes=many), span(2)))
    assert len(found[0]["attributes"]) == 10_001
    assert "span.n" in found[1]["attributes"]
    assert rejected.odd == {"attributes beyond 10,000 of one span or resource": 3}
    assert rejected.total == 0


def test_long_texts_are_cut_and_counted():
    own = [_attribute("v", stringValue="x" * 70_000), _attribute("k" * 2000, stringValue="y")]
    found, rejected = read(OtlpJson(), request(span(1, attributes=own, name="n" * 70_000)))
    assert len(found[0]["attributes"]["span.v"]) == len(found[0]["name"]) == 65_536
    assert found[0]["attributes"]["span." + "k" * 1024] == "y"
    assert rejected.odd == {"values of attributes that were cut": 1}


def _deep(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"stringValue": "x"}
    for _ in range(depth):
        value = {"arrayValue": {"values": [value]}}
    return value


@pytest.mark.parametrize(("depth", "taken"), [(32, 2), (33, 1), (200, 1)])
def test_values_inside_each_other(depth, taken):
    found, rejected = read(OtlpJson(), request(span(1), span(2, attributes=[{"key": "a", "value": _deep(depth)}])))
    assert len(found) == taken
    assert rejected.total == 2 - taken


def test_a_value_a_hundred_thousand_deep_costs_its_message_and_no_more():
    deep = b"[" * 100_000 + b"]" * 100_000
    body = request(span(1), span(2, attributes=["HERE"])).replace(b'"HERE"', b'{"key":"a","value":' + deep + b"}")
    with pytest.raises(UsageError):
        OtlpJson().add(body, Rejections())


def test_a_span_that_ends_before_it_starts_is_kept_and_counted():
    found, rejected = read(OtlpJson(), request(span(1, startTimeUnixNano="2000", endTimeUnixNano="1000"), span(2)))
    assert (found[0]["start"], found[0]["end"]) == (2000, 1000)
    assert (rejected.odd, rejected.total) == ({"spans that end before they start": 1}, 0)


def test_hostile_text_is_data():
    evil = "\x1b]0;owned\x07 \u202e [/x] {} '; DROP TABLE spans; -- \x00"
    found = _one(name=evil, attributes=[_attribute(evil, stringValue=evil)], status={"message": evil})
    assert found["name"] == found["message"] == found["attributes"][f"span.{evil}"] == evil


def test_text_that_is_no_utf_8_costs_its_span():
    body = request(span(1), span(2, name="HERE"), span(3, attributes=[_attribute("a", stringValue="THERE")]))
    found, rejected = read(OtlpJson(), body.replace(b"HERE", b"\xff\xfe").replace(b"T\xff\xfe", b"\xc3\x28"))
    assert [one["span"][-1] for one in found] == ["2"]
    assert rejected.total == 2


def test_many_spans_in_small_and_large_messages_are_in_order():
    sizes = [1, 8191, 1, 0, 9000, 3]
    reader, rejected, number = OtlpJson(), Rejections(), 0
    for size in sizes:
        reader.add(request(*map(span, range(number, number + size))), rejected)
        number += size
    batch = reader.batch()
    assert len(batch) == sum(sizes)
    assert rejected.total == 0
    own = batch.attributes
    assert [own.values.values[code] for code in own.values.codes] == list(map(str, range(number)))
    assert len(reader.batch()) == 0, "a reader is empty after its batch"


def test_rejections_go_to_the_message_that_they_are_of():
    reader, first, second = OtlpJson(), Rejections(), Rejections()
    reader.add(request(span(1), span(2, kind=9)), first)
    reader.add(request(span(3, kind=9), span(4, kind=9)), second)
    assert len(reader.batch()) == 1
    assert (first.total, second.total) == (1, 2)
