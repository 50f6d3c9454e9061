"""OTLP as protobuf: it says what OTLP/JSON says of the same spans, and broken bytes cost as little as they can."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from otlp_both import protobuf
from otlp_json import request, span
from span_texts import read, rows

from cdctl.domain.traces.batch import Rejections
from cdctl.errors import UsageError
from cdctl.formats.otlp_json import OtlpJson
from cdctl.formats.otlp_protobuf import OtlpProtobuf

_text = st.text(st.characters(codec="utf-8"), max_size=12)
_plain = st.one_of(
    st.builds(lambda said: {"stringValue": said}, _text),
    st.builds(lambda said: {"intValue": str(said)}, st.integers(-(1 << 63), (1 << 63) - 1)),
    st.builds(lambda said: {"doubleValue": said}, st.floats(allow_nan=False, allow_infinity=False)),
    st.sampled_from([{"doubleValue": "NaN"}, {"doubleValue": "Infinity"}, {"boolValue": True}, {"boolValue": False}]),
    st.builds(lambda said: {"bytesValue": b64encode(said).decode()}, st.binary(max_size=8)),
    st.just({}),
)
_value = st.recursive(
    _plain,
    lambda inner: st.one_of(
        st.builds(lambda some: {"arrayValue": {"values": some}}, st.lists(inner, max_size=3)),
        st.builds(
            lambda some: {"kvlistValue": {"values": [{"key": key, "value": value} for key, value in some.items()]}},
            st.dictionaries(_text, inner, max_size=3),
        ),
    ),
    max_leaves=6,
)
_key = st.one_of(_text, st.sampled_from(["http.route", "http.method", "http.request.method", "region", "SampleRate"]))
_pairs = st.lists(st.builds(lambda key, value: {"key": key, "value": value}, _key, _value), max_size=6)
_hex = {width: st.binary(min_size=width, max_size=width).filter(any).map(bytes.hex) for width in (8, 16)}
_time = st.integers(1, (1 << 63) - 1).map(str)
_event = st.fixed_dictionaries({"timeUnixNano": _time, "name": _text.filter(bool), "attributes": _pairs.filter(bool)})
_span = st.fixed_dictionaries(
    {"traceId": _hex[16], "spanId": _hex[8], "startTimeUnixNano": _time, "endTimeUnixNano": _time},
    optional={
        "parentSpanId": _hex[8],
        "name": _text,
        "kind": st.integers(0, 5),
        "traceState": st.one_of(_text, st.sampled_from(["ot=th:c", "ot=th:0"])),
        "attributes": _pairs,
        "events": st.lists(
            st.fixed_dictionaries(
                {"timeUnixNano": _time, "name": _text.filter(bool), "attributes": _pairs.filter(bool)}
            ),
            max_size=2,
        ),
        "links": st.lists(st.fixed_dictionaries({"traceId": _hex[16], "spanId": _hex[8]}), max_size=2),
        "status": st.fixed_dictionaries({"code": st.integers(0, 2), "message": _text}),
    },
)
_request = st.builds(
    lambda groups: {"resourceSpans": groups},
    st.lists(
        st.fixed_dictionaries(
            {
                "resource": st.fixed_dictionaries({"attributes": _pairs}),
                "scopeSpans": st.lists(
                    st.fixed_dictionaries(
                        {"scope": st.fixed_dictionaries({"name": _text}), "spans": st.lists(_span, max_size=3)}
                    ),
                    max_size=2,
                ),
            }
        ),
        max_size=2,
    ),
)


@given(_request, st.booleans())
def test_both_say_the_same(wanted, spaces):
    body = json.dumps(wanted, separators=None if spaces else (",", ":"), ensure_ascii=spaces).encode()
    one, one_rejected = read(OtlpJson(), body)
    other, other_rejected = read(OtlpProtobuf(), protobuf(wanted))
    assert one == other
    assert one_rejected.counts == other_rejected.counts == {}


def _spans(*numbers: int) -> TracesData:
    return TracesData.FromString(protobuf(json.loads(request(*map(span, numbers)))))


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("trace_id", b"", "the trace id is not 16 bytes"),
        ("trace_id", bytes(24), "the trace id is not 16 bytes"),
        ("trace_id", bytes(16), "the trace id is all zero"),
        ("span_id", b"1234567", "the span id is not 8 bytes"),
        ("span_id", bytes(8), "the span id is all zero"),
        ("parent_span_id", b"1", "the parent's id is not 8 bytes"),
        ("kind", 6, "the kind is not a number from 0 to 5"),
        ("kind", -1, "the kind is not a number from 0 to 5"),
        ("start_time_unix_nano", 0, "the start is missing or is no time"),
        ("end_time_unix_nano", (1 << 64) - 1, "the end is missing or is no time"),
    ],
)
def test_one_bad_span_leaves_the_others(field, value, reason):
    made = _spans(1, 2, 3)
    setattr(made.resource_spans[0].scope_spans[0].spans[1], field, value)
    found, rejected = read(OtlpProtobuf(), made.SerializeToString())
    assert [one["span"][-1] for one in found] == ["2", "4"]
    assert rejected.counts == {reason: 1}
    assert rejected.examples[reason] == "message 1: span 2"


def test_a_status_that_is_none():
    made = _spans(1, 2)
    made.resource_spans[0].scope_spans[0].spans[0].status.code = 7
    found, rejected = read(OtlpProtobuf(), made.SerializeToString())
    assert len(found) == 1
    assert rejected.counts == {"the status is not a number from 0 to 2": 1}


@pytest.mark.parametrize("where", ["name", "attribute", "event"])
def test_bytes_that_are_broken_cost_their_span(where):
    made = _spans(1, 2, 3)
    spoiled = made.resource_spans[0].scope_spans[0].spans[1]
    if where == "name":
        spoiled.name = "MARK"
    elif where == "attribute":
        spoiled.attributes.add(key="MARK")
    else:
        spoiled.events.add(name="MARK")
    found, rejected = read(OtlpProtobuf(), made.SerializeToString().replace(b"MARK", b"\xff\xfe\xfd\xfc"))
    assert [one["span"][-1] for one in found] == ["2", "4"]
    assert rejected.total == 1


def test_nothing_is_no_error():
    assert read(OtlpProtobuf(), b"", TracesData().SerializeToString()) == ([], Rejections())


def test_unknown_fields_are_ignored():
    body = _spans(1).SerializeToString() + b"\xfa\x3e\x03new"
    assert len(read(OtlpProtobuf(), body)[0]) == 1


@pytest.mark.parametrize("body", [b"\n", b"\n\x05abc", b"{}", b"\xff" * 20])
def test_what_is_no_request(body):
    reader, rejected = OtlpProtobuf(), Rejections()
    reader.add(_spans(1).SerializeToString(), rejected)
    with pytest.raises(UsageError, match="no OTLP request"):
        reader.add(body, rejected)
    assert len(rows(reader.batch())) == 1, "what came before is still there"


def test_too_many_attributes_are_left_out_and_counted():
    made = _spans(1)
    for number in range(10_003):
        made.resource_spans[0].scope_spans[0].spans[0].attributes.add(key=f"k{number}").value.int_value = number
    found, rejected = read(OtlpProtobuf(), made.SerializeToString())
    assert len(found[0]["attributes"]) == 10_001
    assert rejected.odd == {"attributes beyond 10,000 of one span or resource": 4}


def test_values_too_deep_cost_their_span():
    made = _spans(1, 2)
    value = made.resource_spans[0].scope_spans[0].spans[0].attributes.add(key="deep").value
    for _ in range(33):
        value = value.array_value.values.add()
    found, rejected = read(OtlpProtobuf(), made.SerializeToString())
    assert len(found) == 1
    assert rejected.counts == {"an attribute cannot be read": 1}
