"""Zipkin version 2: spans written by hand after its public API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from span_texts import read

from cdctl.domain.traces.batch import Rejections
from cdctl.errors import UsageError
from cdctl.formats.zipkin import Zipkin

_CLIENT: dict[str, Any] = {
    "traceId": "5982fe77008310cc80f1da5e10147517",
    "parentId": "90394f6bcffb5d13",
    "id": "67fae42571535f60",
    "kind": "CLIENT",
    "name": "get /api",
    "timestamp": 1516044161541000,
    "duration": 26000,
    "localEndpoint": {"serviceName": "frontend", "ipv4": "192.0.2.1", "port": 3306},
    "remoteEndpoint": {"serviceName": "backend", "ipv4": "192.0.2.2", "port": 58648},
    "annotations": [{"timestamp": 1516044161541001, "value": "cs"}],
    "tags": {"http.path": "/api", "http.method": "GET", "otel.status_code": "ERROR", "error": "timed out"},
}


def _body(*spans: dict[str, Any]) -> bytes:
    return json.dumps(list(spans)).encode()


def test_a_span():
    found, rejected = read(Zipkin(), _body(_CLIENT))
    assert rejected == Rejections()
    assert found == [
        {
            "trace": "5982fe77008310cc80f1da5e10147517", "span": "67fae42571535f60", "parent": "90394f6bcffb5d13",
            "name": "get /api", "start": 1516044161541000000, "end": 1516044161567000000, "kind": 3, "status": 2,
            "message": "timed out", "weight": None,
            "events": [{"timeUnixNano": "1516044161541001000", "name": "cs"}],
            "attributes": {"span.http.path": "/api", "span.http.request.method": "GET",
                           "span.server.address": "backend", "resource.service.name": "frontend"},
        }
    ]  # fmt: skip


def test_a_span_that_is_shared_has_an_id_of_its_own_below_the_clients():
    server = {**_CLIENT, "kind": "SERVER", "shared": True, "tags": {}}
    one, other = read(Zipkin(), _body(_CLIENT, server))[0]
    assert other["parent"] == one["span"]
    assert other["span"] not in {one["span"], "0" * 16}
    assert read(Zipkin(), _body(server))[0][0]["span"] == other["span"], "the same whenever it is read"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"traceId": "z"}, "the trace id is not 16 bytes"),
        ({"id": "0"}, "the span id is all zero"),
        ({"kind": "ROBOT"}, "the kind is not a number from 0 to 5"),
        ({"timestamp": None}, "the start is missing or is no time"),
        ({"timestamp": "x"}, "the span cannot be read"),
        ({"tags": {"a": 5}}, "the span cannot be read"),
    ],
)
def test_one_bad_span_leaves_the_others(more, reason):
    found, rejected = read(Zipkin(), _body({**_CLIENT, **more}, _CLIENT))
    assert len(found) == 1
    assert rejected.counts == {reason: 1}


def test_little_is_enough():
    found, _ = read(Zipkin(), _body({"traceId": "1", "id": "2", "timestamp": 5}))
    assert (found[0]["trace"], found[0]["span"]) == ("1".rjust(32, "0"), "2".rjust(16, "0"))
    assert (found[0]["start"], found[0]["end"], found[0]["kind"]) == (5000, 5000, 1)


def test_nothing_is_no_error():
    assert read(Zipkin(), b"[]") == ([], Rejections())


@pytest.mark.parametrize("body", [b"{}", b"[", b"null", b"5"])
def test_what_is_no_list(body):
    with pytest.raises(UsageError, match="Zipkin"):
        Zipkin().add(body, Rejections())
