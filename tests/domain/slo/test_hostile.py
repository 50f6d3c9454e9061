"""Numbers that no honest service has: negative, huge, tiny, none at all."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.slo.budget import negative
from cdctl.domain.slo.objective import Budgeting, ExpectedTraffic
from cdctl.domain.slo.verdict import Verdict

HOUR = 3600
END = 480_000 * HOUR

numbers = st.one_of(st.integers(-5, 100).map(float), st.floats(-1e15, 1e15), st.just(0.0), st.just(2.0**53))
values = st.lists(st.tuples(numbers, numbers, st.sampled_from([0.0, 1.0, 60.0])), min_size=26, max_size=26)


@given(values, st.sampled_from(list(Budgeting)), st.booleans())
def test_whatever_is_answered_the_row_holds_together(day, one, even, drawn, method, traffic):
    good, total, seen = (np.array(one) for one in zip(*drawn, strict=True))
    good, total = np.where(seen > 0, good, 0.0), np.where(seen > 0, total, 0.0)
    more = {} if method is Budgeting.OCCURRENCES else {"slice_seconds": HOUR, "slice_target": Decimal("0.9")}
    if traffic:
        more["expected_traffic"] = ExpectedTraffic(3, HOUR)
    row = one(
        day("0.9", budgeting=method, **more), even(END - 26 * HOUR, END, HOUR, good, total, seen), at=END,
        min_coverage="0",
    )  # fmt: skip
    if row.total is None:
        assert row.verdict is Verdict.NO_DATA
        return
    assert all(math.isfinite(number) and number >= 0 for number in (row.good, row.bad, row.total, row.coverage))
    largest = max(float(np.abs(total).max()), float(np.abs(good).max()))  # running sums hold what lies before, too
    assert row.good + row.bad == pytest.approx(row.total, rel=1e-9, abs=1e-12 * largest)
    assert all(rate is None or 0 <= rate <= 10 * (1 + 1e-9) for rate in row.burn_rates.values())
    if row.sli is not None:
        assert 0 <= row.interval[0] <= row.sli <= row.interval[1] <= 1


@pytest.mark.parametrize(
    ("good", "total", "told"),
    [
        ([100.0] * 26, [100.0] * 25 + [-50.0], True),
        ([-5.0] * 26, [-10.0] * 26, True),
        ([-5.0] * 26, [10.0] * 26, True),
        ([100.0] * 25 + [-1.0], [100.0] * 26, False),
        ([100.0] * 26, [100.0] * 25 + [-1e-9], False),
        ([100.0] * 26, [100.0] * 26, False),
    ],
)
def test_negative_events_are_none_and_told(day, one, even, good, total, told):
    row = one(day("0.5"), even(END - 26 * HOUR, END, HOUR, good, total, 60), at=END)
    assert any("negative numbers of events" in warning for warning in row.warnings) is told
    assert row.total == sum(max(n, 0) for n in total[2:])


def test_bad_events_told_an_hour_before_their_total_count(day, one, even):
    """Good is total less bad: 100 bad ones that come before their total make one hour negative, and lose nothing."""
    good, total = np.full(26, 100.0), np.full(26, 100.0)
    good[10], total[10], good[11], total[11] = -100.0, 0.0, 200.0, 200.0
    row = one(day("0.5"), even(END - 26 * HOUR, END, HOUR, good, total, 60), at=END)
    assert (row.bad, row.total, row.warnings) == (100, 2400, ())


def test_the_share_of_negative_events():
    assert negative(np.array([1.0, 0.0]), np.array([5.0, 0.0])) == 0
    assert negative(np.array([1.0, -3.0]), np.array([5.0, 1.0])) == 2 / 8
    assert negative(np.array([1.0, 1.0]), np.array([6.0, -1.0])) == 1 / 8
    assert negative(np.zeros(0), np.zeros(0)) == 0
