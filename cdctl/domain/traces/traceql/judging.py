"""Whether a span matches a filter, by the rules of the SQL: for servers that cannot be asked the whole question."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence

from cdctl.domain.traces.attributes import spellings
from cdctl.domain.traces.ports import SpanRow
from cdctl.domain.traces.traceql.tree import Always, Both, Compare, Expression, Literally

_ORDER: Mapping[str, Callable[[float | str, float | str], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,  # type: ignore[operator]
    "<=": lambda left, right: left <= right,  # type: ignore[operator]
    ">": lambda left, right: left > right,  # type: ignore[operator]
    ">=": lambda left, right: left >= right,  # type: ignore[operator]
}


def matches(where: Expression, span: SpanRow, trace: Sequence[SpanRow]) -> bool:
    """Whether a span of a trace matches; `trace` are all of its spans, itself among them."""
    if isinstance(where, Always):
        return where.true
    if isinstance(where, Compare):
        return _compare(where, span, trace)
    if isinstance(where, Both):
        return matches(where.left, span, trace) and matches(where.right, span, trace)
    return matches(where.left, span, trace) or matches(where.right, span, trace)


def text_of(value: object) -> str:
    """A value as the stores keep it: numbers, truths and lists as JSON, texts as they are."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _compare(where: Compare, span: SpanRow, trace: Sequence[SpanRow]) -> bool:
    if where.field.scope != "intrinsic":
        return _text(_attribute(where.field.scope, where.field.key, span), where)
    key, value = where.field.key, where.value
    if key in {"rootName", "rootServiceName"}:
        return _of_root(where, trace)
    if value.kind == "nil":
        return where.operator == "!="  # every span has one, be it empty
    if key == "duration":
        return _ORDER[where.operator](span.end - span.start, _numeric(value))
    if key == "traceDuration":
        took = max(one.end for one in trace) - min(one.start for one in trace)
        return _ORDER[where.operator](took, _numeric(value))
    texts = {
        "name": span.name, "status": span.status, "kind": span.kind, "statusMessage": span.message,
        "trace:id": span.trace, "span:id": span.span, "span:parentID": span.parent, "instrumentation:name": span.scope,
    }  # fmt: skip
    return _text(texts[key], where)


def _of_root(where: Compare, trace: Sequence[SpanRow]) -> bool:
    roots = [one for one in trace if not one.parent]
    if where.value.kind == "nil":
        return bool(roots) is (where.operator == "!=")
    if where.field.key == "rootName":
        return any(_text(one.name, where) for one in roots)
    return any(_text(one.service or None, where) for one in roots)


def _attribute(scope: str, key: str, span: SpanRow) -> str | None:
    for said in {"span": (span.attributes,), "resource": (span.resource,)}.get(scope, (span.attributes, span.resource)):
        for name in spellings(key):
            if name in said:
                return text_of(said[name])
    return None


def _text(text: str | None, where: Compare) -> bool:
    value, operator = where.value, where.operator
    if value.kind == "nil":
        return (text is None) is (operator == "=")
    if text is None:
        return False
    if value.kind == "bool":
        return text == ("true" if value.value is (operator == "=") else "false")
    if value.kind in {"number", "duration"}:
        number = _number(text)
        return number is not None and _ORDER[operator](number, float(_numeric(value)))
    if operator in {"=~", "!~"}:
        import re2

        return (re2.fullmatch(f"(?s:{value.value})", text) is not None) is (operator == "=~")
    # Bytes, as the engines compare texts: beyond the first plane they stand in another order.
    return _ORDER[operator](text.encode(), str(value.value).encode())  # type: ignore[arg-type]


def _number(text: str) -> float | None:
    if "_" in text or "\t" in text or "\n" in text:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _numeric(value: Literally) -> float:
    assert isinstance(value.value, int | float)
    return value.value
