"""A trace as lines: names under names, bars on one axis of time, and all that is known of one span."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cdctl.domain import grid
from cdctl.domain.boards.drawing import Line, Piece
from cdctl.domain.text import safe
from cdctl.domain.traces import drawing, waterfall
from cdctl.domain.traces.ports import SpanRow
from cdctl.domain.traces.waterfall import Waterfall, length

_LOOKED_AT = 2_000
"""Lines whose names decide how wide names are."""
_MARKS, _TOOK = 4, 9
_NARROWEST_NAME, _WIDEST_NAME = 12, 60
_OWN_FROM = 100
"""Cells from which on there is room for what the critical path spent in a span."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """How the lines of one trace stand: the axis of time, epoch nanoseconds, and how wide its names are."""

    axis: tuple[int, int]
    names: int

    @classmethod
    def of(cls, laid: Waterfall) -> Sheet:
        """The sheet of a trace."""
        names = (grid.cells(drawing.name(line)) for line in laid.lines[:_LOOKED_AT])
        return cls(drawing.axis(laid), max(names, default=0) + 1)

    def _widths(self, width: int) -> tuple[int, int, int]:
        """Cells of names, of the own time, of bars."""
        own = _TOOK if width >= _OWN_FROM else 0
        rest = width - _MARKS - _TOOK - own - 2
        name = min(_WIDEST_NAME, self.names, max(rest * 11 // 20, _NARROWEST_NAME))
        return name, own, max(rest - name, 1)

    def head(self, width: int) -> Line:
        """Names of the columns, and how long the axis is."""
        name, own, bar = self._widths(width)
        spent = f"{'ON PATH':>{_TOOK}}" if own else ""
        until = length(self.axis[1] - self.axis[0])
        axis = f"0{until:>{bar - 1}}" if bar > len(until) + 1 else ""
        return ((f"{'':{_MARKS}}{'SPAN':{name}}{'TOOK':>{_TOOK}}{spent}  {axis}", "head"), (" " * width, "head"))

    def row(self, line: waterfall.Line, width: int, folded: int) -> Line:
        """One span. folded: how many spans are folded away below it."""
        name, own, bar = self._widths(width)
        failed = line.span.status == "error"
        guides = drawing.guides(line)[: name - 4]
        more = f" +{folded:,}" if folded else ""
        short = grid.shorten(drawing.named(line.span), max(name - len(guides) - len(more) - 1, 1)) + more
        blank = " " * max(name - len(guides) - grid.cells(short), 0)
        took = length(line.span.end - line.span.start)
        spent = f"{length(line.own) if line.own else '':>{_TOOK}}" if own else ""
        marks = f" {'!' if failed else ' '}{'▸' if folded else ' '} "
        pieces: list[Piece] = [
            (marks, "bad strong" if failed else "strong"),
            (guides, "dim"),
            (short + blank, "bad" if failed else "strong" if line.own else ""),
            (f"{took:>{_TOOK}}", "bad" if failed else ""),
            (f"{spent}  ", "dim"),
            *_bar(drawing.bar(line, self.axis, bar), failed),
        ]
        return tuple(pieces)


def _bar(text: str, failed: bool) -> Iterator[Piece]:
    """What the critical path spent stands out; so does a span that failed."""
    roles = {drawing.CRITICAL: "bad" if failed else "title", drawing.WAITING: "bad" if failed else "dim"}
    begin = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or text[place] != text[begin]:
            yield text[begin:place], roles.get(text[begin], "dim")
            begin = place


def details(line: waterfall.Line, laid: Waterfall) -> Iterator[Line]:
    """All that is known of a span: what is wrong with it first."""
    span = line.span
    took, at = length(span.end - span.start), length(span.start - laid.start)
    facts = [span.kind, f"+{at}", f"took {took}"]
    facts += [f"{length(line.own)} on the critical path"] if line.own else []
    facts += [f"stands for {span.weight:,.6g}"] if span.weight is not None and span.weight != 1 else []
    status: Piece = (f" {safe(span.status or 'unset', 20)} ", "bad strong" if span.status == "error" else "dim")
    yield ((f" {safe(span.service or '-', 60)}: {safe(span.name or '-', 200)}", "strong"), status, (_told(facts), ""))
    if span.message:
        failed = span.status == "error"
        yield ((f" {'error' if failed else 'message'}: {safe(span.message, 400)}", "bad" if failed else ""),)
    if line.orphan:
        yield ((f" its parent {safe(span.parent, 32)} is not here", "warn"),)
    yield from (((f" {note}", "warn"),) for note in line.notes)
    yield from (((f" {drawing.event(event, span)}", ""),) for event in span.events)
    yield from _pairs(span.attributes, "")
    yield from _pairs(span.resource, "resource.")
    yield ((f" span {safe(span.span, 32)}{_linked(span)}", "dim"),)


def _told(facts: list[str]) -> str:
    return " · ".join(safe(fact, 40) for fact in facts if fact)


def _pairs(said: Mapping[str, object], scope: str) -> Iterator[Line]:
    for key, value in said.items():
        yield ((f" {scope}{safe(key, 100)}", "dim"), (f" = {safe(str(value), 300)}", ""))


def _linked(span: SpanRow) -> str:
    links = len(span.links)
    return f" · {links:,} {'link' if links == 1 else 'links'}" if links else ""
