"""OTLP as JSON: ids in hex, enums as integers, 64-bit integers as texts or numbers, unknown fields ignored.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. Attributes are kept as the bytes they were written in:
spans have the same few pairs again and again, and only different ones are read.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from cdctl.domain.traces import ids
from cdctl.domain.traces.batch import Codes, Rejections, Small, SpanBatch
from cdctl.errors import UsageError
from cdctl.formats import limits
from cdctl.formats.building import Builder
from cdctl.formats.coding import Coder
from cdctl.formats.columns import REASONS, Columns, Faults, Wrong, identified, kinds, limited, nanos, statuses
from cdctl.formats.counting import check_json
from cdctl.formats.otlp_attributes import cut, cut_quickly, read_pairs
from cdctl.formats.otlp_json_shape import (
    ABSENT,
    MESSAGE,
    OBJECTS,
    RAW_MESSAGE,
    SPAN,
    STATUS,
    Resource,
    Scope,
    Span,
)
from cdctl.formats.otlp_values import UNREADABLE, integer, json_text
from cdctl.formats.runs import Runs, Shared

_CHUNK = 8192
"""Spans that become columns at once: enough for calls that work on all of them, few enough to stay small."""


class OtlpJson:
    """Reads OTLP/JSON messages: a `SpanReader`."""

    def __init__(self) -> None:
        self._builder = Builder(read_pairs)
        self._spans: list[Span] = []
        self._runs = Runs()

    def add(self, body: bytes, rejected: Rejections, place: str = "") -> int:
        """See `SpanReader`."""
        check_json(body, place)
        try:
            message = MESSAGE.decode(body) if body.strip() else None
        except UNREADABLE:
            return self._add_carefully(body, rejected, place)
        number, count = self._builder.message(rejected, place), 0
        for group in (message and message.resource_spans) or ():
            resource = self._resource(group.resource, number)
            for scoped in group.scope_spans or ():
                spans = scoped.spans or []
                self._take(spans, resource, scoped.scope, number, count)
                count += len(spans)
        return count

    def _add_carefully(self, body: bytes, rejected: Rejections, place: str) -> int:
        """A message with something wrong in it: span by span, so that the others live."""
        try:
            message = RAW_MESSAGE.decode(body)
        except UNREADABLE as error:
            raise UsageError(f"this is no OTLP/JSON: {error}", subject=place) from None
        number, count = self._builder.message(rejected, place), 0
        for group in (message and message.resource_spans) or ():
            resource = self._resource(group.resource, number)
            for scoped in group.scope_spans or ():
                for raw in scoped.spans or ():
                    try:
                        self._take([SPAN.decode(raw)], resource, scoped.scope, number, count)
                    except UNREADABLE as error:
                        self._builder.reject(number, _reason(error), f"span {count + 1}")
                    count += 1
        return count

    def _resource(self, resource: Resource | None, message: int) -> int:
        pairs = cut(bytes(resource.attributes)) if resource else []
        return self._builder.resource([b""] if pairs is None else pairs, message)

    def _take(self, spans: list[Span], resource: int, scope: Scope | None, message: int, first: int) -> None:
        self._spans += spans
        self._runs.add(len(spans), resource, (scope and scope.name) or "", message, first)
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

    def _columns(self, spans: list[Span], shared: Shared) -> Columns:
        trace, not_trace = ids.from_hex([span.trace_id or "" for span in spans], ids.TRACE_BYTES)
        span, not_span = ids.from_hex([span.span_id or "" for span in spans], ids.SPAN_BYTES)
        parent, not_parent = ids.from_hex([span.parent_span_id or _NO_PARENT for span in spans], ids.SPAN_BYTES)
        faults = identified(trace, span, not_trace, not_span)
        faults.mark(not_parent, Wrong.PARENT)
        codes, messages = _statuses([span.status for span in spans], faults)
        counts, pairs = self._attributes([span.attributes for span in spans], faults, shared.origin)
        return Columns(
            trace=trace, span=span, parent=parent,
            start=nanos(_times([span.start_time_unix_nano for span in spans]), faults, Wrong.START),
            end=nanos(_times([span.end_time_unix_nano for span in spans]), faults, Wrong.END),
            kind=kinds([span.kind or 0 for span in spans], faults), status=codes,
            name=[span.name or "" for span in spans], message=messages,
            state=[span.trace_state or "" for span in spans],
            events=_lists([span.events for span in spans], faults),
            links=_lists([span.links for span in spans], faults),
            counts=counts, pairs=pairs,
            scope=shared.scope, resource=shared.resource, origin=shared.origin, wrong=faults.wrong,
        )  # fmt: skip

    def _attributes(self, raw: Sequence[msgspec.Raw], faults: Faults, origin: Codes) -> tuple[Codes, Codes]:
        """How many pairs each span has, and the numbers of all."""
        quick = cut_quickly(raw)
        if quick is not None and int(quick.counts.max()) <= limits.ATTRIBUTES:
            codes, readable = self._builder.pairing.code(quick.different)
            if readable:
                return quick.counts, codes[quick.codes]
        lists = [cut(bytes(one)) for one in raw]
        faults.mark(np.array([one is None for one in lists], np.bool_), Wrong.ATTRIBUTE)
        pairs = limited([one or () for one in lists], limits.ATTRIBUTES, self._builder.cut, origin)
        counts = np.fromiter(map(len, pairs), np.int32, len(pairs))
        return counts, self._builder.pairing.code([pair for own in pairs for pair in own])[0]


_NO_PARENT = "0" * 16


def _bytes(raw: Sequence[msgspec.Raw]) -> list[bytes]:
    """The bytes of each. A zero byte occurs nowhere in JSON, so all are joined and split in two calls."""
    return b"\0".join(raw).split(b"\0") if raw else []


def _times(times: Sequence[int | str | None]) -> Sequence[int]:
    """Epoch nanoseconds; 0 for none, and for what is none."""
    try:
        digits = "".join(times)  # type: ignore[arg-type]
    except TypeError:
        return [_time(time) for time in times]
    if digits.isascii() and digits.isdecimal() and all(times) and max(map(len, times)) <= 19:  # type: ignore[arg-type]
        return list(map(int, times))  # type: ignore[arg-type]
    return [_time(time) for time in times]


def _time(time: int | str | None) -> int:
    try:
        return integer(time or 0)
    except ValueError:
        return 0


def _statuses(raw: Sequence[msgspec.Raw], faults: Faults) -> tuple[Small, list[str]]:
    """Codes and messages."""
    coder = Coder[bytes]()
    codes = coder.code(_bytes(raw))
    read = [_status(one) for one in coder.things]
    return statuses([read[code][0] for code in codes], faults), [read[code][1] for code in codes]


def _status(raw: bytes) -> tuple[int, str]:
    try:
        status = STATUS.decode(raw) if raw else None
    except UNREADABLE:
        return -1, ""
    return (status.code or 0, status.message or "") if status else (0, "")


def _lists(raw: Sequence[msgspec.Raw], faults: Faults) -> list[str]:
    """Events or links as JSON, an empty text where there are none."""
    if list(raw).count(ABSENT) == len(raw):
        return [""] * len(raw)
    coder = Coder[bytes]()
    codes = coder.code(_bytes(raw))
    read = [_list(one) if len(one) <= limits.LIST else "" for one in coder.things]
    bad = np.array([one is None for one in read], np.bool_)
    if bad.any():
        faults.mark(bad[codes], Wrong.LISTS)
    return [read[code] or "" for code in codes]


def _list(raw: bytes) -> str | None:
    """None when it cannot be read."""
    try:
        objects = OBJECTS.decode(raw) if raw else None
        return json_text(objects) if objects else ""
    except UNREADABLE:
        return None


_FIELDS = {
    "$.traceId": Wrong.TRACE, "$.spanId": Wrong.SPAN, "$.parentSpanId": Wrong.PARENT, "$.kind": Wrong.KIND,
    "$.startTimeUnixNano": Wrong.START, "$.endTimeUnixNano": Wrong.END,
}  # fmt: skip


def _reason(error: Exception) -> str:
    """Why a span cannot be read: the field is named in what the decoder says, and nothing that was sent is."""
    field = str(error).rpartition("at `")[2].rstrip("`")
    return REASONS[_FIELDS.get(field, Wrong.UNREADABLE)]
