"""Waterfalls: order, the critical path, and traces that do not fit together."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.traces.ports import SpanRow
from cdctl.domain.traces.waterfall import SKEW, Waterfall, lay_out, length

MS = 1_000_000


def span(name: str, parent: str, start: int, end: int) -> SpanRow:
    return SpanRow("t", name, parent, "api", name, "internal", "unset", "", start * MS, end * MS)


def order(laid: Waterfall) -> list[tuple[str, int]]:
    return [(line.span.span, line.depth) for line in laid.lines]


def own(laid: Waterfall) -> dict[str, float]:
    return {line.span.span: line.own / MS for line in laid.lines if line.own}


def test_children_stand_under_their_parents_by_start():
    laid = lay_out([span("c", "a", 50, 60), span("a", "", 0, 100), span("d", "b", 12, 15), span("b", "a", 10, 40)])
    assert order(laid) == [("a", 0), ("b", 1), ("d", 2), ("c", 1)]
    assert [line.last for line in laid.lines] == [True, False, True, True]
    assert laid.lines[2].open == (True,)
    assert (laid.start, laid.end, laid.notes) == (0, 100 * MS, ())


def test_the_critical_path_goes_back_by_the_child_that_finished_last():
    spans = [
        span("root", "", 0, 100),
        span("early", "root", 0, 30),
        span("late", "root", 40, 90),
        span("beside", "root", 50, 80),  # runs while `late` does: nobody waited for it
        span("deep", "late", 45, 85),
    ]
    laid = lay_out(spans)
    assert own(laid) == {"root": 20, "early": 30, "late": 10, "deep": 40}
    assert sum(own(laid).values()) == 100
    (late,) = [line for line in laid.lines if line.span.span == "late"]
    assert [(one.start / MS, one.end / MS) for one in late.segments] == [(40, 45), (85, 90)]


def test_what_a_message_set_off_is_on_no_path():
    laid = lay_out([span("root", "", 0, 10), span("consumer", "root", 20, 500)])
    assert own(laid) == {"root": 10}
    assert laid.lines[1].notes == ("starts 10ms after its parent ended",)


def test_clocks_that_disagree_are_told_and_not_clipped():
    laid = lay_out([span("root", "", 0, 100), span("child", "root", -20, 130), span("fine", "child", -20, 130)])
    assert laid.lines[1].notes == ("starts 20ms before its parent", "ends 30ms after its parent")
    assert laid.lines[2].notes == ()
    assert (laid.start, laid.end) == (-20 * MS, 130 * MS)
    assert own(laid) == {"fine": 100}


def test_a_clock_that_is_as_good_as_any_is_not_told():
    laid = lay_out([span("root", "", 0, 100), SpanRow("t", "c", "root", "", "", "", "", "", -SKEW, 100 * MS + SKEW)])
    assert laid.lines[1].notes == ()


def test_an_end_before_the_start():
    laid = lay_out([span("root", "", 100, 40)])
    assert laid.lines[0].notes == ("ends 60ms before it starts",)
    assert own(laid) == {}


def test_parents_that_are_not_here():
    laid = lay_out([span("b", "gone", 5, 9), span("a", "", 0, 20), span("c", "gone", 6, 7)])
    assert order(laid) == [("a", 0), ("b", 0), ("c", 0)]
    assert [line.orphan for line in laid.lines] == [False, True, True]
    assert laid.notes == ("1 parent is not here",)
    assert own(laid) == {"a": 20}


@pytest.mark.parametrize("turned", [False, True])
def test_circles_are_cut_and_told(turned):
    spans = [span("a", "b", 0, 10), span("b", "c", 1, 9), span("c", "a", 2, 8), span("leaf", "c", 3, 4)]
    laid = lay_out(spans[::-1] if turned else spans)
    assert sorted(name for name, _ in order(laid)) == ["a", "b", "c", "leaf"]
    assert laid.notes == ("3 spans are their own ancestors; their circle is cut at its first span",)


def test_a_span_that_is_its_own_parent_is_a_root():
    assert order(lay_out([span("a", "a", 0, 1)])) == [("a", 0)]


def test_a_span_that_is_its_own_parent_is_told_beside_circles():
    laid = lay_out([span("a", "a", 0, 9), span("b", "c", 1, 2), span("c", "b", 1, 2), span("d", "a", 3, 4)])
    assert laid.notes == (
        "1 span is its own parent", "2 spans are their own ancestors; their circle is cut at its first span",
    )  # fmt: skip
    assert [line.span.span for line in laid.lines if line.notes == ("is its own parent",)] == ["a"]
    assert lay_out([span("a", "a", 0, 1), span("b", "b", 0, 1)]).notes == ("2 spans are their own parents",)


def test_what_is_there_twice_counts_once():
    laid = lay_out([span("a", "", 0, 10), span("a", "", 0, 99)])
    assert (len(laid.lines), laid.end, laid.notes) == (1, 10 * MS, ("1 span is there twice",))


def test_nothing_at_all():
    assert lay_out([]) == Waterfall((), 0, 0)


def test_ten_thousand_levels():
    spans = [span(str(n), str(n - 1) if n else "", n, 20_000 - n) for n in range(10_000)]
    laid = lay_out(spans)
    assert len(laid.lines) == 10_000
    assert sum(own(laid).values()) == 20_000


IDS = st.sampled_from(["a", "b", "c", "d", "e", ""])


@given(st.lists(st.builds(span, st.sampled_from("abcde"), IDS, st.integers(0, 50), st.integers(0, 50)), max_size=8))
def test_every_span_has_one_line_and_no_moment_of_the_path_is_counted_twice(spans):
    laid = lay_out(spans)
    assert sorted(line.span.span for line in laid.lines) == sorted({one.span for one in spans})
    parts = sorted((one.start, one.end) for line in laid.lines for one in line.segments)
    assert all(a[1] <= b[0] for a, b in pairwise(parts))
    if parts:
        root = max((line.span for line in laid.lines if not line.depth), key=lambda one: one.end - one.start)
        assert sum(end - start for start, end in parts) == root.end - root.start


@pytest.mark.parametrize(
    ("nanos", "said"),
    [(0, "0ns"), (850_000, "850us"), (12_300_000, "12.3ms"), (999_600_000, "1000ms"), (1_200_000_000, "1.2s"),
     (125 * 10**9, "2m05s"), (7_260 * 10**9, "2h01m"), (-5_000_000, "-5ms")],
)  # fmt: skip
def test_lengths_for_people(nanos, said):
    assert length(nanos) == said
