"""The shape of what is asked of spans: `metricSource` with `type: traces`."""

from __future__ import annotations

import re
from typing import Any

from cdctl.files.faults import Faults
from cdctl.files.nodes import Mapping
from cdctl.files.shapes.containers import Fields
from cdctl.files.shapes.rules import Rule, has
from cdctl.files.shapes.scalars import Number, Text
from cdctl.files.shapes.shape import Anything

_TRACES = "[Tt][Rr][Aa][Cc][Ee][Ss]"
_WHICH = ("entry", "root", "all")
_ERRORS = ("convention",)
_MOST_WEIGHT = 1_000_000_000

_SPANS_DOC = (
    "Which spans count, said where the total is. entry: where a service is entered (kind server or consumer, or no "
    "parent), so that retries and children are not counted twice. root: those without a parent. all: every one."
)
_ERRORS_DOC = (
    "convention: of the spans that match, those that failed by OpenTelemetry's conventions: the status, else the code "
    "of HTTP or gRPC by the span's kind, else error.type. Only of bad, which then needs no query."
)
_WEIGHT_DOC = (
    "How many spans one stands for that does not say so itself (tracestate ot=th, SampleRate), said where the total "
    "is: 1 where nothing is sampled. Without it that stays unknown, and is said."
)

_SPEC = Fields(
    "spec of traces",
    "What is asked of spans.",
    {
        "query": Anything("A filter in TraceQL."),
        "spans": Text(_SPANS_DOC, choices=_WHICH),
        "errors": Text(_ERRORS_DOC, choices=_ERRORS),
        "weight": Number(_WEIGHT_DOC, at_least=1, at_most=_MOST_WEIGHT),
    },
)


def _asks_traces(source: Mapping, noun: str, faults: Faults) -> None:
    spec = source.mapping("spec")
    if spec and re.fullmatch(_TRACES, source.text("type")):
        _SPEC.check(spec, "spec", faults)


_KEYS: dict[str, Any] = {
    "query": True,
    "spans": {"description": _SPANS_DOC, "enum": list(_WHICH)},
    "errors": {"description": _ERRORS_DOC, "enum": list(_ERRORS)},
    "weight": {"description": _WEIGHT_DOC, "type": "number", "minimum": 1, "maximum": _MOST_WEIGHT},
}
TRACES_RULE = Rule(
    _asks_traces,
    {
        "if": {**has("type"), "properties": {"type": {"pattern": f"^(?:{_TRACES})$"}}},
        "then": {"properties": {"spec": {"properties": _KEYS, "additionalProperties": False}}},
    },
)
"""What `spec` may hold when `type` says traces."""
