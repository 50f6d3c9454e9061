"""Which comparisons make sense: what a field is, what the value is, and the operator between them."""

from __future__ import annotations

from cdctl.domain.traces.traceql.error import TraceqlError
from cdctl.domain.traces.traceql.names import INTRINSICS
from cdctl.domain.traces.traceql.tree import Compare, Field, Literally, Operator

_REGEX = frozenset({"=~", "!~"})
_EQUAL = frozenset({"=", "!="})
_LONGEST = 1000
"""Characters that a regular expression may have."""


def compare(field: Field, operator: Operator, value: Literally, text: str) -> Compare:
    """The comparison. Raises TraceqlError when it could never hold, or its pattern is no RE2."""

    def wrong(what: str, hint: str = "") -> TraceqlError:
        return TraceqlError(what, text, value.offset, hint=hint)

    kind = INTRINSICS[field.key] if field.scope == "intrinsic" else ""
    if operator in _REGEX:
        if value.kind != "text" or kind not in {"", "text"}:
            raise wrong(f"{operator} compares texts", "write the pattern in quotes")
        if refusal := _refusal(str(value.value)):
            raise wrong(f"not a regular expression: {refusal}", "see https://github.com/google/re2/wiki/Syntax")
    elif value.kind in {"nil", "bool", "status", "kind"} and operator not in _EQUAL:
        raise wrong(f"{operator} does not compare with this: only = and != do")
    if value.kind == "nil":
        return Compare(field, operator, value)
    if not kind and value.kind in {"status", "kind"}:
        raise wrong(f"an attribute is no {value.kind}", f'write "{value.value}" in quotes, or compare {value.kind}')
    if kind and not _fits(kind, value):
        raise wrong(f"{field.key} is {_SAID[kind]}", _EXAMPLES[kind].format(field.key))
    return Compare(field, operator, value)


def _fits(kind: str, value: Literally) -> bool:
    return value.kind == kind or (kind == "duration" and value.kind == "number")  # a number: nanoseconds


_SAID = {"text": "a text", "duration": "a duration", "status": "error, ok or unset", "kind": "a span kind"}
_EXAMPLES = {
    "text": 'write {} = "..."',
    "duration": "write {} > 100ms",
    "status": "write {} = error, without quotes",
    "kind": "write {} = server (client, producer, consumer, internal, unspecified), without quotes",
}


def _refusal(pattern: str) -> str:
    """What RE2 has against a pattern; empty when nothing."""
    if len(pattern) > _LONGEST:
        return f"it has more than {_LONGEST:,} characters"
    import re2  # loaded only when a pattern is written: 10 ms

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        return error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
    return ""
