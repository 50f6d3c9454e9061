"""What a parsed selection is made of, and the error for a text that is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from cdctl.domain.fleet.selection.fields import Field
from cdctl.domain.text import safe
from cdctl.errors import UsageError


class SelectionError(UsageError):
    """A selection that cannot be understood. `at` is the place in the text, counted from 0."""

    def __init__(self, what: str, text: str, at: int, *, hint: str = "") -> None:
        before = safe(text[:at], 10_000)
        super().__init__(f"{what}\n    {safe(text, 10_000)}\n    {' ' * len(before)}^", hint=hint)
        self.what = what
        self.at = at


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison. op: one of = != < <= > >= ~. values: any of them will do; for != none of them may.

    A value is text as written for TEXT, VIN, STATE and CODES fields, a float for NUMBER fields (in the field's unit)
    and for AGE fields (seconds).
    """

    field: Field
    op: str
    values: tuple[str | float, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; of what is not known, still not known."""

    part: Node


@dataclass(frozen=True, slots=True)
class All:
    """Every part. None at all is true."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part."""

    parts: tuple[Node, ...]


Node: TypeAlias = Term | Not | All | Either


def terms(node: Node) -> tuple[Term, ...]:
    """Every term of a tree, in the order of the text."""
    if isinstance(node, Term):
        return (node,)
    parts = (node.part,) if isinstance(node, Not) else node.parts
    return tuple(term for part in parts for term in terms(part))
