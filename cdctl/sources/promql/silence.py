"""`or vector(0)`: a number that stands in for what is not there, also where nothing was looked at at all.

In a query whose absence means "not observed" the number is given only while any of the query's own series is there. An
author means that no error was counted, not that silence is a success.
"""

from __future__ import annotations

from typing import Any

from cdctl.sources.promql.parsing import parse, read_matcher, walk
from cdctl.sources.promql.tokens import Token, tokens


def watched(text: str) -> str:
    """The query with every `or vector(1)` bound to its series: `or (1 + 0 * (count(a{}) or count(b{})))`."""
    found = _standins(tokens(text))
    own = selectors(parse(text)) if found else []
    if not own:
        return text
    there = " or ".join(f"count({selector})" for selector in own)
    for first, value, last in reversed(found):
        text = f"{text[: first.start]}({value.text} + 0 * ({there})){text[last.end :]}"
    return text


def standins(text: str) -> list[float]:
    """The numbers that stand in for what is not there."""
    return [float(value.text) for _, value, _ in _standins(tokens(text)) if _is_float(value.text)]


def _is_float(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _standins(pieces: list[Token]) -> list[tuple[Token, Token, Token]]:
    """`vector`, its number and its closing bracket, where `or` or `or on (...)` stands before it."""
    found = []
    for i, (word, bracket, value, close) in enumerate(zip(pieces, pieces[1:], pieces[2:], pieces[3:], strict=False)):
        if (word.text.lower(), bracket.text, value.kind, close.text) == ("vector", "(", "number", ")"):
            before = _before_matching(pieces, i - 1)
            if before >= 0 and pieces[before].text.lower() == "or":
                found.append((word, value, close))
    return found


def _before_matching(pieces: list[Token], at: int) -> int:
    """The piece before `on (...)` or `ignoring (...)`, or `at` itself."""
    if at < 0 or pieces[at].text != ")":
        return at
    while at >= 0 and pieces[at].text != "(":
        at -= 1
    return at - 2 if at > 1 and pieces[at - 1].text.lower() in {"on", "ignoring"} else -1


def selectors(tree: Any) -> list[str]:
    """Every selector of a query once; none when one cannot be written again."""
    found: dict[str, None] = {}
    for part in walk(tree):
        if type(part).__name__ != "VectorSelector":
            continue
        if part.matchers.or_matchers or part.at is not None:
            return []
        inside = ",".join(map(str, map(read_matcher, part.matchers.matchers)))
        shift = f" offset {int(part.offset.total_seconds() * 1000)}ms" if part.offset else ""
        found[f"{part.name or ''}{{{inside}}}{shift}"] = None
    return list(found)
