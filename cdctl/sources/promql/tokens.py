"""The pieces of a query, each with its place; what its brackets hold; and strings in the one form that is parsed.

The parser says what is wrong, not where, and takes the stack of the whole process with it when brackets are nested some
thousand deep. So the pieces are cut here first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

WINDOW = re.compile(r"\{\{\s*\.?window\s*\}\}")
MOST_CHARACTERS = 64 * 1024
MOST_TOKENS = 2_000
"""Outside of { }: the parser's time grows with their square, its stack with their number."""
DEEPEST = 100

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|\#[^\n]*)
  | (?P<window>\{\{\s*\.?window\s*\}\})
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
  | (?P<quote>["'`])
  | (?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+(?:ms|[smhdwy]))+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<word>[a-zA-Z_:][a-zA-Z0-9_:]*)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<mark>=~|!~|==|!=|<=|>=|[-+*/%^<>=@,:])
  | (?P<odd>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PAIRS = {")": "(", "]": "[", "}": "{"}


class Token(NamedTuple):
    """One piece: `kind` is a group of the expression above; `start` counts characters from 0."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the next piece may start."""
        return self.start + len(self.text)


class Brackets(NamedTuple):
    """`spans` are pairs of token indices, inner ones first; `alone` is the first bracket without its other half."""

    spans: Sequence[tuple[int, int]]
    alone: Token | None
    depth: int
    outside: int


def tokens(text: str) -> list[Token]:
    """Every piece but space and comments."""
    found = (Token(str(one.lastgroup), one.group(), one.start()) for one in _TOKEN.finditer(text))
    return [token for token in found if token.kind != "space"]


def brackets(pieces: Sequence[Token]) -> Brackets:
    """How the brackets nest, and how many pieces stand outside of braces."""
    stack: list[int] = []
    spans: list[tuple[int, int]] = []
    alone: Token | None = None
    depth = outside = braces = 0
    for i, token in enumerate(pieces):
        outside += not braces
        if token.kind == "open":
            stack.append(i)
            depth = max(depth, len(stack))
            braces += token.text == "{"
        elif token.kind == "close":
            if not stack or pieces[stack[-1]].text != _PAIRS[token.text]:
                alone = alone or token
                continue
            braces -= token.text == "}"
            spans.append((stack.pop(), i))
    return Brackets(spans, alone or (pieces[stack[-1]] if stack else None), depth, outside)


def parsable(text: str, pieces: Sequence[Token], window: str) -> str:
    """The query with `window` for {{window}} and every `raw string` in double quotes, whose escapes the parser reads
    as Prometheus does."""
    parts: list[str] = []
    at = 0
    for token in pieces:
        if token.kind == "window" or token.text[:1] == "`":
            parts += [text[at : token.start], window if token.kind == "window" else _quoted(token.text[1:-1])]
            at = token.end
    return "".join(parts) + text[at:]


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
