"""Jaeger's own JSON, as its UI and `/api/traces` of v1 write it: traces of `data`, times in microseconds.

https://github.com/jaegertracing/jaeger-idl (model/json). What OpenTelemetry put into tags goes back to where it was:
https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/jaeger/
"""

from __future__ import annotations

from functools import partial

import msgspec

from cdctl.domain.traces.batch import Rejections, SpanBatch
from cdctl.domain.traces.kinds import KINDS
from cdctl.errors import UsageError
from cdctl.formats.otlp_json import OtlpJson
from cdctl.formats.otlp_values import UNREADABLE, double, integer, json_text
from cdctl.formats.rows import Pair, Row, Rows

_Plain = str | int | float | bool | None | list[object] | dict[str, object]


class _Tag(msgspec.Struct):
    key: str
    type: str = ""
    value: _Plain = None


class _Process(msgspec.Struct, rename="camel"):
    service_name: str = ""
    tags: list[_Tag] | None = None


class _Reference(msgspec.Struct):
    ref_type: str = msgspec.field(default="", name="refType")
    trace_id: str = msgspec.field(default="", name="traceID")
    span_id: str = msgspec.field(default="", name="spanID")


class _Log(msgspec.Struct):
    timestamp: int | str = 0
    fields: list[_Tag] | None = None


class _Span(msgspec.Struct):
    trace_id: str = msgspec.field(name="traceID")
    span_id: str = msgspec.field(name="spanID")
    start: int | str = msgspec.field(name="startTime")
    duration: int | str = 0
    parent: str | None = msgspec.field(default=None, name="parentSpanID")
    name: str | None = msgspec.field(default=None, name="operationName")
    references: list[_Reference] | None = None
    tags: list[_Tag] | None = None
    logs: list[_Log] | None = None
    process_id: str | None = msgspec.field(default=None, name="processID")
    process: _Process | None = None


class _Trace(msgspec.Struct):
    spans: list[msgspec.Raw] | None = None
    processes: dict[str, _Process] | None = None


class _Answer(msgspec.Struct):
    data: list[_Trace] | None = None


class _Answer3(msgspec.Struct):
    result: msgspec.Raw = msgspec.Raw(b"")


_answer_3 = msgspec.json.Decoder(_Answer3)
_trace = msgspec.json.Decoder(_Trace)
_answer = msgspec.json.Decoder(_Answer)
_span = msgspec.json.Decoder(_Span)


class Jaeger:
    """Reads traces of Jaeger v1, one a message, or a whole answer: a `SpanReader`."""

    def __init__(self) -> None:
        self._rows = Rows()

    def add(self, body: bytes, rejected: Rejections, place: str = "") -> int:
        """See `SpanReader`."""
        try:
            traces = [_trace.decode(body)]
            if traces[0].spans is None:
                traces = _answer.decode(body).data or []
        except UNREADABLE as error:
            raise UsageError(f"this is no trace of Jaeger: {error}", subject=place) from None
        count = 0
        for trace in traces:
            resources = {name: _resource(process) for name, process in (trace.processes or {}).items()}
            count += self._rows.take(trace.spans or (), partial(_row, resources), rejected, place)
        return count

    def batch(self) -> SpanBatch:
        """See `SpanReader`."""
        return self._rows.batch()


class JaegerAnswer(OtlpJson):
    """Reads whole answers of Jaeger v3: OTLP/JSON inside of `result`."""

    def add(self, body: bytes, rejected: Rejections, place: str = "") -> int:
        """See `SpanReader`."""
        try:
            answer = _answer_3.decode(body)
        except UNREADABLE as error:
            raise UsageError(f"this is no answer of Jaeger: {error}", subject=place) from None
        return super().add(bytes(answer.result), rejected, place)


def _resource(process: _Process) -> tuple[Pair, ...]:
    return (("service.name", process.service_name), *((tag.key, _text(tag)) for tag in process.tags or ()))


def _row(resources: dict[str, tuple[Pair, ...]], raw: msgspec.Raw) -> Row:
    span = _span.decode(raw)
    start = integer(span.start) * 1000
    own = _resource(span.process) if span.process else resources.get(span.process_id or "", ())
    row = Row(
        trace=span.trace_id, span=span.span_id, parent=span.parent or "", name=span.name or "",
        start=start, end=start + integer(span.duration) * 1000, resource=own,
    )  # fmt: skip
    for reference in span.references or ():
        if reference.ref_type == "CHILD_OF" and not row.parent and _same(reference.trace_id, span.trace_id):
            row.parent = reference.span_id
        elif (reference.ref_type, reference.span_id) != ("CHILD_OF", row.parent):
            row.links.append({"traceId": reference.trace_id.rjust(32, "0"), "spanId": reference.span_id.rjust(16, "0")})
    for tag in span.tags or ():
        _tagged(row, tag.key, _text(tag))
    row.events += [_event(log) for log in span.logs or ()]
    return row


def _same(one: str, other: str) -> bool:
    return one.lstrip("0").lower() == other.lstrip("0").lower()


def tagged(row: Row, key: str, value: str) -> None:
    """Put a tag where it belongs: kind, status, state and scope have places of their own, all others are attributes."""
    if key == "span.kind" and value.lower() in KINDS:
        row.kind = KINDS.index(value.lower())
    elif key == "otel.status_code":
        row.status = {"OK": 1, "ERROR": 2}.get(value.upper(), row.status)
    elif key == "otel.status_description":
        row.message = value
    elif key == "w3c.tracestate":
        row.state = value
    elif key in {"otel.scope.name", "otel.library.name"}:
        row.scope = value
    else:
        row.pairs.append((key, value))


def _tagged(row: Row, key: str, value: str) -> None:
    if key == "error" and value in {"true", "false"}:
        row.status = 2 if value == "true" else row.status
        return
    tagged(row, key, value)


def _text(tag: _Tag) -> str:
    value = tag.value
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return str(double(value))
    return "" if value is None else json_text(value)


def _event(log: _Log) -> dict[str, object]:
    fields = [(tag.key, _text(tag)) for tag in log.fields or ()]
    name = next((value for key, value in fields if key in {"event", "message"}), "log")
    rest = [{"key": key, "value": {"stringValue": value}} for key, value in fields if key != "event"]
    return {"timeUnixNano": str(integer(log.timestamp) * 1000), "name": name, "attributes": rest}
