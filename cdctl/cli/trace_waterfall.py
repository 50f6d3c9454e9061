"""What `cdctl trace show` shows: one trace as a waterfall of text, and as data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cdctl.cli import records, trace_rows
from cdctl.domain.fleet.hidden_spans import hidden
from cdctl.domain.fleet.privacy import masked
from cdctl.domain.grid import cells, shorten
from cdctl.domain.text import safe
from cdctl.domain.traces.waterfall import Line, Waterfall, length

if TYPE_CHECKING:
    from cdctl.application.trace_asking import Cause
    from cdctl.domain.traces.ports import SpanRow

USUAL_WIDTH = 100
_NARROWEST_BAR = 16
_WIDEST_NAME = 60
_DIGITS = 12
"""Of the hash of a plan, with which it is asked for: enough to tell it from all others."""
_PLAN = re.compile(r"[0-9a-f]+")
_CRITICAL, _WAITING = "█", "░"


def shown(laid: Waterfall, cause: Cause | None, form: str, hide: bool, width: int | None) -> str:
    """The trace in a format; ids of vehicles are masked with `hide`."""
    if hide:
        laid = _hidden(laid)
    if form == "json":
        return records.document(_document(laid, cause, hide))
    rows = [_record(line) for line in laid.lines]
    if form in {"jsonl", "csv"}:
        return records.render(rows, _COLUMNS, form)
    return "".join(f"{line}\n" for line in _text(laid, cause, width or USUAL_WIDTH, hide, wide=form == "wide"))


def _hidden(laid: Waterfall) -> Waterfall:
    spans = hidden([line.span for line in laid.lines])
    lines = (replace(line, span=span) for line, span in zip(laid.lines, spans, strict=True))
    return replace(laid, lines=tuple(lines))


def _record(line: Line) -> dict[str, object]:
    return {
        **trace_rows.span(line.span),
        "depth": line.depth,
        "critical_ms": line.own / 1e6,
        "orphan": line.orphan,
        "notes": list(line.notes),
    }


_COLUMNS = (
    *trace_rows.SPANS,
    records.Column("depth"),
    records.Column("critical_ms"),
    records.Column("orphan"),
    records.Column("notes"),
)


def _document(laid: Waterfall, cause: Cause | None, hide: bool) -> dict[str, object]:
    path = [
        {"span": line.span.span, "service": line.span.service, "name": line.span.name, "start_ns": one.start,
         "end_ns": one.end}
        for line in laid.lines
        for one in line.segments
    ]  # fmt: skip
    return {
        "trace": laid.lines[0].span.trace if laid.lines else "",
        "start": trace_rows.when(laid.start),
        "end": trace_rows.when(laid.end),
        "duration_ms": (laid.end - laid.start) / 1e6,
        "services": sorted({line.span.service for line in laid.lines}),
        "errors": sum(line.span.status == "error" for line in laid.lines),
        "notes": list(laid.notes),
        "spans": [_record(line) for line in laid.lines],
        "critical_path": sorted(path, key=lambda one: int(str(one["start_ns"]))),
        "cause": _cause(cause, hide) if cause else None,
    }


def _cause(cause: Cause, hide: bool) -> dict[str, object]:
    return {
        "command": cause.command,
        "plan": cause.plan,
        "session": cause.session,
        "orders": [
            {
                "id": kept.order.id,
                "vin": masked(kept.order.vin) if hide else kept.order.vin,
                "command": kept.order.command,
                "state": kept.course.state.value,
            }
            for kept in cause.orders
        ],
        "more": cause.more,
    }


def _text(laid: Waterfall, cause: Cause | None, width: int, hide: bool, *, wide: bool) -> Iterator[str]:
    services = {line.span.service for line in laid.lines}
    errors = sum(line.span.status == "error" for line in laid.lines)
    first = laid.lines[0].span
    yield (
        f"trace {first.trace}: {_count(len(laid.lines), 'span')}, {_count(len(services), 'service')}, "
        f"{_count(errors, 'error')}, {length(laid.end - laid.start)} from {trace_rows.when(laid.start)}"
    )
    yield from (f"note: {note}" for note in laid.notes)
    if cause:
        yield from _caused(cause, hide)
    yield f"{_CRITICAL} critical path  {_WAITING} waiting, or beside it"
    names = [_name(line) for line in laid.lines]
    fixed = 2 + 8 + 2 + 8 + 2
    room = min(_WIDEST_NAME, max(16, width - fixed - _NARROWEST_BAR), max(map(cells, names)))
    bar = max(_NARROWEST_BAR, width - fixed - room)
    axis = _axis(laid)
    for line, name in zip(laid.lines, names, strict=True):
        took = length(line.span.end - line.span.start)
        own = length(line.own) if line.own else ""
        mark = "!" if line.span.status == "error" else " "
        drawn = _bar(line, axis, bar)
        yield f"{mark} {_padded(name, room)} {took:>8}  {own:>8}  {drawn}".rstrip()
        indent = " " * (2 + 2 * line.depth + 2)
        yield from (f"{indent}{said}" for said in _said(line, wide=wide))


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _caused(cause: Cause, hide: bool) -> Iterator[str]:
    by = f" of plan {safe(cause.plan, 20)}" if cause.plan else ""
    asked = f"; cdctl audit show --plan {cause.plan[:_DIGITS]}" if _PLAN.fullmatch(cause.plan) else ""
    yield f"ordered: {safe(cause.command, 100)}{by}{asked}"
    for kept in cause.orders[:5]:
        vin = masked(kept.order.vin) if hide else kept.order.vin
        yield f"  order {kept.order.id} to {safe(vin, 40)}: {kept.course.state.value}"
    if cause.more or len(cause.orders) > 5:
        yield f"  and {'more' if cause.more else len(cause.orders) - 5} others"


def _name(line: Line) -> str:
    guides = "".join("│ " if more else "  " for more in line.open)
    branch = ("└ " if line.last else "├ ") if line.depth else ("? " if line.orphan else "")
    deep = guides + branch
    if len(deep) > 24:
        deep = f"…{line.depth} "
    return f"{deep}{safe(line.span.service or '-', 60)}: {safe(line.span.name or '-', 120)}"


def _padded(text: str, room: int) -> str:
    short = shorten(text, room)
    return short + " " * (room - cells(short))


def _axis(laid: Waterfall) -> tuple[int, int]:
    """What the bars span: the longest root and what is near; a clock that is hours off would leave nothing to see."""
    roots = [line.span for line in laid.lines if not line.depth]
    root = max(roots, key=lambda one: one.end - one.start)
    size = max(root.end - root.start, 1)
    start, end = max(laid.start, root.start - size), min(laid.end, max(root.start, root.end) + size)
    return start, max(end, start + 1)


def _bar(line: Line, axis: tuple[int, int], width: int) -> str:
    start, end = axis
    scale = (end - start) / width

    def place(moment: int) -> int:
        return min(width - 1, max(0, int((moment - start) / scale)))

    begun, ended = min(line.span.start, line.span.end), max(line.span.start, line.span.end)
    if ended < start:
        return "<"
    if begun > end:
        return " " * (width - 1) + ">"
    drawn = [" "] * width
    first, last = place(begun), max(place(begun), place(ended - 1))
    drawn[first : last + 1] = _WAITING * (last + 1 - first)
    for one in line.segments:
        a, b = place(one.start), max(place(one.start), place(one.end - 1))
        drawn[a : b + 1] = _CRITICAL * (b + 1 - a)
    return "".join(drawn)


def _said(line: Line, *, wide: bool) -> Iterator[str]:
    span = line.span
    if line.orphan:
        yield f"its parent {safe(span.parent, 32)} is not here"
    yield from line.notes
    if span.message:
        yield f"{'error' if span.status == 'error' else 'message'}: {safe(span.message, 300)}"
    for event in span.events:
        told = _event(event, span)
        if wide or "exception" in str(event.get("name", "")):
            yield told
    if wide:
        for key, value in trace_rows.span(span).items():
            if key in {"attributes", "resource"} and isinstance(value, Mapping):
                yield from (f"{safe(str(name), 100)} = {safe(str(said), 300)}" for name, said in value.items())


def _event(event: Mapping[str, object], span: SpanRow) -> str:
    name = safe(str(event.get("name", "")), 100)
    try:
        at = f"+{length(int(str(event['timeUnixNano'])) - span.start)}"
    except (KeyError, ValueError):
        at = "at an unknown time"
    said = " ".join(f"{key}={value}" for key, value in _values(event.get("attributes")) if "stacktrace" not in key)
    return f"event {at} {name} {safe(said, 300)}".rstrip()


def _values(attributes: object) -> Iterator[tuple[str, str]]:
    """Attributes as OTLP writes them: a list of keys, each with a value that says its type."""
    for one in attributes if isinstance(attributes, Sequence) else ():
        if isinstance(one, Mapping):
            value = one.get("value")
            yield (
                str(one.get("key", "")),
                str(next(iter(value.values()), "")) if isinstance(value, Mapping) else f"{value}",
            )
