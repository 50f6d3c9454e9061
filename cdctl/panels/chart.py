"""A PromQL query as lines over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.boards.drawing import Line
from cdctl.domain.boards.graphing import Graph, Graphed, step_of
from cdctl.domain.boards.keys import Binding, Key
from cdctl.domain.boards.requests import DONE, Copy, Reply
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.duration import brief, seconds
from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe
from cdctl.errors import UsageError
from cdctl.panels.chart_lines import EDGE, chart, names, numbers
from cdctl.panels.inquiry import Inquiry
from cdctl.panels.missing_lines import missing_lines

EVERY = 15.0
"""Seconds between two questions."""
SPANS = (300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000)
"""Seconds; what + and - go through."""
_OLD = 2 * EVERY
_USUAL_WIDTH = 120
_NAMED = 60


class PromChart:
    """See the port. title, unit: as told. least: the step that was told, 0 when none was."""

    fields: Sequence[str] = ()
    writing = False
    bindings: Sequence[Binding] = (
        Binding("longer", ("+", "="), "a longer span", "span"),
        Binding("shorter", ("-",), "a shorter span"),
        Binding("copy", ("y",), "copy the query"),
    )

    def __init__(self, query: str, title: str, unit: str, span: int, least: int) -> None:
        self._query, self._title, self._unit = query, title, unit
        self._span, self._least = span, least
        self._width = _USUAL_WIDTH
        self._inquiry = Inquiry(self._ask(), EVERY, rest=1.0)
        self._found: Graphed | None = None
        self._error: Missing | None = None
        self._snapshot: Snapshot | None = None
        self._drawn: tuple[object, Sequence[Line]] = (None, ())

    def _ask(self) -> Graph:
        return Graph(self._query, self._span, step_of(self._span, 2 * (self._width - EDGE), self._least))

    @property
    def title(self) -> str:
        """What it is, its unit, over how long, how many of its series, how old."""
        found = self._found
        parts = [safe(self._title or " ".join(self._query.split()), _NAMED)]
        parts += [safe(self._unit, 20)] if self._unit else []
        parts.append(_length(self._span))
        if found is not None:
            few = len(found.curves) < found.series
            parts += [f"{len(found.curves)} of {found.series:,} series"] if few else []
            parts += [f"{brief(self._age)} old"] if self._age > _OLD + found.span.step else []
        return " · ".join(parts)

    @property
    def _age(self) -> float:
        seen, found = self._snapshot, self._found
        return max(seen.at - found.span.end, 0.0) if seen is not None and found is not None else 0.0

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """See the port."""
        self._snapshot = snapshot
        before = self._inquiry.answer
        self._inquiry.want(self._ask())
        ask = self._inquiry.see(snapshot, letter)
        answer = self._inquiry.answer
        if answer is not None and answer is not before:
            self._error = answer.value if isinstance(answer.value, Missing) else None
            self._found = answer.value if isinstance(answer.value, Graphed) else self._found
        return ask

    def press(self, action: str, key: Key) -> Reply:
        """See the port."""
        if action == "copy":
            return (Copy(self._query, "query"),)
        if action == "longer":
            self._span = next((span for span in SPANS if span > self._span), self._span)
        elif action == "shorter":
            self._span = next((span for span in reversed(SPANS) if span < self._span), self._span)
        return DONE

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """What is wrong, then the curves, as they were when that was not so."""
        self._width = width
        key = (self._found, self._error, width, height)
        if self._drawn[0] != key:  # ten times a second, and the same for many of them
            self._drawn = key, self._lines(width, height)
        return self._drawn[1]

    def _lines(self, width: int, height: int) -> Sequence[Line]:
        lines = [] if self._error is None else missing_lines(self._error, width)[: max(height // 2, 1)]
        if self._found is None:
            return lines or [((" asking ...", "dim"),)]
        lines += [((" " + safe(note, 300), "warn"),) for note in self._found.notes[:1]]
        return [*lines, *chart(self._found, self._unit, width, height - len(lines))]

    def data(self) -> Mapping[str, object]:
        """The last value of every curve, and all of them with their moments."""
        known: dict[str, object] = {"query": self._query, "unit": self._unit, "span_s": self._span}
        if self._error is not None:
            known |= {"error": self._error.reason, "hint": self._error.hint}
        found = self._found
        if found is None:
            return {**known, "rows": []}
        labels = names(found)
        rows = [
            {"series": name, "labels": dict(curve.labels), "last": numbers(curve)[-1], "values": numbers(curve)}
            for name, curve in zip(labels, found.curves, strict=True)
        ]
        times = {"from": found.span.start + found.span.step, "to": found.span.end, "step_s": found.span.step}
        return {**known, **times, "series": found.series, "notes": list(found.notes), "rows": rows}


def _length(span: int) -> str:
    """30m, 6h, 7d."""
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if span % size == 0:
            return f"{span // size}{name}"
    return f"{span}s"


def make(settings: Mapping[str, object]) -> PromChart:
    """A panel of these settings. Raises UsageError."""
    query = _text(settings, "query")
    if not query.strip():
        raise UsageError("is missing", subject="query", hint="query: sum(rate(mqtt_message_total[5m]))")
    step = _text(settings, "step")
    least = 0 if step in {"", "auto"} else _seconds(step, "step", "step: 30s, or auto")
    span = _seconds(_text(settings, "span") or "1h", "span", "span: 1h")
    return PromChart(query, _text(settings, "title"), _text(settings, "unit"), span, least)


def _text(settings: Mapping[str, object], key: str) -> str:
    found = settings.get(key, "")
    if not isinstance(found, str):
        raise UsageError("must be text", subject=key, hint="put it in quotes")
    return found


def _seconds(text: str, key: str, hint: str) -> int:
    try:
        found = int(seconds(text))
    except ValueError as error:
        raise UsageError(str(error), subject=key, hint=hint) from None
    if found < 1:
        raise UsageError("must be at least a second", subject=key, hint=hint)
    return found


PLUGIN = Plugin(
    API,
    "panels",
    "chart",
    "1",
    "a PromQL query as lines over time",
    make,
    {
        "query": "PromQL, asked every 15 seconds; $__rate_interval, $__interval and $__range are filled in",
        "title": "what it shows",
        "unit": "of its values: ratio (as percent), s, B (bytes), or any word",
        "span": "how far back at first, 1h unless told",
        "step": "between two points: auto, or such as 30s",
    },
)
