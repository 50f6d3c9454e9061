"""Which buckets a set of windows needs, and one series out of the answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.slo.alert_windows import BURN_WINDOWS
from cdctl.domain.slo.series import SAMPLED, Buckets, Sampled, Span
from cdctl.domain.slo.tiling import (
    COARSE,
    FINE,
    MARGIN,
    Tiling,
    assemble,
    coarsen,
    empty,
    join,
    missing,
    regroup,
    slices,
    take,
    tile,
)

DAY = 86_400
NAMES = ("good", "total", "seen")

instants = st.integers(5_000_000, 5_010_000).map(lambda count: count * FINE)
lengths = st.lists(st.integers(1, 30 * DAY // FINE).map(lambda count: count * FINE), min_size=1, max_size=7)


def ordinals(span: Span, rows: int = 1) -> Buckets:
    """Buckets of a span in which one event happened every 300 s, each worth its number since the epoch."""
    ends = span.ends
    first, last = (ends - span.step) // FINE + 1, ends // FINE
    worth = (first + last) * (last - first + 1) / 2
    values = np.tile(worth, (rows, 1))
    return Buckets(
        tuple((f"g{i}",) for i in range(rows)), ends, np.full(len(ends), span.step), values, values + 1, values + 2
    )


def levels_of(tiling: Tiling, rows: int = 1) -> dict[int, Buckets]:
    return {step: join(ordinals(span, rows) for span in tiling.of(step)) for step in tiling.steps}


def edges_of(buckets: Buckets) -> set[int]:
    return {*buckets.ends.tolist(), *(buckets.ends - buckets.widths).tolist()}


def values_at(buckets: Buckets) -> dict[tuple[tuple[str, ...], int], tuple[float, ...]]:
    """What every group and bucket holds; absent ones are absent."""
    return {
        (group, end): tuple(float(getattr(buckets, name)[i, j]) for name in NAMES)
        for i, group in enumerate(buckets.groups)
        for j, end in enumerate(buckets.ends.tolist())
    }


# --- tile ---------------------------------------------------------------------------------------------------------


@given(instants, lengths)
def test_buckets_have_no_hole_and_no_overlap_and_every_start_is_an_edge(at, back):
    starts = [at - length for length in back]
    tiled = assemble(levels_of(tile(starts, at)), tile(starts, at))
    begins = tiled.ends - tiled.widths
    assert begins[1:].tolist() == tiled.ends[:-1].tolist()
    assert tiled.ends[-1] == at
    assert {*starts, at} <= edges_of(tiled)
    assert set(tiled.widths.tolist()) <= {FINE, COARSE}


@given(instants, lengths)
def test_the_margin_is_whole_coarse_buckets_before_the_first_window(at, back):
    starts = [at - length for length in back]
    tiled = assemble(levels_of(tile(starts, at)), tile(starts, at))
    margin = tiled.ends <= min(starts) // COARSE * COARSE
    assert tiled.widths[margin].tolist() == [COARSE] * MARGIN


@given(instants, lengths)
def test_every_window_sums_to_the_truth(at, back):
    """Each 300 s are worth their own number, so that no wrong sum can come out right."""
    starts = [at - length for length in back]
    tiling = tile(starts, at)
    tiled = assemble(levels_of(tiling), tiling)
    for start in starts:
        worth = np.arange(start // FINE + 1, at // FINE + 1)
        assert tiled.good[0, tiled.ends > start].sum() == worth.sum()


@given(instants, lengths)
def test_spans_of_one_level_do_not_touch_and_end_at_the_instant_at_the_latest(at, back):
    tiling = tile([at - length for length in back], at)
    for step in tiling.steps:
        spans = tiling.of(step)
        assert all(earlier.end < later.start for earlier, later in pairwise(spans))
        assert all(len(span) and span.start % COARSE == 0 and span.end <= at for span in spans)


def test_a_month_of_buckets_is_cheap(at):
    """8,064 five-minute buckets fill 28 days; every burn rate of them needs a tenth, in a handful of requests."""
    starts = [at - seconds for seconds in (28 * DAY, *BURN_WINDOWS.values())]
    tiling = tile(starts, at)
    assert sum(len(span) for span in tiling.spans) < 800
    assert len(tiling.spans) <= 5
    hourly = tile([at // COARSE * COARSE - seconds for seconds in (28 * DAY, 300, 1800, 3600)], at // COARSE * COARSE)
    assert [(span.step, len(span)) for span in hourly.spans] == [(FINE, 12), (COARSE, 28 * 24 + MARGIN)]


def test_levels_come_finest_first_and_spans_in_time_order():
    tiling = tile([0, 1500, 500_100], 900_300)
    assert tiling.steps == (FINE, COARSE)
    assert [span.start for span in tiling.of(FINE)] == [0, 500_100 // COARSE * COARSE, 900_000]
    assert tiling.of(60) == ()


def test_windows_on_whole_hours_need_no_fine_buckets():
    assert tile([7200], 36_000).spans == (Span(0, 36_000, COARSE),)


def test_a_window_within_one_hour_needs_only_its_margin_in_coarse_ones():
    tiling = tile([36_300], 37_200)
    assert tiling.of(FINE) == (Span(36_000, 37_200, FINE),)
    assert tiling.of(COARSE) == (Span(28_800, 36_000, COARSE),)


@given(instants, lengths)
def test_coarse_buckets_under_fine_ones_are_known_to_be_replaced(at, back):
    tiling = tile([at - length for length in back], at)
    fine = {end for span in tiling.of(FINE) for end in span.ends.tolist()}
    under = [
        end
        for end in range((at - 31 * DAY) // COARSE * COARSE, at + 2 * COARSE, COARSE)
        if all(end - k * FINE in fine for k in range(12))
    ]
    assert sorted(set(tiling.replaced(COARSE).tolist())) == under
    assert tiling.replaced(FINE).tolist() == []


def test_a_fine_span_that_starts_within_an_hour_replaces_only_whole_ones():
    tiling = Tiling((Span(1800, 12_600, FINE), Span(0, 14_400, COARSE)))
    assert tiling.replaced(COARSE).tolist() == [7200, 10_800]


# --- slices -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "at", "step", "expected"),
    [
        (3600, 7200, 300, Span(3000, 7200, 300)),
        (3600, 7200, 60, Span(3480, 7200, 60)),
        (3600, 7200, 420, Span(2940, 7140, 420)),
        (3600, 7500, 3600, Span(-3600, 7200, 3600)),
        (3900, 18_300, 3600, Span(0, 18_000, 3600)),
    ],
)
def test_slices_are_whole_ones_of_the_window_and_a_margin(start, at, step, expected):
    assert slices(start, at, step).spans == (expected,)


@given(st.integers(1000, 9000).map(lambda k: k * FINE), st.integers(24, 900), st.sampled_from([60, 300, 420, 3600]))
def test_slices_tile_the_window(at, back, step):
    start = at - back * FINE
    tiling = slices(start, at, step)
    assert tiling.steps == (step,)
    ends = assemble({step: ordinals(tiling.spans[0])}, tiling).ends.tolist()
    inside = [end for end in range(step, at + 1, step) if end - step >= start]
    assert [end for end in ends if end - step >= start] == inside
    assert len(ends) == len(inside) + MARGIN
    assert set(np.diff(ends)) <= {step}


# --- missing ------------------------------------------------------------------------------------------------------


def test_nothing_is_missing_when_all_is_known():
    assert missing(Span(0, 3600, 300), np.arange(300, 3601, 300)) == ()
    assert missing(Span(0, 0, 300), np.zeros(0, np.int64)) == ()


def test_all_is_missing_when_nothing_is_known():
    assert missing(Span(600, 3600, 300), np.zeros(0, np.int64)) == (Span(600, 3600, 300),)


def test_only_the_new_tail_is_asked_for():
    known = np.arange(300, 3001, 300)
    assert missing(Span(0, 3600, 300), known) == (Span(3000, 3600, 300),)


@pytest.mark.parametrize(("between", "spans"), [(23, 1), (24, 1), (25, 2)])
def test_few_known_buckets_between_are_asked_again_and_many_are_not(between, spans):
    step = 3600
    wanted = Span(0, (between + 2) * step, step)
    known = wanted.ends[1:-1]
    found = missing(wanted, known)
    assert len(found) == spans
    assert {found[0].start, found[-1].end} == {wanted.start, wanted.end}


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 6), st.integers(0, 9))
def test_missing_covers_every_absent_bucket_and_wastes_no_request(flags, bridge, offset):
    span = Span(offset * 300, (offset + len(flags)) * 300, 300)
    known = span.ends[np.array(flags)]
    asked = missing(span, np.concatenate([known, [span.end + 300, span.start]]), bridge)
    ends = [end for one in asked for end in one.ends.tolist()]
    assert ends == sorted(set(ends))
    absent = set(span.ends.tolist()) - set(known.tolist())
    assert absent <= set(ends) <= set(span.ends.tolist())
    for one in asked:
        assert {one.start + 300, one.end} <= absent
        unneeded = "".join("k" if end in known else "." for end in one.ends)
        assert "k" * (bridge + 1) not in unneeded
    assert all((b.start - a.end) // 300 > bridge for a, b in pairwise(asked))


# --- assemble -----------------------------------------------------------------------------------------------------


def test_fine_buckets_replace_the_hour_they_fill():
    tiling = Tiling((Span(3600, 7200, FINE), Span(0, 10_800, COARSE)))
    out = assemble(levels_of(tiling), tiling)
    assert out.ends.tolist() == [3600, *range(3900, 7201, 300), 10_800]
    assert out.widths.tolist() == [3600, *[300] * 12, 3600]


def test_buckets_nobody_asked_for_are_left_out():
    """A ledger may know more fine history than the windows of today need."""
    tiling = Tiling((Span(3600, 7200, FINE), Span(0, 10_800, COARSE)))
    levels = {FINE: ordinals(Span(0, 10_800, FINE)), COARSE: ordinals(Span(0, 21_600, COARSE))}
    assert assemble(levels, tiling).ends.tolist() == assemble(levels_of(tiling), tiling).ends.tolist()


def test_slices_nobody_asked_for_are_left_out():
    tiling = Tiling((Span(3600, 7200, 300),))
    out = assemble({300: ordinals(Span(0, 10_800, 300))}, tiling)
    assert out.ends.tolist() == list(range(3900, 7201, 300))


def test_a_bucket_that_is_not_there_leaves_its_time_uncovered():
    tiling = Tiling((Span(3600, 7200, FINE), Span(0, 10_800, COARSE)))
    levels = levels_of(tiling)
    levels[FINE] = take(levels[FINE], np.arange(1, 12))
    levels[COARSE] = take(levels[COARSE], np.array([1, 2]))
    out = assemble(levels, tiling)
    assert out.ends.tolist() == [*range(4200, 7201, 300), 10_800]
    assert int(out.widths.sum()) == 11 * 300 + 3600


def test_an_hour_that_is_not_over_is_made_of_fine_buckets():
    out = assemble(levels_of(tile([36_000], 40_500)), tile([36_000], 40_500))
    assert out.ends.tolist()[-4:] == [39_600, 39_900, 40_200, 40_500]


@given(instants, lengths, st.integers(2, 3))
def test_every_group_keeps_its_own_numbers(at, back, rows):
    tiling = tile([at - length for length in back], at)
    levels = levels_of(tiling, rows)
    for level in levels.values():
        for name in NAMES:
            getattr(level, name)[:] *= np.arange(1, rows + 1)[:, None]
    out = assemble(levels, tiling)
    assert out.groups == tuple((f"g{i}",) for i in range(rows))
    for name in NAMES:
        values = getattr(out, name)
        assert (values == values[:1] * np.arange(1, rows + 1)[:, None]).all()


# --- take, join, regroup, empty, coarsen --------------------------------------------------------------------------


def test_take_keeps_groups_and_places():
    out = take(ordinals(Span(0, 1500, 300), 2), np.array([0, 3]))
    assert out.groups == (("g0",), ("g1",))
    assert out.ends.tolist() == [300, 1200]
    assert out.widths.tolist() == [300, 300]
    assert [getattr(out, name).tolist() for name in NAMES] == [[[1, 4]] * 2, [[2, 5]] * 2, [[3, 6]] * 2]


def series(groups: Iterable[str], ends: list[int], value: float) -> Buckets:
    groups = tuple((name,) for name in groups)
    shape = (len(groups), len(ends))
    values = np.full(shape, value) + np.arange(shape[0] * shape[1]).reshape(shape) / 8
    return Buckets(groups, np.array(ends, np.int64), np.full(len(ends), 300), values, values * 2, values * 3)


def test_the_later_answer_wins():
    out = join([series("a", [300, 600], 1), series("a", [600, 900], 5)])
    assert out.ends.tolist() == [300, 600, 900]
    assert out.good.tolist() == [[1, 5, 5.125]]
    assert out.total.tolist() == [[2, 10, 10.25]]
    assert out.seen.tolist() == [[3, 15, 15.375]]


def test_groups_are_united_and_absent_ones_were_not_seen():
    out = join([series("ab", [300], 1), series("bc", [600], 5)])
    assert out.groups == (("a",), ("b",), ("c",))
    assert out.seen.tolist() == [[3, 0], [3.375, 15], [0, 15.375]]


def test_answers_are_put_in_time_order():
    out = join([series("a", [1200], 4), series("a", [300], 1), series("a", [600, 900], 2)])
    assert out.ends.tolist() == [300, 600, 900, 1200]
    assert out.good[0].tolist() == [1, 2, 2.125, 4]


def test_widths_follow_their_buckets():
    coarse = Buckets((("a",),), np.array([3600]), np.array([3600]), *([np.ones((1, 1))] * 3))
    assert join([series("a", [3900], 1), coarse, series("a", [4200], 1)]).widths.tolist() == [3600, 300, 300]


def test_nothing_joined_to_something_is_the_same():
    some = series("ab", [300, 600], 1)
    assert values_at(join([empty(), some, empty((("b",),))])) == values_at(some)


def test_nothing_joined_to_nothing_is_nothing():
    assert len(join([]).ends) == len(join([empty(), empty()]).ends) == 0


parts_of_series = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcd"), unique=True, max_size=3),
        st.lists(st.integers(1, 12).map(lambda k: k * 300), unique=True, min_size=1, max_size=6).map(sorted),
        st.integers(1, 50),
    ),
    min_size=1,
    max_size=4,
).map(lambda drawn: [series(*one) for one in drawn])


@given(parts_of_series)
def test_join_is_a_dictionary_that_is_updated(parts):
    groups = list(dict.fromkeys(group for part in parts for group in part.groups))
    truth: dict[tuple[tuple[str, ...], int], tuple[float, ...]] = {}
    for part in parts:
        truth.update({(group, int(end)): (0.0, 0.0, 0.0) for group in groups for end in part.ends})
        truth.update(values_at(part))
    out = join(parts)
    assert out.groups == tuple(groups)
    assert values_at(out) == truth
    assert out.ends.tolist() == sorted({end for part in parts for end in part.ends.tolist()})


def test_regroup_puts_groups_in_order_and_adds_unseen_ones():
    some = series("ab", [300, 600], 1)
    out = regroup(some, (("c",), ("b",)))
    assert out.groups == (("c",), ("b",))
    assert out.good.tolist() == [[0, 0], some.good[1].tolist()]
    assert out.seen.tolist() == [[0, 0], some.seen[1].tolist()]
    assert out.ends.tolist() == [300, 600]


def test_regroup_to_the_same_groups_changes_nothing():
    some = series("ab", [300, 600], 1)
    assert values_at(regroup(some, some.groups)) == values_at(some)


def test_empty_is_empty():
    none = empty((("a",), ("b",)))
    assert (none.groups, none.good.shape, len(none.ends)) == ((("a",), ("b",)), (2, 0), 0)
    assert empty().good.shape == (0, 0)


def test_twelve_fine_buckets_make_a_coarse_one():
    out = coarsen(ordinals(Span(0, 7200, 300), 2), 3600)
    assert out.ends.tolist() == [3600, 7200]
    assert out.widths.tolist() == [3600, 3600]
    assert out.good[1].tolist() == [sum(range(1, 13)), sum(range(13, 25))]
    assert out.total[0].tolist() == [sum(range(2, 14)), sum(range(14, 26))]
    assert out.seen[0].tolist() == [sum(range(3, 15)), sum(range(15, 27))]


@pytest.mark.parametrize("gone", [0, 5, 11])
def test_an_hour_that_is_not_filled_is_left_out(gone):
    fine = ordinals(Span(0, 7200, 300))
    out = coarsen(take(fine, np.delete(np.arange(24), gone)), 3600)
    assert out.ends.tolist() == [7200]
    assert out.good.tolist() == [[sum(range(13, 25))]]


def test_nothing_to_coarsen():
    assert coarsen(empty((("a",),)), 3600).groups == (("a",),)
    assert len(coarsen(ordinals(Span(300, 3300, 300)), 3600).ends) == 0


@given(st.sets(st.integers(1, 48)), st.sampled_from([600, 900, 1200, 1800, 3600]))
def test_coarse_buckets_are_sums_of_the_fine_ones_that_fill_them(present, step):
    fine = take(ordinals(Span(0, 14_400, 300)), np.array(sorted(k - 1 for k in present), np.int64))
    per = step // 300
    full = [k for k in range(1, 48 // per + 1) if set(range((k - 1) * per + 1, k * per + 1)) <= present]
    out = coarsen(fine, step)
    assert out.ends.tolist() == [k * step for k in full]
    assert out.good[0].tolist() == [sum(range((k - 1) * per + 1, k * per + 1)) for k in full]


def watched(groups: Iterable[str], ends: list[int], value: float) -> Buckets:
    found = series(groups, ends, value)
    behind = Sampled(*(found.total * factor for factor in (1, 2, 3, 4, 5)))
    return replace(found, sampled=behind, watched=np.full(len(ends), 5.0))


def test_a_group_without_events_was_looked_at_where_the_source_was_watched():
    out = join([watched("ab", [300], 1), watched("bc", [600], 5)])
    assert out.groups == (("a",), ("b",), ("c",))
    assert out.seen.tolist() == [[3, 5], [3.375, 15], [5, 15.375]]
    assert out.total[2].tolist() == [0, 10.25]
    assert out.watched.tolist() == [5, 5]
    assert out.sampled.squares.tolist() == (out.total * 3).tolist()


def test_a_watch_without_any_group_is_remembered():
    out = join([watched("", [300], 1), watched("a", [600], 5)])
    assert out.seen.tolist() == [[5, 15]]


def test_what_stands_behind_events_is_summed_and_taken_as_they_are():
    fine = watched("ab", list(range(300, 7500, 300)), 1)
    hours = coarsen(fine, 3600)
    assert hours.watched.tolist() == [60, 60]
    for number, name in enumerate(SAMPLED, 1):
        assert getattr(hours.sampled, name) == pytest.approx(hours.total * number)
    assert take(fine, np.array([3])).sampled.kept.tolist() == fine.total[:, [3]].tolist()


def test_parts_without_weights_count_their_events_as_they_are():
    out = join([replace(watched("a", [300], 1), watched=None), series("a", [600], 5)])
    assert out.sampled.kept.tolist() == [[2, 10]]
    assert out.sampled.squares.tolist() == [[6, 10]]
    assert out.watched is None
