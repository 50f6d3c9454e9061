"""The same spans as OTLP/JSON and as protobuf, written here by hand: never by `google.protobuf.json_format`."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData


def protobuf(request: dict[str, Any]) -> bytes:
    """A request that is given as OTLP/JSON has it."""
    made = TracesData()
    for group in request["resourceSpans"]:
        resource = made.resource_spans.add()
        _pairs(group.get("resource", {}).get("attributes", ()), resource.resource.attributes)
        for scoped in group["scopeSpans"]:
            spans = resource.scope_spans.add()
            spans.scope.name = scoped.get("scope", {}).get("name", "")
            for span in scoped["spans"]:
                _span(span, spans.spans.add())
    return made.SerializeToString()


def _span(span: dict[str, Any], made: Span) -> None:
    made.trace_id, made.span_id = bytes.fromhex(span["traceId"]), bytes.fromhex(span["spanId"])
    made.parent_span_id = bytes.fromhex(span.get("parentSpanId", ""))
    made.trace_state, made.name = span.get("traceState", ""), span.get("name", "")
    made.kind = span.get("kind", 0)
    made.start_time_unix_nano, made.end_time_unix_nano = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
    _pairs(span.get("attributes", ()), made.attributes)
    for event in span.get("events", ()):
        added = made.events.add(time_unix_nano=int(event["timeUnixNano"]), name=event["name"])
        _pairs(event.get("attributes", ()), added.attributes)
    for link in span.get("links", ()):
        made.links.add(trace_id=bytes.fromhex(link["traceId"]), span_id=bytes.fromhex(link["spanId"]))
    status = span.get("status", {})
    made.status.code, made.status.message = status.get("code", 0), status.get("message", "")


def _pairs(pairs: Any, made: Any) -> None:
    for pair in pairs:
        _value(pair.get("value") or {}, made.add(key=pair["key"]).value)


def _value(value: dict[str, Any], made: Any) -> None:
    for kind, said in value.items():
        if kind == "arrayValue":
            made.array_value.SetInParent()
            for one in said["values"]:
                _value(one, made.array_value.values.add())
        elif kind == "kvlistValue":
            made.kvlist_value.SetInParent()
            _pairs(said["values"], made.kvlist_value.values)
        elif kind == "bytesValue":
            made.bytes_value = b64decode(said)
        elif kind == "intValue":
            made.int_value = int(said)
        else:
            setattr(made, kind.replace("Value", "_value"), float(said) if kind == "doubleValue" else said)
