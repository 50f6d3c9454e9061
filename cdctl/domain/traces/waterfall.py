"""A trace laid out: who called whom, what was waited for, and what does not fit together, which is told, not clipped.

The critical path is the usual one: from the end of the root backwards, each time to the child that finished last before
that moment, and from its start to the next; what no child explains is the span's own. A child counts only while its
parent runs: what a message set off and nobody waited for is on no path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdctl.domain.traces.ports import SpanRow

SKEW = 1_000_000
"""Nanoseconds that a child may be outside its parent without a word: clocks are no better than this."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the critical path: what one span did itself; epoch nanoseconds."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Line:
    """A span in its place. own: nanoseconds that the critical path spent in it; segments: when. last: whether it is the
    last child of its parent, open: the same for each level above it that has a parent, outermost first. orphan: its
    parent is not here. notes: what does not fit."""

    span: SpanRow
    depth: int
    last: bool
    open: tuple[bool, ...]
    orphan: bool
    segments: tuple[Segment, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def own(self) -> int:
        """Nanoseconds on the critical path."""
        return sum(one.end - one.start for one in self.segments)


@dataclass(frozen=True, slots=True)
class Waterfall:
    """All spans of a trace, parents before their children. start, end: epoch nanoseconds, of everything. notes: what is
    odd about the whole."""

    lines: tuple[Line, ...]
    start: int
    end: int
    notes: tuple[str, ...] = ()


def lay_out(spans: Sequence[SpanRow]) -> Waterfall:
    """The waterfall of one trace; of spans that are there twice, the first. Takes what has cycles, no root, several
    roots, or clocks that disagree."""
    by_id: dict[str, SpanRow] = {}
    for span in spans:
        by_id.setdefault(span.span, span)
    notes = []
    if len(by_id) < len(spans):
        twice = len(spans) - len(by_id)
        notes.append("1 span is there twice" if twice == 1 else f"{twice} spans are there twice")
    children: dict[str, list[SpanRow]] = {}
    roots = []
    for span in by_id.values():
        if span.parent in by_id and span.parent != span.span:
            children.setdefault(span.parent, []).append(span)
        else:
            roots.append(span)
    for siblings in children.values():
        siblings.sort(key=lambda one: (one.start, one.span))
    roots.sort(key=lambda one: (one.start, one.span))
    placed = _place(roots, children, by_id, set())
    if selves := sum(span.parent == span.span for span in by_id.values()):
        notes.append("1 span is its own parent" if selves == 1 else f"{selves} spans are their own parents")
    if circles := _circles(placed, children, by_id):
        notes.append(f"{circles} spans are their own ancestors; their circle is cut at its first span")
    if missing := len({line.span.parent for line in placed if line.orphan}):
        notes.append(f"{missing} {'parent is' if missing == 1 else 'parents are'} not here")
    path = _critical(_main(placed), children)
    lines = tuple(
        Line(line.span, line.depth, line.last, line.open, line.orphan, tuple(path.get(line.span.span, ())), line.notes)
        for line in placed
    )
    ends = [moment for span in by_id.values() for moment in (span.start, span.end)]
    return Waterfall(lines, min(ends, default=0), max(ends, default=0), tuple(notes))


def _place(
    roots: Sequence[SpanRow], children: Mapping[str, Sequence[SpanRow]], by_id: Mapping[str, SpanRow], seen: set[str]
) -> list[Line]:
    """Lines of everything below some spans; a span that was seen is not placed again."""
    placed = []
    todo: list[tuple[SpanRow, int, bool, tuple[bool, ...]]] = [(span, 0, True, ()) for span in reversed(roots)]
    while todo:
        span, depth, last, above = todo.pop()
        if span.span in seen:
            continue
        seen.add(span.span)
        parent = by_id.get(span.parent)
        orphan = bool(span.parent) and parent is None
        placed.append(Line(span, depth, last, above, orphan, notes=tuple(_odd(span, parent if depth else None))))
        below = [one for one in children.get(span.span, ()) if one.span not in seen]
        inner = (*above, not last) if depth else ()
        todo += [(one, depth + 1, one is below[-1], inner) for one in reversed(below)]
    return placed


def _circles(placed: list[Line], children: Mapping[str, Sequence[SpanRow]], by_id: Mapping[str, SpanRow]) -> int:
    """Place what no root leads to; how many spans are on circles."""
    seen = {line.span.span for line in placed}
    found = 0
    for start in sorted(by_id.values(), key=lambda one: (one.start, one.span)):
        if start.span in seen:
            continue
        circle = [start]
        met = {start.span}
        while (above := by_id[circle[-1].parent]).span not in met:
            circle.append(above)
            met.add(above.span)
        found += len(circle) - circle.index(above)
        placed += _place([above if above.span not in seen else start], children, by_id, seen)
    return found


def _odd(span: SpanRow, parent: SpanRow | None) -> list[str]:
    said = []
    if span.end < span.start:
        said.append(f"ends {length(span.start - span.end)} before it starts")
    if span.parent == span.span:
        said.append("is its own parent")
    if parent is None:
        return said
    if (early := parent.start - span.start) > SKEW:
        said.append(f"starts {length(early)} before its parent")
    if span.start > parent.end + SKEW:
        said.append(f"starts {length(span.start - parent.end)} after its parent ended")
    elif (late := span.end - parent.end) > SKEW:
        said.append(f"ends {length(late)} after its parent")
    return said


def length(nanos: int) -> str:
    """A length of time for people: `12.3ms`, `850us`, `1.20s`, `2m05s`."""
    size = abs(nanos)
    sign = "-" if nanos < 0 else ""
    if size < 1_000:
        return f"{sign}{size}ns"
    for unit, name, until in ((1e3, "us", 1e6), (1e6, "ms", 1e9), (1e9, "s", 6e10)):
        if size < until:
            return f"{sign}{size / unit:.3g}{name}" if size / unit < 999.5 else f"{sign}{size / unit:.0f}{name}"
    seconds = size // 1_000_000_000
    minutes = f"{seconds // 60}m{seconds % 60:02}s"
    return sign + (minutes if seconds < 3600 else f"{seconds // 3600}h{seconds % 3600 // 60:02}m")


def _main(placed: Sequence[Line]) -> SpanRow | None:
    """The root whose path is drawn: the longest one."""
    roots = [line.span for line in placed if not line.depth]
    return max(roots, key=lambda one: one.end - one.start, default=None)


def _critical(root: SpanRow | None, children: Mapping[str, Sequence[SpanRow]]) -> dict[str, list[Segment]]:
    """Own time of spans on the path, by their ids, in order of time."""
    path: dict[str, list[Segment]] = {}
    todo = [(root, root.start, root.end)] if root else []
    entered: set[str] = set()
    while todo:
        span, start, top = todo.pop()
        cursor = top
        entered.add(span.span)
        own = []
        for child in sorted(children.get(span.span, ()), key=lambda one: (-one.end, one.span)):
            begun, ended = max(child.start, start), min(child.end, top)
            if ended > cursor or begun >= ended or child.span in entered:
                continue
            if ended < cursor:
                own.append(Segment(ended, cursor))
            todo.append((child, begun, ended))
            cursor = begun
        if start < cursor:
            own.append(Segment(start, cursor))
        if own:
            path[span.span] = own[::-1]
    return path
