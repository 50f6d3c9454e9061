"""Round trips: only differences of one clock are ever used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.diagnostics.trips import Trip, rank, summary, trip


def test_the_vehicles_part_is_a_difference_of_its_own_clock():
    far_off = 4_000_000_000_000  # a clock that is decades ahead
    found = trip(0.25, {"received": far_off, "sent": far_off + 100})
    assert found == Trip(0.25, 0.1)
    assert found.way == pytest.approx(0.15)


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"received": 1000},
        {"received": 2000, "sent": 1000},  # set back meanwhile
        {"received": 1000, "sent": 2000},  # longer than everything
        {"received": "1000", "sent": 1001},
        {"received": True, "sent": 1},
        {"received": float("nan"), "sent": 1},
        {"received": 10**400, "sent": 10**400},
        {"received": None, "sent": None},
    ],
)
def test_what_cannot_be_splits_nothing(result):
    found = trip(0.25, result)
    assert found == Trip(0.25, None)
    assert found.way is None


def test_milliseconds_are_rounded_and_no_way_is_negative():
    assert trip(0.0025, {"received": 1000, "sent": 1003}) == Trip(0.0025, 0.0025)
    assert trip(0.0025, {"received": 1000, "sent": 1004}).vehicle is None


def test_no_answer_is_no_trip():
    assert trip(None, {"received": 1, "sent": 2}) == Trip()


def test_a_summary_is_by_nearest_rank_and_counts_what_is_lost():
    trips = [Trip(one / 100, one / 1000) for one in range(1, 101)] + [Trip()] * 25
    found = summary(trips)
    assert (found.p50, found.p90, found.p99, found.most) == (0.5, 0.9, 0.99, 1.0)
    assert found.vehicle == pytest.approx(0.05)
    assert found.way == pytest.approx(0.45)
    assert (found.sent, found.answered, found.loss) == (125, 100, 0.2)


def test_a_summary_of_nothing():
    assert summary([]).loss is None
    assert summary([Trip()]) == summary([trip(None, {})])
    assert summary([Trip()]).p50 is None
    assert summary([Trip(1.0)]).way is None


def test_rank():
    assert rank([1, 2, 3], 0) == 1
    assert rank([], 0.5) is None


@given(st.floats(0, 1e6), st.integers(0, 10**13), st.integers(-(10**9), 10**9))
def test_parts_are_never_negative_and_never_more_than_the_whole(whole, received, spent):
    found = trip(whole, {"received": received, "sent": received + spent})
    if found.vehicle is not None:
        assert 0 <= found.vehicle <= whole
        assert found.way is not None
        assert found.way + found.vehicle == pytest.approx(whole)
