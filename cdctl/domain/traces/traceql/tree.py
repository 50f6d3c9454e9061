"""What a spanset filter says, as values. Positions are characters from 0 in the filter's text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Scope = Literal["span", "resource", ""]
"""Where an attribute is looked for; the empty scope (`.key`) is the span, and the resource where the span has none."""
Intrinsic = Literal[
    "name", "duration", "status", "statusMessage", "kind", "rootName", "rootServiceName", "traceDuration", "trace:id",
    "span:id", "span:parentID", "instrumentation:name",
]  # fmt: skip
Operator = Literal["=", "!=", "<", "<=", ">", ">=", "=~", "!~"]


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute with its scope, or an intrinsic (then `scope` is "intrinsic")."""

    scope: Literal["span", "resource", "", "intrinsic"]
    key: str
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Literally:
    """A value: a text, a number, a truth value, nil (None), a duration in nanoseconds, or a status or kind by name."""

    kind: Literal["text", "number", "bool", "nil", "duration", "status", "kind"]
    value: str | float | int | bool | None
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """A field compared with a value. A span without the attribute matches no comparison but `= nil`."""

    field: Field
    operator: Operator
    value: Literally


@dataclass(frozen=True, slots=True)
class Both:
    """`left && right`."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Either:
    """`left || right`."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Always:
    """`{ }` and `{ true }`, or, when not `true`, nothing at all."""

    true: bool = True


Expression = Compare | Both | Either | Always


@dataclass(frozen=True, slots=True)
class Spanset:
    """A whole filter. `text` is as written: servers that speak TraceQL get it unchanged."""

    text: str
    where: Expression


ALL = Spanset("{ }", Always())
"""Every span."""
