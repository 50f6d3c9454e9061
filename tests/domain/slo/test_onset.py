"""The moment from which something burns is found to the bucket, and not where nothing changed."""

from __future__ import annotations

import numpy as np
import pytest

from cdctl.domain.slo.onset import onset

STEP = 300


def day(rates, per_bucket: float, seed: int):
    rng = np.random.default_rng(seed)
    rates = np.asarray(rates, float)
    total = rng.poisson(per_bucket, len(rates)).astype(float)
    bad = rng.binomial(total.astype(int), rates).astype(float)
    ends = np.arange(1, len(rates) + 1) * STEP
    return ends, np.full(len(rates), STEP), bad, total


def test_a_rise_is_found_to_the_bucket():
    found = onset(*day([0.002] * 200 + [0.05] * 88, 500, 1))
    assert abs(found.at - 200 * STEP) <= STEP
    assert found.before == pytest.approx(0.002, rel=0.2)
    assert found.since == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize("rate", [0.0, 0.002, 0.3, 1.0])
def test_where_nothing_changed_nothing_is_found(rate):
    found = [onset(*day([rate] * 288, 200, seed)) for seed in range(100)]
    assert sum(one is not None for one in found) <= 1


def test_what_is_over_is_no_onset():
    assert onset(*day([0.002] * 100 + [0.2] * 20 + [0.002] * 100, 300, 4)) is None
    assert onset(*day([0.05] * 100 + [0.001] * 188, 300, 4)) is None, "it fell"


def test_what_fell_in_part_still_burns_since_it_first_rose():
    found = onset(*day([0.002] * 100 + [0.2] * 20 + [0.05] * 100, 300, 4))
    assert abs(found.at - 100 * STEP) <= STEP
    assert found.since == pytest.approx(0.05, rel=0.1)


def test_after_one_that_is_over_the_next_is_found():
    found = onset(*day([0.002] * 100 + [0.2] * 20 + [0.002] * 100 + [0.03] * 50, 300, 4))
    assert abs(found.at - 220 * STEP) <= STEP
    assert found.before == pytest.approx(0.002, rel=0.5)


def test_a_single_step_of_two_is_the_greater():
    found = onset(*day([0.002] * 100 + [0.01] * 100 + [0.2] * 88, 300, 5))
    assert abs(found.at - 200 * STEP) <= STEP


def test_few_events_are_no_proof():
    ends = np.arange(1, 20) * STEP
    bad = np.zeros(19)
    bad[-1] = 1
    assert onset(ends, np.full(19, STEP), bad, np.ones(19)) is None


def test_nothing_at_all():
    empty = np.zeros(0)
    assert onset(empty.astype(int), empty.astype(int), empty, empty) is None
    assert onset(np.array([300, 600]), np.array([300, 300]), np.zeros(2), np.zeros(2)) is None


def test_more_bad_than_all_is_taken_for_all():
    ends, widths, bad, total = day([0.0] * 50 + [1.0] * 50, 100, 6)
    assert onset(ends, widths, bad * 1.01, total).since == 1.0
