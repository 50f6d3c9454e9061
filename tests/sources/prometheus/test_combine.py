"""Absent, empty, NaN and zero are four different things."""

from __future__ import annotations

import numpy as np
import pytest

from cdctl.domain.slo.doubts import NO_BAD, NO_GOOD
from cdctl.domain.slo.objective import Indicator, Query, Ratio, RawRatio, Threshold
from cdctl.domain.slo.series import Buckets, Span
from cdctl.sources.prometheus.answers import Series
from cdctl.sources.prometheus.combine import combine
from cdctl.sources.prometheus.legs import SEEN, EventLeg
from cdctl.sources.prometheus.plan import plan
from cdctl.sources.promql.refusal import QueryError

HOURS = Span(0, 4 * 3600, 3600)
NAN = float("nan")
REGION = ("region",)
GOOD = Ratio(Query("t"), good=Query("g"))
BAD = Ratio(Query("t"), bad=Query("b"))
OUTCOME = Ratio(Query("t"), bad=Query('t{code="500"}'))
WINDOWED = Ratio(Query("increase(t[{{window}}])"), good=Query("increase(g[{{window}}])"))


def row(*values: float, **labels: str) -> Series:
    return Series(labels, np.array(values, dtype=np.float64))


def seen(*values: float, **labels: str) -> Series:
    return row(*values, **{SEEN: "1"}, **labels)


def combined(
    indicator: Indicator, *answers: list[Series], by: tuple[str, ...] = REGION, span: Span = HOURS
) -> tuple[Buckets, list[str]]:
    """`answers` are those of the plan's legs, total's first."""
    todo = plan(indicator, by)
    return combine(todo, dict(zip(todo.legs, answers, strict=True)), by, span)


def test_good_and_total() -> None:
    total = [row(10, 20, 30, 40, region="eu"), seen(60, 60, 60, 60, region="eu")]
    found, warnings = combined(GOOD, total, [row(9, 18, 30, 40, region="eu")])
    assert (found.groups, warnings) == ((("eu",),), [])
    np.testing.assert_array_equal(found.good, [[9, 18, 30, 40]])
    np.testing.assert_array_equal(found.total, [[10, 20, 30, 40]])
    np.testing.assert_array_equal(found.seen, [[60, 60, 60, 60]])
    np.testing.assert_array_equal(found.ends, HOURS.ends)
    np.testing.assert_array_equal(found.widths, [3600] * 4)


def test_bad_is_taken_from_total() -> None:
    total = [row(10, 20, 30, 40, region="eu"), seen(60, 60, 60, 60, region="eu")]
    found, _ = combined(BAD, total, [row(1, 2, 0, NAN, region="eu")])
    np.testing.assert_array_equal(found.good, [[9, 18, 30, 40]])


def test_an_error_series_that_was_never_born_means_no_errors() -> None:
    total = [row(10, 20, 30, 40, region="eu"), seen(60, 60, 60, 60, region="eu")]
    found, warnings = combined(BAD, total, [])
    np.testing.assert_array_equal(found.good, found.total)
    assert warnings == [NO_BAD]


@pytest.mark.parametrize(("ratio", "words", "good"), [(GOOD, NO_GOOD, 0), (BAD, NO_BAD, 100)])
def test_a_part_that_never_came_is_zero_and_suspected(ratio: Ratio, words: str, good: float) -> None:
    total = [row(10, 20, 30, 40, region="eu"), seen(60, 60, 60, 60, region="eu")]
    found, warnings = combined(ratio, total, [])
    assert (found.good.sum(), warnings) == (good, [words])
    assert combined(ratio, total, [row(1, NAN, NAN, NAN, region="eu")])[1] == []
    assert combined(ratio, [], [])[1] == []


@pytest.mark.parametrize(("ratio", "odd"), [(GOOD, "good"), (BAD, "bad")])
def test_a_part_that_is_nan_is_not_known(ratio: Ratio, odd: str) -> None:
    total = [row(10, 20, 0, 40, region="eu"), seen(60, 60, 60, 60, region="eu")]
    nan = Series({"region": "eu"}, np.array([5, NAN, NAN, 5]), np.array([False, True, True, False]))
    found, warnings = combined(ratio, total, [nan])
    np.testing.assert_array_equal(found.seen, [[60, 0, 60, 60]])
    np.testing.assert_array_equal(found.total, [[10, 0, 0, 40]])
    np.testing.assert_array_equal(found.good, [[5, 0, 0, 5 if odd == "good" else 35]])
    assert warnings == [f"{odd} is NaN or infinite in places: those count as not observed"]


def test_a_total_of_nothing_but_nan_is_there_and_never_seen() -> None:
    nan = Series({"region": "eu"}, np.full(4, NAN), np.ones(4, bool))
    for answer in ([nan], [nan, seen(60, 60, 60, 60, region="eu")]):
        found, _ = combined(WINDOWED if len(answer) == 1 else BAD, answer, [row(1, 1, 1, 1, region="eu")])
        assert (found.groups, found.seen.sum(), found.total.sum()) == ((("eu",),), 0, 0)
    found, _ = combined(WINDOWED, [row(NAN, NAN, NAN, NAN, region="eu")], [])
    assert found.groups == ()


def test_a_threshold_of_many_series_without_a_grouping_is_refused() -> None:
    looks = [row(12, 12, 12, 12), seen(12, 12, 12, 12)]
    gauge = Threshold(Query("temperature"), "lte", 5.0)
    assert combined(gauge, [*looks, row(1, 1, 1, 1, cdctl_many="1")], by=())[0].total.sum() == 48
    with pytest.raises(QueryError, match="returned 4 series"):
        combined(gauge, [*looks, row(1, 4, 4, 4, cdctl_many="1")], by=())


def test_a_group_of_nothing_but_nan_is_there_and_never_seen() -> None:
    gauge = Threshold(Query("temperature"), "lte", 5.0)
    found, _ = combined(
        gauge, [row(0, 0, 0, 0, region="us"), row(9, 9, 9, 9, region="eu"), seen(12, 12, 12, 12, region="eu")]
    )
    assert found.groups == (("eu",), ("us",))
    assert found.seen.sum(axis=1).tolist() == [240, 0]


def test_a_raw_ratio_that_is_mostly_none_is_refused_over_a_long_time_only() -> None:
    def looked(span: Span, far: float) -> tuple[Buckets, list[str]]:
        many = [far] * len(span)
        answer = [row(*many), row(*many, cdctl_beyond="1"), *([seen(*many)] if far < 1 else [])]
        return combined(RawRatio(Query("r")), answer, by=(), span=span)

    _, (warning,) = looked(HOURS, 99.5)
    assert "up to 99 beyond 0..1" in warning
    with pytest.raises(QueryError, match="up to 99 beyond"):
        looked(Span(0, 48 * 3600, 3600), 99.5)


def test_a_total_that_stands_still_needs_no_good() -> None:
    found, warnings = combined(GOOD, [row(0, 0, 0, 0, region="eu"), seen(60, 60, 60, 60, region="eu")], [])
    assert (found.seen.sum(), found.total.sum(), warnings) == (240, 0, [NO_GOOD])


def test_no_total_is_nothing_seen_whatever_good_says() -> None:
    found, _ = combined(GOOD, [], [row(9, 18, 30, 40, region="eu")])
    assert found.groups == ()
    assert found.good.shape == (0, 4)


def test_a_gap_of_the_total_is_not_seen_and_holds_nothing() -> None:
    total = [row(10, NAN, 30, 40, region="eu"), seen(60, NAN, 60, 60, region="eu")]
    found, _ = combined(GOOD, total, [row(9, 18, 30, NAN, region="eu")])
    np.testing.assert_array_equal(found.seen, [[60, 0, 60, 60]])
    np.testing.assert_array_equal(found.total, [[10, 0, 30, 40]])
    np.testing.assert_array_equal(found.good, [[9, 0, 30, 0]])


def test_groups_do_not_lend_each_other_anything() -> None:
    total = [
        row(10, 10, 10, 10, region="eu"),
        row(5, 5, 5, 5, region="us"),
        seen(60, 60, 60, 60, region="eu"),
        seen(NAN, 30, 60, 60, region="us"),
    ]
    found, _ = combined(GOOD, total, [row(1, 1, 1, 1, region="us"), row(7, 7, 7, 7, region="cn")])
    assert found.groups == (("eu",), ("us",))
    np.testing.assert_array_equal(found.total, [[10, 10, 10, 10], [0, 5, 5, 5]])
    np.testing.assert_array_equal(found.good, [[0, 0, 0, 0], [0, 1, 1, 1]])


def test_series_without_the_label_are_a_group_of_their_own() -> None:
    total = [row(1, 1, 1, 1), row(2, 2, 2, 2, region="eu"), seen(9, 9, 9, 9), seen(9, 9, 9, 9, region="eu")]
    found, _ = combined(BAD, total, [])
    assert found.groups == (("",), ("eu",))


@pytest.mark.parametrize(
    ("text", "good", "suspected"),
    [
        ("sum(t[{{window}}]) - sum(g[{{window}}])", [9, 18, 30, 0], []),
        ("sum(b[{{window}}]) + sum(c[{{window}}])", [9, 18, 30, 40], [NO_BAD]),
        ("sum(a[{{window}}]) - sum(g[{{window}}])", [9, 18, 30, 0], []),
    ],
)
def test_sums_and_differences(text: str, good: list[float], suspected: list[str]) -> None:
    text = text.replace("sum(", "sum(increase(").replace("])", "]))")
    ratio = Ratio(Query("sum(increase(t[{{window}}]))"), bad=Query(text))
    all_of_them = row(10, 20, 30, 40, region="eu")
    by_metric = {
        "t": [all_of_them, seen(60, 60, 60, 60, region="eu")],
        "a": [all_of_them],
        "g": [row(9, 18, 30, NAN, region="eu")],
        "b": [row(1, 2, 0, 0, region="eu")],
        "c": [],
    }
    todo = plan(ratio, REGION)
    legs = [leg for leg in todo.legs if isinstance(leg, EventLeg)]
    assert len(legs) == len(todo.legs)
    found, warnings = combine(todo, {leg: by_metric[leg.counter.metric] for leg in legs}, REGION, HOURS)
    np.testing.assert_array_equal(found.good, [good])
    assert warnings == suspected


def test_a_total_of_several_is_seen_when_all_that_must_be_there_are() -> None:
    a = [row(10, 10, 10, 10, region="eu"), seen(60, 60, 60, 60, region="eu")]
    b = [row(1, 1, NAN, NAN, region="eu"), seen(60, 30, NAN, NAN, region="eu")]
    asked = "sum(increase(a[{{window}}])) %s"
    for rest, expected in (
        ("+ sum(increase(b[{{window}}]))", [60, 30, 0, 0]),
        ("- sum(increase(b[{{window}}]))", [60, 60, 60, 60]),
        ("+ (sum(increase(b[{{window}}])) or vector(0))", [60, 60, 60, 60]),
    ):
        found, _ = combined(Ratio(Query(asked % rest), good=Query("sum(increase(g[{{window}}]))")), a, b, a)
        np.testing.assert_array_equal(found.seen, [expected], err_msg=rest)
    found, _ = combined(Ratio(Query(asked % rest + " or vector(0)"), good=Query("g")), a[:0], b, a)
    np.testing.assert_array_equal(found.seen, [[60, 30, 0, 0]])


def test_outcomes_are_told_apart_by_their_labels() -> None:
    total = [
        row(90, 80, 70, 60, region="eu", code="200"),
        row(10, 20, 30, NAN, region="eu", code="500"),
        row(1, 1, 1, 1, region="eu"),
        seen(60, 60, 60, 60, region="eu"),
    ]
    found, _ = combined(OUTCOME, total)
    np.testing.assert_array_equal(found.total, [[101, 101, 101, 61]])
    np.testing.assert_array_equal(found.good, [[91, 81, 71, 61]])


def test_an_outcome_that_is_no_label_at_all_can_be_kept() -> None:
    indicator = Ratio(Query("t"), good=Query('t{error=""}'))
    total = [row(9, 9, 9, 9, region="eu"), row(1, 1, 1, 1, region="eu", error="x"), seen(6, 6, 6, 6, region="eu")]
    found, _ = combined(indicator, total)
    np.testing.assert_array_equal(found.good, [[9, 9, 9, 9]])


@pytest.mark.parametrize("indicator", [Threshold(Query("t"), "lt", 1), RawRatio(Query("t"))])
def test_looks_bring_their_own_number(indicator: Indicator) -> None:
    answer = [row(12, 0, 6, NAN, region="eu"), seen(12, 12, 6, NAN, region="eu")]
    found, warnings = combined(indicator, answer)
    np.testing.assert_array_equal(found.good, [[12, 0, 6, 0]])
    np.testing.assert_array_equal(found.total, [[12, 12, 6, 0]])
    np.testing.assert_array_equal(found.seen, [[60, 60, 30, 0]])
    assert warnings == []


def test_a_windowed_query_cannot_count_scrapes() -> None:
    found, _ = combined(WINDOWED, [row(10, NAN, 0, 40, region="eu")], [row(9, 9, 0, 40, region="eu")])
    np.testing.assert_array_equal(found.seen, [[60, 0, 60, 60]])
    np.testing.assert_array_equal(found.good, [[9, 0, 0, 40]])


def test_series_of_one_group_are_seen_together() -> None:
    total = [row(10, 10, NAN, NAN, region="eu", pod="a"), row(NAN, NAN, 7, NAN, region="eu", pod="b")]
    found, _ = combined(WINDOWED, total, total)
    np.testing.assert_array_equal(found.seen, [[60, 60, 60, 0]])
    np.testing.assert_array_equal(found.total, [[10, 10, 7, 0]])


@pytest.mark.parametrize("which", [0, 1])
def test_many_series_without_a_grouping_are_refused_with_the_cure(which: int) -> None:
    one, many = [row(1, 1, 1, 1)], [row(1, 1, 1, 1, pod="a", zone="z"), row(1, 1, 1, 1, pod="b", zone="z")]
    combined(WINDOWED, one, one, by=())
    with pytest.raises(QueryError, match="returned 2 series, by pod, zone") as refused:
        combined(WINDOWED, *[[one, many], [many, one]][which], by=())
    assert "cdctl.io/group-by: pod" in refused.value.hint
    assert "sum(" in refused.value.hint


def test_counters_without_a_grouping_are_summed() -> None:
    found, warnings = combined(BAD, [row(1, 2, 3, 4), seen(9, 9, 9, 9)], [row(1, 1, 1, 1)], by=())
    assert (found.groups, warnings) == (((),), [])
    np.testing.assert_array_equal(found.good, [[0, 1, 2, 3]])


def test_nothing_is_ever_nan() -> None:
    total = [row(NAN, 1, NAN, 1, region="eu"), seen(1, 1, NAN, NAN, region="eu")]
    found, _ = combined(GOOD, total, [row(NAN, NAN, NAN, NAN, region="eu")])
    assert np.isfinite(np.stack([found.good, found.total, found.seen])).all()
