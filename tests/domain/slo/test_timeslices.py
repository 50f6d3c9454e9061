"""Verdicts that count slices of time instead of events."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import numpy as np
import pytest

from cdctl.domain.slo.objective import Budgeting, ExpectedTraffic
from cdctl.domain.slo.verdict import Verdict
from cdctl.domain.slo.window import Calendar, Rolling, Unit

HOUR = 3600
DAY = 86_400
END = 480_000 * HOUR
MET, AT_RISK, BREACHED, NO_DATA = Verdict.MET, Verdict.AT_RISK, Verdict.BREACHED, Verdict.NO_DATA


def slices(promise, method=Budgeting.TIMESLICES, target="0.99", seconds=300, goal="0.95", **more):
    more = {"window": Rolling(DAY), **more}
    return promise(target, budgeting=method, slice_seconds=seconds, slice_target=Decimal(goal), **more)


def five_minutes(even, good, total, seen=5.0, end=END):
    """Slices of five minutes to `end`, after two of margin."""
    good, total, seen = (np.broadcast_to(np.asarray(one, float), np.shape(total)) for one in (good, total, seen))
    padded = [np.concatenate([one[:1], one[:1], one]) for one in (good, total, seen)]
    return even(end - (len(total) + 2) * 300, end, 300, *padded)


def bad_slices(count: int, worth: float = 50.0) -> np.ndarray:
    """A day of slices of 100 events, the first few of which are bad."""
    good = np.full(288, 100.0)
    good[:count] = worth
    return good


def test_bad_slices_are_counted_however_bad(promise, one, even):
    good = bad_slices(2)
    good[0], good[1], good[2] = 0.0, 94.0, 95.0
    row = one(slices(promise), five_minutes(even, good, [100.0] * 288), at=END)
    assert (row.good, row.bad, row.total) == (286, 2, 288)
    assert row.sli == pytest.approx(286 / 288)


def test_busy_slices_weigh_as_much_as_quiet_ones(promise, one, even):
    total = np.full(288, 1.0)
    total[0] = 1e6
    row = one(slices(promise), five_minutes(even, total * 0, total), at=END)
    assert row.bad == row.total == 288


@pytest.mark.parametrize(("bad", "verdict"), [(25, MET), (26, AT_RISK), (28, AT_RISK), (29, BREACHED)])
def test_slices_have_the_budget_of_the_whole_window(promise, one, even, bad, verdict):
    """288 slices at 90 %: 28.8 may be bad."""
    row = one(slices(promise, target="0.9"), five_minutes(even, bad_slices(bad), [100.0] * 288), at=END)
    assert row.error_budget.allowed == pytest.approx(28.8)
    assert row.verdict is verdict


def test_a_month_that_has_just_begun_has_its_whole_budget(promise, one, even):
    """March 2025 in Berlin is 743 h long: 44,580 one-minute slices, and 99.9 % leave 2,674.8 s."""
    march = Calendar(1, Unit.MONTH, datetime(2025, 1, 1), "Europe/Berlin")
    start = int(datetime.fromisoformat("2025-03-01T00:00+01:00").timestamp())
    series = even(start - 120, start + HOUR, 60, [1.0] * 42 + [0.0] * 20, 1.0, 1.0)
    row = one(slices(promise, target="0.999", seconds=60, window=march), series, at=start + HOUR)
    assert row.error_budget.allowed == pytest.approx(44.58)
    assert row.error_budget.allowed * 60 == pytest.approx(2674.8)
    assert row.error_budget.remaining_ratio == pytest.approx(1 - 20 / 44.58)
    assert (row.total, row.coverage) == (60, 1.0)


def test_breached_slices_are_called_slices(promise, one, even):
    row = one(slices(promise), five_minutes(even, bad_slices(5), [100.0] * 288), at=END)
    assert row.reason == "5 bad slices, 2.88 allowed"


def test_ratio_slices_average_the_slices(promise, one, even):
    """One slice of a million failing events among 287 clean ones of one event."""
    total = np.full(288, 1.0)
    total[0] = 1e6
    good = total.copy()
    good[0] = 750_000
    row = one(slices(promise, Budgeting.RATIO_TIMESLICES), five_minutes(even, good, total), at=END)
    assert row.bad == pytest.approx(0.25)
    assert row.sli == pytest.approx(1 - 0.25 / 288)
    assert row.verdict is MET


def test_ratio_slices_breach_when_their_parts_add_up(promise, one, even):
    for bad, verdict in ((0.010, AT_RISK), (0.0101, BREACHED)):
        good = np.full(288, 1.0 - bad)
        row = one(slices(promise, Budgeting.RATIO_TIMESLICES), five_minutes(even, good, [1.0] * 288), at=END)
        assert row.verdict is verdict


def test_unseen_slices_are_neither_good_nor_bad_but_uncovered(promise, one, even):
    seen = np.full(288, 5.0)
    seen[100:130] = 0
    series = five_minutes(even, np.where(seen, 100.0, 0.0), np.where(seen, 100.0, 0.0), seen)
    assert one(slices(promise), series, at=END).verdict is NO_DATA
    row = one(slices(promise), series, at=END, min_coverage="0.89")
    assert (row.good, row.bad, row.total, row.verdict) == (258, 0, 258, MET)
    assert row.coverage == pytest.approx(258 / 288)


def test_slices_are_not_widened_and_their_burn_counts_slices(promise, one, even):
    good = np.full(288, 100.0)
    good[-12:] = 0
    row = one(slices(promise, target="0.5"), five_minutes(even, good, [100.0] * 288, 1.0), at=END)
    assert row.total == 288
    assert row.warnings == ()
    assert list(row.burn_rates.values()) == pytest.approx([2, 2, 2, 1, 1 / 3, 1 / 12, 1 / 12])


def test_slices_that_straddle_the_edges_of_a_window_belong_to_where_they_end(promise, one, even, at):
    """At 15:10 a day of hours is the 24 that ended since yesterday 15:10; the one that is not over is nobody's yet."""
    good = np.full(27, 100.0)
    good[2] = 0.0
    assert at % HOUR == 600
    row = one(slices(promise, seconds=HOUR), even(at - 600 - 27 * HOUR, at - 600, HOUR, good, 100.0))
    assert (row.good, row.total, row.coverage) == (24, 24, 1.0)
    assert row.burn_rates["5m"] == 0
    good[3] = 0.0
    row = one(slices(promise, seconds=HOUR), even(at - 600 - 27 * HOUR, at - 600, HOUR, good, 100.0))
    assert (row.good, row.total) == (23, 24)


def test_silence_makes_slices_bad(promise, one, even):
    total = np.array([100.0] * 284 + [0.0] * 4)
    slo = slices(promise, expected_traffic=ExpectedTraffic(1, 1200))
    row = one(slo, five_minutes(even, total, total), at=END)
    assert (row.bad, row.total) == (4, 288)
    row = one(slices(promise), five_minutes(even, total, total), at=END)
    assert (row.bad, row.total) == (0, 288)


def test_history_of_slices_counts_slices(promise, one, even):
    history = one(slices(promise), five_minutes(even, bad_slices(3), [100.0] * 288), at=END).history
    assert history.good.tolist() == [0.0] * 3 + [1.0] * 285
    assert history.total.tolist() == [1.0] * 288


@pytest.mark.parametrize(("last", "fires"), [([85.0] * 12, True), ([98.5] * 12, False), ([100.0] * 11 + [0.0], False)])
def test_slices_that_are_bad_in_part_count_as_bad_ones_before_a_pair_fires(promise, one, even, last, fires):
    """1h/5m above 1.92: twelve slices of 15 % lack 1.8 slices and are twelve; one slice without a good event is one."""
    good = bad_slices(0)
    good[-12:] = last
    series = five_minutes(even, good, [100.0] * 288)
    row = one(slices(promise, Budgeting.RATIO_TIMESLICES), series, at=END)
    assert ("1h/5m > 1.92" in row.firing) is fires
