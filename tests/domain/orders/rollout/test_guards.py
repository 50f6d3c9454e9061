"""What guards say of numbers: what is not known is no data, and never passes."""

from __future__ import annotations

from math import inf, nan

import pytest

from cdctl.domain.orders.rollout.guards import (
    Cohort,
    Health,
    Promise,
    Promql,
    Share,
    Slo,
    of_promise,
    of_share,
    of_values,
    parse,
)

UNDER_2 = Share("dtc:P0A9B", "<", 2.0)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("slo:remote-command", Slo("remote-command")),
        ("slo:remote-command@region=eu", Slo("remote-command", "region=eu")),
        ("promql:'rate(x[5m]) > bool 1 < 0.5'", Promql("rate(x[5m]) > bool 1", "<", 0.5)),
        ("promql:up == 1", Promql("up", "==", 1.0)),
        ("promql: sum(a) / sum(b) >= 9.5e-1", Promql("sum(a) / sum(b)", ">=", 0.95)),
        ("fleet:'share of dtc:P0A9B < 2%'", UNDER_2),
        ("fleet:share of soc<20 -online <= 2.5 %", Share("soc<20 -online", "<=", 2.5)),
        ("cohort:commands", Cohort("commands")),
        ("cohort:Vehicle.Speed", Cohort("Vehicle.Speed")),
    ],
)
def test_guards_as_they_are_written(text: str, what: object) -> None:
    assert parse(text) == what


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("slo:", "slo:NAME"),
        ("slo:Not A Name", "slo:NAME"),
        ("promql:up", "EXPRESSION < NUMBER"),
        ("promql:up < high", "EXPRESSION < NUMBER"),
        ("fleet:share of x < 2", "share of FILTER < 2%"),
        ("fleet:x < 2%", "share of FILTER < 2%"),
        ("cohort:", "cohort:commands"),
        ("weather:rain", "begins with slo:"),
        ("", "begins with slo:"),
    ],
)
def test_other_guards_are_refused_with_what_is_meant(text: str, meant: str) -> None:
    with pytest.raises(ValueError, match=meant):
        parse(text)


@pytest.mark.parametrize(
    ("promise", "health"),
    [
        (Promise(0.4, 0.7), Health.HEALTHY),
        (Promise(16.0, 0.7, bears=2.8), Health.THIN),
        (Promise(2.7, 0.7, bears=2.8), Health.HEALTHY),
        (Promise(2.7, 0.7, bears=2.8, risen="bad events rose"), Health.BURNING),
        (Promise(16.0, 0.7, ("1h/5m > 13.44",)), Health.BURNING),
        (Promise(0.4, 0.0), Health.BURNING),
        (Promise(0.4, -0.1), Health.BURNING),
        (Promise(None, 0.7), Health.NO_DATA),
        (Promise(0.4, None), Health.NO_DATA),
        (Promise(nan, 0.7), Health.NO_DATA),
        (Promise(0.4, 0.7, missing="coverage 12 %"), Health.NO_DATA),
    ],
)
def test_a_promise(promise: Promise, health: Health) -> None:
    assert of_promise("slo:x", promise, 5).health is health


def test_a_promise_says_its_numbers() -> None:
    reading = of_promise("slo:x", Promise(16.0, 0.7, ("1h/5m > 13.44",)), 5)
    assert reading.words == "burns 16 times as fast as it may, 70 % of the budget left; 1h/5m > 13.44"
    assert (reading.burn, reading.at) == (16.0, 5)


@pytest.mark.parametrize(
    ("values", "health"),
    [
        ([0.4], Health.HEALTHY),
        ([0.5], Health.BURNING),
        ([0.1, 0.6], Health.BURNING),
        ([], Health.NO_DATA),
        (None, Health.NO_DATA),
        ([nan], Health.NO_DATA),
        ([0.1, nan], Health.NO_DATA),
        ([-inf], Health.NO_DATA),
    ],
)
def test_a_query(values: list[float] | None, health: Health) -> None:
    assert of_values("g", Promql("x", "<", 0.5), values, 5).health is health


def test_a_query_says_which_number_is_bad() -> None:
    assert of_values("g", Promql("x", "<", 0.5), [0.1, 0.6], 5).words == "0.6 is not < 0.5 (1 of 2 series)"


@pytest.mark.parametrize(
    ("matched", "known", "left_out", "health"),
    [
        (1, 100, 0, Health.HEALTHY),
        (2, 100, 0, Health.BURNING),
        (0, 0, 100, Health.NO_DATA),
        (0, 0, 0, Health.NO_DATA),
        (5, 100, 100, Health.BURNING),  # bad even if all of the unknown were good
        (0, 100, 1, Health.HEALTHY),  # good even if the unknown one were bad
        (0, 100, 10, Health.NO_DATA),  # the unknown ones decide, and are many
        (1, 97, 3, Health.HEALTHY),  # they decide, and are few: judged by what is known
    ],
)
def test_a_share_of_the_fleet(matched: int, known: int, left_out: int, health: Health) -> None:
    assert of_share("g", UNDER_2, matched, known, left_out, 5).health is health
