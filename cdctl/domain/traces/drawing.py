"""A waterfall as text: the name of a span under its parent's, its bar on the axis of time, what its events say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cdctl.domain.text import safe
from cdctl.domain.traces.ports import SpanRow
from cdctl.domain.traces.waterfall import Line, Waterfall, length

CRITICAL, WAITING = "█", "░"
"""Cells of a bar: what the critical path spent in the span, and what it did beside it or waited for."""
_DEEPEST = 24
"""Cells of guides, of which more would leave no room for names."""


def name(line: Line) -> str:
    """Service and name of a span, behind the guides that lead to it; safe for a terminal."""
    return guides(line) + named(line.span)


def named(span: SpanRow) -> str:
    """Service and name of a span; safe for a terminal."""
    return f"{safe(span.service or '-', 60)}: {safe(span.name or '-', 120)}"


def guides(line: Line) -> str:
    """What leads from the parent's name to that of a span; how deep it is, where that would take too much room."""
    above = "".join("│ " if more else "  " for more in line.open)
    branch = ("└ " if line.last else "├ ") if line.depth else ("? " if line.orphan else "")
    deep = above + branch
    return f"…{line.depth} " if len(deep) > _DEEPEST else deep


def axis(laid: Waterfall) -> tuple[int, int]:
    """What the bars span: the longest root and what is near; a clock that is hours off would leave nothing to see."""
    roots = [line.span for line in laid.lines if not line.depth]
    root = max(roots, key=lambda one: one.end - one.start)
    size = max(root.end - root.start, 1)
    start, end = max(laid.start, root.start - size), min(laid.end, max(root.start, root.end) + size)
    return start, max(end, start + 1)


def bar(line: Line, span: tuple[int, int], width: int) -> str:
    """A span on an axis of `width` cells: blanks, WAITING and CRITICAL; an arrow where it is beyond the axis."""
    start, end = span
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
    drawn[first : last + 1] = WAITING * (last + 1 - first)
    for one in line.segments:
        a, b = place(one.start), max(place(one.start), place(one.end - 1))
        drawn[a : b + 1] = CRITICAL * (b + 1 - a)
    return "".join(drawn)


def event(told: Mapping[str, object], span: SpanRow) -> str:
    """An event of a span, as OTLP/JSON writes it, on one line; without stack traces."""
    named = safe(str(told.get("name", "")), 100)
    try:
        at = f"+{length(int(str(told['timeUnixNano'])) - span.start)}"
    except (KeyError, ValueError):
        at = "at an unknown time"
    said = " ".join(f"{key}={value}" for key, value in _values(told.get("attributes")) if "stacktrace" not in key)
    return f"event {at} {named} {safe(said, 300)}".rstrip()


def _values(attributes: object) -> Iterator[tuple[str, str]]:
    """Attributes as OTLP writes them: a list of keys, each with a value that says its type."""
    for one in attributes if isinstance(attributes, Sequence) else ():
        if isinstance(one, Mapping):
            value = one.get("value")
            yield (
                str(one.get("key", "")),
                str(next(iter(value.values()), "")) if isinstance(value, Mapping) else f"{value}",
            )
