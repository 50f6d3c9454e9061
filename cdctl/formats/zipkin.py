"""Zipkin's JSON, version 2: lists of spans, times in microseconds. https://zipkin.io/zipkin-api/#/default/post_spans

What OpenTelemetry put into tags goes back to where it was: https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from cdctl.domain.traces.batch import Rejections, SpanBatch
from cdctl.domain.traces.kinds import KINDS
from cdctl.errors import UsageError
from cdctl.formats.jaeger import tagged
from cdctl.formats.otlp_values import UNREADABLE, integer
from cdctl.formats.rows import Pair, Row, Rows


class _Endpoint(msgspec.Struct, rename="camel"):
    service_name: str | None = None
    ipv4: str | None = None
    ipv6: str | None = None
    port: int | None = None


class _Annotation(msgspec.Struct):
    timestamp: int | str = 0
    value: str | None = None


class _Span(msgspec.Struct, rename="camel"):
    trace_id: str
    id: str
    parent_id: str | None = None
    name: str | None = None
    kind: str | None = None
    timestamp: int | str | None = None
    duration: int | str | None = None
    local_endpoint: _Endpoint | None = None
    remote_endpoint: _Endpoint | None = None
    annotations: list[_Annotation] | None = None
    tags: dict[str, str] | None = None
    shared: bool | None = None


_spans = msgspec.json.Decoder(list[msgspec.Raw])
_span = msgspec.json.Decoder(_Span)


class Zipkin:
    """Reads lists of spans of Zipkin v2: a `SpanReader`."""

    def __init__(self) -> None:
        self._rows = Rows()

    def add(self, body: bytes, rejected: Rejections, place: str = "") -> int:
        """See `SpanReader`."""
        try:
            spans = _spans.decode(body)
        except UNREADABLE as error:
            raise UsageError(f"this is no list of spans of Zipkin: {error}", subject=place) from None
        return self._rows.take(spans, _row, rejected, place)

    def batch(self) -> SpanBatch:
        """See `SpanReader`."""
        return self._rows.batch()


def _row(raw: msgspec.Raw) -> Row:
    span = _span.decode(raw)
    start = integer(span.timestamp or 0) * 1000
    row = Row(
        trace=span.trace_id, span=span.id, parent=span.parent_id or "", name=span.name or "", start=start,
        end=start + integer(span.duration or 0) * 1000 if start else 0, resource=_resource(span.local_endpoint),
        kind=_kind(span.kind),
    )  # fmt: skip
    if span.shared:
        row.span, row.parent = _servers(span), span.id
    remote = span.remote_endpoint
    if remote:
        address = remote.service_name or remote.ipv4 or remote.ipv6
        row.pairs += [("server.address" if row.kind in {3, 4} else "client.address", address)] if address else []
    for key, value in (span.tags or {}).items():
        if key == "error":  # a tag that is there means an error, whatever it says
            row.status, row.message = 2, row.message or value
        else:
            tagged(row, key, value)
    row.events += [
        {"timeUnixNano": str(integer(one.timestamp) * 1000), "name": one.value or ""} for one in span.annotations or ()
    ]
    return row


def _kind(name: str | None) -> int:
    if not name:
        return KINDS.index("internal")
    return KINDS.index(name.lower()) if name.lower() in KINDS else -1


def _resource(endpoint: _Endpoint | None) -> tuple[Pair, ...]:
    return (("service.name", endpoint.service_name),) if endpoint and endpoint.service_name else ()


def _servers(span: _Span) -> str:
    """An id for the server's side of a call whose client wrote its own side under the same id; always the same."""
    return blake2b(f"{span.trace_id.lower()} {span.id.lower()}".encode(), digest_size=8).hexdigest()
