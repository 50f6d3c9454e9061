"""The same odd spans as OTLP/JSON, for a span store, and as rows of the Collector's table, for ClickHouse."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cdctl.domain.traces.batch import Rejections, SpanBatch
from cdctl.formats.otlp_json import OtlpJson
from cdctl.stores.spans.folder import SpanFolder

START = 1_796_000_400
"""Epoch seconds, a multiple of 300: all spans end within half an hour after it."""
KEYS = (
    "region", "http.status_code", "http.response.status_code", "rpc.grpc.status_code", "error.type", "flag",
    "odd 'k\\ey\"", "n", "service.version", "cloud.region", "deployment.environment", "host",
)  # fmt: skip
VALUES = (
    "", "eu", "us", "5", "5.0", " 5", "1e3", "-7", "nan", "inf", "1_0", "true", "false", "500", "404", "200", "503.5",
    "14", "OK", "UNAVAILABLE", "not_found", "it's \\ \"quoted\"", "tab\there", "line\nhere", "ümlaut \U0001f697", "x.y",
    "xzy",
)  # fmt: skip
_STATES = (
    "", "", "ot=th:c", "ot=th:0", "ot=th:8;rv:1", "x=y, ot=p:3;th:e ,z=1", "ot=p:2", "ot=p:63", "ot=th:xyz", "ot=th",
    "ot=rv:1", "ot=th:fd70a4", "ot=th:8;th:c", "xot=th:c",
)  # fmt: skip
_COUNTS = {"SampleRate": ("10", "0.5", "nan", "x", "4"), "sampling.priority": ("1", "0"), "sample_rate": ("3",)}
_KINDS = ("Unspecified", "Internal", "Server", "Client", "Producer", "Consumer")
_STATUSES = ("Unset", "Ok", "Error")


def some(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """So many spans of some traces, a dict each; attributes are texts."""
    luck = random.Random(seed)
    found: list[dict[str, Any]] = []
    for number in range(count):
        trace = f"{luck.randrange(1, max(2, count // 4)):032x}"
        above = [one["span"] for one in found if one["trace"] == trace]
        took = luck.choice((0, 1, 5_000_000, 250_000_000, 2_000_000_000, luck.randrange(10**10)))
        end = START * 10**9 + luck.choice((luck.randrange(1, 1800 * 10**9), luck.randrange(1, 7) * 300 * 10**9))
        attributes = {key: luck.choice(VALUES) for key in KEYS if luck.random() < 0.35}
        attributes |= {key: luck.choice(values) for key, values in _COUNTS.items() if luck.random() < 0.15}
        resource = {key: luck.choice(VALUES) for key in KEYS if luck.random() < 0.25}
        if luck.random() < 0.9:
            resource["service.name"] = luck.choice(("api", "db", "remote-command"))
        for said in (attributes, resource):  # of two names of one thing, which one counts is nobody's business here
            if "http.status_code" in said:
                said.pop("http.response.status_code", None)
        found.append(
            {
                "trace": trace,
                "span": f"{number + 1:016x}",
                "parent": luck.choice([*above, "00000000000000ff"]) if above and luck.random() < 0.7 else "",
                "state": luck.choice(_STATES),
                "name": luck.choice(("GET /a", "POST /b", "lock", "", "it's")),
                "kind": luck.randrange(6),
                "status": luck.choice((0, 0, 0, 1, 2)),
                "message": luck.choice(("", "", "boom", "eu")),
                "scope": luck.choice(("", "lib")),
                "start": end - took,
                "end": end,
                "attributes": attributes,
                "resource": resource,
            }
        )
    return found


def otlp(spans: Sequence[Mapping[str, Any]]) -> bytes:
    """As OTLP/JSON, one resource a span."""
    groups = []
    for one in spans:
        span = {
            "traceId": one["trace"], "spanId": one["span"], "parentSpanId": one["parent"], "traceState": one["state"],
            "name": one["name"], "kind": one["kind"], "startTimeUnixNano": str(one["start"]),
            "endTimeUnixNano": str(one["end"]), "attributes": _pairs(one["attributes"]),
            "status": {"code": one["status"], "message": one["message"]},
        }  # fmt: skip
        scope = {"scope": {"name": one["scope"]}, "spans": [span]}
        groups.append({"resource": {"attributes": _pairs(one["resource"])}, "scopeSpans": [scope]})
    return json.dumps({"resourceSpans": groups}).encode()


def _pairs(said: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in said.items()]


def batch(spans: Sequence[Mapping[str, Any]]) -> SpanBatch:
    """As columns, read from OTLP/JSON."""
    reader, rejected = OtlpJson(), Rejections()
    reader.add(otlp(spans), rejected)
    found = reader.batch()
    assert (len(found), rejected.total) == (len(spans), 0), rejected
    return found


def stored(folder: Path, spans: Sequence[Mapping[str, Any]]) -> Path:
    """A span store that holds them."""
    writer = SpanFolder(folder)
    writer.write(batch(spans))
    writer.close()
    return folder


def rows(spans: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """As the Collector's exporter writes them; some as its older versions did."""
    found = []
    for number, one in enumerate(spans):
        old = number % 5 == 0
        kind, status = _KINDS[one["kind"]], _STATUSES[one["status"]]
        found.append(
            {
                "Timestamp": f"{one['start'] // 10**9}.{one['start'] % 10**9:09}",
                "TraceId": one["trace"],
                "SpanId": one["span"],
                "ParentSpanId": one["parent"],
                "TraceState": one["state"],
                "SpanName": one["name"],
                "SpanKind": f"SPAN_KIND_{kind.upper()}" if old else kind,
                "ServiceName": one["resource"].get("service.name", ""),
                "ResourceAttributes": one["resource"],
                "ScopeName": one["scope"],
                "ScopeVersion": "",
                "SpanAttributes": one["attributes"],
                "Duration": one["end"] - one["start"],
                "StatusCode": f"STATUS_CODE_{status.upper()}" if old else status,
                "StatusMessage": one["message"],
                "Events.Timestamp": [],
                "Events.Name": [],
                "Events.Attributes": [],
                "Links.TraceId": [],
                "Links.SpanId": [],
                "Links.TraceState": [],
                "Links.Attributes": [],
            }
        )
    return found
