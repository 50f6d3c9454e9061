"""Numbers that stand in for what is not there."""

from __future__ import annotations

import pytest

from cdctl.sources.promql.parsing import parse
from cdctl.sources.promql.silence import standins, watched


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x or vector(0)", "x or (0 + 0 * (count(x{})))"),
        ("x OR on() vector(0)", "x OR on() (0 + 0 * (count(x{})))"),
        ("x or ignoring(pod) vector(1) # no", "x or ignoring(pod) (1 + 0 * (count(x{}))) # no"),
        (
            '1 - (sum(rate(e{a="b"}[5m])) or vector( 0.5 )) / sum(x offset 5m)',
            '1 - (sum(rate(e{a="b"}[5m])) or (0.5 + 0 * (count(e{a="b"}) or count(x{} offset 300000ms)))) '
            "/ sum(x offset 5m)",
        ),
        (
            "(x or vector(0)) / (y or vector(1))",
            "(x or (0 + 0 * (count(x{}) or count(y{})))) / (y or (1 + 0 * (count(x{}) or count(y{}))))",
        ),
    ],
)
def test_a_number_is_given_while_any_series_is_there(text: str, expected: str) -> None:
    assert watched(text) == expected
    parse(expected)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "vector(0)",
        "vector(0) or x",
        "x + vector(0)",
        "x and on() vector(0)",
        'x{a="or vector(0)"}',
        "x or vector(time())",
        "x @ 17 or vector(0)",
    ],
)
def test_what_stays_as_it_is(text: str) -> None:
    assert watched(text) == text


def test_the_numbers_that_stand_in() -> None:
    assert standins("(x or vector(0)) / (y or on() vector(2.5))") == [0, 2.5]
    assert standins("x + vector(0)") == []
