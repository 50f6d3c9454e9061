"""Text to tree. Recursive descent over the text itself, because what ends a value depends on the operator before it."""

from __future__ import annotations

import re
from difflib import get_close_matches

from cdctl.domain.fleet.selection.fields import STATES, Field
from cdctl.domain.fleet.selection.tree import All, Either, Node, Not, SelectionError, Term
from cdctl.domain.fleet.selection.values import value_of
from cdctl.domain.text import safe

LONGEST = 4096
DEEPEST = 50
_HEAD = re.compile(r"([A-Za-z_][\w.]*)\s?(<=|>=|!=|[:=<>~])\s?")
_WORD = re.compile(r'[^\s()|,"<>=:~!]+')
_HABITS = {"and", "or", "not", "&", "&&"}
"""What other languages write between terms, and nobody means as the beginning of a VIN."""
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s()|,"]+)')
_CURE = "a space between terms means and, | means or, and - before a term means not: -(online | soc<20)"


def parse(text: str, fields: dict[str, Field]) -> Node:
    """The tree of a text. Raises SelectionError."""
    if len(text) > LONGEST:
        raise SelectionError(f"a selection has at most {LONGEST} characters", text[:60] + "...", 60)
    reader = _Reader(text, fields)
    node = reader.either(0)
    if reader.at < len(text):
        raise reader.error("this bracket closes nothing", hint="remove it, or open one before")
    return node


class _Reader:
    def __init__(self, text: str, fields: dict[str, Field]) -> None:
        self.text = text
        self.fields = fields
        self.at = 0

    def error(self, what: str, at: int | None = None, *, hint: str = "") -> SelectionError:
        return SelectionError(what, self.text, self.at if at is None else at, hint=hint)

    def peek(self) -> str:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.text[self.at] if self.at < len(self.text) else ""

    def either(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise self.error(f"brackets are nested deeper than {DEEPEST}")
        parts = [self.every(depth)]
        while self.peek() == "|":
            bar = self.at
            self.at += 1
            if self.peek() in {"", ")", "|"} or parts[-1] == All(()):
                raise self.error("nothing on one side of |", bar, hint="write a term before it and after it")
            parts.append(self.every(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def every(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.peek() not in {"", "|", ")"}:
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def one(self, depth: int) -> Node:
        char = self.text[self.at]
        if char == "-":
            self.at += 1
            if self.text[self.at : self.at + 1] in {"", " ", "|", ")"}:
                raise self.error("- must stand before a term", self.at - 1, hint="no space after it: -online")
            if depth >= DEEPEST:
                raise self.error(f"brackets are nested deeper than {DEEPEST}")
            return Not(self.one(depth + 1))
        if char == "(":
            opened = self.at
            self.at += 1
            if self.peek() == ")":
                raise self.error("nothing between the brackets", opened)
            node = self.either(depth + 1)
            if self.peek() != ")":
                raise self.error("this bracket is not closed", opened, hint="write ) after the last term in it")
            self.at += 1
            return node
        return self.term()

    def term(self) -> Node:
        start = self.at
        head = _HEAD.match(self.text, start)
        if not head:
            return self.bare()
        field = self.fields.get(head[1])
        if field is None:
            raise self.error(f"there is no field '{safe(head[1], 60)}'", start, hint=self.nearest(head[1]))
        self.at = head.end()
        op = "=" if head[2] == ":" else head[2]
        values = (self.pattern(),) if op == "~" else self.values()
        if op in {"<", "<=", ">", ">="} and len(values) > 1:
            raise self.error(f"{op} takes one value", values[1][1], hint="a list goes with : or = or !=")
        made = tuple(value_of(field, op, value, self.text, at) for value, at in values)
        return Term(field, op, made, start)

    def bare(self) -> Node:
        start = self.at
        word = _WORD.match(self.text, start)
        if not word:
            hint = _CURE if self.text[start] == "!" else "such as soc<20, online, or the beginning of a VIN"
            raise self.error("a term was expected here", hint=hint)
        self.at = word.end()
        following = self.text[self.at : self.at + 1]
        if following and following in '<>=:~!,"':
            raise self.error("no field can have this name", start, hint=self.nearest(word[0]))
        if word[0].lower() in _HABITS:
            raise self.error(f"{word[0]!r} is no word of filters", start, hint=_CURE)
        if word[0] in STATES:
            return Term(self.fields["state"], "=", (word[0],), start)
        near = [name for name in self.fields if name == word[0].lower()]
        if near:
            hint = f"write {near[0]}:VALUE, {near[0]}<VALUE, ..."
            raise self.error(f"{near[0]} is a field: what about it?", start, hint=hint)
        value = word[0] if "*" in word[0] else word[0] + "*"
        return Term(self.fields["vin"], "=", (value,), start)

    def values(self) -> tuple[tuple[str, int], ...]:
        found = [self.value()]
        while self.text[self.at : self.at + 1] == ",":
            self.at += 1
            found.append(self.value())
        return tuple(found)

    def value(self) -> tuple[str, int]:
        match = _VALUE.match(self.text, self.at)
        if not match:
            quote = self.text[self.at : self.at + 1] == '"'
            raise self.error("this quote is not closed" if quote else "a value was expected here")
        at, self.at = self.at, match.end()
        return (match[2], at) if match[1] is None else (re.sub(r"\\(.)", r"\1", match[1]), at)

    def pattern(self) -> tuple[str, int]:
        """A regex: quoted, or up to a space or a bracket that it did not open itself."""
        if self.text[self.at : self.at + 1] == '"':
            return self.quoted_pattern()
        start, depth = self.at, 0
        while self.at < len(self.text) and not self.text[self.at].isspace():
            char = self.text[self.at]
            if char == ")" and depth == 0:
                break
            depth += {"(": 1, ")": -1}.get(char, 0)
            self.at += 2 if char == "\\" else 1
        self.at = min(self.at, len(self.text))
        if start == self.at:
            raise self.error("a regular expression was expected here")
        return self.text[start : self.at], start

    def quoted_pattern(self) -> tuple[str, int]:
        match = _VALUE.match(self.text, self.at)
        if not match:
            raise self.error("this quote is not closed")
        at, self.at = self.at, match.end()
        return match[1].replace('\\"', '"'), at  # every other backslash belongs to the regular expression

    def nearest(self, name: str) -> str:
        near = get_close_matches(name.lower(), self.fields, n=1, cutoff=0.5)
        known = ", ".join(sorted(self.fields))
        return f"did you mean {near[0]}? Fields: {known}" if near else f"fields: {known}"
