"""What OTLP/JSON is to msgspec and nothing more: typed structs of every field that an import reads."""

# ruff: noqa: N815

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Value(msgspec.Struct, gc=False):
    stringValue: str | None = None
    intValue: int | str | None = None
    doubleValue: float | str | None = None
    boolValue: bool | None = None
    bytesValue: str | None = None


class Pair(msgspec.Struct, gc=False):
    key: str
    value: Value | None = None


class Status(msgspec.Struct, gc=False):
    code: int = 0
    message: str = ""


class Event(msgspec.Struct, gc=False):
    name: str = ""
    attributes: list[Pair] | None = None


class Span(msgspec.Struct, gc=False):
    traceId: str
    spanId: str
    startTimeUnixNano: int | str
    endTimeUnixNano: int | str
    parentSpanId: str = ""
    traceState: str = ""
    name: str = ""
    kind: int = 0
    attributes: list[Pair] | None = None
    events: list[Event] | None = None
    status: Status | None = None


class Scope(msgspec.Struct, gc=False):
    name: str = ""


class ScopeSpans(msgspec.Struct, gc=False):
    scope: Scope | None = None
    spans: list[Span] | None = None


class Resource(msgspec.Struct, gc=False):
    attributes: list[Pair] | None = None


class ResourceSpans(msgspec.Struct, gc=False):
    resource: Resource | None = None
    scopeSpans: list[ScopeSpans] | None = None


class Request(msgspec.Struct, gc=False):
    resourceSpans: list[ResourceSpans] | None = None


def decoder() -> Callable[[bytes], Request]:
    """Bytes of a request to structs."""
    return msgspec.json.Decoder(Request).decode
