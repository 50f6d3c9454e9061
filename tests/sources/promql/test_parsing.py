"""What is refused, where in the query, and how its author gets on; and that no query can take the process with it."""

from __future__ import annotations

import pytest

from cdctl.sources.promql.matchers import Matcher
from cdctl.sources.promql.parsing import parse, read_matcher, walk
from cdctl.sources.promql.refusal import QueryError
from cdctl.sources.promql.tokens import DEEPEST, MOST_CHARACTERS, MOST_TOKENS


def refused(text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "near", "said", "cure"),
    [
        ('x{a="b}', '"b}', "not closed", 'close it with "'),
        ("x\n  + sum(\n  y", "(\n", "( is never closed", "brackets"),
        ("sum(rate(x[5m])", "(rate", "( is never closed", "brackets"),
        ("a) + b", ") + b", ") closes nothing", "brackets"),
        ("x[5m)", ")", ") closes nothing", "brackets"),
        ("sum(rate(x[{{Window}}]))", "{{W", "{{Window}} is not known", "write {{window}}"),
        ("sum(increase(x[$__range]))", "$__range", "Grafana's", "{{window}}"),
        ("a + 🚗", "🚗", "no meaning", "brackets"),
        ("sum(x) + sum(rat(x[5m]))", "rat(", "unknown function with name 'rat'", "did you mean rate?"),
        ("sum(zzzzzz(x))", "zzzzzz(", "unknown function", "spelling"),
        ("sum(rate(y[5m])) / sum(rate(x))", "rate(x)", "expected type matrix", "range"),
        ("rate(x[5m], 3) + 1", "rate(", "expected 1 argument", "functions/"),
        ('x{a=~"b"} + x{b=~"(?=c)"}', '"(?=c)"', "illegal regex", "RE2"),
        (r'x{a="b"} + x{a="\d"}', r"\d", "unknown escape", "backslash twice"),
        ("x{a=b}", "b}", "expected string", 'name="value"'),
        ('x{a="1" b="2"}', 'b="2"', "invalid", "operators"),
        ("sum by (a) x", "x", "invalid", "operators"),
        ("foo bar", "bar", "invalid", "operators"),
        ("a / on (b) c d", "d", "invalid", "operators"),
        ("a + * b", "* b", "invalid", "operators"),
        ("a + (b + c +)", ")", "invalid", "operators"),
        ("a +", "+", "invalid", "operators"),
        ('x + {a=""}', '{a=""}', "non-empty matcher", "name the metric"),
        ("", "", "no expression", "write the query"),
    ],
)
def test_the_place_and_the_cure(text: str, near: str, said: str, cure: str) -> None:
    error = refused(text)
    assert text[error.offset :].startswith(near)
    assert said in error.brief
    assert cure in error.hint
    assert repr(text) in error.reason


def test_a_bracket_in_a_text_or_a_comment_is_none() -> None:
    parse("x{a=\"(\", b=`{`, c='['} # and ( here\n + y")


@pytest.mark.parametrize("expression", ["a{2000}", r"\\pQ", "[z-a]", "(?i"])
@pytest.mark.parametrize("op", ["=~", "!~"])
def test_a_regular_expression_that_servers_refuse(expression: str, op: str, capfd: pytest.CaptureFixture[str]) -> None:
    error = refused(f'y{{ok=~"a|b"}} + x{{b{op}"{expression}"}}')
    assert error.offset == len('y{ok=~"a|b"} + x{b=~')
    assert "RE2" in error.brief + error.hint
    assert capfd.readouterr() == ("", "")


def test_a_text_that_is_no_regular_expression_may_look_like_a_wrong_one() -> None:
    parse('x{a="a{2000}", b!="("}')


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"x{a=`\d+`}", r"\d+"),
        ('x{a=`"`}', '"'),
        ("x{a=`a\nb`}", "a\nb"),
        (r"x{a=`\\`}", r"\\"),
        ("x{a=`{{window}}`}", "{{window}}"),
    ],
)
def test_raw_strings(text: str, value: str) -> None:
    (found,) = parse(text).matchers.matchers
    assert read_matcher(found) == Matcher("a", "=", value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(" * 20_000 + "x" + ")" * 20_000, "nested deeper"),
        ("sum(" * (DEEPEST + 1) + "x" + ")" * (DEEPEST + 1), "nested deeper"),
        ("(" * 20_000, "nested deeper"),
        ("x" + " + x" * MOST_TOKENS, "more than 2,000"),
        ("-" * 20_000 + "x", "more than 2,000"),
        ("x" * (MOST_CHARACTERS + 1), "longer than 65,536"),
    ],
)
def test_what_would_take_the_process_with_it(text: str, said: str) -> None:
    error = refused(text)
    assert said in error.reason
    assert len(error.reason) < 200
    assert "recording rule" in error.hint


def test_large_queries_are_read() -> None:
    parse("sum(" * DEEPEST + "x" + ")" * DEEPEST)
    parse("x" + " + x" * (MOST_TOKENS // 2 - 1))
    values = "|".join(map(str, range(5_000)))
    parse(f'x{{a=~"{values}"}}')
    parse("x{" + ",".join(f'a{i}="b"' for i in range(3_000)) + "}")


def test_everything_below_is_walked_in_order() -> None:
    tree = parse("topk(2, a) + -(b or max_over_time(c[5m:1m])) * quantile_over_time(scalar(d), e[1m])")
    assert [part.name for part in walk(tree) if type(part).__name__ == "VectorSelector"] == ["a", "b", "c", "d", "e"]
