"""A filter as an SQL condition. NULL and false are alike there: nothing is negated as a whole."""

from __future__ import annotations

from cdctl.domain.traces.kinds import KINDS, STATUSES
from cdctl.domain.traces.sql.writing import Writing
from cdctl.domain.traces.traceql.names import INTRINSICS
from cdctl.domain.traces.traceql.tree import Always, Both, Compare, Expression, Field, Literally, Operator

_OF_TRACES = {"rootName": "name", "rootServiceName": "service", "traceDuration": ""}
_SQL = {"!=": "<>"}


def predicate(where: Expression, write: Writing) -> str:
    """The condition that a filter is."""
    if isinstance(where, Always):
        return "true" if where.true else "false"
    if isinstance(where, Compare):
        return _compare(where, write)
    word = "AND" if isinstance(where, Both) else "OR"
    return f"({predicate(where.left, write)} {word} {predicate(where.right, write)})"


def value_of(field: Field, write: Writing) -> str:
    """What a span has there, as a text (a duration as nanoseconds); NULL, or empty for an intrinsic, where nothing."""
    if field.scope != "intrinsic":
        return write.attribute(field.scope, field.key)
    numbers = {"duration": write.duration, "status": write.status, "kind": write.kind}
    return numbers.get(field.key) or write.text(field.key)


def _compare(where: Compare, write: Writing) -> str:
    if where.field.scope == "intrinsic":
        return _intrinsic(where.field.key, where.operator, where.value, write)
    indexed = where.operator == "=" and where.value.kind == "text" and where.value.value
    find = write.exact if indexed else write.attribute
    text = find(where.field.scope, where.field.key)
    return _text(text, where.operator, where.value, write)


def _intrinsic(key: str, operator: Operator, value: Literally, write: Writing) -> str:
    if key in _OF_TRACES:
        return _of_trace(key, operator, value, write)
    if value.kind == "nil":
        return "true" if operator == "!=" else "false"  # every span has one, be it empty
    if INTRINSICS[key] == "text":
        return _text(write.text(key), operator, value, write)
    if value.kind == "status":
        return _plain(write.status, operator, write.bind(STATUSES.index(str(value.value))))
    if value.kind == "kind":
        return _plain(write.kind, operator, write.bind(KINDS.index(str(value.value))))
    return _plain(write.duration, operator, write.bind(_numeric(value)))


def _of_trace(key: str, operator: Operator, value: Literally, write: Writing) -> str:
    """What the trace of a span is like: its root, or how long it took from its first start to its last end."""
    if key == "traceDuration":
        if value.kind == "nil":
            return "true" if operator == "!=" else "false"
        took = _plain(f"max({write.end}) - min({write.start})", operator, write.bind(_numeric(value)))
        inner = f"WHERE {write.around()} GROUP BY {write.trace} HAVING {took}"
    else:
        inner = f"WHERE {write.around()} AND {write.root}"
        if value.kind != "nil":
            text = write.text("name") if key == "rootName" else write.attribute("resource", "service.name")
            inner += f" AND {_text(text, operator, value, write)}"
        elif operator == "=":
            return f"{write.trace} NOT IN (SELECT {write.trace} FROM {write.spans} {inner})"
    return f"{write.trace} IN (SELECT {write.trace} FROM {write.spans} {inner})"


def _text(text: str, operator: Operator, value: Literally, write: Writing) -> str:
    """A text that may be absent, compared as what the value is."""
    if value.kind == "nil":
        return f"{text} IS {'NOT ' if operator == '!=' else ''}NULL"
    if value.kind == "bool":
        same = value.value is (operator == "=")
        return f"{text} = '{'true' if same else 'false'}'"
    if value.kind in {"number", "duration"}:
        return _plain(write.number(text), operator, write.bind(float(_numeric(value))))
    if operator in {"=~", "!~"}:
        found = write.matches(text, str(value.value))
        return f"({text} IS NOT NULL AND {'' if operator == '=~' else 'NOT '}{found})"
    return _plain(text, operator, write.bind(str(value.value)))


def _plain(left: str, operator: Operator, right: str) -> str:
    return f"{left} {_SQL.get(operator, operator)} {right}"


def _numeric(value: Literally) -> int | float:
    assert isinstance(value.value, int | float)
    return value.value
