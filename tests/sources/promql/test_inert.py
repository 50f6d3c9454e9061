"""Queries in which Grafana has nothing to fill in say the same as before."""

from __future__ import annotations

import pytest
from grafana import referenced

from cdctl.sources.promql.inert import InertMatcher, inert
from cdctl.sources.promql.matchers import Matcher
from cdctl.sources.promql.parsing import parse, read_matcher, walk

HOSTILE = ["$region", "${region}", "[[region]]", "[[[x]]]", "$$a$", 'q"$x', "\\$x", "\\\\[[x]]", "ü$x", "a\n$b", "5..$"]


def values(query: str) -> list[str]:
    """What the matchers of a query compare with, as the parser reads it."""
    selectors = [part for part in walk(parse(query)) if type(part).__name__ == "VectorSelector"]
    return sorted(read_matcher(one).value for part in selectors for one in part.matchers.matchers)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_matcher_is_written_without_variables_and_means_the_same(value: str) -> None:
    plain = f"x{{{Matcher('a', '=', value)}}}"
    assert ("$" in plain) or ("[[" in plain)
    query = f"x{{{InertMatcher('a', '=', value)}}}"
    assert not referenced(query)
    assert "$" not in query
    assert "[[" not in query
    assert values(query) == [value] == values(plain)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ('x{a="$b"}', r'x{a="\x24b"}'),
        ("x{a='[[b]]'}", r"x{a='[\x5bb]]'}"),
        (r"x{a=~`b\.[[$`}", r'x{a=~"b\\.[\x5b\x24"}'),
        ('sum(rate(x{a="b"}[{{ .window }}])) # $region\n> 1', 'sum(rate(x{a="b"}[{{window}}])) > 1'),
        ("# [[x]]\nx", "x"),
        ('label_replace(x, "a", "$1", "b", "(.*)")', r'label_replace(x, "a", "\x241", "b", "(.*)")'),
    ],
)
def test_a_query_of_an_author(query: str, wanted: str) -> None:
    assert inert(query) == wanted
    assert not referenced(inert(query))


def test_matchers_are_told_apart_as_before() -> None:
    assert InertMatcher("a", "=", "$b") == InertMatcher("a", "=", "$b")
    assert InertMatcher("a", "=", "$b") != InertMatcher("a", "=", "$c")
    assert len({InertMatcher("a", "=", "$b"), InertMatcher("a", "=", "$b")}) == 1
