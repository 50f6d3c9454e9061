"""Writes a filter from its tree, so that filters can be joined and sent on; `parser.parse` reads it back as it was."""

from __future__ import annotations

import re

from cdctl.domain.traces.traceql.tree import (
    Always,
    Both,
    Compare,
    Either,
    Expression,
    Field,
    Literally,
    Spanset,
)

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def spanset(where: Expression) -> Spanset:
    """The filter that says this, with its text."""
    return Spanset(f"{{ {written(where)} }}", where)


def both(one: Spanset, other: Spanset) -> Spanset:
    """What matches two filters."""
    return spanset(Both(one.where, other.where))


def written(where: Expression) -> str:
    """What stands between the braces."""
    if isinstance(where, Always):
        return "true" if where.true else "false"
    if isinstance(where, Compare):
        return f"{_field(where.field)} {where.operator} {_value(where.value)}"
    right = written(where.right)
    if isinstance(where.right, Both | Either):  # && and || bind alike, and from the left
        right = f"({right})"
    left = written(where.left)
    if isinstance(where.left, Both | Either) and type(where.left) is not type(where):
        left = f"({left})"  # it would be read alike without them, but by people it would not
    return f"{left} {'&&' if isinstance(where, Both) else '||'} {right}"


def _field(field: Field) -> str:
    if field.scope == "intrinsic":
        return field.key
    escaped = field.key.replace("\\", "\\\\").replace('"', '\\"')
    return f"{field.scope}.{field.key}" if _PLAIN.fullmatch(field.key) else f'{field.scope}."{escaped}"'


def _value(value: Literally) -> str:
    said = value.value
    if value.kind == "nil":
        return "nil"
    if value.kind == "bool":
        return "true" if said else "false"
    if value.kind == "text":
        return (
            '"'
            + "".join(
                _ESCAPES.get(char, char) if char >= " " or char in _ESCAPES else f"\\x{ord(char):02x}"
                for char in str(said)
            )
            + '"'
        )
    if value.kind == "duration":
        return f"{said}ns"
    return repr(said) if value.kind == "number" else str(said)
