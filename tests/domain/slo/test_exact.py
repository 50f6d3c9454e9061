"""One event more than the budget is a breach at any size; what floats lose or add is not."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.slo.composite import with_composite
from cdctl.domain.slo.judge import judge
from cdctl.domain.slo.measure import Asked, measure
from cdctl.domain.slo.objective import Budgeting, Objective, Query, Ratio
from cdctl.domain.slo.verdict import Verdict

HOUR = 3600
END = 480_000 * HOUR
AT_RISK, BREACHED = Verdict.AT_RISK, Verdict.BREACHED


def spread(whole: int, part: int) -> np.ndarray:
    """So many events over 26 hours, the first two of which (the margin) hold what would drown an event in floats."""
    hours = np.full(26, float(whole // 24))
    hours[2] += whole % 24
    hours[:2] = part
    return hours


@pytest.mark.parametrize("target", ["0.9", "0.99", "0.999", "0.99999"])
@pytest.mark.parametrize("size", [10**5, 10**9, 10**12, 10**14, 10**15])
def test_a_breach_by_one_event_is_seen_at_any_size(day, one, even, size, target):
    allowed = int(size * (1 - Decimal(target)))
    total = spread(size, size)
    for more, verdict in ((0, AT_RISK), (1, BREACHED)):
        good = spread(size, size)
        good[2] -= allowed + more
        row = one(day(target), even(END - 26 * HOUR, END, HOUR, good, total, 60), at=END)
        assert row.verdict is verdict
        assert (row.error_budget.remaining_ratio < 0) is (more == 1)
        assert row.error_budget.consumed == row.bad == allowed + more
        assert ("allowed" in row.reason) is (more == 1)


@pytest.mark.parametrize("size", [10**5, 10**12, 10**15])
def test_a_composite_sees_the_one_event_too(promise, even, day, size):
    """Spent to the last event in both objectives, by weights that no float holds; then one more in one."""
    total, spent = spread(size, size), spread(size, size)
    spent[2] -= size // 1000
    for more, verdict in ((0, AT_RISK), (1, BREACHED), (-1, AT_RISK)):
        good = spent.copy()
        good[2] -= more
        parts = {"a": (spent, "0.1"), "b": (good, "0.7"), "c": (spent, "0.2")}
        objectives = [
            Objective(name, Ratio(Query(name), Query("g")), Decimal("0.999"), weight=Decimal(weight))
            for name, (_, weight) in parts.items()
        ]
        slo = day("0.999", composite=True)
        found = [
            measure(
                Asked(slo, one, END, Decimal("0.9")), even(END - 26 * HOUR, END, HOUR, parts[one.name][0], total, 60)
            )
            for one in objectives
        ]
        rows = [row for one in found for row in judge(one)]
        composite = with_composite(rows, found, {one.name: one.weight for one in objectives})[0].composite
        assert composite.verdict is verdict
        assert (composite.remaining_ratio < 0) is (more == 1)
        assert (composite.remaining_ratio > 0) is (more == -1)


@given(
    st.lists(st.integers(1, 10**6), min_size=24, max_size=24),
    st.sampled_from(["0.9", "0.99", "0.995", "0.999", "0.8125"]),
    st.floats(1e-3, 1e3),
)
def test_noise_never_breaches(day, one, even, drawn, target, scale):
    """Every hour loses exactly what is allowed, in parts of events, after an hour with a million times more."""
    total = np.array([1e12, 1e12, *drawn]) * scale / 7
    good = total * float(Decimal(target))
    row = one(day(target), even(END - 26 * HOUR, END, HOUR, good, total, 60), at=END)
    assert row.verdict is AT_RISK
    assert row.error_budget.remaining_ratio == 0


@given(
    st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 1000)), min_size=24, max_size=24),
    st.sampled_from(["0.9", "0.99", "0.999", "0.8125"]),
)
def test_verdicts_are_those_of_fractions(day, one, even, drawn, target):
    total = np.array([0.0, 0.0, *(float(n) for n, _ in drawn)])
    bad = np.minimum(total, [0.0, 0.0, *(float(n * share // 1000) for n, share in drawn)])
    row = one(day(target), even(END - 26 * HOUR, END, HOUR, total - bad, total, 60), at=END)
    allowed = (1 - Fraction(target)) * sum(map(int, total))
    assert (row.verdict is BREACHED) is (sum(map(int, bad)) > allowed)


@pytest.mark.parametrize("method", [Budgeting.TIMESLICES, Budgeting.RATIO_TIMESLICES])
@pytest.mark.parametrize(("bad", "verdict"), [(6, AT_RISK), (7, BREACHED)])
def test_slices_spent_to_the_last_one(day, one, even, method, bad, verdict):
    good = np.full(26, 3.0)
    good[2 : 2 + bad] = 0
    slo = day("0.75", budgeting=method, slice_seconds=HOUR, slice_target=Decimal("0.5"))
    assert one(slo, even(END - 26 * HOUR, END, HOUR, good, 3.0, 60), at=END).verdict is verdict
