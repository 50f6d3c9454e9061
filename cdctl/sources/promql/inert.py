"""Queries in which a dashboard's variables have nothing to fill in.

Grafana replaces `$name`, `${name}` and `[[name]]` wherever they stand, in the strings of a query too, and knows no
escape for them. PromQL does: in a string `\\x24` is a dollar sign.
"""

from __future__ import annotations

from functools import lru_cache

from cdctl.sources.promql.matchers import Matcher
from cdctl.sources.promql.tokens import parsable, tokens

_WINDOW = "{{window}}"


@lru_cache(maxsize=1024)
def inert(text: str) -> str:
    """The same query without comments, and without `$` and `[[` in its strings. `text` is one that `parse` took."""
    whole = parsable(text, tokens(text), _WINDOW)
    parts: list[str] = []
    end = 0
    for token in tokens(whole):
        parts += [" " if token.start > end and parts else "", _without(token.text)]
        end = token.end
    return "".join(parts)


def _without(piece: str) -> str:
    return piece.replace("$", r"\x24").replace("[[", r"[\x5b") if piece[:1] in {'"', "'"} else piece


class InertMatcher(Matcher):
    """A matcher of an author's own, written so that nothing in it is filled in."""

    __slots__ = ()

    def __str__(self) -> str:
        return inert(super().__str__())
