from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.slo.verdict import Row
from cdctl.domain.slo.window import Bounds
from cdctl.reports import words

MakeRow = Callable[..., Row]


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
    assert words.percent(ratio, digits) == text


def test_targets_that_differ_read_differently() -> None:
    assert [words.target(Decimal(t)) for t in ("0.999", "0.9995", "0.99", "0.5")] == ["99.9%", "99.95%", "99%", "50%"]
    assert words.sli(0.99951, Decimal("0.9995")) == "99.9510%"
    assert words.sli(0.99951, Decimal("0.99")) == "99.95%"


@given(
    target=st.sampled_from([Decimal(t) for t in ("0.9", "0.99", "0.995", "0.999", "0.9995", "0.99999")]),
    short=st.floats(1e-13, 0.5),
)
def test_an_sli_that_misses_its_target_never_reads_as_if_it_reached_it(target: Decimal, short: float) -> None:
    sli = float(target) - short
    shown = Decimal(words.sli(sli, target).rstrip("%").replace(",", ""))
    assert shown < target * 100


def test_rounding_would_show_a_miss_as_a_hit() -> None:
    assert f"{0.99899999:.1%}" == words.target(Decimal("0.999"))
    assert words.percent(0.99899999, 1) != words.target(Decimal("0.999"))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (12.5, "12.5"),
        (9_999_999.0, "9,999,999"),
        (100_000_001.0, "100,000,001"),
        (2.419e12, "2.419T"),
        (1e30, "1e+30"),
        (None, "-"),
    ],
)
def test_count(number: float | None, text: str) -> None:
    assert words.count(number) == text


@pytest.mark.parametrize(
    ("rate", "text"),
    [(0.0, "0"), (0.4321, "0.43"), (13.44, "13.4"), (144.4, "144"), (999.6, "1000"), (None, "-"), (float("inf"), "-")],
)
def test_burn(rate: float | None, text: str) -> None:
    assert words.burn(rate) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2_419_200, "28d"), (743 * 3600, "30d 23h"), (10_080, "2h 48m"), (300, "5m"), (90, "1m 30s"), (0, "0s")],
)
def test_duration(seconds: int, text: str) -> None:
    assert words.duration(seconds) == text


def test_instants_are_utc() -> None:
    assert words.rfc3339(1_795_363_800) == "2026-11-22T16:10:00Z"
    assert words.instant(1_795_363_800) == "2026-11-22 16:10 UTC"
    assert words.moment(1_795_363_800) == "22 Nov 16:10"


def test_a_calendar_window_says_how_much_has_passed() -> None:
    month = Bounds("calendar", 1_793_491_200, 1_796_083_200)
    assert words.window(month, 1_794_787_200) == "2026-11-01 00:00 to 2026-12-01 00:00 UTC, 50% elapsed"
    assert words.window(month, month.end) == "2026-11-01 00:00 to 2026-12-01 00:00 UTC"
    assert words.window(Bounds("rolling", 0, 604_800), 604_800) == "last 7d"


def test_the_budget_in_words() -> None:
    assert words.left_over(0.174) == "17.4% of the budget left"
    assert words.left_over(-3.7846) == "budget overspent by 378.5%"
    assert words.left_over(None) == ""


def test_bars_are_empty_only_when_nothing_is_left() -> None:
    assert [words.bar(r, 4) for r in (1.0, 0.5, 0.01, 0.0, -2.0, None)] == [
        "████",
        "██░░",
        "▌░░░",
        "░░░░",
        "░░░░",
        "    ",
    ]
