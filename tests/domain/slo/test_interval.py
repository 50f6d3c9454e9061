"""Wilson's interval against published values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.slo.interval import effective, wilson


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


def test_without_weights_every_event_is_an_observation():
    assert effective(1000.0, 7.0, 1000.0, 7.0) == pytest.approx(1000.0)
    assert effective(1000.0, 0.0, 1000.0, 0.0) == effective(1000.0, 1000.0, 1000.0, 1000.0) == 1000.0


def test_of_equal_weights_it_is_what_was_kept():
    assert effective(2000.0, 60.0, 20.0 * 2000, 20.0 * 60) == pytest.approx(100.0)


def test_kish_by_hand():
    """All 727 errors, and every twentieth of 99,280 good ones."""
    kept = 99_280 / 20
    found = effective(727 + 99_280, 727, 727 + kept * 400, 727)
    assert found == pytest.approx((727 + 99_280) ** 2 / (727 + kept * 400))
    assert found < 727 + kept


def test_few_bad_ones_of_large_weight_tell_less_than_kish_says():
    """Ten bad ones that stand for a hundred each, beside 99,000 good ones."""
    squares_bad = 10 * 100.0**2
    kish = 100_000**2 / (99_000 + squares_bad)
    found = effective(100_000, 1000, 99_000 + squares_bad, squares_bad)
    assert found < kish / 40
    low, high = wilson(0.99 * found, found)
    assert 1 - high < 0.006 < 0.018 < 1 - low


@given(st.lists(st.tuples(st.floats(1, 1e4), st.booleans()), min_size=1, max_size=60))
def test_it_is_never_more_than_were_kept(events):
    weights, bad = (np.array(values) for values in zip(*events, strict=True))
    squares = weights**2
    found = effective(weights.sum(), weights[bad].sum(), squares.sum(), squares[bad].sum())
    assert 0 < found <= len(events) * (1 + 1e-9)


@pytest.mark.parametrize(("of_good", "of_bad"), [(1.0, 1.0), (0.05, 1.0), (0.5, 0.05), (0.1, 0.1)])
def test_the_interval_holds_the_truth_as_often_as_it_says(of_good, of_bad):
    """However events are sampled: 400 times 20,000 events of which 3 % are bad."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        bad = rng.binomial(20_000, 0.03)
        kept_bad, kept_good = rng.binomial(bad, of_bad), rng.binomial(20_000 - bad, of_good)
        weighted_bad, weighted_good = kept_bad / of_bad, kept_good / of_good
        total = weighted_bad + weighted_good
        squares_bad = kept_bad / of_bad**2
        count = effective(total, weighted_bad, squares_bad + kept_good / of_good**2, squares_bad)
        low, high = wilson(weighted_good / total * count, count)
        held += low <= 0.97 <= high
    assert held >= 0.92 * 400


def test_the_bad_twin_raw_weights_as_observations_hold_it_far_less_often():
    rng = np.random.default_rng(5)
    kept = rng.binomial(rng.binomial(20_000, 0.03, 400), 0.05)
    bad = kept / 0.05
    held = [low <= 0.97 <= high for low, high in (wilson(20_000 - one, 20_000) for one in bad)]
    assert sum(held) < 0.5 * 400
