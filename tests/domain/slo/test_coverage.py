"""How much was looked at, and what silence means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.slo.coverage import (
    charge_silence,
    coverage,
    drop_first_after_silence,
    expected,
    habit,
    scrape_seconds,
    widened,
)
from cdctl.domain.slo.objective import ExpectedTraffic
from cdctl.domain.slo.tiling import empty, join

HOUR = 3600
DAY = 86_400
TWO = (("eu",), ("us",))


def fives(even, seen, **more):
    """Five-minute buckets with these numbers of scrapes."""
    return even(0, 300 * np.shape(seen)[-1], 300, 1.0, 1.0, seen, **more)


# --- expected and coverage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "usual"),
    [
        ([5, 5, 5, 5], 5),
        ([4, 5, 5, 6], 5),
        ([5, 4], 5),
        ([1, 5, 9], 5),
        ([9, 1, 1, 9], 9),
        ([0, 0, 0, 0, 5], 5),
        ([0, 0, 0, 3, 5, 7], 5),
        ([0, 0], 0),
        ([0, 20, 5, 5, 5], 5),
    ],
)
def test_usual_is_the_upper_median_of_what_was_seen(even, seen, usual):
    assert expected(fives(even, seen), 300).tolist() == [usual]


def test_usual_is_told_by_group_and_by_width(even):
    both = join([even(0, 7200, 3600, seen=[[60, 60], [20, 20]], groups=TWO), even(7200, 7800, 300, seen=5, groups=TWO)])
    assert expected(both, 3600).tolist() == [60, 20]
    assert expected(both, 300).tolist() == [5, 5]
    assert expected(both, 60).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("seen", "covered"),
    [
        ([5, 5, 5], [1, 1, 1]),
        ([5, 4, 5, 6, 5], [1, 1, 1, 1, 1]),
        ([5, 3, 5, 5], [1, 0.8, 1, 1]),
        ([5, 1, 5, 5], [1, 0.4, 1, 1]),
        ([5, 0, 5, 5], [1, 0, 1, 1]),
        ([0, 0, 5, 5], [0, 0, 1, 1]),
        ([0, 0, 0], [0, 0, 0]),
        ([1, 0, 1], [1, 0, 1]),
        ([0.5, 0.5], [1, 1]),
        ([2, 2, 1], [1, 1, 1]),
        ([20, 20, 9], [1, 1, 0.5]),
    ],
)
def test_jitter_is_forgiven_and_a_gap_is_not(even, seen, covered):
    assert coverage(fives(even, seen)).tolist() == [pytest.approx(covered)]


def test_a_gap_of_an_hour_and_a_half_shows(even):
    looked = [60] * 10 + [15, 15] + [60] * 12
    share = coverage(even(0, 24 * HOUR, HOUR, 1, 1, looked))[0]
    assert float((1 - share).sum() * HOUR) == pytest.approx(5400, rel=0.03)


def test_each_group_is_measured_by_its_own_habit(even):
    share = coverage(fives(even, [[5, 5, 5, 0], [1, 1, 0, 1]], groups=TWO))
    assert share.tolist() == [[1, 1, 1, 0], [1, 1, 0, 1]]


def test_hours_and_five_minutes_have_habits_of_their_own(even):
    both = join([even(0, 10_800, HOUR, 1, 1, [60, 60, 30]), even(10_800, 11_700, 300, 1, 1, [5, 5, 2])])
    assert coverage(both).tolist() == [pytest.approx([1, 1, 31 / 60, 1, 1, 0.6])]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30))
def test_coverage_is_a_share_and_zero_only_where_nothing_was_seen(even, seen):
    share = coverage(fives(even, seen))[0]
    assert ((share >= 0) & (share <= 1)).all()
    assert ((share > 0) == (np.array(seen) > 0)).all()
    usual = sorted(one for one in seen if one)[len([one for one in seen if one]) // 2] if any(seen) else 0
    assert (share[np.array(seen) >= max(usual - 1, 1)] == 1).all()


# --- habits that change -------------------------------------------------------------------------------------------


def looked(even, *runs):
    """Hours with so many scrapes each, runs of (hours, scrapes)."""
    seen = np.concatenate([np.full(hours, float(scrapes)) for hours, scrapes in runs])
    return even(0, len(seen) * HOUR, HOUR, 1, 1, seen)


@pytest.mark.parametrize(
    "runs",
    [
        [(30, 60), (60, 120)],
        [(60, 120), (30, 60)],
        [(336, 60), (336, 12)],
        [(100, 240), (5 * 24, 60), (100, 20)],
        [(7 * 24, 60), (13, 120)],
        [(25, 60), (7 * 24, 120)],
        [(50, 60), (30, 0), (50, 15)],
    ],
)
def test_a_new_scrape_interval_is_no_gap(even, runs):
    series = looked(even, *runs)
    assert (coverage(series)[0] == (series.seen[0] > 0)).all()


@pytest.mark.parametrize(
    ("runs", "share"),
    [
        ([(100, 60), (20, 15), (100, 60)], 16 / 60),
        ([(100, 60), (24, 29), (100, 60)], 0.5),
        ([(100, 60), (11, 29)], 0.5),
        ([(240, 60), (5, 29), (240, 120)], None),
        ([(240, 60), (72, 120), (10, 59), (240, 120)], 0.5),
    ],
)
def test_an_outage_of_less_than_a_day_is_no_habit(even, runs, share):
    series, odd = looked(even, *runs), min(scrapes for _, scrapes in runs) if len(runs) < 4 else 59
    found = coverage(series)[0]
    assert (found[series.seen[0] != odd] == 1).all()
    assert found[series.seen[0] == odd].tolist() == pytest.approx(
        [30 / 60 if share is None else share] * int((series.seen[0] == odd).sum())
    )


def test_time_before_the_first_scrape_has_no_habit(even):
    series = looked(even, (48, 0), (10, 60), (3, 2), (59, 60))
    assert coverage(series)[0, 58:61].tolist() == pytest.approx([3 / 60] * 3)


def test_five_minutes_follow_the_habit_of_their_day(even):
    """Fine buckets a week ago have 5 scrapes, those of now 10, and one of now misses half of them."""
    seen = np.full(168, 60.0)
    seen[80:] = 120
    series = join(
        [
            even(0, 3600, 300, 1, 1, 5),
            even(3600, 169 * HOUR, HOUR, 1, 1, seen),
            even(169 * HOUR, 170 * HOUR, 300, 1, 1, [10] * 10 + [4, 0]),
        ]
    )
    found = coverage(series)[0]
    assert (found[:-2] == 1).all()
    assert found[-2:].tolist() == [0.5, 0]
    assert habit(series)[0, [0, -1]].tolist() == [5, 10]


def test_a_group_whose_habit_changes_leaves_the_others_alone(even):
    seen = np.full((3, 96), 60.0)
    seen[1, 40:] = 120
    seen[2, 50:53] = 20
    series = even(0, 96 * HOUR, HOUR, 1, 1, seen, groups=(*TWO, ("cn",)))
    found = coverage(series)
    assert (found[:2] == 1).all()
    assert (found[2] < 1).tolist() == (seen[2] == 20).tolist()


def test_silence_is_charged_at_the_habit_of_its_time(even):
    seen = np.array([60.0] * 72 + [120.0] * 80)
    total = np.ones(152)
    total[100:110] = seen[100:110] = 0
    out, seconds = charged(even(0, 152 * HOUR, HOUR, total, total, seen), ExpectedTraffic(1, HOUR))
    assert seconds.sum() == 10 * HOUR
    assert out.seen[0, 100:110].tolist() == [120] * 10
    assert (coverage(out) == 1).all()


def test_habits_of_very_many_groups_are_found_in_parts(even):
    count = 600
    seen = np.full((count, 72), 60.0)
    seen[:, 36:] = np.arange(1, count + 1)[:, None] * 2 + 60
    series = even(0, 72 * HOUR, HOUR, 1, 1, seen, groups=tuple((str(i),) for i in range(count)))
    assert (coverage(series) == 1).all()
    assert (habit(series) == seen).all()


@given(st.lists(st.tuples(st.integers(24, 60), st.sampled_from([4, 12, 60, 240])), min_size=1, max_size=5))
def test_habits_that_last_two_days_are_all_covered(even, drawn):
    runs = [(hours * 2, scrapes) for hours, scrapes in drawn]
    assert (coverage(looked(even, *runs)) == 1).all()


@pytest.mark.parametrize(
    ("runs", "width"), [([(240, 60), (72, 12)], 600), ([(240, 12), (72, 60)], 300), ([(240, 60), (5, 12)], 300)]
)
def test_buckets_are_as_wide_as_the_scrapes_of_the_last_day_need(even, runs, width):
    series = looked(even, *runs)
    end = int(series.ends[-1])
    assert widened(join([series, even(end, end + HOUR, 300, 1, 1, 1)]))[1] == width


# --- rare scrapes -------------------------------------------------------------------------------------------------


def test_the_interval_is_told_by_the_widest_buckets_of_the_best_observed_group(even):
    hours = even(0, 7200, HOUR, seen=[[60, 60], [30, 30]], groups=TWO)
    assert scrape_seconds(hours) == 60
    assert scrape_seconds(join([hours, even(7200, 7800, 300, seen=20, groups=TWO)])) == 60
    assert scrape_seconds(even(0, 600, 300, seen=2)) == 150


def test_what_was_never_seen_tells_no_interval(even):
    assert scrape_seconds(even(0, 7200, HOUR, seen=0)) is None
    assert scrape_seconds(empty((("eu",),))) is None


@pytest.mark.parametrize(
    ("interval", "width"),
    [
        (15, 300), (60, 300), (120, 300), (150, 300), (153, 300), (154, 600), (180, 600), (300, 600), (306, 600),
        (310, 900), (450, 900), (600, 1200), (750, 1800), (900, 1800), (919, 3600), (1800, 3600), (3600, 3600),
        (7200, 3600),
    ],
)  # fmt: skip
def test_fine_buckets_are_merged_until_two_scrapes_fit(even, interval, width):
    series = join([even(0, 5 * HOUR, HOUR, seen=HOUR / interval), even(5 * HOUR, 7 * HOUR, 300, seen=300 / interval)])
    merged, found = widened(series)
    assert found == width
    assert set(merged.widths.tolist()) == {width, HOUR}
    assert merged.ends[-1] == 7 * HOUR
    assert merged.widths.sum() == 7 * HOUR


def test_merging_loses_no_event(even):
    fine = np.arange(1.0, 25.0)
    series = join(
        [
            even(0, 5 * HOUR, HOUR, 7, 9, 12),
            even(5 * HOUR, 7 * HOUR, 300, fine, fine * 2, 1),
        ]
    )
    merged, width = widened(series)
    assert width == 600
    assert merged.good[0, 5:].tolist() == (fine[0::2] + fine[1::2]).tolist()
    assert merged.total[0, :5].tolist() == [9] * 5
    assert merged.total.sum() == series.total.sum()
    assert merged.seen[0, 5:].tolist() == [2] * 12


def test_what_does_not_fill_a_wider_bucket_is_left_for_the_next_run(even):
    series = join([even(0, 5 * HOUR, HOUR, 1, 1, 12), even(5 * HOUR, 5 * HOUR + 900, 300, 1, 1, 1)])
    merged, _ = widened(series)
    assert merged.ends.tolist()[-2:] == [5 * HOUR, 5 * HOUR + 600]


def test_often_enough_is_left_alone(even):
    series = join([even(0, 5 * HOUR, HOUR, 1, 1, 60), even(5 * HOUR, 6 * HOUR, 300, 1, 1, 5)])
    merged, width = widened(series)
    assert (width, merged.ends.tolist()) == (300, series.ends.tolist())


def test_what_was_never_seen_is_left_alone(even):
    merged, width = widened(even(0, 7200, 300, seen=0))
    assert (width, len(merged.ends)) == (300, 24)


# --- births and long silences -------------------------------------------------------------------------------------


def dropped(series) -> list[list[int]]:
    """Places of the buckets that lost their numbers, a list for every group."""
    out = drop_first_after_silence(series)
    for name in ("good", "total", "seen"):
        kept = getattr(out, name) != 0
        assert (getattr(out, name)[kept] == getattr(series, name)[kept]).all()
        assert (kept == (out.seen != 0)).all()
    return [np.flatnonzero((a > 0) & (b == 0)).tolist() for a, b in zip(series.seen, out.seen, strict=True)]


@pytest.mark.parametrize(
    ("seen", "gone"),
    [
        ([1] * 40, [0, 1]),
        ([0] * 5 + [1] * 40, [5, 6]),
        ([1] * 5 + [0] * 22 + [1] * 5, [0, 1]),
        ([1] * 5 + [0] * 24 + [1] * 5, [0, 1, 29, 30]),
        ([1] * 5 + [0] * 60 + [1] * 5, [0, 1, 65, 66]),
        ([1] * 5 + [0] * 30 + [1] * 5 + [0] * 30 + [1] * 5, [0, 1, 35, 36, 70, 71]),
        ([1, 0, 1, 1], [0]),
        ([0, 0, 1], [2]),
        ([0, 0, 0], []),
    ],
)
def test_the_two_buckets_after_a_day_of_silence_or_the_start_are_dropped(even, seen, gone):
    looks = np.array(seen)
    assert dropped(even(0, HOUR * len(seen), HOUR, looks * 5, looks * 7, looks)) == [gone]


def test_every_group_is_born_on_its_own(even):
    looks = np.array([[1, 1, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1]])
    assert dropped(even(0, 6 * HOUR, HOUR, looks * 5, looks * 7, looks, groups=TWO)) == [[0, 1], [3, 4]]


def test_a_hole_in_the_history_is_silence_too(even):
    holed = join([even(0, 5 * HOUR, HOUR, 5, 7, 60), even(5 * HOUR + DAY, 8 * HOUR + DAY, HOUR, 5, 7, 60)])
    assert dropped(holed) == [[0, 1, 5, 6]]
    shorter = join([even(0, 5 * HOUR, HOUR, 5, 7, 60), even(3 * HOUR + DAY, 8 * HOUR + DAY, HOUR, 5, 7, 60)])
    assert dropped(shorter) == [[0, 1]]


def test_the_series_that_was_given_is_not_changed(even):
    series = even(0, 6 * HOUR, HOUR, 5, 7, 60)
    drop_first_after_silence(series)
    assert series.total.tolist() == [[7] * 6]
    silent = even(0, 6 * HOUR, HOUR, 0, [7, 0, 0, 0, 0, 7], 60)
    flags = silent.total <= 0
    charge_silence(silent, ExpectedTraffic(1, HOUR), flags)
    assert silent.total.tolist() == [[7, 0, 0, 0, 0, 7]]
    assert flags.tolist() == [[False, True, True, True, True, False]]


def test_a_counter_last_seen_at_the_beginning_of_an_hour_is_out_of_sight_for_longer(even):
    """23.5 h after the end of its last hour the counter may have been away for 24.5 h, and is counted anew."""
    back = 5 * HOUR + 23 * HOUR + 1800
    coarse, fine = even(0, 5 * HOUR, HOUR, 5, 7, 60), even(back, back + 1800, 300, 5, 7, 5)
    assert dropped(join([coarse, fine])) == [[0, 1, 5, 6]]
    sooner = even(back - HOUR, back - 1800, 300, 5, 7, 5)
    assert dropped(join([coarse, sooner])) == [[0, 1]]


# --- expected traffic ---------------------------------------------------------------------------------------------


def charged(series, traffic: ExpectedTraffic):
    """The series with its silences charged, and where: seconds, [n_groups, n_buckets]."""
    return charge_silence(series, traffic, series.total <= 0)


@pytest.mark.parametrize(
    ("total", "allowed_hours", "charged_places"),
    [
        ([9, 0, 0, 0, 9], 3, [1, 2, 3]),
        ([9, 0, 0, 9, 9], 3, []),
        ([9, 9, 0, 0, 0], 3, [2, 3, 4]),
        ([9, 0, 9, 0, 9], 1, [1, 3]),
        ([9, 0, 9, 0, 9], 2, []),
        ([0, 0, 0, 9, 9], 1, []),
        ([0, 9, 0, 0, 9], 2, [2, 3]),
        ([9, 9, 9, 9, 9], 1, []),
        ([9, 0, 0, 9, 0, 0, 0, 9, 0, 0], 3, [4, 5, 6]),
        ([9, 0, 0, 9, 0, 0, 0, 9, 0, 0], 2, [1, 2, 4, 5, 6, 8, 9]),
        ([0.5, 0, 0, 0.5], 1, [1, 2]),
    ],
)
def test_silence_longer_than_promised_is_charged(even, total, allowed_hours, charged_places):
    series = even(0, len(total) * HOUR, HOUR, total, total, np.array(total) * 10)
    out, seconds = charged(series, ExpectedTraffic(12, allowed_hours * HOUR))
    wanted = np.array(total, dtype=float)
    wanted[charged_places] = 12 / allowed_hours
    assert out.total.tolist() == [wanted.tolist()]
    assert out.good.tolist() == series.good.tolist()
    assert seconds.tolist() == [[HOUR if i in charged_places else 0 for i in range(len(total))]]
    assert (out.seen[0] > 0).tolist() == [bool(n) or i in charged_places for i, n in enumerate(total)]


def test_charged_time_counts_as_covered(even):
    series = even(0, 8 * HOUR, HOUR, 5, [9, 9, 9, 0, 0, 0, 9, 9], [60, 60, 60, 0, 0, 0, 60, 60])
    assert coverage(series)[0].tolist() == [1, 1, 1, 0, 0, 0, 1, 1]
    out, _ = charged(series, ExpectedTraffic(1, HOUR))
    assert coverage(out)[0].tolist() == [1] * 8


def test_silence_is_charged_over_buckets_of_all_widths(even):
    series = join([even(0, 2 * HOUR, HOUR, 6, [6, 0], [60, 0]), even(2 * HOUR, 2 * HOUR + 900, 300, 0, 0, 0)])
    out, seconds = charged(series, ExpectedTraffic(24, HOUR))
    assert out.total[0].tolist() == [6, 24, 2, 2, 2]
    assert seconds.tolist() == [[0, HOUR, 300, 300, 300]]


def test_groups_are_silent_on_their_own(even):
    series = even(0, 4 * HOUR, HOUR, 0, [[9, 0, 0, 9], [9, 9, 9, 9]], 60, groups=TWO)
    out, seconds = charged(series, ExpectedTraffic(5, HOUR))
    assert out.total.tolist() == [[9, 5, 5, 9], [9, 9, 9, 9]]
    assert seconds.sum(axis=1).tolist() == [2 * HOUR, 0]


@pytest.mark.parametrize(("total", "bad"), [([9, 0, 0, 9], 10), ([0, 0, 0, 9], 15), ([0, 0, 0, 0], 20)])
def test_scraped_zeros_are_silence(even, total, bad):
    """The counter is there and stands still: nobody can reach the service, perhaps since before the history began."""
    out, seconds = charged(even(0, 4 * HOUR, HOUR, 0, total, 60), ExpectedTraffic(5, HOUR))
    assert out.total.sum() == sum(total) + bad
    assert seconds.sum() == bad / 5 * HOUR


def test_a_group_that_never_was_is_not_silent(even):
    series = even(0, 4 * HOUR, HOUR, 0, 0, 0)
    out, seconds = charged(series, ExpectedTraffic(5, HOUR))
    assert (out.total.sum(), out.seen.sum(), seconds.sum()) == (0, 0, 0)


def test_what_is_told_to_be_loud_is_not_charged(even):
    """Buckets whose numbers were dropped had events, though nobody knows how many."""
    series = even(0, 4 * HOUR, HOUR, 0, [9, 0, 0, 9], 60)
    loud = np.array([[False, True, False, False]])
    assert charge_silence(series, ExpectedTraffic(5, HOUR), (series.total <= 0) & ~loud)[1].tolist() == [
        [0, 0, HOUR, 0]
    ]
