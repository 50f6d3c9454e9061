"""A query as a tree. What would hurt the parser is refused before it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cdctl.domain.text import safe
from cdctl.sources.promql.matchers import Matcher
from cdctl.sources.promql.refusal import Fault, QueryError, found, not_promql
from cdctl.sources.promql.tokens import DEEPEST, MOST_CHARACTERS, MOST_TOKENS, Token, brackets, parsable, tokens

SENTINEL = 7_919
"""Seconds put in for {{window}} while parsing: a prime no author would write, so that it is known again in the tree."""
_OPS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
_RAW_MATCHERS = ("=~", "!~")


def parse(text: str) -> Any:
    """The syntax tree. Raises QueryError with the place in the text."""
    if len(text) > MOST_CHARACTERS:
        raise _too_much(f"longer than {MOST_CHARACTERS:,} characters")
    pieces = tokens(text)
    nested = brackets(pieces)
    if nested.depth > DEEPEST:
        raise _too_much(f"nested deeper than {DEEPEST} brackets")
    if nested.outside > MOST_TOKENS:
        raise _too_much(f"more than {MOST_TOKENS:,} names, numbers and operators long")
    tree, words = _parsed(parsable(text, pieces, f"{SENTINEL}s"))
    if words:
        raise not_promql(text, found(words, text, pieces, nested, _refused))
    _check_expressions(tree, text, pieces)
    return tree


def _refused(part: str) -> str | None:
    return safe(_parsed(parsable(part, tokens(part), f"{SENTINEL}s"))[1], 300) or None


def _parsed(text: str) -> tuple[Any, str]:
    """The tree, or what the parser has against the text."""
    import promql_parser

    try:
        return promql_parser.parse(text), ""
    except ValueError as error:
        return None, str(error)


def _too_much(what: str) -> QueryError:
    return QueryError(f"the query is {what}", "split it with a recording rule")


def _check_expressions(tree: Any, text: str, pieces: list[Token]) -> None:
    """Regular expressions are checked with the library that servers use; the parser's own takes more."""
    if not any(mark in text for mark in _RAW_MATCHERS):
        return
    for part in walk(tree):
        if type(part).__name__ != "VectorSelector":
            continue
        for matcher in map(read_matcher, part.matchers.matchers):
            refusal = matcher.refusal()
            if refusal:
                where = (one.start for one in pieces if one.kind == "string" and one.text[1:-1] == matcher.value)
                words = f"RE2 refuses the regular expression {safe(matcher.value)!r}: {safe(refusal)}"
                hint = "see https://github.com/google/re2/wiki/Syntax"
                raise not_promql(text, Fault(words, hint, next(where, 0)))


def walk(tree: Any) -> Iterator[Any]:
    """The tree's root and everything below it, in the order written."""
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += reversed(children(part))


def children(part: Any) -> list[Any]:
    """What stands directly below a part of a tree, in the order written."""
    found = [getattr(part, name, None) for name in ("param", "lhs", "rhs", "expr", "vector_selector")]
    return [child for child in (*found, *(getattr(part, "args", None) or ())) if child is not None]


def read_matcher(matcher: Any) -> Matcher:
    """A matcher of the parser as ours."""
    return Matcher(matcher.name, _OPS[str(matcher.op).rsplit(".", 1)[-1]], matcher.value)
