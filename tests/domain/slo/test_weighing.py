"""Weighted events: rates by weights, certainty by what was kept, and what is said of unknown weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cdctl.domain.slo.interval import wilson
from cdctl.domain.slo.objective import Budgeting, ExpectedTraffic
from cdctl.domain.slo.series import Buckets, Sampled
from cdctl.domain.slo.verdict import Row
from cdctl.domain.slo.weighing import MIXED

HOURS = 24
END = 480_000 * 3600


@pytest.fixture
def weighted(hours: Callable[..., Buckets]) -> Callable[..., Buckets]:
    """A day of spans, so many kept an hour: bad ones and good ones, each with the weight it has."""

    def build(bad: float, good: float, of_bad: float = 1.0, of_good: float = 1.0, unknown: float = 0.0) -> Buckets:
        plain = hours(good * of_good, np.full(HOURS, bad * of_bad + good * of_good))
        full = np.ones_like(plain.total)
        kept, squares, squares_bad = bad + good, bad * of_bad**2 + good * of_good**2, bad * of_bad**2
        behind = Sampled(full * kept, full * bad, full * squares, full * squares_bad, full * unknown)
        return replace(plain, sampled=behind, watched=np.full(len(plain.ends), 60.0))

    return build


Judged = Callable[..., Row]


@pytest.fixture
def row_of(one: Judged, day: Callable[..., object]) -> Judged:
    """The row of a day's promise over buckets."""
    return lambda target, buckets, **more: one(day(target, **more), buckets, at=END)


def test_all_errors_and_five_percent_of_the_good_ones(row_of: Judged, hours, weighted) -> None:
    """Tail sampling: 7,270 of a million are bad, all of them kept, and every twentieth of the good ones."""
    bad, good = 7270 / HOURS, 992_730 / 20 / HOURS
    naive = row_of("0.99", hours(good, np.full(HOURS, bad + good)))
    assert 1 - naive.sli == pytest.approx(0.128, abs=0.0005)
    assert naive.verdict == "breached"
    row = row_of("0.99", weighted(bad, good, of_good=20))
    assert 1 - row.sli == pytest.approx(0.00727, abs=2e-6)
    assert row.total == pytest.approx(1_000_000)
    assert row.verdict == "met"
    assert row.interval[0] < 1 - 0.00727 < row.interval[1]


def test_a_drawn_sample_is_near_the_truth(row_of: Judged, weighted) -> None:
    rng = np.random.default_rng(1)
    bad, good = 727 / HOURS, rng.binomial(99_273, 0.05) / HOURS
    row = row_of("0.99", weighted(bad, good, of_good=20))
    assert 1 - row.sli == pytest.approx(0.00729, abs=0.0002)


def test_the_interval_counts_what_was_kept(row_of: Judged, hours, weighted) -> None:
    all_kept = row_of("0.9", hours(950.0, np.full(HOURS, 1000.0)))
    twentieth = row_of("0.9", weighted(2.5, 47.5, 20, 20))
    assert twentieth.sli == pytest.approx(all_kept.sli)
    assert twentieth.interval == pytest.approx(wilson(47.5 * HOURS, 50 * HOURS))
    assert all_kept.interval == pytest.approx(wilson(950 * HOURS, 1000 * HOURS))


def test_one_kept_span_pages_nobody_whatever_it_stands_for(row_of: Judged, weighted, hours) -> None:
    """A single bad span of weight 100 in the last hour: a hundred bad events by weight, one that was seen."""

    def last_hour(bad: float, weight: float) -> Buckets:
        found = weighted(0, 50, of_good=2)
        for array, add in (
            (found.total, bad * weight),
            (found.sampled.kept, bad),
            (found.sampled.kept_bad, bad),
            (found.sampled.squares, bad * weight**2),
            (found.sampled.squares_bad, bad * weight**2),
        ):
            array[:, -1] += add
        return found

    alone, three = (row_of("0.9", last_hour(*case)) for case in ((1, 100.0), (3, 100.0 / 3)))
    assert alone.burn_rates["1h"] == pytest.approx(three.burn_rates["1h"]) == pytest.approx(5)
    assert three.firing
    assert not alone.firing


def test_unknown_weights_are_said_and_not_hidden(row_of: Judged, weighted) -> None:
    row = row_of("0.9", weighted(2, 48, unknown=50))
    (said,) = row.warnings
    assert said.startswith("no span says how many it stands for: each counts as one")
    assert row.interval == pytest.approx(wilson(48 * HOURS, 50 * HOURS))
    assert row.reason is None
    part = row_of("0.9", weighted(2, 48, unknown=5))
    assert part.warnings[0].startswith("10% of the spans do not say how many they stand for")


def test_known_and_unknown_weights_together_lower_what_is_claimed(row_of: Judged, weighted) -> None:
    row = row_of("0.9", weighted(2, 48, of_good=20, unknown=2))
    assert "others stand for several: the ratio may be far off" in row.warnings[0]
    assert row.reason == MIXED
    assert row_of("0.9", weighted(2, 48, of_good=20)).warnings == ()


def test_slices_are_counted_one_by_one(one: Judged, promise, even) -> None:
    slo = promise("0.9", budgeting=Budgeting.RATIO_TIMESLICES, slice_seconds=300)
    plain = even(0, 86_400 * 29, 300, 95.0, 100.0)
    behind = Sampled(*(plain.total * factor for factor in (0.1, 0.01, 10, 1, 0)))
    row = one(slo, replace(plain, sampled=behind, watched=np.full(len(plain.ends), 5.0)), at=86_400 * 29)
    assert row.interval == wilson(row.good, row.total)


def test_the_first_spans_of_a_history_are_all_known(row_of: Judged, hours, weighted) -> None:
    """A counter's first two buckets hold events of unknown age; spans are events."""
    counted, spans = hours(9, np.full(HOURS, 10.0)), weighted(1, 9)
    for series in (counted, spans):
        series.seen[:, : HOURS // 2] = series.good[:, : HOURS // 2] = series.total[:, : HOURS // 2] = 0
    assert row_of("0.5", spans).total == row_of("0.5", counted).total + 20


@pytest.mark.parametrize(
    ("watch", "reason"),
    [(0.0, "the store took no spans in during the window"), (60.0, "not one span of the total ended in the window")],
)
def test_nothing_at_all_has_a_reason(judged, day, hours, watch: float, reason: str) -> None:
    nothing = hours(0, np.zeros(HOURS), groups=())
    nothing = replace(nothing, watched=np.full(len(nothing.ends), watch))
    (row,) = judged(day(), nothing, at=END)
    assert (row.verdict, row.reason.startswith(reason)) == ("no_data", True)
    slo = day(group_by=("region",), expect_groups=({"region": "eu"}, {"region": "us"}))
    rows = judged(slo, nothing, at=END)
    assert [row.group for row in rows] == [{"region": "eu"}, {"region": "us"}]
    assert all(row.reason.startswith(reason) for row in rows)


def test_silence_that_is_charged_is_known_event_by_event(row_of: Judged, weighted) -> None:
    spans = weighted(0, 50, of_good=20, unknown=0)
    for array in (spans.total, spans.good, *(getattr(spans.sampled, name) for name in ("kept", "squares"))):
        array[:, -6:] = 0
    row = row_of("0.9", spans, expected_traffic=ExpectedTraffic(1000, 3600))
    assert row.bad == pytest.approx(6000)
    assert row.firing
