"""OTLP as protobuf. Parsed by protobuf's C library, never by `google.protobuf.json_format`.

Attributes stay bytes until they are numbered (see `otlp_messages`): spans have the same few again and again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cdctl.domain.traces import ids
from cdctl.domain.traces.batch import Rejections, Small, SpanBatch
from cdctl.errors import UsageError
from cdctl.formats import limits
from cdctl.formats.building import Builder
from cdctl.formats.coding import Coder
from cdctl.formats.columns import REASONS, Columns, Faults, Wrong, identified, kinds, limited, nanos, statuses
from cdctl.formats.counting import check_protobuf
from cdctl.formats.otlp_messages import messages
from cdctl.formats.otlp_proto_values import Unreadable, events_text, links_text, read_pairs, status_of
from cdctl.formats.runs import Runs, Shared

_CHUNK = 1024
"""Spans that become columns at once: few enough for a processor's cache, enough for numpy."""


class OtlpProtobuf:
    """Reads OTLP requests in protobuf: a `SpanReader`. Raises UnavailableError when protobuf is not installed."""

    def __init__(self) -> None:
        self._messages = messages()
        self._builder = Builder(read_pairs)
        self._spans: list[Any] = []
        self._runs = Runs()

    def add(self, body: bytes, rejected: Rejections, place: str = "") -> int:
        """See `SpanReader`."""
        check_protobuf(body, place)
        try:
            request = self._messages.request.FromString(body)
        except Unreadable:
            return self._add_carefully(body, rejected, place)
        number, count = self._builder.message(rejected, place), 0
        for group in request.resource_spans:
            resource = self._builder.resource(list(group.resource.attributes), number)
            for scoped in group.scope_spans:
                spans = list(scoped.spans)
                self._take(spans, resource, scoped.scope.name, number, count)
                count += len(spans)
        return count

    def _add_carefully(self, body: bytes, rejected: Rejections, place: str) -> int:
        """A message with something wrong in it: span by span, so that the others live."""
        try:
            request = self._messages.raw_request.FromString(body)
        except Unreadable:
            raise UsageError("this is no OTLP request in protobuf", subject=place) from None
        number, count = self._builder.message(rejected, place), 0
        for group in request.resource_spans:
            resource = self._builder.resource(list(group.resource.attributes), number)
            for scoped in group.scope_spans:
                for raw in scoped.spans:
                    try:
                        self._take([self._messages.span.FromString(raw)], resource, scoped.scope.name, number, count)
                    except Unreadable:
                        self._builder.reject(number, REASONS[Wrong.UNREADABLE], f"span {count + 1}")
                    count += 1
        return count

    def _take(self, spans: list[Any], resource: int, scope: str, message: int, first: int) -> None:
        self._spans += spans
        self._runs.add(len(spans), resource, scope, message, first)
        if len(self._spans) >= _CHUNK:
            self._flush()

    def batch(self) -> SpanBatch:
        """See `SpanReader`."""
        self._flush()
        return self._builder.batch()

    def _flush(self) -> None:
        spans, self._spans, shared = self._spans, [], self._runs.taken()
        for at in range(0, len(spans), _CHUNK):
            part = slice(at, at + _CHUNK)
            self._builder.add(self._columns(spans[part], shared.part(part)))

    def _columns(self, spans: list[Any], shared: Shared) -> Columns:
        trace, not_trace = ids.from_bytes([span.trace_id for span in spans], ids.TRACE_BYTES)
        span, not_span = ids.from_bytes([span.span_id for span in spans], ids.SPAN_BYTES)
        parent, not_parent = ids.from_bytes([span.parent_span_id or bytes(8) for span in spans], ids.SPAN_BYTES)
        faults = identified(trace, span, not_trace, not_span)
        faults.mark(not_parent, Wrong.PARENT)
        codes, texts = _statuses([span.status for span in spans], faults)
        attributes = limited(
            [list(span.attributes) for span in spans], limits.ATTRIBUTES, self._builder.cut, shared.origin
        )
        return Columns(
            trace=trace, span=span, parent=parent,
            start=nanos([span.start_time_unix_nano for span in spans], faults, Wrong.START),
            end=nanos([span.end_time_unix_nano for span in spans], faults, Wrong.END),
            kind=kinds([span.kind for span in spans], faults), status=codes,
            name=[span.name for span in spans], message=texts,
            state=[span.trace_state for span in spans],
            events=_lists([span.events for span in spans], events_text, faults),
            links=_lists([span.links for span in spans], links_text, faults),
            counts=np.fromiter(map(len, attributes), np.int32, len(spans)),
            pairs=self._builder.pairing.code([pair for own in attributes for pair in own])[0],
            scope=shared.scope, resource=shared.resource, origin=shared.origin, wrong=faults.wrong,
        )  # fmt: skip


def _statuses(raw: Sequence[bytes], faults: Faults) -> tuple[Small, list[str]]:
    """Codes and messages."""
    coder = Coder[bytes]()
    codes = coder.code(raw).tolist()
    read = [status_of(one) for one in coder.things]
    return statuses([read[code][0] for code in codes], faults), [read[code][1] for code in codes]


def _lists(raw: Sequence[Sequence[bytes]], text: Any, faults: Faults) -> list[str]:
    """Events or links as JSON, an empty text where there are none."""
    if not any(map(len, raw)):
        return [""] * len(raw)
    texts = [text(one) if 0 < sum(map(len, one)) <= limits.LIST else "" for one in raw]
    faults.mark(np.array([one is None for one in texts], np.bool_), Wrong.LISTS)
    return [one or "" for one in texts]
