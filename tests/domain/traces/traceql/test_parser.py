"""Filters of TraceQL: what they say, and what is wrong with those that are none."""

from __future__ import annotations

import pytest
from filters import filters
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.grid import cells
from cdctl.domain.traces.traceql.error import TraceqlError
from cdctl.domain.traces.traceql.parser import DEEPEST, MOST, parse
from cdctl.domain.traces.traceql.tree import Always, Both, Compare, Either, Field, Literally
from cdctl.domain.traces.traceql.writing import spanset

A, B, C = (
    Compare(Field("", key), "=", Literally("number", number)) for key, number in zip("abc", (1, 2, 3), strict=True)
)


def attribute(scope: str, key: str, operator: str, kind: str, value: object) -> Compare:
    return Compare(Field(scope, key), operator, Literally(kind, value))


GOOD = {
    "{}": Always(),
    " { true } ": Always(),
    "{ false }": Always(False),
    '{ resource.service.name = "api" }': attribute("resource", "service.name", "=", "text", "api"),
    "{ span.http.status_code>=500 }": attribute("span", "http.status_code", ">=", "number", 500),
    '{ span."a b".c != `x\\y` }': attribute("span", "a b.c", "!=", "text", "x\\y"),
    r'{ .x = "a\"b\\\n\x41\u00e4\101" }': attribute("", "x", "=", "text", 'a"b\\\nAä' + "A"),
    "{ .x = -1.5e3 }": attribute("", "x", "=", "number", -1500.0),
    "{ .x = nil }": attribute("", "x", "=", "nil", None),
    "{ .x }": attribute("", "x", "=", "bool", True),
    "{ .x != false }": attribute("", "x", "!=", "bool", False),
    '{ .x =~ "GET|POST" }': attribute("", "x", "=~", "text", "GET|POST"),
    "{ duration > 1h2m3.5s }": attribute("intrinsic", "duration", ">", "duration", 3_723_500_000_000),
    "{ span:duration<100ms }": attribute("intrinsic", "duration", "<", "duration", 100_000_000),
    "{ duration = 1µs }": attribute("intrinsic", "duration", "=", "duration", 1000),
    "{ duration = 3ns }": attribute("intrinsic", "duration", "=", "duration", 3),
    "{ 5s < duration }": attribute("intrinsic", "duration", ">", "duration", 5_000_000_000),
    "{ duration > 1000 }": attribute("intrinsic", "duration", ">", "number", 1000),
    "{ status != ok }": attribute("intrinsic", "status", "!=", "status", "ok"),
    "{ kind = server }": attribute("intrinsic", "kind", "=", "kind", "server"),
    '{ trace:rootService = "a" }': attribute("intrinsic", "rootServiceName", "=", "text", "a"),
    '{ trace:id = "0af7" }': attribute("intrinsic", "trace:id", "=", "text", "0af7"),
    "{ .a = 1 && .b = 2 || .c = 3 }": Either(Both(A, B), C),
    "{ .a = 1 || .b = 2 && .c = 3 }": Both(Either(A, B), C),
    "{ .a = 1 || (.b = 2 && .c = 3) }": Either(A, Both(B, C)),
    "{.a=1&&.b=2}": Both(A, B),
    "{ span.span.x = 1 }": attribute("span", "span.x", "=", "number", 1),
}
BAD = {
    "": (0, "there is no filter", "{ }"),
    "x": (0, "a filter begins with {", "service.name"),
    "{": (1, "the filter ends too early", "}"),
    "{ .a = 1": (8, "the filter ends too early", "}"),
    "{ .a = }": (7, "expected an attribute or a value", ""),
    "{ (.a = 1 }": (10, "expected && or || or }", ""),
    "{ (.a = 1": (2, "this parenthesis is never closed", ""),
    "{ .a = 1 } x": (11, "expected nothing after }", ""),
    "{ . = 1 }": (2, "an attribute without a name", "span.http.route"),
    "{ nam = 1 }": (2, "unknown name 'nam'", "did you mean name?"),
    "{ recource.x = 1 }": (2, "unknown scope 'recource'", "did you mean resource?"),
    "{ zzz.x = 1 }": (2, "unknown scope 'zzz'", "span.x"),
    '{ .a = "x }': (7, "this text has no end", '"'),
    "{ .a = `x }": (7, "this text has no end", "`"),
    r'{ .a = "\q" }': (8, "no such escape", "backquotes"),
    r'{ .a = "\xff" }': (7, "not UTF-8", ""),
    r'{ .a = "\ud800" }': (8, "no such character", ""),
    '{ span."a = 1 }': (7, "this name has no end", '"'),
    "{ .a = 5q }": (7, "neither a number nor a duration", "100ms"),
    "{ .a = 1e999 }": (7, "no number is that large", ""),
    "{ duration > 999999999999h }": (13, "no duration is that long", ""),
    "{ .a =~ 5 }": (8, "compares texts", "quotes"),
    '{ .a =~ "(" }': (8, "not a regular expression", "re2"),
    '{ .a =~ "(?=x)" }': (8, "not a regular expression", "re2"),
    '{ "x" =~ .a }': (6, "the pattern belongs on the right", "GET"),
    "{ .a > nil }": (7, "only = and != do", ""),
    "{ .a > true }": (7, "only = and != do", ""),
    "{ status > ok }": (11, "only = and != do", ""),
    '{ status = "error" }': (11, "status is error, ok or unset", "without quotes"),
    "{ kind = 2 }": (9, "kind is a span kind", "without quotes"),
    "{ name = 5 }": (9, "name is a text", '"..."'),
    '{ duration > "5s" }': (13, "duration is a duration", "100ms"),
    "{ .a = error }": (7, "an attribute is no status", "quotes"),
    "{ name }": (2, "expected a comparison", "name ="),
    "{ 5 }": (2, "a value without a comparison", ""),
    "{ 5 = 5 }": (4, "two values are compared", ""),
    "{ .a = .b }": (5, "not covered: comparing two attributes", ""),
    "{ !(.a = 1) }": (2, "not covered: `!`", "!="),
    "{ .a + 1 = 2 }": (5, "not covered: arithmetic", ""),
    "{ -.a = 2 }": (2, "not covered: arithmetic", ""),
    "{ .a = 1 and .b = 2 }": (9, "expected && or ||", "&&"),
    "{ .a = 1 | .b = 2 }": (9, "expected && or ||", "||"),
    "{ parent.x = 1 }": (2, "not covered: attributes of parent", ""),
    "{ event.x = 1 }": (2, "not covered: attributes of event", ""),
    "{ span:childCount > 1 }": (2, "not covered: span:childCount", ""),
    "{ } | count() > 2": (4, "not covered: pipelines", "one spanset"),
    "{ } | rate()": (4, "not covered: the metrics function rate()", ""),
    "{ } >> { }": (4, "not covered: the structural operator >>", ""),
    "{ } && { }": (4, "not covered: several spansets", "within one"),
    "({ })": (0, "not covered: spansets in parentheses", ""),
    "{ } with (most_recent=true)": (4, "not covered: query hints", ""),
    "count() > 1": (0, "not covered: count()", ""),
    "{ .a @ 1 }": (5, "this is no part of TraceQL", ""),
    "{ " + "(" * (DEEPEST + 1) + ".a": (2 + DEEPEST, "parentheses within each other", ""),
    "{ " + " && ".join([".a"] * (MOST + 1)) + " }": (2 + 6 * MOST, f"more than {MOST} comparisons", ""),
    "{ " + "x" * 20_000: (16_384, "more than 16,384", ""),
}


@pytest.mark.parametrize("text", GOOD)
def test_what_a_filter_says(text):
    found = parse(text)
    assert found.where == GOOD[text]
    assert found.text == text


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:40])
def test_what_is_wrong(text):
    at, what, hint = BAD[text]
    with pytest.raises(TraceqlError) as caught:
        parse(text)
    assert what in caught.value.what
    assert caught.value.at == at
    assert hint in caught.value.hint


def test_the_place_is_shown_and_nothing_acts():
    with pytest.raises(TraceqlError) as caught:
        parse('{ .a = "\x1b[2J" && nam = 1 }')
    first, second, third = caught.value.message.split("\n")
    assert first == "unknown name 'nam'"
    assert second == '    { .a = "\\x1b[2J" && nam = 1 }'
    assert third.index("^") == second.index("nam")


@pytest.mark.parametrize("text", ['{ name = "日本語" && nam = 1 }', '{ name = "e\u0301a" && nam = 1 }'])
def test_the_mark_stands_below_the_place_whatever_the_width_of_characters(text):
    with pytest.raises(TraceqlError) as caught:
        parse(text)
    _, second, third = caught.value.message.split("\n")
    assert cells(second.partition("nam =")[0]) == len(third) - 1


def test_of_a_long_filter_only_the_surroundings_are_shown():
    long = " || ".join(f".a{number} = 1" for number in range(2_000))
    for text in (f"{{ {long} && nam = 1 || {long} }}", f'{{ .a = "{"x" * 10_000} }}', f"{{ {'n' * 10_000} = 1 }}"):
        with pytest.raises(TraceqlError) as caught:
            parse(text)
        lines = caught.value.message.split("\n")
        assert max(map(len, lines)) < 130
        assert lines[1].endswith("…")
        assert (lines[1].strip()[0] == "…") == (caught.value.at > 60)


def test_places_of_what_was_read():
    where = parse('{ .a = 1 && span.b = "x" }').where
    assert (where.left.field.offset, where.left.value.offset) == (2, 7)
    assert (where.right.field.offset, where.right.value.offset) == (12, 21)


@given(filters())
def test_a_filter_that_is_written_is_read_as_it_was(where):
    assert parse(spanset(where).text).where == where


PIECES = st.sampled_from(
    [
        "{",
        "}",
        "(",
        ")",
        "&&",
        "||",
        "=",
        "!=",
        "=~",
        ".a",
        "span.b",
        "name",
        '"',
        "`",
        "\\",
        "5s",
        "1",
        "nil",
        " ",
        "|",
        "-",
        "!",
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=30).map("".join)))
def test_any_text_is_a_filter_or_an_error_with_a_place(text):
    try:
        parse(text)
    except TraceqlError as error:
        assert 0 <= error.at <= len(text)
        assert error.what
