"""What a query of a spec is taken for, and what is refused with which cure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.slo.objective import Query
from cdctl.sources.promql.counters import Counter, Sum, Term, Windowed, counter
from cdctl.sources.promql.matchers import Matcher
from cdctl.sources.promql.parsing import parse, read_matcher
from cdctl.sources.promql.refusal import QueryError

FAILED = Matcher("code", "=", "500")


def read(text: str, *group_by: str, growing: bool = True) -> Counter | Sum | Windowed:
    return counter(Query(text), group_by, growing)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", Counter("x", frozenset())),
        ("x{}", Counter("x", frozenset())),
        ("((x))", Counter("x", frozenset())),
        ('x{code="500"}', Counter("x", frozenset({FAILED}))),
        ("x{code='500'}", Counter("x", frozenset({FAILED}))),
        ("sum(x)", Counter("x", frozenset())),
        ("sum by () (x)", Counter("x", frozenset())),
        ('sum(((x{code="500"})))', Counter("x", frozenset({FAILED}))),
        ("x offset 5m", Counter("x", frozenset(), 300)),
        ("x offset -5m", Counter("x", frozenset(), -300)),
        ("sum(x offset 1h)", Counter("x", frozenset(), 3600)),
        ("sum(rate(x[{{window}}]))", Counter("x", frozenset())),
        ("sum(rate(x[{{.window}}]))", Counter("x", frozenset())),
        ("sum(rate(x[{{ .window }}]))", Counter("x", frozenset())),
        ("sum(rate(x[{{ window}}] offset 5m))", Counter("x", frozenset(), 300)),
        ('sum(increase(x{code="500"}[{{window}}]))', Counter("x", frozenset({FAILED}))),
        ('{__name__="x"}', Counter("", frozenset({Matcher("__name__", "=", "x")}))),
        (
            'x{a="1",b!="2",c=~"3|4",d!~"5.*"}',
            Counter("x", frozenset(map(Matcher, "abcd", ("=", "!=", "=~", "!~"), ("1", "2", "3|4", "5.*")))),
        ),
    ],
)
def test_what_is_counted_exactly(text: str, expected: Counter) -> None:
    assert read(text) == expected


X, Y = (Counter(name, frozenset()) for name in "xy")


@pytest.mark.parametrize(
    "text",
    [
        "sum(rate(x[{{window}}])) or vector(0)",
        "sum(rate(x[{{window}}])) OR on() vector(0)",
        "(sum(increase(x[{{window}}])) or (vector((0))))",
        "sum(rate(x[{{window}}]) or vector(0))",
        "sum(x) or 0 * sum(y)",
        "x or vector(0)",
    ],
)
def test_a_zero_for_what_is_not_there_changes_nothing(text: str) -> None:
    assert read(text) == X


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("sum(rate(x[{{window}}])) - sum(rate(y[{{window}}]))", [Term(X), Term(Y, -1)]),
        ("sum(x) - on() sum(y)", [Term(X), Term(Y, -1)]),
        ("sum(x) - ignoring(pod) sum(y)", [Term(X), Term(Y, -1)]),
        ("(sum(x)) - (sum(y) or vector(0))", [Term(X), Term(Y, -1, optional=True)]),
        ("sum(x) - sum(y) or on() vector(0)", [Term(X, optional=True), Term(Y, -1, optional=True)]),
        ("sum(x) - (sum(y) - sum(x))", [Term(X), Term(Y, -1), Term(X)]),
        ("sum by (region) (x) + on (region) sum(y) by (region)", [Term(X), Term(Y)]),
    ],
)
def test_sums_and_differences_are_counted_exactly(text: str, terms: list[Term]) -> None:
    assert read(text, "region") == Sum(tuple(terms))


@pytest.mark.parametrize(
    "text",
    [
        "sum(rate(x[{{window}}])) or vector(1)",
        "sum(rate(x[{{window}}])) or sum(rate(y[{{window}}]))",
        "sum(rate(x[{{window}}])) - on() group_left() sum by (region) (rate(y[{{window}}]))",
        "sum(rate(x[{{window}}])) - sum by (region) (rate(y[{{window}}]))",
        "sum by (region) (rate(x[{{window}}])) - on() sum by (region) (rate(y[{{window}}]))",
        "sum by (region) (rate(x[{{window}}])) - ignoring(region) sum by (region) (rate(y[{{window}}]))",
        "rate(x[{{window}}]) - rate(y[{{window}}])",
        "sum(rate(x[{{window}}])) - 1",
    ],
)
def test_what_matches_otherwise_is_asked_as_it_is_written(text: str) -> None:
    found = read(text, "region")
    assert isinstance(found, Windowed)
    assert found.extrapolated


def test_a_rate_less_a_number_of_events_is_refused() -> None:
    with pytest.raises(QueryError, match="mixes rates"):
        read("sum(rate(x[{{window}}])) - sum(increase(y[{{window}}]))")


def test_what_guesses_and_what_does_not() -> None:
    guesses = read("avg(increase(x[{{window}}]))"), read("sum_over_time(count(x)[{{window}}:])")
    assert [one.extrapolated for one in guesses if isinstance(one, Windowed)] == [True, False]


@pytest.mark.parametrize("text", ["sum by (region) (x)", "sum(x) by (region)", "sum by(region)(rate(x[{{window}}]))"])
def test_a_sum_by_what_is_grouped_by(text: str) -> None:
    assert read(text, "region") == read(text, "pod", "region") == Counter("x", frozenset())
    with pytest.raises(QueryError, match="makes a series for every value") as refused:
        read(text)
    assert "cdctl.io/group-by: region" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sum by (region, pod) (x)", r"sums by \(region, pod\), which makes a series for every value"),
        ("sum without (pod) (x)", r"sums without \(pod\), which makes a series for every value of all other labels"),
        ("sum without () (x)", r"sums without \(\)"),
    ],
)
def test_a_sum_that_leaves_other_labels_is_refused(text: str, said: str) -> None:
    with pytest.raises(QueryError, match=said) as refused:
        read(text, "region")
    assert "cdctl.io/group-by" in refused.value.hint


@pytest.mark.parametrize("offset", ["1500ms", "1ms", "-1ms", "1s1ms"])
def test_an_offset_between_two_seconds_is_refused(offset: str) -> None:
    with pytest.raises(QueryError, match="has an offset of") as refused:
        read(f"x offset {offset}")
    assert "whole seconds" in refused.value.hint
    assert read("x offset 1000ms") == Counter("x", frozenset(), 1)


@pytest.mark.parametrize(
    ("text", "per_second"),
    [
        ("rate(x[{{window}}])", True),
        ("sum(irate(x[{{window}}]))", True),
        ("sum(rate(x[{{window}}:1m]))", True),
        ("2 * sum(rate(x[{{window}}]))", True),
        ("increase(x[{{window}}])", False),
        ("sum(count_over_time(x[{{.window}}]))", False),
        ("sum(increase(x_rate[{{window}}])) / 2", False),
        ("sum(max_over_time(x[{{window}}] @ end()))", False),
        ('sum(count_over_time(x{job="rate(y)"}[{{window}}]))', False),
        ("sum(count_over_time(x{job=`irate (y)`}[{{window}}]))", False),
        ("1 - (sum(sum(rate (x[{{window}}]))))", True),
    ],
)
def test_what_is_asked_as_it_is_written(text: str, per_second: bool) -> None:
    assert read(text, growing=False) == read(text) == Windowed(text, per_second)


def test_every_form_of_the_window_is_filled_in() -> None:
    windowed = Windowed("a[{{window}}] b[{{.window}}] c[{{ .window }}] d[{{  window }}]")
    assert windowed.filled("1h") == "a[1h] b[1h] c[1h] d[1h]"


@pytest.mark.parametrize(
    "text",
    ["rate(x[5m])", "sum(rate(x[5m]))", "x @ 1700000000", "a + b", "avg(x)", "count(x)", "vector(1)", "1", "x[5m]"],
)
def test_what_is_neither_counter_nor_windowed_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="is no plain counter") as refused:
        read(text)
    assert "{{window}}" in refused.value.hint


def test_a_plain_selector_that_is_no_counter_is_refused() -> None:
    assert read("sum(rate(x[{{window}}]))", growing=False) == Counter("x", frozenset())
    with pytest.raises(QueryError, match="is no plain counter"):
        read("x", growing=False)


@pytest.mark.parametrize(
    "text", ["", "sum(", "x{", 'x{a="b}', "SELECT 1", "sum(rate(x[{{Window}}]))", "x[$__range]", "🚗", "x{a=~'('}"]
)
def test_what_is_not_promql_is_refused_with_the_parsers_words(text: str) -> None:
    with pytest.raises(QueryError, match=r"is not PromQL: .+") as refused:
        read(text)
    assert refused.value.hint


def test_hostile_text_is_quoted_in_the_refusal() -> None:
    with pytest.raises(QueryError) as refused:
        read("\x1b[2J\u202e{")
    assert "\\x1b[2J\\u202e" in refused.value.reason
    assert refused.value.reason.isprintable()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_value_survives_being_written_as_a_matcher(value: str) -> None:
    (found,) = parse(f"x{{{Matcher('a', '=', value)}}}").matchers.matchers
    assert read_matcher(found) == Matcher("a", "=", value)


def test_a_selector_as_a_range() -> None:
    plain = Counter("x", frozenset())
    assert plain.over("5m") == "x{}[5m]"
    assert plain.over("5m", 300) == "x{}[5m] offset 300s"
    assert Counter("x", frozenset({FAILED, Matcher("a", "!=", "b")}), 60).over("1h", 300, at_end=True) == (
        'x{a!="b",code="500"}[1h] @ end() offset 360s'
    )
    assert Counter("x", frozenset(), -300).over("5m", 300) == "x{}[5m]"


@pytest.mark.parametrize(
    ("matcher", "holds", "does_not"),
    [
        (Matcher("c", "=", "500"), ["500"], ["50", "5000", ""]),
        (Matcher("c", "!=", "500"), ["200", ""], ["500"]),
        (Matcher("c", "=~", "5.."), ["500", "503"], ["1500", "5000", "50"]),
        (Matcher("c", "!~", "5..|"), ["200"], ["500", ""]),
        (Matcher("c", "=", ""), [""], ["x"]),
        (Matcher("c", "=~", ".*"), ["", "x"], []),
        (Matcher("c", "=~", "a|b"), ["a", "b"], ["ab", "xa"]),
        (Matcher("c", "=~", "(?i)ok"), ["OK", "ok"], ["oks"]),
    ],
)
def test_a_matcher_holds_as_in_promql(matcher: Matcher, holds: list[str], does_not: list[str]) -> None:
    assert [value for value in holds + does_not if matcher.holds(value)] == holds
