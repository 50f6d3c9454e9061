"""What `cdctl trace show` shows: one trace as a waterfall of text, and as data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from cdctl.cli import records, trace_rows
from cdctl.domain.fleet.hidden_spans import hidden
from cdctl.domain.fleet.privacy import masked
from cdctl.domain.grid import cells, shorten
from cdctl.domain.text import safe
from cdctl.domain.traces import document, drawing
from cdctl.domain.traces.waterfall import Line, Waterfall, length

if TYPE_CHECKING:
    from cdctl.application.trace_asking import Cause

USUAL_WIDTH = 100
_NARROWEST_BAR = 16
_WIDEST_NAME = 60
_DIGITS = 12
"""Of the hash of a plan, with which it is asked for: enough to tell it from all others."""
_PLAN = re.compile(r"[0-9a-f]+")


def shown(laid: Waterfall, cause: Cause | None, form: str, hide: bool, width: int | None) -> str:
    """The trace in a format; ids of vehicles are masked with `hide`."""
    if hide:
        laid = _hidden(laid)
    if form == "json":
        return records.document({**document.document(laid), "cause": _cause(cause, hide) if cause else None})
    rows = [document.line(line) for line in laid.lines]
    if form in {"jsonl", "csv"}:
        return records.render(rows, _COLUMNS, form)
    return "".join(f"{line}\n" for line in _text(laid, cause, width or USUAL_WIDTH, hide, wide=form == "wide"))


def _hidden(laid: Waterfall) -> Waterfall:
    spans = hidden([line.span for line in laid.lines])
    lines = (replace(line, span=span) for line, span in zip(laid.lines, spans, strict=True))
    return replace(laid, lines=tuple(lines))


_COLUMNS = (
    *trace_rows.SPANS,
    records.Column("depth"),
    records.Column("critical_ms"),
    records.Column("orphan"),
    records.Column("notes"),
)


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
        f"{_count(errors, 'error')}, {length(laid.end - laid.start)} from {document.when(laid.start)}"
    )
    yield from (f"note: {note}" for note in laid.notes)
    if cause:
        yield from _caused(cause, hide)
    yield f"{drawing.CRITICAL} critical path  {drawing.WAITING} waiting, or beside it"
    names = [drawing.name(line) for line in laid.lines]
    fixed = 2 + 8 + 2 + 8 + 2
    room = min(_WIDEST_NAME, max(16, width - fixed - _NARROWEST_BAR), max(map(cells, names)))
    bar = max(_NARROWEST_BAR, width - fixed - room)
    axis = drawing.axis(laid)
    for line, name in zip(laid.lines, names, strict=True):
        took = length(line.span.end - line.span.start)
        own = length(line.own) if line.own else ""
        mark = "!" if line.span.status == "error" else " "
        drawn = drawing.bar(line, axis, bar)
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


def _padded(text: str, room: int) -> str:
    short = shorten(text, room)
    return short + " " * (room - cells(short))


def _said(line: Line, *, wide: bool) -> Iterator[str]:
    span = line.span
    if line.orphan:
        yield f"its parent {safe(span.parent, 32)} is not here"
    yield from line.notes
    if span.message:
        yield f"{'error' if span.status == 'error' else 'message'}: {safe(span.message, 300)}"
    for event in span.events:
        told = drawing.event(event, span)
        if wide or "exception" in str(event.get("name", "")):
            yield told
    if wide:
        for key, value in document.span(span).items():
            if key in {"attributes", "resource"} and isinstance(value, Mapping):
                yield from (f"{safe(str(name), 100)} = {safe(str(said), 300)}" for name, said in value.items())
