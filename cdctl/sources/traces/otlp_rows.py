"""Traces as servers answer them (OTLP as JSON or protobuf, Jaeger's own JSON), as spans to show."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cdctl.domain.traces.kinds import KINDS, STATUSES
from cdctl.domain.traces.ports import SpanRow
from cdctl.errors import UnavailableError

_ID = 16
_TRACE = 32
TOO_DEEP = "it is nested too deeply"


class NotTracesError(Exception):
    """An answer holds no traces: what is wrong with it."""


def from_json(document: Any) -> list[SpanRow]:
    """Spans of `resourceSpans` (or Tempo's `batches`): ids in hex or base64, kinds and statuses as numbers or names.

    Raises NotTracesError.
    """
    try:
        return list(_spans(document))
    except (AttributeError, TypeError, ValueError, KeyError, IndexError) as error:
        raise NotTracesError(f"{type(error).__name__}") from None


def _spans(document: Mapping[str, Any]) -> Iterator[SpanRow]:
    for group in document.get("resourceSpans") or document.get("batches") or ():
        resource = attributes((group.get("resource") or {}).get("attributes"))
        for scoped in group.get("scopeSpans") or group.get("instrumentationLibrarySpans") or ():
            scope = str((scoped.get("scope") or {}).get("name") or "")
            for span in scoped.get("spans") or ():
                yield _span(span, resource, scope)


def _span(span: Mapping[str, Any], resource: Mapping[str, object], scope: str) -> SpanRow:
    status = span.get("status") or {}
    return SpanRow(
        trace=_id(span["traceId"], _TRACE),
        span=_id(span["spanId"], _ID),
        parent=_parent(_id(span.get("parentSpanId") or "", _ID)),
        service=_service(resource),
        name=str(span.get("name") or ""),
        kind=_enum(span.get("kind"), KINDS, "SPAN_KIND_"),
        status=_enum(status.get("code"), STATUSES, "STATUS_CODE_"),
        message=str(status.get("message") or ""),
        start=int(span.get("startTimeUnixNano") or 0),
        end=int(span.get("endTimeUnixNano") or 0),
        attributes=attributes(span.get("attributes")),
        resource=resource,
        events=tuple(span.get("events") or ()),
        links=tuple(span.get("links") or ()),
        scope=scope,
    )


def _id(text: str, digits: int) -> str:
    """Lower-case hex; base64, which JSON made of protobuf has, is told by its length. Zeros in front may be missing."""
    if not text:
        return ""
    hexadecimal = len(text) <= digits and not set(text.lower()) - set("0123456789abcdef")
    if not hexadecimal:
        try:
            text = base64.b64decode(text, validate=True).hex()
        except binascii.Error:
            raise NotTracesError(f"{text[:40]!r} is no id") from None
    return text.lower().rjust(digits, "0")


def _parent(text: str) -> str:
    return text if text.strip("0") else ""


def _enum(value: object, names: Sequence[str], prefix: str) -> str:
    if isinstance(value, str) and not value.isdecimal():
        name = value.removeprefix(prefix).lower()
        return name if name in names else names[0]
    number = int(str(value or 0))
    return names[number] if 0 <= number < len(names) else names[0]


def _service(resource: Mapping[str, object]) -> str:
    return str(resource.get("service.name") or "")


def attributes(said: Iterable[Mapping[str, Any]] | None) -> dict[str, object]:
    """Names and values as JSON would have them; of what is there twice, the first."""
    found: dict[str, object] = {}
    for one in said or ():
        found.setdefault(str(one["key"]), value(one.get("value")))
    return found


def value(said: Mapping[str, Any] | None) -> object:
    """An AnyValue as a plain value; bytes stay base64."""
    for kind, plain in (said or {}).items():
        if kind == "intValue":
            return int(plain)
        if kind == "doubleValue":
            number = float(plain)
            return number if math.isfinite(number) else str(plain)
        if kind == "arrayValue":
            return [value(one) for one in plain.get("values") or ()]
        if kind == "kvlistValue":
            return attributes(plain.get("values"))
        return plain
    return None


def from_protobuf(body: bytes) -> list[SpanRow]:
    """Spans of a serialized TracesData. Raises NotTracesError, UnavailableError when protobuf is not installed."""
    try:
        from google.protobuf.message import DecodeError
        from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
    except ImportError as error:
        raise UnavailableError(
            f"a Tempo cannot be asked: {error.name} is not installed", hint="pip install 'cdctl[traces]'"
        ) from None
    try:
        data = TracesData.FromString(body)
    except DecodeError:
        raise NotTracesError("no protobuf of spans") from None
    found = []
    for group in data.resource_spans:
        resource = _proto_attributes(group.resource.attributes)
        for scoped in group.scope_spans:
            found += [_proto_span(span, resource, scoped.scope.name) for span in scoped.spans]
    return found


def _proto_span(span: Any, resource: Mapping[str, object], scope: str) -> SpanRow:
    return SpanRow(
        trace=span.trace_id.hex().rjust(_TRACE, "0"),
        span=span.span_id.hex().rjust(_ID, "0"),
        parent=_parent(span.parent_span_id.hex()),
        service=_service(resource),
        name=span.name,
        kind=KINDS[span.kind] if span.kind < len(KINDS) else KINDS[0],
        status=STATUSES[span.status.code] if span.status.code < len(STATUSES) else STATUSES[0],
        message=span.status.message,
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        attributes=_proto_attributes(span.attributes),
        resource=resource,
        events=tuple(
            {"timeUnixNano": str(one.time_unix_nano), "name": one.name, "attributes": _otlp(one.attributes)}
            for one in span.events
        ),
        links=tuple(
            {"traceId": one.trace_id.hex(), "spanId": one.span_id.hex(), "attributes": _otlp(one.attributes)}
            for one in span.links
        ),
        scope=scope,
    )


def _otlp(said: Any) -> list[dict[str, object]]:
    """As OTLP/JSON writes attributes; values that are no texts are written as JSON."""
    found: list[dict[str, object]] = []
    for key, one in _proto_attributes(said).items():
        text = one if isinstance(one, str) else json.dumps(one)
        found.append({"key": key, "value": {"stringValue": text}})
    return found


def _proto_attributes(said: Any) -> dict[str, object]:
    found: dict[str, object] = {}
    for one in said:
        found.setdefault(one.key, _proto_value(one.value))
    return found


def _proto_value(said: Any) -> object:
    kind = said.WhichOneof("value")
    if kind is None:
        return None
    plain = getattr(said, kind)
    if kind == "array_value":
        return [_proto_value(one) for one in plain.values]
    if kind == "kvlist_value":
        return _proto_attributes(plain.values)
    if kind == "bytes_value":
        return base64.b64encode(plain).decode()
    if kind == "double_value" and not math.isfinite(plain):
        return str(plain)
    found: object = plain
    return found
