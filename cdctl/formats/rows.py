"""Spans one by one, for formats of which there is never much: exports of Jaeger and Zipkin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from cdctl.domain.traces import ids
from cdctl.domain.traces.batch import Codes, Rejections, SpanBatch
from cdctl.formats import limits
from cdctl.formats.building import Builder
from cdctl.formats.columns import REASONS, Columns, Wrong, identified, kinds, limited, nanos, statuses
from cdctl.formats.otlp_values import UNREADABLE, json_text
from cdctl.formats.pairing import Read

T = TypeVar("T")
_CHUNK = 8192
Pair = tuple[str, str]


@dataclass(slots=True)
class Row:
    """A span: ids in hex (a shorter one has lost its leading zeros), epoch nanoseconds, kind and status by number."""

    trace: str
    span: str
    parent: str
    name: str
    start: int
    end: int
    resource: Sequence[Pair]
    kind: int = 0
    status: int = 0
    message: str = ""
    state: str = ""
    scope: str = ""
    pairs: list[Pair] = field(default_factory=list)
    events: list[object] = field(default_factory=list)
    links: list[object] = field(default_factory=list)


def read_pairs(raw: Sequence[Pair]) -> Read:
    """Pairs that are read already."""
    return Read([key for key, _ in raw], [value for _, value in raw])


class Rows:
    """Makes batches of rows: what a `SpanReader` of such a format is built of."""

    def __init__(self) -> None:
        self._builder = Builder(read_pairs)
        self._rows: list[Row] = []
        self._origin: list[tuple[int, int]] = []

    def take(self, raw: Sequence[T], row: Callable[[T], Row], rejected: Rejections, place: str) -> int:
        """Take the spans of a message; `row` raises one of UNREADABLE for what is none."""
        message = self._builder.message(rejected, place)
        for number, one in enumerate(raw):
            try:
                self._rows.append(row(one))
                self._origin.append((message, number))
            except UNREADABLE:
                self._builder.reject(message, REASONS[Wrong.UNREADABLE], f"span {number + 1}")
        if len(self._rows) >= _CHUNK:
            self._flush()
        return len(raw)

    def batch(self) -> SpanBatch:
        """See `SpanReader`."""
        self._flush()
        return self._builder.batch()

    def _flush(self) -> None:
        rows, origin = self._rows, np.array(self._origin, np.int32).reshape(-1, 2)
        self._rows, self._origin = [], []
        if rows:
            self._builder.add(self._columns(rows, origin))

    def _columns(self, rows: list[Row], origin: Codes) -> Columns:
        trace, not_trace = ids.from_hex([_padded(row.trace, 32) for row in rows], ids.TRACE_BYTES)
        span, not_span = ids.from_hex([_padded(row.span, 16) for row in rows], ids.SPAN_BYTES)
        parent, not_parent = ids.from_hex([_padded(row.parent or "0", 16) for row in rows], ids.SPAN_BYTES)
        faults = identified(trace, span, not_trace, not_span)
        faults.mark(not_parent, Wrong.PARENT)
        pairs = limited([row.pairs for row in rows], limits.ATTRIBUTES, self._builder.cut, origin)
        return Columns(
            trace=trace, span=span, parent=parent,
            start=nanos([row.start for row in rows], faults, Wrong.START),
            end=nanos([row.end for row in rows], faults, Wrong.END),
            kind=kinds([row.kind for row in rows], faults),
            status=statuses([row.status for row in rows], faults),
            wrong=faults.wrong, name=[row.name for row in rows], message=[row.message for row in rows],
            state=[row.state for row in rows], scope=[row.scope for row in rows],
            events=[json_text(row.events) if row.events else "" for row in rows],
            links=[json_text(row.links) if row.links else "" for row in rows],
            counts=np.fromiter(map(len, pairs), np.int32, len(rows)),
            pairs=self._builder.pairing.code([pair for own in pairs for pair in own])[0],
            resource=self._resources(rows, origin), origin=origin,
        )  # fmt: skip

    def _resources(self, rows: list[Row], origin: Codes) -> Codes:
        numbers = (
            self._builder.resource(row.resource, at) for row, at in zip(rows, origin[:, 0].tolist(), strict=True)
        )
        return np.fromiter(numbers, np.int32, len(rows))


def _padded(digits: str, width: int) -> str:
    return digits.rjust(width, "0") if digits else ""
