"""Counts, burn rates and slices."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.slo.alert_windows import BURN_WINDOWS
from cdctl.domain.slo.budget import Counts, burns, counts, slice_values, tally
from cdctl.domain.slo.objective import Budgeting

HOUR = 3600
DAY = 86_400
TWO = (("eu",), ("us",))


def summed(series) -> Counts:
    """Running sums of a series in which what was seen is covered."""
    return counts(series.ends, series.widths, series.good, series.total, (series.seen > 0).astype(float))


def lists(values) -> list[list[float]]:
    return [one.tolist() for one in values]


# --- windows ------------------------------------------------------------------------------------------------------


def test_a_window_holds_what_ends_after_its_start_and_up_to_its_end(even):
    sums = summed(even(0, 1500, 300, [1, 2, 4, 8, 16], [10, 20, 40, 80, 160], [1, 0, 1, 1, 1]))
    assert lists(sums.window(300, 1200)) == [[14], [140], [600]]
    assert lists(sums.window(0, 1500)) == [[31], [310], [1200]]
    assert lists(sums.window(1200, 1500)) == [[16], [160], [300]]
    assert lists(sums.window(1500, 1500)) == [[0], [0], [0]]


def test_a_window_beyond_the_series_holds_what_there_is(even):
    sums = summed(even(600, 1200, 300, 1, 2))
    assert lists(sums.window(-9000, 9000)) == [[2], [4], [600]]
    assert lists(sums.window(-9000, 600)) == [[0], [0], [0]]


def test_coverage_is_weighed_by_width():
    ends, widths = np.array([3600, 3900, 4200]), np.array([3600, 300, 300])
    sums = counts(ends, widths, np.zeros((1, 3)), np.zeros((1, 3)), np.array([[0.5, 1.0, 0.25]]))
    assert lists(sums.window(0, 4200))[2] == [1800 + 300 + 75]


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=40), st.data())
def test_two_look_ups_are_the_sum(even, pairs, data):
    good, total = np.array(pairs).T
    sums = summed(even(0, 300 * len(pairs), 300, good, total))
    low = data.draw(st.integers(0, len(pairs)))
    high = data.draw(st.integers(low, len(pairs)))
    found = sums.window(low * 300, high * 300)
    assert lists(found) == [[good[low:high].sum()], [total[low:high].sum()], [300 * (high - low)]]


# --- burn rates ---------------------------------------------------------------------------------------------------


def burn_of(series, target: str, at: int) -> dict[str, float | None]:
    return burns(summed(series), at, Decimal(target)).of(0)


def test_burning_at_one_spends_the_budget_exactly(even):
    rates = burn_of(even(0, 4 * DAY, 300, 999, 1000), "0.999", 4 * DAY)
    assert rates == pytest.approx(dict.fromkeys(BURN_WINDOWS, 1.0))


def test_an_outage_of_everything_burns_at_one_over_the_budget(even):
    rates = burn_of(even(0, 4 * DAY, 300, 0, 10), "0.99", 4 * DAY)
    assert rates == pytest.approx(dict.fromkeys(BURN_WINDOWS, 100.0))


def test_each_window_looks_back_its_own_time(even):
    """One bad event 5 min before a window begins is outside of it, one in its first bucket is inside."""
    for name, seconds in BURN_WINDOWS.items():
        series = even(0, 4 * DAY, 300, 10, 10)
        first_inside = int(np.searchsorted(series.ends, 4 * DAY - seconds, side="right"))
        series.good[0, first_inside - 1] = 0
        assert burn_of(series, "0.9", 4 * DAY)[name] == 0
        series.good[0, first_inside] = 0
        assert burn_of(series, "0.9", 4 * DAY)[name] == pytest.approx(10 / (seconds / 300))


def test_a_rate_is_of_events_and_not_of_buckets(even):
    good, total = np.full(12, 1.0), np.full(12, 1.0)
    good[-1], total[-1] = 900, 1000
    assert burn_of(even(0, HOUR, 300, good, total), "0.99", HOUR)["1h"] == pytest.approx(100 / 1011 / 0.01)


def test_a_single_event_is_a_rate(even):
    assert burn_of(even(0, HOUR, 300, 0, [0] * 11 + [1]), "0.99", HOUR)["1h"] == pytest.approx(100)


def test_what_was_not_observed_has_no_rate_and_what_did_not_move_burns_nothing(even):
    series = even(0, 4 * DAY, 300, 0, 0, [1] * (1152 - 12) + [0] * 12)
    rates = burn_of(series, "0.99", 4 * DAY)
    assert [rates[name] for name in ("5m", "30m", "1h")] == [None] * 3
    assert [rates[name] for name in ("2h", "6h", "1d", "3d")] == [0.0] * 4


def test_good_above_total_burns_nothing(even):
    burn = burns(summed(even(0, HOUR, 300, 11, 10)), HOUR, Decimal("0.99"))
    assert burn.of(0)["1h"] == 0.0
    assert burn.bad.tolist() == [[0.0]] * 7


def test_what_is_too_much_in_one_bucket_makes_up_for_another(even):
    """Two counters are not read at the same moment: an event may be good in one bucket and counted in the next."""
    burn = burns(summed(even(0, HOUR, 300, [11, 9] * 6, 10)), HOUR, Decimal("0.99"))
    assert burn.of(0)["1h"] == 0.0


def test_bad_events_are_counted_by_window_and_group(even):
    series = even(0, 4 * DAY, 300, [[9], [7]], 10, groups=TWO)
    burn = burns(summed(series), 4 * DAY, Decimal("0.9"))
    assert burn.bad.shape == burn.rates.shape == (7, 2)
    assert burn.bad[:, 0].tolist() == [seconds / 300 for seconds in BURN_WINDOWS.values()]
    assert burn.bad[:, 1].tolist() == [3 * seconds / 300 for seconds in BURN_WINDOWS.values()]
    assert burn.of(1) == pytest.approx(dict.fromkeys(BURN_WINDOWS, 3.0))


def test_a_rate_is_a_number_or_none(even):
    burn = burns(summed(even(0, HOUR, 300, [[1], [0]], [[2], [0]], [[1], [0]], groups=TWO)), HOUR, Decimal("0.9"))
    assert burn.of(0) == pytest.approx(dict.fromkeys(BURN_WINDOWS, 5.0))
    assert burn.of(1) == dict.fromkeys(BURN_WINDOWS)
    assert isnan(burn.rates[0, 1])
    assert all(isinstance(rate, float) for rate in burn.of(0).values())


# --- slices -------------------------------------------------------------------------------------------------------


def sliced(promise, even, method: Budgeting, good, total, seen=None, **objective):
    (one,) = promise(slice_seconds=300, budgeting=method, **objective).objectives
    series = even(0, 300 * len(total), 300, good, total, seen)
    return tuple(values[0].tolist() for values in slice_values(one, method, series))


def test_a_slice_that_reaches_its_target_is_good(promise, even):
    events = [95, 94, 100, 0, 19], [100, 100, 100, 100, 20]
    good, total = sliced(promise, even, Budgeting.TIMESLICES, *events, slice_target=Decimal("0.95"))
    assert good == [1, 0, 1, 0, 1]
    assert total == [1] * 5


@given(st.integers(1, 10**6), st.integers(1, 1000))
def test_a_slice_exactly_on_its_target_is_good(promise, even, total, permille):
    goal = Decimal(permille) / 1000
    least = -(-total * permille // 1000)
    good, _ = sliced(promise, even, Budgeting.TIMESLICES, [least, least - 1], [total] * 2, slice_target=goal)
    assert good == [1, 0]


def test_the_slice_target_is_the_target_unless_told(promise, even):
    good, _ = sliced(promise, even, Budgeting.TIMESLICES, [99, 98], [100, 100], target="0.99")
    assert good == [1, 0]


def test_ratio_slices_are_worth_their_ratio(promise, even):
    good, total = sliced(
        promise, even, Budgeting.RATIO_TIMESLICES, [95, 1, 50], [100, 1000, 50], slice_target=Decimal("0.95")
    )
    assert good == pytest.approx([0.95, 0.001, 1.0])
    assert total == [1] * 3


@pytest.mark.parametrize("method", [Budgeting.TIMESLICES, Budgeting.RATIO_TIMESLICES])
def test_a_slice_without_events_is_good_and_an_unseen_one_is_not_counted(promise, even, method):
    good, total = sliced(promise, even, method, [0, 0, 0], [0, 0, 10], [5, 0, 5])
    assert good == [1, 0, 0]
    assert total == [1, 0, 1]


@pytest.mark.parametrize("method", [Budgeting.TIMESLICES, Budgeting.RATIO_TIMESLICES])
def test_no_slice_is_better_than_good_or_worse_than_bad(promise, even, method):
    good, _ = sliced(promise, even, method, [12, -3], [10, 10])
    assert good == [1, 0]


def test_a_total_of_next_to_nothing_overflows_no_ratio(even, promise):
    objective = promise(slice_seconds=300).objectives[0]
    good, _ = slice_values(objective, Budgeting.RATIO_TIMESLICES, even(0, 900, 300, [1e15, -1e15, 1.0], [5e-324] * 3))
    assert good.tolist() == [[1, 0, 1]]


def test_less_than_nothing_good_burns_like_a_total_outage(even):
    burn = burns(summed(even(0, HOUR, 300, -7.0, 10.0)), HOUR, Decimal("0.9"))
    assert burn.of(0)["1h"] == pytest.approx(10)
    assert burn.bad_of(0)["1h"] == 120


# --- exact sums ---------------------------------------------------------------------------------------------------


def test_whole_numbers_are_added_without_noise_at_any_size():
    """2^53 + 1 is no float; three such buckets are still told apart by one event."""
    total = np.array([2.0**53, 1.0, 2.0**53])
    found = tally(total - [1.0, 1.0, 0.0], total)
    assert (found.bad, found.total, found.noise) == (2, 2**54 + 1, 0)


def test_parts_of_events_have_the_noise_of_their_floats():
    found = tally(np.full(10, 0.2), np.full(10, 0.3))
    assert found.noise == found.total * Fraction(2) ** -48
    assert abs(found.bad - 1) <= found.noise
    assert found.left(Fraction(1)) == 0
    assert found.left(Fraction(1) - 2 * found.noise) < 0
    assert found.left(Fraction(1) + 2 * found.noise) > 0


def test_more_good_than_events_is_nothing_bad():
    assert tally(np.array([3.0]), np.array([2.0])).bad == 0
    assert tally(np.array([2.5]), np.array([2.0])).bad == 0


def test_less_than_nothing_good_is_all_bad_and_no_more():
    assert tally(np.array([-3.0]), np.array([2.0])).bad == 2
    assert tally(np.array([-2.5]), np.array([2.0])).bad == 2


def test_what_is_left_is_rounded_but_at_the_end_of_the_budget():
    found = tally(np.array([10.0**12 - 9]), np.array([10.0**12]))
    assert found.left(Fraction(10)) == 0.1
    assert found.left(Fraction(9)) == 0
    assert found.left(9 - Fraction(1, 10**12)) == pytest.approx(-1 / 9 * 1e-12)
