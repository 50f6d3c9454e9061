"""Verdicts: what is met, at risk, breached, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from math import isfinite

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.slo.alert_windows import BURN_WINDOWS
from cdctl.domain.slo.interval import wilson
from cdctl.domain.slo.judge import RULES, judge, no_data
from cdctl.domain.slo.measure import Asked, measure
from cdctl.domain.slo.objective import Budgeting, ExpectedTraffic, Objective, Query, Ratio, RawRatio, Slo, Threshold
from cdctl.domain.slo.series import Buckets
from cdctl.domain.slo.tiling import empty, join
from cdctl.domain.slo.verdict import Evidence, Row, Verdict
from cdctl.domain.slo.window import Bounds, Calendar, Rolling, Unit
from cdctl.errors import Place

HOUR = 3600
DAY = 86_400
MET, AT_RISK, BREACHED, NO_DATA = Verdict.MET, Verdict.AT_RISK, Verdict.BREACHED, Verdict.NO_DATA
TWO = (("eu",), ("us",))
END = 480_000 * HOUR


# --- ratio of sums ------------------------------------------------------------------------------------------------


def test_a_busy_hour_weighs_what_it_weighs(one, hours, day):
    """23 h at 1/s without errors and an hour at 1000/s with 1 %: the mean of hourly ratios would say 0.0417 %."""
    total = [3600.0] * 23 + [3_600_000.0]
    good = [3600.0] * 23 + [3_564_000.0]
    row = one(day(), hours(good, total), at=END)
    assert 1 - row.sli == pytest.approx(0.00978, abs=5e-6)
    assert row.bad == pytest.approx(36_000)
    assert row.total == pytest.approx(3_682_800)


def test_a_quiet_night_weighs_little(one, hours, day):
    """12 h of 1000 requests, 12 h of 2, and one of them fails: the mean of hourly ratios would say 2.08 %."""
    total = [1000.0] * 12 + [2.0] * 12
    good = [1000.0] * 12 + [2.0] * 11 + [1.0]
    row = one(day(), hours(good, total), at=END)
    assert 1 - row.sli == pytest.approx(0.000083, abs=5e-7)
    assert row.verdict is MET


# --- the budget ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "total", "allowed"),
    [
        ("0.999", 1_000_000, 1000),
        ("0.999", 1000, 1),
        ("0.9", 10, 1),
        ("0.99", 700, 7),
        ("0.95", 60, 3),
        ("0.9995", 2_000_000, 1000),
        ("0.99999", 123_400_000, 1234),
        ("0.7", 10, 3),
        ("0.5", 2, 1),
    ],
)
def test_spent_to_the_last_event_is_not_breached_and_one_more_is(one, hours, day, total, target, allowed):
    def spent(bad: int) -> Row:
        quiet = [0.0] * 22
        return one(day(target), hours([total - bad, *quiet, 0], [total, *quiet, 0]), at=END)

    assert spent(allowed).verdict is AT_RISK
    assert spent(allowed + 1).verdict is BREACHED
    assert spent(allowed).error_budget.allowed == pytest.approx(allowed, rel=1e-12)
    assert spent(allowed).error_budget.remaining_ratio == pytest.approx(0, abs=1e-12)
    assert spent(allowed + 1).error_budget.remaining_ratio < 0


@given(st.integers(1, 400), st.integers(1, 999), st.integers(1, 24))
def test_no_sum_of_floats_turns_a_spent_budget_into_a_broken_one(one, hours, day, thousands, permille, pieces):
    """The same budget, spent in any number of thirds and sevenths of events."""
    total, target = thousands * 1000, 1 - Decimal(permille) / 1000
    bad = thousands * permille
    parts = np.array([bad / pieces] * pieces + [0.0] * (24 - pieces))
    events = np.array([total / 24] * 24)
    row = one(day(str(target)), hours(events - parts, events), at=END)
    assert row.verdict is not BREACHED
    parts[0] += 1
    row = one(day(str(target)), hours(events - parts, events), at=END)
    assert row.verdict is BREACHED


def test_a_breach_says_how_much_was_allowed(one, hours, day):
    row = one(day(), hours(96.0, [100.0] * 24), at=END)
    assert row.verdict is BREACHED
    assert row.reason == "96 bad events, 24 allowed"
    assert (row.good, row.bad, row.total) == (2304, 96, 2400)
    assert row.sli == pytest.approx(0.96)
    assert row.error_budget.consumed == 96
    assert row.error_budget.allowed == pytest.approx(24)
    assert row.error_budget.remaining_ratio == pytest.approx(-3)
    assert row.interval == wilson(2304, 2400)


@pytest.mark.parametrize(("bad", "verdict"), [(19, MET), (90, MET), (91, AT_RISK), (100, AT_RISK), (101, BREACHED)])
def test_little_budget_left_is_a_risk(one, hours, day, bad, verdict):
    """A budget of 100 that was spent at the beginning of the day, so that nothing burns now."""
    good = [10_000.0 - bad, *[0.0] * 23]
    row = one(day(), hours(good, [10_000.0, *[0.0] * 23]), at=END)
    assert row.verdict is verdict
    assert row.firing == ()


@pytest.mark.parametrize("scale", [1, 3, 7, 1000, 12_345_678])
@pytest.mark.parametrize("target", ["0.9", "0.99", "0.999", "0.7"])
def test_a_tenth_of_the_budget_left_is_not_less_than_a_tenth(one, hours, day, scale, target):
    total = 10_000 * scale
    bad = float((1 - Decimal(target)) * total * 9 / 10)
    row = one(day(target), hours([total - bad, *[0.0] * 23], [total, *[0.0] * 23]), at=END)
    assert row.error_budget.remaining_ratio == 0.1
    assert row.verdict is MET


def test_a_breach_by_little_shows(one, hours, day):
    row = one(day(), hours([98_999_900.0, *[0.0] * 23], [100_000_000.0, *[0.0] * 23]), at=END)
    assert row.reason == "1,000,100 bad events, 1,000,000 allowed"


@pytest.mark.parametrize("total", [1000, 7000, 333_000, 10**9])
def test_a_budget_spent_exactly_has_nothing_left(one, hours, day, total):
    row = one(day("0.999"), hours([total * 0.999, *[0.0] * 23], [total, *[0.0] * 23]), at=END)
    assert row.reason == "0% of the error budget left"


def test_a_budget_spent_but_for_the_noise_of_floats_has_not_less_than_nothing_left(one, hours, day):
    row = one(day("0.999"), hours([998.9999999999999, *[0.0] * 23], [1000.0, *[0.0] * 23]), at=END)
    assert row.error_budget.consumed > row.error_budget.allowed
    assert row.reason == "0% of the error budget left"


def test_what_is_left_of_a_budget_is_not_rounded_up(one, hours, day):
    row = one(day("0.99"), hours([99_000.04, *[0.0] * 23], [100_000.0, *[0.0] * 23]), at=END)
    assert (row.verdict, row.reason) == (AT_RISK, "0.0% of the error budget left")
    row = one(day("0.99"), hours([99_099.9, *[0.0] * 23], [100_000.0, *[0.0] * 23]), at=END)
    assert row.reason == "9.9% of the error budget left"


def test_little_budget_left_says_how_little(one, hours, day):
    row = one(day(), hours([9905.0, *[0.0] * 23], [10_000.0, *[0.0] * 23]), at=END)
    assert row.reason == "5% of the error budget left"


def test_a_promise_that_is_kept_needs_no_reason(one, hours, day):
    row = one(day(), hours(100.0, [100.0] * 24), at=END)
    assert (row.verdict, row.reason, row.warnings) == (MET, None, ())
    assert row.error_budget.remaining_ratio == 1
    assert row.sli == 1
    assert row.interval == wilson(2400, 2400)


def test_budget_so_far_grows_with_the_events_of_a_calendar_month(promise, one, hours):
    month = promise("0.9", window=Calendar(1, Unit.MONTH, datetime(2025, 1, 1), "UTC"))
    start = int(datetime.fromisoformat("2025-06-01T00:00Z").timestamp())
    row = one(month, hours(95.0, [100.0] * 48, end=start + 2 * DAY), at=start + 2 * DAY)
    assert row.window == Bounds("calendar", start, start + 30 * DAY)
    assert row.error_budget.allowed == pytest.approx(480)
    assert row.coverage == 1.0
    row = one(month, hours(85.0, [100.0] * 48, end=start + 2 * DAY), at=start + 2 * DAY)
    assert (row.verdict, row.reason) == (BREACHED, "720 bad events, 480 allowed so far, 6.6% into the period")


# --- burn pairs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "firing"),
    [
        ({}, ()),
        ({HOUR: (980, 1000)}, ("1h/5m > 13.44",)),
        ({HOUR: (987, 1000)}, ()),
        ({HOUR: (980, 1000), 300: (100, 100)}, ()),
        ({300: (0, 3)}, ()),
        ({6 * HOUR: (5940, 6000)}, ("6h/30m > 5.6",)),
        ({6 * HOUR: (5940, 6000), 1800: (500, 500)}, ()),
        ({DAY: (23_900, 24_000)}, ("1d/2h > 2.8", "3d/6h > 0.933")),
        ({DAY: (23_900, 24_000), 7200: (2000, 2000)}, ("3d/6h > 0.933",)),
        ({3 * DAY: (71_900, 72_000)}, ("3d/6h > 0.933",)),
        ({3 * DAY: (71_900, 72_000), 6 * HOUR: (6000, 6000)}, ()),
        ({HOUR: (0, 1000)}, ("1h/5m > 13.44", "6h/30m > 5.6", "1d/2h > 2.8", "3d/6h > 0.933")),
    ],
)
def test_a_pair_fires_when_both_of_its_windows_burn(promise, one, month, last, firing):
    """28 d at 99.9 % with 1000 events an hour, none of them bad but the last ones."""
    row = one(promise("0.999"), month(1000, 1000, last))
    bad = sum(total - good for good, total in last.values())
    spent = bad / row.error_budget.allowed
    assert row.firing == firing
    assert row.verdict is (BREACHED if spent > 1 else AT_RISK if firing else MET)


def test_a_firing_pair_is_the_reason(promise, one, month):
    row = one(promise("0.999"), month(1000, 1000, {HOUR: (980, 1000)}))
    assert (row.verdict, row.reason) == (AT_RISK, "burn rate 1h/5m > 13.44")
    assert row.burn_rates["1h"] == pytest.approx(20)


def test_every_reason_of_a_risk_is_told(promise, one, month):
    """A budget of 672, of which 645 went in the last hour."""
    row = one(promise("0.999"), month(1000, 1000, {HOUR: (355, 1000)}))
    assert row.verdict is AT_RISK
    assert row.reason == (
        "burn rate 1h/5m > 13.44; burn rate 6h/30m > 5.6; burn rate 1d/2h > 2.8; burn rate 3d/6h > 0.933; "
        "4.0% of the error budget left"
    )


@pytest.mark.parametrize(("good", "fires"), [(50, False), (49, True)])
def test_a_factor_must_be_exceeded(promise, one, month, good, fires):
    """30 d at 50 %: the factor of 3 days is 1, and half of the events bad burns at 1.0 exactly."""
    slo = promise("0.5", window=Rolling(30 * DAY))
    row = one(slo, month(100, 100, {3 * DAY: (good * 72, 7200)}), min_coverage="0.5")
    assert row.burn_rates["3d"] == pytest.approx((100 - good) / 50)
    assert ("3d/6h > 1" in row.firing) is fires


@pytest.mark.parametrize(("bad", "verdict"), [(1, MET), (2, AT_RISK)])
def test_one_bad_event_pages_nobody(promise, one, month, bad, verdict):
    """A quiet service: one event in the last five minutes burns a thousand times too fast."""
    series = month(1000, 1000, {HOUR: (0, 0), 300: (0, bad)})
    row = one(promise("0.99"), series)
    assert row.burn_rates["5m"] == row.burn_rates["1h"] == pytest.approx(100)
    assert row.verdict is verdict


def test_a_breach_outranks_a_firing_pair_and_keeps_it(promise, one, month):
    row = one(promise("0.999"), month(990, 1000))
    assert (row.verdict, row.firing) == (BREACHED, ("6h/30m > 5.6", "1d/2h > 2.8", "3d/6h > 0.933"))


def test_a_short_period_has_pairs_of_its_own(promise, one, month):
    week = promise("0.99", window=Rolling(7 * DAY))
    assert one(week, month(1000, 1000, {HOUR: (860, 1000)})).firing[0] == "1h/5m > 13.44"
    assert one(week, month(1000, 1000, {HOUR: (870, 1000)})).firing == ()


# --- coverage -----------------------------------------------------------------------------------------------------


def test_a_little_too_little_coverage_is_no_data(one, hours, day):
    seen = [60.0] * 22 + [0.0] * 2
    series = hours(np.array(seen), np.array(seen), seen)
    row = one(day(), series, at=END, min_coverage="0.92")
    assert row.verdict is NO_DATA
    assert row.coverage == pytest.approx(22 / 24)
    reason = "only 91.6% of the window was observed, 92% is the minimum; scrapes are missing within the window"
    assert row.reason == reason
    assert one(day(), series, at=END, min_coverage="0.91").verdict is MET


def test_coverage_as_low_as_the_minimum_is_enough(one, hours, day):
    seen = [60.0] * 12 + [0.0] * 12
    series = hours(np.array(seen), np.array(seen), seen)
    row = one(day(), series, at=END, min_coverage="0.5")
    assert (row.coverage, row.verdict) == (0.5, MET)


def test_too_little_coverage_outranks_a_breach_and_keeps_the_numbers(one, hours, day):
    seen = [60.0] * 12 + [0.0] * 12
    row = one(day(), hours(0.0, np.array(seen), seen), at=END)
    assert row.verdict is NO_DATA
    assert (row.bad, row.sli) == (720, 0)


def test_history_that_began_late_says_which_window_it_covers(one, hours, day):
    """Seen for 13 h, of which the first two tell nothing."""
    seen = [0.0] * 11 + [60.0] * 13
    row = one(day(), hours(np.array(seen), np.array(seen), seen), at=END)
    assert row.coverage == pytest.approx(11 / 24)
    assert row.reason == (
        "only 45.8% of the window was observed, 90% is the minimum; "
        "history covers a window of 0.5 d: judge that much with --window 11h, or lower --min-coverage; "
        "the ledger keeps what the server forgets, so coverage grows"
    )


def test_what_is_said_of_the_window_stands_on_every_row(promise, judged, hours):
    seen = np.array([[60.0] * 24])
    later = promise("0.99", window=Calendar(1, Unit.DAY, datetime(2034, 1, 1), "UTC"))
    short, usual = promise("0.99", window=Rolling(77 * 60)), promise("0.99", window=Rolling(3600))
    for slo, said in ((later, "the calendar begins only"), (short, "the window of 77 min is"), (usual, None)):
        for series in (hours(seen, seen, seen), hours(0 * seen, 0 * seen, 0 * seen)):
            (row,) = judged(slo, series, at=END)
            about = [text for text in row.warnings if "window of" in text or "calendar" in text]
            assert len(about) == (said is not None)
            assert not said or about[0].startswith(said)


@pytest.mark.parametrize(("least", "text"), [("0.995", "99.5%"), ("1", "100%"), ("0.96", "96%")])
def test_the_minimum_coverage_is_told_as_it_was_written(one, hours, day, least, text):
    seen = [60.0] * 23 + [0.0]
    row = one(day(), hours(np.array(seen), np.array(seen), seen), at=END, min_coverage=least)
    assert f"only 95.8% of the window was observed, {text} is the minimum" in row.reason


def test_a_late_birth_costs_its_own_group_only(judged, hours, day):
    seen = np.array([[60.0] * 24, [0.0] * 12 + [60.0] * 12])
    slo = day(group_by=("region",))
    eu, us = judged(slo, hours(seen, seen, seen, groups=TWO), at=END)
    assert (eu.group, eu.verdict, eu.coverage) == ({"region": "eu"}, MET, 1.0)
    assert (us.group, us.verdict) == ({"region": "us"}, NO_DATA)


def test_the_first_values_of_counters_are_of_unknown_age(one, hours, day):
    """An hour that was never watched before holds everything since the process began."""
    total = [0.0] * 4 + [1e9, 1e9] + [100.0] * 18
    series = hours(0.0, total, [0.0] * 4 + [60.0] * 20)
    row = one(day(), series, at=END, min_coverage="0.5")
    assert row.total == 1800
    assert row.coverage == pytest.approx(18 / 24)


@pytest.mark.parametrize("indicator", [RawRatio(Query("r")), Threshold(Query("m"), "lt", 1.0)])
def test_looks_at_a_gauge_have_no_age(one, hours, day, indicator):
    seen = [0.0] * 2 + [60.0] * 22
    series = hours(np.array(seen), np.array(seen), seen)
    assert one(day(indicator=indicator), series, at=END).total == 22 * 60
    assert one(day(), series, at=END).total == 20 * 60


def test_rare_scrapes_widen_buckets_and_say_so(promise, one, month):
    series = month(1000, 1000, {300: (0, 10)})
    series.seen[:] = series.widths / 300
    row = one(promise("0.99"), series)
    assert "buckets widened to 10 min to span two scrapes; shorter burn rates use that width" in row.warnings
    ten = 10 / (1000 / 12 + 10) / 0.01
    assert row.burn_rates["5m"] == pytest.approx(ten)
    assert row.coverage == 1.0


def test_a_run_that_ends_within_a_wide_bucket_ends_before_it(promise, one, month, at):
    """15:10 is within the bucket that ends at 15:15."""
    series = month(1000, 1000, {600: (0, 10)})
    series.seen[:] = series.widths / 420
    row = one(promise("0.99"), series)
    assert "buckets widened to 15 min" in " ".join(row.warnings)
    assert row.history.ends[-1] == at // 900 * 900 == at - 600
    assert row.bad == 0
    assert row.coverage == 1.0


def test_rarely_scraped_targets_are_born_together(promise, one, even):
    """Every ten minutes, one target after the other: the second one's first value comes up to ten minutes later."""
    events = np.array([1.0, 0.0] * 72)
    born = events.copy()
    born[2] = 1e9
    series = even(END - 12 * HOUR, END, 300, born, born, events)
    row = one(promise(window=Rolling(12 * HOUR)), series, at=END, min_coverage="0.5")
    assert row.total == 70
    assert row.coverage == pytest.approx(70 / 72)


# --- groups -------------------------------------------------------------------------------------------------------


def test_a_row_for_every_group(judged, hours, day):
    series = hours(np.array([[90.0] * 24, [100.0] * 24]), [100.0] * 24, groups=TWO)
    rows = judged(day(group_by=("region",)), series, at=END)
    assert [(row.group, row.verdict) for row in rows] == [({"region": "eu"}, BREACHED), ({"region": "us"}, MET)]
    assert [row.burn_rates["1d"] for row in rows] == pytest.approx([10.0, 0.0])


def test_groups_carry_every_label(judged, hours, day):
    slo = day(group_by=("region", "model"))
    (row,) = judged(slo, hours(1.0, [1.0] * 24, groups=(("eu", "i4"),)), at=END)
    assert row.group == {"region": "eu", "model": "i4"}


def test_a_group_that_was_gone_before_the_window_has_no_row(promise, judged, hours):
    slo = promise(window=Rolling(2 * HOUR), group_by=("region",))
    seen = np.array([[60.0] * 24, [60.0] * 22 + [0.0] * 2])
    rows = judged(slo, hours(seen, seen, seen, groups=TWO), at=END)
    assert [row.group["region"] for row in rows] == ["eu"]


def test_a_group_of_nothing_but_nan_is_told_and_told_once(judged, hours, day):
    slo = day(group_by=("region",), expect_groups=({"region": "us"},))
    seen = np.array([[60.0] * 24, [0.0] * 24])
    rows = judged(slo, hours(seen, seen, seen, groups=TWO), at=END)
    assert [(row.group["region"], row.verdict, row.reason) for row in rows] == [
        ("eu", MET, None),
        ("us", NO_DATA, "its series hold nothing but NaN"),
    ]


def test_an_expected_group_that_is_absent_is_no_data(judged, hours, day):
    slo = day(group_by=("region",), expect_groups=({"region": "eu"}, {"region": "cn"}))
    rows = judged(slo, hours(1.0, [1.0] * 24, groups=(("eu",),)), at=END)
    assert [(row.group, row.verdict) for row in rows] == [({"region": "eu"}, MET), ({"region": "cn"}, NO_DATA)]
    assert rows[1].reason == "expected group region=cn was not seen in the window"
    assert rows[1].coverage == 0.0


def test_expected_groups_may_name_labels_in_any_order(judged, hours, day):
    slo = day(group_by=("region", "model"), expect_groups=({"model": "i4", "region": "eu"},))
    assert len(judged(slo, hours(1.0, [1.0] * 24, groups=(("eu", "i4"),)), at=END)) == 1


def test_expected_groups_alone_are_rows_enough(judged, day):
    slo = day(group_by=("region",), expect_groups=({"region": "cn"},))
    assert [row.group for row in judged(slo, empty(), at=END)] == [{"region": "cn"}]


def test_what_was_only_seen_before_the_window_is_not_blamed_on_the_query(promise, one, hours):
    seen = [60.0] * 20 + [0.0] * 4
    row = one(promise(window=Rolling(2 * HOUR)), hours(np.array(seen), np.array(seen), seen), at=END)
    assert row.verdict is NO_DATA
    assert row.reason == "nothing was observed in the window, only before it: is the metric still scraped?"


def test_a_month_of_which_no_bucket_has_passed(promise, one, even, hours):
    """Five past midnight on the first, with scrapes so rare that a bucket takes an hour."""
    start = int(datetime.fromisoformat("2025-06-01T00:00Z").timestamp())
    month = promise(window=Calendar(1, Unit.MONTH, datetime(2025, 1, 1), "UTC"))
    series = join([hours(1.0, [1.0] * 90, 2, end=start), even(start, start + 300, 300, 1, 1, 1)])
    row = one(month, series, at=start + 300)
    assert (row.verdict, row.reason) == (NO_DATA, "the window has just begun: not one whole bucket of it has passed")


def test_nothing_at_all_is_one_row_that_says_so(one, day):
    row = one(day(), empty(), at=END)
    assert (row.verdict, row.group, row.coverage) == (NO_DATA, {}, 0.0)
    assert row.reason == "the source returned no series for the total: check its name and labels"


# --- empty, zero, too much ----------------------------------------------------------------------------------------


def test_no_events_are_not_no_data(one, hours, day):
    row = one(day(), hours(0.0, [0.0] * 24), at=END)
    assert row.verdict is MET
    assert (row.total, row.sli, row.interval, row.error_budget.remaining_ratio) == (0, None, None, None)
    assert row.warnings == ("no events in the window: nothing to judge",)
    assert row.burn_rates == dict.fromkeys(BURN_WINDOWS, 0.0)


def test_all_events_bad_is_an_outage(one, hours, day):
    """The good series vanished while the total is there: zero good, and not nothing known."""
    row = one(day(), hours(0.0, [10.0] * 24), at=END)
    assert (row.verdict, row.sli, row.bad) == (BREACHED, 0.0, 240)


def test_good_above_total_is_cut_and_told(one, hours, day):
    row = one(day(), hours(103.0, [100.0] * 24), at=END)
    assert (row.good, row.bad, row.total, row.sli) == (2400, 0, 2400, 1.0)
    assert row.warnings == ("good exceeds total by 3.00% and was clamped: do the queries match?",)


@pytest.mark.parametrize(
    ("target", "good", "told"), [("0.9", 100.09, False), ("0.9", 100.11, True), ("0.99", 100.09, True)]
)
def test_good_above_total_is_told_when_it_matters_to_the_budget(one, hours, day, target, good, told):
    row = one(day(target), hours(good, [100.0] * 24), at=END)
    assert (row.bad, row.sli) == (0, 1.0)
    assert bool(row.warnings) is told


def test_good_without_total_is_told(one, hours, day):
    row = one(day(), hours(5.0, [0.0] * 24), at=END)
    assert row.sli is None
    assert "good exceeds total by 120 events and was clamped: do the queries match?" in row.warnings


# --- rows ---------------------------------------------------------------------------------------------------------


def test_a_row_repeats_the_promise_and_the_evidence(promise, one, hours):
    slo = promise(window=Rolling(DAY), display_name="Commands", description="They arrive.")
    found = (Evidence("prometheus", "sum(t)", END),)
    row = one(slo, hours(1.0, [1.0] * 24), at=END, evidence=found, warnings=("slow",))
    assert (row.name, row.service, row.objective, row.target) == ("commands", "remote-command", "ok", Decimal("0.99"))
    assert (row.display_name, row.description, row.budgeting) == ("Commands", "They arrive.", "Occurrences")
    assert (row.evidence, row.warnings) == (found, ("slow",))
    assert row.window == Bounds("rolling", END - DAY, END)


def test_a_row_of_which_nothing_is_known(asked, day):
    question = asked(day(), at=END, warnings=("slow",))
    row = no_data(question, {"region": "eu"}, "gone")
    assert (row.verdict, row.reason, row.group, row.warnings) == (NO_DATA, "gone", {"region": "eu"}, ("slow",))
    assert row.burn_rates == dict.fromkeys(BURN_WINDOWS)
    assert (row.coverage, row.total, row.sli, row.error_budget, row.history) == (0.0, None, None, None, None)


def test_an_error_is_not_an_absence(asked, day):
    row = no_data(asked(day(), at=END), {}, "refused", Verdict.ERROR)
    assert (row.verdict, row.reason, row.coverage) == (Verdict.ERROR, "refused", None)


def test_history_is_the_window_and_adds_up_to_the_row(promise, judged, hours):
    good = np.array([np.arange(24.0), np.arange(24.0) * 2])
    series = hours(good, good + 1, groups=TWO)
    slo = promise(window=Rolling(12 * HOUR), group_by=("region",))
    for i, row in enumerate(judged(slo, series, at=END)):
        assert row.history.ends.tolist() == [END - k * HOUR for k in range(11, -1, -1)]
        assert row.history.widths.tolist() == [HOUR] * 12
        assert row.history.good.tolist() == good[i, 12:].tolist()
        assert row.history.total.tolist() == (good[i, 12:] + 1).tolist()
        assert row.history.coverage.tolist() == [1.0] * 12
        assert row.history.total.sum() == row.total


def test_history_is_kept_only_when_it_is_wanted(hours, day, measured):
    found = measured(day(), hours(1.0, [1.0] * 24), at=END)
    assert judge(found)[0].history is not None
    assert [(row.history, row.total) for row in judge(found, history=False)] == [(None, 24)]


def test_the_rules_are_told_with_their_numbers():
    text = " ".join(RULES)
    for words in ("never a mean of ratios", "under 10% of the budget", "2 bad events", "minimum coverage", "Wilson"):
        assert words in text


looks = st.sampled_from([0, 0, 1, 20, 60, 61])
values = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000), looks), min_size=26, max_size=26)


@given(values, st.sampled_from(["0.5", "0.9", "0.999"]), st.sampled_from(list(Budgeting)), st.booleans())
def test_whatever_comes_numbers_are_numbers_and_agree(promise, judged, even, drawn, target, method, traffic):
    good, total, seen = (np.array(one, float) for one in zip(*drawn, strict=True))
    good, total = good * (seen > 0), total * (seen > 0)
    slo = promise(target, window=Rolling(DAY), budgeting=method)
    if method is not Budgeting.OCCURRENCES:
        slo = promise(target, window=Rolling(DAY), budgeting=method, slice_seconds=HOUR, slice_target=Decimal("0.95"))
    if traffic:
        slo = replace(slo, expected_traffic=ExpectedTraffic(7, 3 * HOUR))
    for row in judged(slo, even(END - 26 * HOUR, END, HOUR, good, total, seen), at=END):
        numbers = [row.good, row.bad, row.total, row.sli, row.coverage, *(row.interval or ()), *row.burn_rates.values()]
        assert all(number is None or (isinstance(number, float) and isfinite(number)) for number in numbers)
        if row.total is None:
            assert row.verdict is NO_DATA
            continue
        assert row.good + row.bad == pytest.approx(row.total)
        assert 0 <= row.coverage <= 1
        assert (row.sli is None) == (row.total == 0)
        assert row.sli is None or row.interval[0] <= row.sli <= row.interval[1]
        budget = row.error_budget
        assert budget.consumed == row.bad
        assert (row.verdict is NO_DATA) == (row.coverage < 0.9)
        assert row.verdict is not BREACHED or budget.consumed > budget.allowed
        assert row.verdict is not MET or budget.consumed <= budget.allowed * (1 + 1e-9)
        assert (row.reason is None) == (row.verdict is MET)


def test_a_group_that_was_just_born_is_not_called_nan():
    end = 480_000 * 3600
    ends = np.arange(end - 12 * 300 + 300, end + 1, 300)
    seen = np.array([[5.0] * 12, [0.0] * 10 + [5.0] * 2, [0.0] * 12])
    series = Buckets((("eu",), ("cn",), ("us",)), ends, np.full(12, 300), seen * 9, seen * 9, seen)
    objective = Objective("ok", Ratio(Query("t"), Query("g")), Decimal("0.9"))
    slo = Slo("n", "s", (objective,), Budgeting.OCCURRENCES, Rolling(1800), Place("x"), group_by=("region",))
    rows = judge(measure(Asked(slo, objective, end, Decimal("0.9")), series))
    reasons = {row.group["region"]: row.reason for row in rows}
    assert reasons["eu"] is None
    assert "first time" in (reasons["cn"] or "")
    assert "NaN" in (reasons["us"] or "")
