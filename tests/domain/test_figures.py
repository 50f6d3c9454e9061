"""Percentages and rates as people read them: never better than they are."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain import figures
from cdctl.domain.slo.verdict import ErrorBudget, Row, Verdict
from cdctl.domain.slo.window import Bounds


@pytest.mark.parametrize(
    ("ratio", "digits", "text"),
    [
        (0.999, 1, "99.9%"),
        (999 / 1000, 3, "99.900%"),
        (0.9989999, 1, "99.8%"),
        (0.99999, 1, "99.9%"),
        (1.0, 3, "100%"),
        (0.0, 1, "0%"),
        (-0.0, 1, "0%"),
        (-1.881, 1, "-188.1%"),
        (-0.00001, 1, "-0.1%"),
        (-40.5, 1, "-4,050%"),
        (0.07, 1, "7%"),
        (None, 1, "-"),
        (float("nan"), 1, "-"),
        (float("inf"), 1, "-"),
    ],
)
def test_percent(ratio: float | None, digits: int, text: str) -> None:
    assert figures.percent(ratio, digits) == text


def test_targets_that_differ_read_differently() -> None:
    assert [figures.target(Decimal(t)) for t in ("0.999", "0.9995", "0.99", "0.5")] == ["99.9%", "99.95%", "99%", "50%"]
    assert figures.sli(0.99951, Decimal("0.9995")) == "99.9510%"
    assert figures.sli(0.99951, Decimal("0.99")) == "99.95%"


@given(
    target=st.sampled_from([Decimal(t) for t in ("0.9", "0.99", "0.995", "0.999", "0.9995", "0.99999")]),
    short=st.floats(1e-13, 0.5),
)
def test_an_sli_that_misses_its_target_never_reads_as_if_it_reached_it(target: Decimal, short: float) -> None:
    sli = float(target) - short
    shown = Decimal(figures.sli(sli, target).rstrip("%").replace(",", ""))
    assert shown < target * 100


def test_rounding_would_show_a_miss_as_a_hit() -> None:
    assert f"{0.99899999:.1%}" == figures.target(Decimal("0.999"))
    assert figures.percent(0.99899999, 1) != figures.target(Decimal("0.999"))


@pytest.mark.parametrize(
    ("rate", "text"),
    [(0.0, "0"), (0.4321, "0.43"), (13.44, "13.4"), (144.4, "144"), (999.6, "1000"), (None, "-"), (float("inf"), "-")],
)
def test_burn(rate: float | None, text: str) -> None:
    assert figures.burn(rate) == text


@pytest.mark.parametrize(
    ("verdict", "left"),
    [
        (Verdict.MET, 0.4),
        (Verdict.AT_RISK, 0.4),
        (Verdict.BREACHED, 0.4),
        (Verdict.NO_DATA, None),
        (Verdict.ERROR, None),
    ],
)
def test_no_budget_is_shown_where_the_verdict_is_not_known(verdict: Verdict, left: float | None) -> None:
    budget = ErrorBudget(10.0, 6.0, 0.4)
    row = Row("n", "s", {}, "o", Decimal("0.9"), "Occurrences", Bounds("rolling", 0, 1), verdict, error_budget=budget)
    assert figures.budget_left(row) == left
