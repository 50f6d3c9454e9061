"""The shape of OTLP/JSON, as far as it is read. Fields that are not here are ignored; null is the same as absent."""

from __future__ import annotations

import msgspec

ABSENT = msgspec.Raw(b"")


class Span(msgspec.Struct, gc=False, rename="camel"):
    """A span; events, links, status and each attribute as they were written."""

    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    trace_state: str | None = None
    name: str | None = None
    kind: int | None = None
    start_time_unix_nano: int | str | None = None
    end_time_unix_nano: int | str | None = None
    attributes: msgspec.Raw = ABSENT
    events: msgspec.Raw = ABSENT
    links: msgspec.Raw = ABSENT
    status: msgspec.Raw = ABSENT


class Scope(msgspec.Struct, rename="camel"):
    """An InstrumentationScope: its name alone."""

    name: str | None = None


class ScopeSpans(msgspec.Struct, rename="camel"):
    """Spans of a scope."""

    scope: Scope | None = None
    spans: list[Span] | None = None


class Resource(msgspec.Struct, rename="camel"):
    """A resource: its attributes as they were written."""

    attributes: msgspec.Raw = ABSENT


class ResourceSpans(msgspec.Struct, rename="camel"):
    """Spans of a resource."""

    resource: Resource | None = None
    scope_spans: list[ScopeSpans] | None = None


class Message(msgspec.Struct, rename="camel"):
    """An ExportTraceServiceRequest, or a line of a file."""

    resource_spans: list[ResourceSpans] | None = None


class RawScopeSpans(msgspec.Struct, rename="camel"):
    """Spans of a scope, each as it was written."""

    scope: Scope | None = None
    spans: list[msgspec.Raw] | None = None


class RawResourceSpans(msgspec.Struct, rename="camel"):
    """The same of a resource."""

    resource: Resource | None = None
    scope_spans: list[RawScopeSpans] | None = None


class RawMessage(msgspec.Struct, rename="camel"):
    """The same of a message: read when something in it is wrong."""

    resource_spans: list[RawResourceSpans] | None = None


class Status(msgspec.Struct, rename="camel"):
    """A status."""

    code: int | None = None
    message: str | None = None


MESSAGE = msgspec.json.Decoder(Message | None)
RAW_MESSAGE = msgspec.json.Decoder(RawMessage | None)
SPAN = msgspec.json.Decoder(Span)
STATUS = msgspec.json.Decoder(Status | None)
OBJECTS = msgspec.json.Decoder(list[dict[str, object]] | None)
