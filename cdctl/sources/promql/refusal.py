"""Why a query cannot be used, where in it, and what its author can do."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise, zip_longest
from typing import NamedTuple

from cdctl.domain.text import safe
from cdctl.sources.promql.functions import FUNCTIONS
from cdctl.sources.promql.tokens import Brackets, Token

_TRIES = 200
_SHOWN = 40


class QueryError(Exception):
    """The query cannot be used; the spec's author must act. `hint` says how, `offset` is the place in its text, counted
    in characters from 0; `brief` is the reason without the query itself, for whoever shows the place."""

    def __init__(self, reason: str, hint: str, *, offset: int = 0, brief: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.offset = offset
        self.brief = brief or reason


class Fault(NamedTuple):
    """What the parser did not like."""

    words: str
    hint: str
    offset: int


_HINTS = (
    ("illegal regex", "Prometheus reads RE2 (https://github.com/google/re2/wiki/Syntax): no look-around"),
    ("unknown escape", "write each backslash twice, or put `...` around the text"),
    ("expected type matrix", "give it a range, such as x[{{window}}]"),
    ("expected type", "this function takes another kind of argument"),
    ("argument", "compare with https://prometheus.io/docs/prometheus/latest/querying/functions/"),
    ("non-empty matcher", "name the metric"),
    ("in label matching", 'write labels as name="value"'),
    ("no expression", "write the query"),
)
_USUAL = "check brackets, quotes and operators"
_JOINED = frozenset({"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "offset"})
_BEFORE = frozenset({*_JOINED, "bool", "atan2"})
_MATCHING = frozenset({"on", "ignoring", "group_left", "group_right"})
_OPERATORS = frozenset({"*", "/", "%", "^", "==", "!=", "<=", ">=", "<", ">", ","})


def not_promql(text: str, fault: Fault) -> QueryError:
    """The refusal of a query that is no PromQL."""
    start = fault.offset
    near = text[start : start + _SHOWN].split("\n", maxsplit=1)[0].rstrip()
    brief = f"the query is not PromQL: {fault.words}" + (f", at {safe(near)}" if near else "")
    return QueryError(f"the query {text!r} is not PromQL: {fault.words}", fault.hint, offset=start, brief=brief)


def found(
    words: str, text: str, pieces: Sequence[Token], nested: Brackets, refused: Callable[[str], str | None]
) -> Fault:
    """What the parser's complaint is about. `refused` gives its words about a part of the text; None: all is well."""
    words = safe(words, 300)
    fault = _spelling(text, pieces, nested)
    if fault:
        return fault
    start, end = _smallest(words, text, pieces, nested, refused)
    offset = _inside(words, [token for token in pieces if start <= token.start < end], start)
    return Fault(words, _hint(words), offset)


def _spelling(text: str, pieces: Sequence[Token], nested: Brackets) -> Fault | None:
    """What can be seen without knowing the grammar."""
    for token, following in zip_longest(pieces, pieces[1:]):
        if token.kind == "quote":
            return Fault("a text that is not closed", f"close it with {token.text}", token.start)
        if token.text == "{" and following and following.text == "{" and following.start == token.end:
            written = re.match(r"\{\{[^}]*\}?\}?", text[token.start :])
            shown = safe(written.group() if written else "{{", _SHOWN)
            return Fault(f"{shown} is not known", "write {{window}}, the one thing that is filled in", token.start)
        if token.text == "$":
            return Fault("variables such as $__range are Grafana's", "write {{window}}", token.start)
        if token.kind == "odd":
            return Fault(f"{safe(token.text)!r} has no meaning here", _USUAL, token.start)
    if nested.alone:
        token = nested.alone
        said = "is never closed" if token.kind == "open" else "closes nothing"
        return Fault(f"{token.text} {said}", "check the brackets", token.start)
    return None


def _smallest(
    words: str, text: str, pieces: Sequence[Token], nested: Brackets, refused: Callable[[str], str | None]
) -> tuple[int, int]:
    """Start and end of the smallest part that is refused for the same reason: a call, a selector, what ( ) hold."""
    for first, last in nested.spans[:_TRIES]:
        before = pieces[first - 1] if first else None
        named = before is not None and before.kind == "word" and before.text not in _JOINED
        start, end = (before.start if before and named else pieces[first].start), pieces[last].end
        if pieces[first].text != "[" and refused(text[start:end]) == words:
            return start, end
    return 0, len(text)


def _inside(words: str, pieces: Sequence[Token], start: int) -> int:
    """The piece that the words are about, else the start."""
    named = re.search(r"(?:name|identifier|function|label) '([^']+)'", words)
    escaped = re.search(r"unknown escape sequence '(.)'", words)
    for token in pieces:
        if named and token.text == named[1]:
            return token.start
        if escaped and token.kind == "string" and "\\" + escaped[1] in token.text:
            return token.start + token.text.index("\\" + escaped[1])
        if words.startswith("illegal regex") and token.kind == "string" and _body(token) in words:
            return token.start
    if words.startswith("invalid promql"):
        return _misplaced(pieces, start)
    return start


def _misplaced(pieces: Sequence[Token], start: int) -> int:
    """The second of two pieces that cannot follow each other."""
    # Between on (...) and the right side stands nothing.
    matching = any(token.text in _MATCHING for token in pieces)
    for one, other in pairwise(pieces):
        if _ends(one) and _starts(other) and not (matching and one.text == ")"):
            return other.start
        if one.kind == "mark" and one.text != "," and (other.kind == "close" or other.text in _OPERATORS):
            return other.start
    return pieces[-1].start if pieces and pieces[-1].kind == "mark" else start


def _body(token: Token) -> str:
    return safe(token.text[1:-1].replace("\\\\", "\\"), 200)


def _ends(token: Token) -> bool:
    """Whether an operand ends here; an operator, or a bracket, waits for one."""
    return token.kind in {"number", "string", "close", "window"} or (token.kind == "word" and token.text not in _BEFORE)


def _starts(token: Token) -> bool:
    """Whether only a new operand can start so. A bracket can go on after a word, and a sign before an operand."""
    return token.kind in {"number", "string"} or (token.kind == "word" and token.text not in _JOINED)


def _hint(words: str) -> str:
    unknown = re.search(r"unknown function with name '(\w+)'", words)
    if unknown:
        from difflib import get_close_matches

        near = get_close_matches(unknown[1], FUNCTIONS, n=1)
        return f"did you mean {near[0]}?" if near else "check the spelling"
    return next((hint for symptom, hint in _HINTS if symptom in words), _USUAL)
