"""Shapes of single values: text, number, truth value."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cached_property

from cdctl.domain.text import safe
from cdctl.files.faults import Faults
from cdctl.files.nearest import nearest, shown
from cdctl.files.nodes import Node, Scalar
from cdctl.files.shapes.shape import Shape, wrong_kind

Cure = Callable[[str], tuple[str, str] | None]
"""Looks at a wrong value: what is wrong with it and the fix, or None when it knows no better."""

_STRICT = frozenset({"text"})
_LOOSE = frozenset({"text", "number", "flag"})


class Text(Shape):
    """A string. `pattern` (matched as a whole) or `choices` narrow it; `meaning` says in words what is wanted.

    `filled` text may not be empty. With `loose`, numbers and truth values are taken as their text: people write
    `tier: 1`.
    """

    def __init__(
        self,
        doc: str = "",
        *,
        pattern: str = "",
        meaning: str = "",
        choices: tuple[str, ...] = (),
        longest: int = 0,
        filled: bool = False,
        loose: bool = False,
        cure: Cure | None = None,
    ) -> None:
        self.doc = doc
        self.pattern = pattern
        self.meaning = meaning
        self.choices = choices
        self.longest = longest
        self.filled = filled
        self.loose = loose
        self.cure = cure
        self._kinds = _LOOSE if loose else _STRICT

    @cached_property
    def _matcher(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def accepts(self, node: Node) -> bool:
        """Whether it is text."""
        return isinstance(node, Scalar) and (not node.plain or node.kind in self._kinds)

    def check(self, node: Node, name: str, faults: Faults) -> None:
        """Find a wrong kind, an unknown choice, a wrong form, emptiness, too great a length."""
        if not isinstance(node, Scalar) or (node.plain and node.kind not in self._kinds):
            self._not_text(node, name, faults)
        elif self.choices:
            if node.text not in self.choices:
                self._unknown(node, name, faults)
        elif self.pattern and not self._matcher.fullmatch(node.text):
            known = self.cure(node.text) if self.cure else None
            message, fix = known or (f"is not {self.meaning}", "")
            faults.error(node, f"{name} {shown(node.text)} {message}", fix)
        elif self.filled and not node.text:
            faults.error(node, f"{name} is empty", f"write {self.meaning or 'some text'}")
        elif self.longest and len(node.text) > self.longest:
            faults.error(node, f"{name} has {len(node.text)} characters, {self.longest} are allowed", "shorten it")

    def _not_text(self, node: Node, name: str, faults: Faults) -> None:
        if not isinstance(node, Scalar) or node.kind == "null" or not self.pattern:
            wrong_kind(node, name, "text", faults)
        elif self._matcher.fullmatch(node.text):
            faults.error(node, f"{name} {shown(node.text)} is not text", f"put it in quotes: {shown(node.text)}")
        else:
            known = self.cure(node.text) if self.cure else None
            faults.error(node, f"{name} is {shown(node.text)}, not {self.meaning}", known[1] if known else "")

    def _unknown(self, node: Scalar, name: str, faults: Faults) -> None:
        wanted = ", ".join(self.choices)
        wanted = f"one of {wanted}" if len(self.choices) > 1 else wanted
        known = self.cure(node.text) if self.cure else None
        near = nearest(node.text, self.choices)
        fix = known[1] if known else f"did you mean {near}?" if near else f"write {wanted}"
        faults.error(node, f"{name} is {shown(node.text)}, not {wanted}", fix)


class Number(Shape):
    """A finite number within bounds; None is no bound."""

    def __init__(
        self,
        doc: str = "",
        *,
        at_least: float | None = None,
        above: float | None = None,
        at_most: float | None = None,
        below: float | None = None,
        cure: Cure | None = None,
    ) -> None:
        self.doc = doc
        self.at_least = at_least
        self.above = above
        self.at_most = at_most
        self.below = below
        self.cure = cure

    def accepts(self, node: Node) -> bool:
        """Whether it is a number without quotes."""
        return isinstance(node, Scalar) and node.kind == "number"

    def check(self, node: Node, name: str, faults: Faults) -> None:
        """Find a wrong kind, infinity, a number out of bounds."""
        if not isinstance(node, Scalar) or node.kind != "number":
            wrong_kind(node, name, "a number", faults)
            return
        exact = node.decimal
        if exact is None or not self._within(exact):
            known = self.cure(node.text) if self.cure else None
            message, fix = known or (f"is not {self._range()}", "")
            faults.error(node, f"{name} {safe(node.text, 40)} {message}", fix)

    def _within(self, exact: Decimal) -> bool:
        value = float(exact)  # as JSON has it, so that the schema agrees about 0.99999999999999999999
        return (
            abs(value) != float("inf")
            and (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )

    def _range(self) -> str:
        bounds = {"at least": self.at_least, "above": self.above, "at most": self.at_most, "below": self.below}
        said = " and ".join(f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None)
        return f"a number {said}" if said else "a finite number"


class Flag(Shape):
    """True or false."""

    def __init__(self, doc: str = "") -> None:
        self.doc = doc

    def accepts(self, node: Node) -> bool:
        """Whether it is a truth value without quotes."""
        return isinstance(node, Scalar) and node.kind == "flag"

    def check(self, node: Node, name: str, faults: Faults) -> None:
        """Find a wrong kind."""
        if not self.accepts(node):
            wrong_kind(node, name, "true or false", faults)
