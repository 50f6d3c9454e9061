"""Jaeger's own JSON: a trace as its UI downloads it, written by hand after its public model."""

from __future__ import annotations

import json
from typing import Any

import pytest
from otlp_json import request, span
from span_texts import read

from cdctl.domain.traces.batch import Rejections
from cdctl.errors import UsageError
from cdctl.formats.jaeger import Jaeger, JaegerAnswer

_TRACE: dict[str, Any] = {
    "traceID": "5b8efff798038103",
    "spans": [
        {
            "traceID": "5b8efff798038103",
            "spanID": "e19b7ec3c1b174",
            "flags": 1,
            "operationName": "POST /orders",
            "references": [],
            "startTime": 1544712660300000,
            "duration": 1500,
            "tags": [
                {"key": "span.kind", "type": "string", "value": "server"},
                {"key": "http.status_code", "type": "int64", "value": 500},
                {"key": "error", "type": "bool", "value": True},
                {"key": "otel.status_description", "type": "string", "value": "no"},
                {"key": "otel.scope.name", "type": "string", "value": "http"},
                {"key": "w3c.tracestate", "type": "string", "value": "ot=th:8"},
                {"key": "ratio", "type": "float64", "value": 0.5},
                {"key": "internal.span.format", "type": "string", "value": "otlp"},
            ],
            "logs": [
                {
                    "timestamp": 1544712660300001,
                    "fields": [
                        {"key": "event", "type": "string", "value": "exception"},
                        {"key": "exception.type", "type": "string", "value": "Boom"},
                    ],
                }
            ],
            "processID": "p1",
            "warnings": None,
        },
        {
            "traceID": "5b8efff798038103",
            "spanID": "00f067aa0ba902b7",
            "operationName": "SELECT",
            "references": [
                {"refType": "CHILD_OF", "traceID": "5b8efff798038103", "spanID": "e19b7ec3c1b174"},
                {"refType": "FOLLOWS_FROM", "traceID": "aa", "spanID": "bb"},
            ],
            "startTime": 1544712660300100,
            "duration": 100,
            "tags": [{"key": "otel.status_code", "type": "string", "value": "OK"}, {"key": "error", "value": False}],
            "logs": [],
            "processID": "p2",
        },
    ],
    "processes": {
        "p1": {"serviceName": "orders", "tags": [{"key": "host.name", "type": "string", "value": "h1"}]},
        "p2": {"serviceName": "db", "tags": None},
    },
}


def _answer(*traces: dict[str, Any]) -> bytes:
    return json.dumps({"data": list(traces), "total": 0, "limit": 0, "offset": 0, "errors": None}).encode()


@pytest.mark.parametrize("body", [json.dumps(_TRACE).encode(), _answer(_TRACE)], ids=["trace", "answer"])
def test_a_trace(body):
    found, rejected = read(Jaeger(), body)
    assert rejected == Rejections()
    assert found == [
        {
            "trace": "0" * 16 + "5b8efff798038103", "span": "00e19b7ec3c1b174", "parent": "", "name": "POST /orders",
            "start": 1544712660300000000, "end": 1544712660301500000, "kind": 2, "status": 2, "message": "no",
            "scope": "http", "state": "ot=th:8", "weight": 2.0,
            "events": [{"timeUnixNano": "1544712660300001000", "name": "exception",
                        "attributes": [{"key": "exception.type", "value": {"stringValue": "Boom"}}]}],
            "attributes": {"span.http.response.status_code": "500", "span.ratio": "0.5",
                           "span.internal.span.format": "otlp", "resource.service.name": "orders",
                           "resource.host.name": "h1"},
        },
        {
            "trace": "0" * 16 + "5b8efff798038103", "span": "00f067aa0ba902b7", "parent": "00e19b7ec3c1b174",
            "name": "SELECT", "start": 1544712660300100000, "end": 1544712660300200000, "kind": 0, "status": 1,
            "weight": None, "attributes": {"resource.service.name": "db"},
            "links": [{"traceId": "aa".rjust(32, "0"), "spanId": "bb".rjust(16, "0")}],
        },
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"traceID": "x"}, "the trace id is not 16 bytes"),
        ({"traceID": "0"}, "the trace id is all zero"),
        ({"traceID": "1" * 33}, "the trace id is not 16 bytes"),
        ({"spanID": ""}, "the span id is not 8 bytes"),
        ({"startTime": 0}, "the start is missing or is no time"),
        ({"startTime": 1 << 62}, "the start is missing or is no time"),
        ({"startTime": "soon"}, "the span cannot be read"),
        ({"duration": 1 << 62}, "the end is missing or is no time"),
        ({"tags": "none"}, "the span cannot be read"),
    ],
)
def test_one_bad_span_leaves_the_others(more, reason):
    spoiled = {**_TRACE, "spans": [{**_TRACE["spans"][0], **more}, _TRACE["spans"][1]]}
    found, rejected = read(Jaeger(), _answer(spoiled))
    assert [one["name"] for one in found] == ["SELECT"]
    assert rejected.counts == {reason: 1}


def test_spans_without_a_process_and_without_a_parent_that_is_there():
    lonely = {**_TRACE["spans"][1], "processID": "p9"}
    found, rejected = read(Jaeger(), _answer({"spans": [lonely]}))
    assert (found[0]["parent"], found[0]["attributes"]) == ("00e19b7ec3c1b174", {})
    assert rejected == Rejections()


@pytest.mark.parametrize("body", [b"{}", b'{"data":[]}', b'{"data":null,"errors":[{"code":404}]}', b'{"spans":[]}'])
def test_nothing_is_no_error(body):
    assert read(Jaeger(), body) == ([], Rejections())


@pytest.mark.parametrize("body", [b"[]", b'{"data":5}', b"{", b'{"data":[{"processes":5}]}'])
def test_what_is_no_trace(body):
    with pytest.raises(UsageError, match="no trace of Jaeger"):
        Jaeger().add(body, Rejections())


def test_an_answer_of_v3():
    body = b'{"more":1,"result":' + request(span(1), span(2, kind=9)) + b"}"
    found, rejected = read(JaegerAnswer(), body)
    assert len(found) == rejected.total == 1
    assert read(JaegerAnswer(), b"{}")[0] == []
    with pytest.raises(UsageError):
        JaegerAnswer().add(b"[]", Rejections())
