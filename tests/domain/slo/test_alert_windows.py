"""The catalogue of burn pairs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from cdctl.domain.slo.alert_windows import BURN_WINDOWS, PAIRS_RULE, BurnPair, pairs, period_seconds
from cdctl.domain.slo.window import Calendar, Rolling, Unit

DAY = 86_400
PAIRS = [("1h", "5m"), ("6h", "30m"), ("1d", "2h"), ("3d", "6h")]


def calendar(count: int, unit: str) -> Calendar:
    return Calendar(count, Unit(unit), datetime(2025, 1, 1), "UTC")


def test_burn_windows_are_the_seven_of_the_report():
    assert BURN_WINDOWS == {
        "5m": 300, "30m": 1800, "1h": 3600, "2h": 7200, "6h": 21_600, "1d": 86_400, "3d": 259_200,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("window", "factors"),
    [
        (Rolling(30 * DAY), ["14.4", "6", "3", "1"]),
        (Rolling(28 * DAY), ["13.44", "5.6", "2.8", "0.933"]),
        (Rolling(7 * DAY), ["13.44", "3.5", "1.4", "0.98"]),
        (Rolling(90 * DAY), ["43.2", "18", "9", "3"]),
        (calendar(1, "M"), ["14.4", "6", "3", "1"]),
        (calendar(1, "Q"), ["43.2", "18", "9", "3"]),
        (calendar(1, "w"), ["13.44", "3.5", "1.4", "0.98"]),
        (calendar(4, "w"), ["13.44", "5.6", "2.8", "0.933"]),
        (calendar(30, "d"), ["14.4", "6", "3", "1"]),
        (calendar(1, "Y"), ["175.2", "73", "36.5", "12.167"]),
        (Rolling(14 * DAY), ["13.44", "4.2", "1.867", "0.964"]),
        (Rolling(27 * DAY), ["13.44", "5.5", "2.733", "0.936"]),
    ],
)
def test_published_factors(window, factors):
    assert [(pair.long, pair.short, pair.factor) for pair in pairs(window)] == [
        (long, short, Decimal(factor)) for (long, short), factor in zip(PAIRS, factors, strict=True)
    ]


@pytest.mark.parametrize("window", [Rolling(30 * DAY), Rolling(28 * DAY), calendar(1, "Q")])
@pytest.mark.parametrize(("index", "share"), list(enumerate(["0.02", "0.05", "0.10", "0.10"])))
def test_a_factor_spends_its_share_of_the_budget_within_the_long_window(window, index, share):
    pair = pairs(window)[index]
    spent = pair.factor * BURN_WINDOWS[pair.long] / period_seconds(window)
    assert spent == pytest.approx(Decimal(share), abs=Decimal("0.00006"))


def test_the_short_window_is_a_twelfth_of_the_long_one():
    assert [BURN_WINDOWS[pair.long] / BURN_WINDOWS[pair.short] for pair in pairs(Rolling(30 * DAY))] == [12] * 4


@pytest.mark.parametrize(
    ("window", "seconds"),
    [
        (Rolling(12_345), 12_345),
        (calendar(1, "d"), DAY),
        (calendar(2, "w"), 14 * DAY),
        (calendar(1, "M"), 30 * DAY),
        (calendar(3, "M"), 90 * DAY),
        (calendar(1, "Q"), 90 * DAY),
        (calendar(1, "Y"), 365 * DAY),
        (calendar(36, "h"), 36 * 3600),
        (calendar(90, "m"), 5400),
    ],
)
def test_nominal_lengths(window, seconds):
    assert period_seconds(window) == seconds


@pytest.mark.parametrize(
    ("seconds", "longest"),
    [
        (7 * DAY, ["1h", "6h", "1d", "3d"]),
        (6 * DAY, ["1h", "6h", "1d"]),
        (3 * DAY, ["1h", "6h"]),
        (DAY, ["1h"]),
        (12 * 3600, ["1h"]),
        (6 * 3600, []),
        (7200, []),
    ],
)
def test_pairs_of_short_periods(seconds, longest):
    """3d/6h would fire at a burn of 0.84 in 6 days, 1h/5m at 0.48 in 6 hours: with budget left at the end."""
    assert [pair.long for pair in pairs(Rolling(seconds))] == longest


@pytest.mark.parametrize("days", [*range(1, 61), 90, 365])
def test_no_pair_pages_for_nothing(days):
    """A burn rate below 1 leaves budget at the end of the period; 28 days have the lowest published factor."""
    found = pairs(Rolling(days * DAY))
    assert found
    assert all(pair.factor >= Decimal("0.933") for pair in found)
    assert all(BURN_WINDOWS[pair.long] * 2 <= days * DAY for pair in found)
    assert [pair.factor for pair in found] == sorted((pair.factor for pair in found), reverse=True)


@pytest.mark.parametrize("hours", [*range(12, 34 * 24, 7), 167, 168, 169, 671, 672, 673])
def test_an_hour_more_moves_no_factor_by_much(hours):
    """No cliff at 7 or at 28 days: the same incident is not suddenly four times as grave."""
    before = {pair.long: pair.factor for pair in pairs(Rolling(hours * 3600))}
    after = {pair.long: pair.factor for pair in pairs(Rolling((hours + 1) * 3600))}
    assert set(before) <= set(after)
    assert all(abs(after[long] - factor) <= factor / hours + Decimal("0.001") for long, factor in before.items())
    assert all(after[long] < Decimal("0.96") for long in set(after) - set(before))


def test_the_rule_is_told_with_every_share():
    for words in ("1h/5m, 6h/30m, 1d/2h, 3d/6h", "2, 5, 10, 10 % from 28 d on", "8, 12.5, 20, 42 % up to 7 d", "0.93 "):
        assert words in PAIRS_RULE


@pytest.mark.parametrize(
    ("long", "short", "bad", "fires"),
    [(2.1, 2.1, 2, True), (2.0, 2.1, 2, False), (2.1, 2.0, 2, False), (2.1, 2.1, 1.9, False), (None, 9.0, 9, False),
     (9.0, None, 9, False)],
)  # fmt: skip
def test_a_pair_fires_when_both_windows_exceed_it_on_two_bad_events(long, short, bad, fires):
    pair = BurnPair("1h", "5m", Decimal(2))
    assert pair.fires({"1h": long, "5m": short, "6h": 9.0}, {"1h": bad, "5m": 0.0, "6h": 9.0}) is fires


@pytest.mark.parametrize(
    ("factor", "target", "can"),
    [
        ("14.4", "0.9306", True),
        ("14.4", "0.9305", False),
        ("6", "0.834", True),
        ("6", "0.833", False),
        ("3", "0.667", True),
        ("3", "0.666", False),
        ("1", "0.5", True),
        ("2", "0.5", False),  # a total outage burns at 2.0 exactly, and a pair must be exceeded
        ("5", "0.8", False),
        ("13.44", "0.999", True),
    ],
)
def test_pairs_that_can_never_fire(factor, target, can):
    assert BurnPair("1h", "5m", Decimal(factor)).can_fire(Decimal(target)) is can


@pytest.mark.parametrize(
    ("factor", "text"),
    [("14.400", "1h/5m > 14.4"), ("6.000", "1h/5m > 6"), ("20.000", "1h/5m > 20"), ("0.933", "1h/5m > 0.933")],
)
def test_a_pair_is_named_by_its_windows_and_factor(factor, text):
    assert str(BurnPair("1h", "5m", Decimal(factor))) == text
