"""OpenTelemetry spans into a file, as the Collector's file exporter writes them: a line of OTLP JSON each time.

https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/fileexporter and
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids in hex, enums as numbers, 64-bit numbers as text.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.util.types import AttributeValue

MOST_BYTES = 32 << 20
_BATCH = 512
"""As the SDK's own batch processor."""


class SpanFile(SpanExporter):
    """Appends to a file; when that is full it becomes the old one, and the older one is gone: never more than two.
    Several processes may write to one."""

    def __init__(self, path: Path, most: int = MOST_BYTES) -> None:
        """`most`: bytes of one file."""
        self.path = path
        self.old = path.with_name(f"{path.stem}-old{path.suffix}")
        self._most = most

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """A line for every batch of them."""
        for start in range(0, len(spans), _BATCH):
            line = json.dumps(request(spans[start : start + _BATCH]), separators=(",", ":")) + "\n"
            self.write(line.encode())
        return SpanExportResult.SUCCESS

    def write(self, line: bytes) -> None:
        """One line, as a whole, whoever else writes to the same file."""
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            if self.path.exists() and self.path.stat().st_size + len(line) > self._most:
                self.path.replace(self.old)
            with self.path.open("ab") as file:
                file.write(line)
        finally:
            os.close(folder)


def request(spans: Sequence[ReadableSpan]) -> Mapping[str, object]:
    """An ExportTraceServiceRequest: spans by resource, then by scope."""
    found = []
    for _, of_resource in groupby(sorted(spans, key=_resource), key=_resource):
        group = list(of_resource)
        scopes = [
            {"scope": {"name": name}, "spans": [_span(one) for one in of_scope]}
            for name, of_scope in groupby(sorted(group, key=_scope), key=_scope)
        ]
        found.append({"resource": {"attributes": _attributes(group[0].resource.attributes)}, "scopeSpans": scopes})
    return {"resourceSpans": found}


def _resource(span: ReadableSpan) -> str:
    return str(sorted(span.resource.attributes.items()))


def _scope(span: ReadableSpan) -> str:
    return span.instrumentation_scope.name if span.instrumentation_scope else ""


def _span(span: ReadableSpan) -> dict[str, object]:
    context = span.get_span_context()
    if context is None:
        raise TypeError("a span without a context was never started")
    written: dict[str, object] = {
        "traceId": f"{context.trace_id:032x}",
        "spanId": f"{context.span_id:016x}",
        "traceState": context.trace_state.to_header(),
        "parentSpanId": f"{span.parent.span_id:016x}" if span.parent else "",
        "flags": int(context.trace_flags),
        "name": span.name,
        "kind": span.kind.value + 1,  # the SDK counts from 0, OTLP keeps 0 for "not told"
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _attributes(span.attributes or {}),
        "status": {},
    }
    if span.status.status_code.value:
        written["status"] = {"code": span.status.status_code.value} | (
            {"message": span.status.description} if span.status.description else {}
        )
    return written


def _attributes(attributes: Mapping[str, AttributeValue]) -> list[dict[str, object]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: AttributeValue) -> dict[str, object]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    raise TypeError(f"the lab tells no attribute of type {type(value).__name__}")
