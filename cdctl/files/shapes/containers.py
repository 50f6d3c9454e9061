"""Shapes of values that hold others: mappings with known keys, mappings with any key, lists, one of several shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from functools import cached_property
from typing import NamedTuple

from cdctl.files.faults import Faults
from cdctl.files.nearest import nearest, shown, suggestion
from cdctl.files.nodes import Mapping, Node, Scalar, Sequence
from cdctl.files.shapes.rules import Rule
from cdctl.files.shapes.shape import Shape, wrong_kind


class Fields(Shape):
    """A mapping with known keys; any other key is a fault.

    `noun` is what messages call it. `ref` names it in the schema's `$defs`, for shapes used in several places.
    """

    def __init__(
        self,
        noun: str,
        doc: str,
        keys: Map[str, Shape],
        required: tuple[str, ...] = (),
        rules: tuple[Rule, ...] = (),
        ref: str = "",
    ) -> None:
        self.noun = noun
        self.doc = doc
        self.keys = keys
        self.required = required
        self.rules = rules
        self.ref = ref

    def accepts(self, node: Node) -> bool:
        """Whether it is a mapping."""
        return isinstance(node, Mapping)

    def check(self, node: Node, name: str, faults: Faults) -> None:
        """Find unknown and missing keys, faults of the values, broken rules between keys."""
        if not isinstance(node, Mapping):
            wrong_kind(node, name, "a mapping", faults)
            return
        if not node.values.keys() <= self.keys.keys():
            self._unknown(node, faults)
        for key, shape in self.keys.items():
            value = node.values.get(key)
            if value is None:
                if key in self.required:
                    faults.error(node, f"{self.noun} has no {key}", f"add {key}: {shape.doc.partition('. ')[0]}")
            elif not (shape.nullable and key not in self.required and _null(value)):
                shape.check(value, key, faults)
        for rule in self.rules:
            rule.check(node, self.noun, faults)

    def _unknown(self, node: Mapping, faults: Faults) -> None:
        """Unknown keys are faults; a misspelt one is then taken for the one that was meant, to check what it holds."""
        for name, key in list(node.keys.items()):
            if name in self.keys:
                continue
            fix = "" if faults.full else suggestion(name, self.keys)
            faults.error(key, f"unknown key {shown(name)} in {self.noun}", fix)
            if not faults.full:
                _repair(node, key, self.keys)


class Names(NamedTuple):
    """What keys of the writer's choice may be: a pattern that each matches as a whole, and its meaning in words.

    A key that starts with `reserved` must be known; `elsewhere` says where it belongs when none is.
    """

    pattern: str = ""
    meaning: str = ""
    reserved: str = ""
    elsewhere: str = ""


class Bag(Shape):
    """A mapping with keys of the writer's choice: `value` is the shape of every value but those with `known` names."""

    nullable = True

    def __init__(
        self,
        doc: str,
        value: Shape,
        *,
        known: Map[str, Shape] | None = None,
        names: Names | None = None,
        least: int = 0,
        rules: tuple[Rule, ...] = (),
    ) -> None:
        self.doc = doc
        self.value = value
        self.known = known or {}
        self.names = names or Names()
        self.least = least
        self.rules = rules

    @cached_property
    def _matcher(self) -> re.Pattern[str]:
        return re.compile(self.names.pattern)

    def accepts(self, node: Node) -> bool:
        """Whether it is a mapping."""
        return isinstance(node, Mapping)

    def check(self, node: Node, name: str, faults: Faults) -> None:
        """Find misformed and reserved keys, faults of the values, too few entries."""
        if not isinstance(node, Mapping):
            wrong_kind(node, name, "a mapping", faults)
            return
        if len(node.values) < self.least:
            faults.error(node, f"{name} is empty", "add an entry")
        for key in list(node.keys.values()):
            self._entry(node, key, name, faults)
        for rule in self.rules:
            rule.check(node, name, faults)

    def _entry(self, node: Mapping, key: Scalar, name: str, faults: Faults) -> None:
        shape, names = self.known.get(key.text), self.names
        if shape is None and names.reserved and key.text.startswith(names.reserved):
            fix = names.elsewhere or suggestion(key.text, self.known)
            faults.error(key, f"unknown key {shown(key.text)} in {name}", fix)
            _repair(node, key, self.known)
        elif names.pattern and not self._matcher.fullmatch(key.text):
            faults.error(key, f"key {shown(key.text)} in {name} is not {names.meaning}")
        else:
            (shape or self.value).check(node.values[key.text], key.text, faults)


class Listing(Shape):
    """A list of `least` to `most` elements of one shape (0 is no upper bound); `noun` is what messages call an element.

    A list that must have elements may not be null.
    """

    def __init__(self, doc: str, item: Shape, noun: str, least: int = 0, most: int = 0) -> None:
        self.doc = doc
        self.item = item
        self.noun = noun
        self.least = least
        self.most = most
        self.nullable = least == 0

    def accepts(self, node: Node) -> bool:
        """Whether it is a list."""
        return isinstance(node, Sequence)

    def check(self, node: Node, name: str, faults: Faults) -> None:
        """Find too few or too many elements, and their faults."""
        if not isinstance(node, Sequence):
            wrong_kind(node, name, "a list", faults)
            return
        count = len(node.items)
        if count < self.least or (self.most and count > self.most):
            wanted = f"exactly {self.least}" if self.least == self.most else f"at least {self.least}"
            where = node.items[self.most] if self.most and count > self.most else node
            faults.error(where, f"{name} has {count} entries, it must have {wanted}")
        for item in node.items:
            self.item.check(item, self.noun, faults)


class Either(Shape):
    """One of several shapes of different kinds; `meaning` names them all."""

    def __init__(self, doc: str, meaning: str, *options: Shape) -> None:
        self.doc = doc
        self.meaning = meaning
        self.options = options

    def accepts(self, node: Node) -> bool:
        """Whether any of them takes it."""
        return any(option.accepts(node) for option in self.options)

    def check(self, node: Node, name: str, faults: Faults) -> None:
        """Find the faults that the shape of this kind finds."""
        for option in self.options:
            if option.accepts(node):
                option.check(node, name, faults)
                return
        wrong_kind(node, name, self.meaning, faults)


def _repair(node: Mapping, misspelt: Scalar, known: Map[str, Shape]) -> None:
    """Let the key that was meant be there too, so that its absence is not a second fault."""
    meant = nearest(misspelt.text, known)
    if meant and meant not in node.values:
        node.keys[meant] = misspelt
        node.values[meant] = node.values[misspelt.text]


def _null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.kind == "null"
