"""A guard notices what began since the rollout did, says what it compared, and calls nothing healthy that burns."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from cdctl.domain.orders.rollout.guards import Health, Reading, of_promise
from cdctl.domain.orders.rollout.promising import promise_of
from cdctl.domain.slo.verdict import ErrorBudget, History, Row, Verdict
from cdctl.domain.slo.window import Bounds

STEP, DAY = 300, 86_400
ENDS = np.arange(1, 80) * STEP


def reading(bad_of: list[float], per_bucket: float = 100.0, since: int = 74 * STEP) -> Reading:
    """The last buckets have these bad events; before there was one in a thousand."""
    total = np.full(len(ENDS), per_bucket)
    bad = np.zeros(len(ENDS))
    bad[::10] = per_bucket / 100
    bad[-len(bad_of) :] = bad_of
    row = Row(
        "x", "s", {"region": "eu"}, "ok", Decimal("0.995"), "Occurrences", Bounds("rolling", 0, 28 * DAY), Verdict.MET,
        error_budget=ErrorBudget(10, 5, 0.5), burn_rates={"5m": bad[-1] / per_bucket / 0.005},
        history=History(ENDS, np.full(len(ENDS), STEP), total - bad, total, np.ones(len(ENDS))),
    )  # fmt: skip
    return of_promise("slo:x", promise_of(row, since), 5)


def test_the_first_bucket_of_a_rise_burns_and_says_what_is_compared() -> None:
    found = reading([0, 0, 20])
    assert found.health is Health.BURNING
    assert found.words.startswith(
        "burns 40 times as fast as it may, 50 % of the budget left; region=eu: bad events rose"
    )
    assert "20 of 100 (20 %) since 06:30 UTC, 7 of 7,600 (0.0921 %) in the 6 h before" in found.words


def test_a_good_promise_is_healthy_and_says_so() -> None:
    found = reading([0, 0, 1])
    assert found.health is Health.HEALTHY
    assert found.words.endswith("; no rise (compared since 06:10 UTC with the 6 h before)")


def test_a_rise_that_is_over_or_that_the_budget_bears_is_none() -> None:
    assert reading([20, 20, 1]).health is Health.HEALTHY
    assert reading([120, 120, 120], per_bucket=10_000).health is Health.HEALTHY, "2.4 times, and hardly chance"


def test_what_burned_before_the_rollout_is_not_healthy_either() -> None:
    found = reading([40] * 20)
    assert found.health is Health.BURNING
    assert "40 of 100 (40 %) were bad in the last 5 min, 0.5 % of all may be" in found.words


@pytest.mark.parametrize("per_bucket", [4.0, 8.0])
def test_one_bad_event_of_few_is_not_healthy_and_does_not_pause(per_bucket: float) -> None:
    found = reading([1], per_bucket)
    assert found.health is Health.THIN
    assert "nobody knows" in found.words
