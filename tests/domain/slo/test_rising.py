"""A rise since a moment is seen at its first bucket, chance is not taken for one, and what was before is no rise."""

from __future__ import annotations

import numpy as np
import pytest

from cdctl.domain.slo.onset import LEAST
from cdctl.domain.slo.rising import WITHIN, bearable, excess, rise

STEP = 300
SINCE = 72 * STEP
"""Six hours of buckets lie before it."""


def buckets(rates, per_bucket: float, seed: int):
    rng = np.random.default_rng(seed)
    rates = np.asarray(rates, float)
    total = rng.poisson(per_bucket, len(rates)).astype(float)
    bad = rng.binomial(total.astype(int), rates).astype(float)
    return np.arange(1, len(rates) + 1) * STEP, np.full(len(rates), STEP), bad, total


def test_a_rise_is_seen_at_its_first_bucket():
    found = rise(*buckets([0.001] * 78 + [0.35], 40, 1), SINCE)
    assert found is not None
    assert found.at == 78 * STEP
    assert (found.total, found.bad > 5, found.score >= LEAST) == (found.total, True, True)
    assert found.total_before > 2000


def test_a_rise_from_before_is_not_since():
    assert rise(*buckets([0.001] * 40 + [0.05] * 38, 200, 2), SINCE) is None
    assert rise(*buckets([0.05] * 72 + [0.001] * 6, 200, 2), SINCE) is None, "it fell"


def test_chance_is_taken_for_a_rise_as_rarely_as_is_said():
    false, runs, looks = 0, 200, 36
    for seed in range(runs):
        ends, widths, bad, total = buckets([0.005] * (72 + looks), 100, seed)
        false += any(rise(ends[:n], widths[:n], bad[:n], total[:n], SINCE) for n in range(73, 73 + looks))
    assert WITHIN == 12 * STEP
    assert false <= 2, "36 looks of 12 moments each: below 0.2 % of rollouts, by the bound"


def test_one_bad_event_is_no_rise():
    ends, widths, bad, total = buckets([0.0] * 80, 14, 3)
    bad[-1] = 1
    assert rise(ends, widths, bad, total, SINCE) is None


def test_nothing_is_compared_with_nothing():
    none = np.array([], float)
    assert rise(none.astype(int), none.astype(int), none, none, SINCE) is None
    assert rise(*buckets([0.5] * 10, 100, 4), 20 * STEP) is None, "no bucket since"
    assert rise(*buckets([0.5] * 3, 100, 4), 0) is None, "no bucket before"


@pytest.mark.parametrize(
    ("bad", "total", "least", "most"), [(34, 118, 100, 200), (1, 14, 0, 5), (0, 100, 0, 0), (50, 50, 200, 300)]
)
def test_an_excess_is_weighed(bad, total, least, most):
    assert least <= excess(bad, total, 0.005) <= most


@pytest.mark.parametrize(("days", "factor"), [(28, 2.8), (30, 3.0), (7, 1.4), (0.5, 1.0)])
def test_what_a_budget_bears_is_the_catalogues_for_a_day(days, factor):
    assert bearable(int(days * 86_400)) == pytest.approx(factor)
