"""Spans and traces as plain JSON values: what `cdctl trace` writes and what boards say of them."""

from __future__ import annotations

from datetime import UTC, datetime

from cdctl.domain.traces.ports import SpanRow
from cdctl.domain.traces.waterfall import Line, Waterfall


def when(nanos: int) -> str:
    """An instant in UTC, to the microsecond; the number itself when no calendar reaches there."""
    try:
        return datetime.fromtimestamp(nanos / 1e9, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return str(nanos)


def span(one: SpanRow) -> dict[str, object]:
    """A span for programs."""
    return {
        "end": when(one.end),
        "service": one.service,
        "name": one.name,
        "kind": one.kind,
        "status": one.status,
        "message": one.message,
        "duration_ms": (one.end - one.start) / 1e6,
        "trace": one.trace,
        "span": one.span,
        "parent": one.parent,
        "start_ns": one.start,
        "end_ns": one.end,
        "weight": one.weight,
        "scope": one.scope,
        "attributes": dict(one.attributes),
        "resource": dict(one.resource),
        "events": list(one.events),
        "links": list(one.links),
    }


def line(one: Line) -> dict[str, object]:
    """A span in its place."""
    return {
        **span(one.span),
        "depth": one.depth,
        "critical_ms": one.own / 1e6,
        "orphan": one.orphan,
        "notes": list(one.notes),
    }


def document(laid: Waterfall) -> dict[str, object]:
    """A whole trace."""
    path = [
        {"span": one.span.span, "service": one.span.service, "name": one.span.name, "start_ns": part.start,
         "end_ns": part.end}
        for one in laid.lines
        for part in one.segments
    ]  # fmt: skip
    return {
        "trace": laid.lines[0].span.trace if laid.lines else "",
        "start": when(laid.start),
        "end": when(laid.end),
        "duration_ms": (laid.end - laid.start) / 1e6,
        "services": sorted({one.span.service for one in laid.lines}),
        "errors": sum(one.span.status == "error" for one in laid.lines),
        "notes": list(laid.notes),
        "spans": [line(one) for one in laid.lines],
        "critical_path": sorted(path, key=lambda one: int(str(one["start_ns"]))),
    }
