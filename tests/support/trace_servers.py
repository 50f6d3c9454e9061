"""Servers that answer as Tempo and Jaeger do, over spans of `spans_both`: `with tempo(spans) as server`.

`server.bad` holds what it does wrong, one each time it is asked: a status, or "cut",
"nonsense", "deep", "drip", "later".
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import spans_both
from google.protobuf.json_format import ParseDict
from http_served import served
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from cdctl.domain.traces.ports import SpanRow
from cdctl.domain.traces.traceql.error import TraceqlError
from cdctl.domain.traces.traceql.judging import matches
from cdctl.domain.traces.traceql.parser import parse
from cdctl.sources.traces.otlp_rows import from_json

Spans = Sequence[Mapping[str, Any]]
Reply = tuple[int, str, bytes]
Handle = Callable[[str, dict[str, str], Mapping[str, str]], Reply]


@dataclass
class Server:
    """One that runs. asked: path and parameters of every question; headers: of the last one."""

    url: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    bad: list[int | str] = field(default_factory=list)
    partial: bool = False
    old: bool = False


@contextmanager
def _serving(server: Server, handle: Handle) -> Iterator[Server]:
    stop = threading.Event()

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            told = dict(parse_qsl(parts.query, keep_blank_values=True))
            server.asked.append((parts.path, told))
            server.headers = dict(self.headers)
            bad = server.bad.pop(0) if server.bad else None
            if bad == "drip":  # the head, and nothing more
                self._reply(200, "application/json", b"", 10)
                stop.wait(5)
                return
            if isinstance(bad, int):
                self._reply(bad, "text/plain", b"no \x1b[2J", after="0" if bad == 429 else "")
                return
            if bad == "later":
                self._reply(429, "text/plain", b"slow down", after="3600")
                return
            if bad == "nonsense":
                self._reply(200, "application/json", b'{"traces": 5, "result": [1], "data": "x"')
                return
            if bad == "deep":
                self._reply(200, "application/json", b'{"a":' * 50_000)
                return
            status, kind, body = handle(parts.path, told, self.headers)
            self._reply(status, kind, body, len(body) + (50 if bad == "cut" else 0))

        def _reply(self, status: int, kind: str, body: bytes, size: int | None = None, after: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body) if size is None else size))
            if after:
                self.send_header("Retry-After", after)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return None

    with served(Asked) as server.url:
        try:
            yield server
        finally:
            stop.set()


def _json(document: object, status: int = 200) -> Reply:
    return status, "application/json", json.dumps(document).encode()


def _by_trace(spans: Spans) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in spans:
        found.setdefault(one["trace"], []).append(one)
    return found


def protobuf(spans: Spans) -> bytes:
    """Serialized TracesData."""
    document = json.loads(spans_both.otlp(spans))
    for group in document["resourceSpans"]:
        for scoped in group["scopeSpans"]:
            for span in scoped["spans"]:
                for key in ("traceId", "spanId", "parentSpanId"):
                    span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
    return ParseDict(document, TracesData()).SerializeToString()


def _enveloped(body: bytes, partial: bool) -> bytes:
    def size(number: int) -> bytes:
        out = b""
        while number > 127:
            out, number = out + bytes([number & 127 | 128]), number >> 7
        return out + bytes([number])

    said = b"blocks are missing"
    more = b"\x18\x01\x22" + size(len(said)) + said if partial else b"\x18\x00"
    return b"\x0a" + size(len(body)) + body + b"\x12\x02\x08\x05" + more


@contextmanager
def tempo(spans: Spans) -> Iterator[Server]:
    """Grafana Tempo; `old`: without /api/v2. Its ids lack zeros in front."""
    server = Server()
    traces = _by_trace(spans)

    def handle(path: str, told: dict[str, str], headers: Mapping[str, str]) -> Reply:
        if path == "/api/status/buildinfo":
            return _json({"version": "2.9.0"})
        if path == "/api/search":
            return _search(told)
        if path == "/api/metrics/query_range":
            return _metrics(told)
        wanted = path.rpartition("/")[2]
        if wanted not in traces or (server.old and path.startswith("/api/v2")):
            return 404, "text/plain", b"trace not found"
        body = protobuf(traces[wanted])
        assert headers["Accept"] == "application/protobuf"
        return 200, "application/protobuf", _enveloped(body, server.partial) if path.startswith("/api/v2") else body

    def _search(told: dict[str, str]) -> Reply:
        try:
            where = parse(told["q"]).where
        except TraceqlError as error:
            return 400, "text/plain", f"invalid TraceQL query: {error.what}".encode()
        limit, spss = int(told["limit"]), int(told["spss"])
        start, end = int(told["start"]) * 10**9, int(told["end"]) * 10**9
        if end - start > 168 * 3600 * 10**9:
            return 400, "text/plain", b"range specified by start and end exceeds 168h0m0s"
        found = []
        for trace, members in traces.items():
            rows = from_json(json.loads(spans_both.otlp(members)))
            hits = [row for row in rows if start <= row.end <= end and matches(where, row, rows)]
            if hits and len(found) < limit:
                shown = [{"spanID": row.span.lstrip("0"), "startTimeUnixNano": str(row.start)} for row in hits[:spss]]
                found.append({"traceID": trace.lstrip("0"), "spanSets": [{"spans": shown, "matched": len(hits)}]})
        return _json({"traces": found, "metrics": {"totalJobs": 4, "completedJobs": 2 if server.partial else 4}})

    def _metrics(told: dict[str, str]) -> Reply:
        text, _, pipeline = told["q"].partition("} | ")
        where = parse(text + "}").where
        start, end = int(told["start"]), int(told["end"])
        assert end - start <= 86_400
        rows = [row for members in traces.values() for row in from_json(json.loads(spans_both.otlp(members)))]
        rows = [row for row in rows if start < row.end / 1e9 <= end and matches(where, row, [row])]
        named = "name" in pipeline.partition("by")[2].replace("service.name", "")
        groups: dict[tuple[str, ...], list[SpanRow]] = {}
        for row in rows:
            groups.setdefault(
                (row.service or "nil", row.name, row.kind) if named else (row.service or "nil",), []
            ).append(row)
        series = []
        for key, members in groups.items():
            labels = [
                {"key": name, "value": {"stringValue": said}}
                for name, said in zip(("resource.service.name", "name", "kind"), key, strict=False)
            ][::-1]
            if pipeline.startswith("rate"):
                series.append((labels, len(members) / (end - start)))
                continue
            lengths = sorted((row.end - row.start) / 1e9 for row in members)
            for share in (0.5, 0.95, 0.99):
                quantile = {"key": "p", "value": {"doubleValue": share}}
                series.append(([*labels, quantile], lengths[min(len(lengths) - 1, int(share * len(lengths)))]))
        told_series = [{"labels": labels, "samples": [{"timestampMs": "0", "value": said}]} for labels, said in series]
        more = {"status": "PARTIAL", "message": "too much"} if server.partial else {}
        return _json({"series": told_series, **more})

    with _serving(server, handle) as running:
        yield running


@contextmanager
def jaeger(spans: Spans, *, newer: bool = True, camel: bool = True) -> Iterator[Server]:
    """Jaeger's query service; newer: it has v3 of its API, camel: with the present names of parameters."""
    server = Server()
    traces = _by_trace(spans)
    services = sorted({one["resource"].get("service.name", "") for one in spans})

    def handle(path: str, told: dict[str, str], headers: Mapping[str, str]) -> Reply:
        prefix = "/api/v3/" if newer else "/api/"
        if path.startswith("/api/v3/") and not newer:
            return 404, "text/plain", b"404 page not found"
        if path == f"{prefix}services":
            return _json({"services" if newer else "data": services})
        if path == f"{prefix}traces":
            return _newer(told) if newer else _older(told)
        members = traces.get(path.rpartition("/")[2])
        if not path.startswith(f"{prefix}traces/") or members is None:
            return _nothing()
        return _found([members])

    def _nothing() -> Reply:
        return _json({"error": {"httpCode": 404, "message": "No traces found"}}, 404)

    def _found(found: Sequence[Spans]) -> Reply:
        if not newer:
            return _json({"data": [_v1(members) for members in found]})
        groups = [group for members in found for group in json.loads(spans_both.otlp(members))["resourceSpans"]]
        return _json({"result": {"resourceSpans": groups}})

    def _newer(told: dict[str, str]) -> Reply:
        names = ("serviceName", "startTimeMin", "startTimeMax", "operationName") if camel else (
            "service_name", "start_time_min", "start_time_max", "operation_name")  # fmt: skip
        service, first, last, name = (told.get(f"query.{one}", "") for one in names)
        if not (service and first and last):
            return _json({"error": {"httpCode": 400, "message": f"malformed parameter {names[0]}"}}, 400)
        return _some(service, name, int(told["query.searchDepth" if camel else "query.num_traces"]))

    def _older(told: dict[str, str]) -> Reply:
        assert int(told["start"]) < int(told["end"])
        return _some(told["service"], told.get("operation", ""), int(told["limit"]))

    def _some(service: str, name: str, depth: int) -> Reply:
        found = [
            members
            for members in traces.values()
            if any(one["resource"].get("service.name", "") == service and name in {"", one["name"]} for one in members)
        ][:depth]
        return _found(found) if found or not newer else _nothing()

    with _serving(server, handle) as running:
        yield running


def _v1(members: Spans) -> dict[str, Any]:
    """A trace as the older API tells it: times in microseconds, kinds and statuses as tags."""
    kinds = ("", "internal", "server", "client", "producer", "consumer")
    spans, processes = [], {}
    for number, one in enumerate(members):
        processes[f"p{number}"] = {
            "serviceName": one["resource"].get("service.name", ""),
            "tags": [
                {"key": k, "type": "string", "value": v} for k, v in one["resource"].items() if k != "service.name"
            ],
        }
        tags = [{"key": k, "type": "string", "value": v} for k, v in one["attributes"].items()]
        if kinds[one["kind"]]:
            tags.append({"key": "span.kind", "type": "string", "value": kinds[one["kind"]]})
        if one["status"]:
            tags.append({"key": "otel.status_code", "type": "string", "value": ("", "OK", "ERROR")[one["status"]]})
        if one["message"]:
            tags.append({"key": "otel.status_description", "type": "string", "value": one["message"]})
        parent = [{"refType": "CHILD_OF", "traceID": one["trace"], "spanID": one["parent"]}] if one["parent"] else []
        spans.append(
            {
                "traceID": one["trace"],
                "spanID": one["span"],
                "operationName": one["name"],
                "references": parent,
                "startTime": one["start"] // 1000,
                "duration": (one["end"] - one["start"]) // 1000,
                "tags": tags,
                "logs": [{"timestamp": one["start"] // 1000, "fields": [{"key": "event", "value": "began"}]}],
                "processID": f"p{number}",
            }
        )
    return {"traceID": members[0]["trace"], "spans": spans, "processes": processes}
