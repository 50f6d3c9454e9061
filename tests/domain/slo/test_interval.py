"""Wilson's interval against published values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.slo.interval import wilson


@pytest.mark.parametrize(
    ("good", "total", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # by hand from the closed form, z = 1.96
        (8, 10, 0.4902, 0.9433),
        (1, 1, 0.2065, 1.0),
        (0, 1, 0.0, 0.7935),
        (999, 1000, 0.9944, 0.9998),
    ],
)
def test_published_values(good, total, low, high):
    assert wilson(good, total) == pytest.approx((low, high), abs=6e-5)


def test_eight_of_ten_to_six_digits():
    assert wilson(8, 10) == pytest.approx((0.490162, 0.943318), abs=1e-6)


counts = st.integers(1, 10**9).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@given(counts)
def test_the_ratio_lies_inside_and_the_interval_within_0_and_1(count):
    good, total = count
    low, high = wilson(good, total)
    assert 0.0 <= low <= good / total <= high <= 1.0
    assert high > low


@given(counts)
def test_ends_solve_the_score_equation(count):
    """|p - ratio| = z sqrt(p (1 - p) / n) at both ends: what the interval is defined by."""
    good, total = count
    for end in wilson(good, total):
        deviation = 1.959963984540054 * math.sqrt(max(end * (1 - end), 0) / total)
        assert abs(end - good / total) == pytest.approx(deviation, abs=1e-6)


@given(counts)
def test_good_and_bad_are_mirrored(count):
    good, total = count
    low, high = wilson(good, total)
    assert wilson(total - good, total) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(counts, st.integers(2, 50))
def test_more_events_are_surer(count, times):
    good, total = count
    narrow, wide = wilson(good * times, total * times), wilson(good, total)
    assert narrow[1] - narrow[0] < wide[1] - wide[0]
