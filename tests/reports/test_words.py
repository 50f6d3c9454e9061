from __future__ import annotations

from collections.abc import Callable

import pytest

from cdctl.domain.slo.verdict import Row
from cdctl.domain.slo.window import Bounds
from cdctl.reports import words

MakeRow = Callable[..., Row]


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
