"""OTLP's protobuf messages, as far as they are read. On the wire a message inside a message is bytes with a length: so
attributes, events, links and statuses are declared as bytes here, and only different ones are read as what they are.

Numbers of fields: opentelemetry/proto/trace/v1/trace.proto, collector/trace/v1/trace_service.proto.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

_PACKAGE = "cdctl.otlp"
_BYTES, _STRING, _UINT32, _FIXED64, _INT32, _MESSAGE = 12, 9, 13, 6, 5, 11
_ONE, _MANY = 1, 3

_Field = tuple[str, int, int, int, str]

_SPAN: tuple[_Field, ...] = (
    ("trace_id", 1, _ONE, _BYTES, ""),
    ("span_id", 2, _ONE, _BYTES, ""),
    ("trace_state", 3, _ONE, _STRING, ""),
    ("parent_span_id", 4, _ONE, _BYTES, ""),
    ("name", 5, _ONE, _STRING, ""),
    ("kind", 6, _ONE, _INT32, ""),
    ("start_time_unix_nano", 7, _ONE, _FIXED64, ""),
    ("end_time_unix_nano", 8, _ONE, _FIXED64, ""),
    ("attributes", 9, _MANY, _BYTES, ""),
    ("events", 11, _MANY, _BYTES, ""),
    ("links", 13, _MANY, _BYTES, ""),
    ("status", 15, _ONE, _BYTES, ""),
)
_MESSAGES: dict[str, tuple[_Field, ...]] = {
    "Span": _SPAN,
    "Scope": (("name", 1, _ONE, _STRING, ""),),
    "Resource": (("attributes", 1, _MANY, _BYTES, ""),),
    "ScopeSpans": (("scope", 1, _ONE, _MESSAGE, "Scope"), ("spans", 2, _MANY, _MESSAGE, "Span")),
    "ResourceSpans": (("resource", 1, _ONE, _MESSAGE, "Resource"), ("scope_spans", 2, _MANY, _MESSAGE, "ScopeSpans")),
    "Request": (("resource_spans", 1, _MANY, _MESSAGE, "ResourceSpans"),),
    # The same with spans as bytes: what is read when one of them is broken.
    "RawScopeSpans": (("scope", 1, _ONE, _MESSAGE, "Scope"), ("spans", 2, _MANY, _BYTES, "")),
    "RawResourceSpans": (
        ("resource", 1, _ONE, _MESSAGE, "Resource"),
        ("scope_spans", 2, _MANY, _MESSAGE, "RawScopeSpans"),
    ),
    "RawRequest": (("resource_spans", 1, _MANY, _MESSAGE, "RawResourceSpans"),),
}


class Messages(NamedTuple):
    """Classes of messages: a request, the same with its spans as bytes, and a span."""

    request: Any
    raw_request: Any
    span: Any


@cache
def messages() -> Messages:
    """The classes; made once, when they are first needed."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="cdctl/otlp.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, label, kind, of in fields:
            added = message.field.add(name=field, number=number, label=label, type=kind)
            if of:
                added.type_name = f".{_PACKAGE}.{of}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)

    def of_name(name: str) -> Any:
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))

    return Messages(of_name("Request"), of_name("RawRequest"), of_name("Span"))
