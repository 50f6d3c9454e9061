"""One ratio out of two sources' answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cdctl.domain.slo.mixing import joined, strangers
from cdctl.domain.slo.objective import Query, Ratio, RawRatio, halves
from cdctl.domain.slo.series import Sampled

T, G = Query("t", "prometheus"), Query("g", "traces")


def test_each_source_is_asked_for_what_it_has():
    assert halves(Ratio(T, good=G)) == (Ratio(T, good=T), Ratio(G, good=G))
    assert halves(Ratio(T, bad=G, counter=False)) == (Ratio(T, good=T, counter=False), Ratio(G, bad=G, counter=False))


@pytest.mark.parametrize("indicator", [Ratio(T, good=replace(G, source="prometheus")), Ratio(T), RawRatio(T)])
def test_one_source_needs_no_halves(indicator):
    assert halves(indicator) is None


@pytest.fixture
def total(even):
    return even(0, 1200, 300, 100.0, 100.0, groups=(("eu",), ("us",)))


@pytest.fixture
def spans(even):
    """Spans of eu alone, of a store that was not there in the last bucket; one in ten is kept, 90 are good."""
    good = np.array([[90.0, 90.0, 90.0, 0.0]])
    plain = even(0, 1200, 300, good, good, [[5, 5, 5, 0]], groups=(("eu",),))
    behind = Sampled(good / 10, good * 0, good * 10, good * 0, good * 0)
    return replace(plain, sampled=behind, watched=np.array([5.0, 5, 5, 0]))


def test_good_over_total(total, spans):
    found = joined(total, spans, bad=False)
    assert found.groups == (("eu",), ("us",))
    assert found.good.tolist() == [[90, 90, 90, 0], [0, 0, 0, 0]]
    assert found.total.tolist() == [[100, 100, 100, 0]] * 2
    assert found.watched is None


def test_nothing_is_known_where_the_spans_store_was_not_there(total, spans):
    assert joined(total, spans, bad=False).seen.tolist() == [[5, 5, 5, 0]] * 2
    blind = replace(spans, watched=np.zeros(4))
    assert not joined(total, blind, bad=False).total.any()


def test_bad_events_of_a_counter_that_is_not_there_are_none(even, spans):
    part = even(0, 1200, 300, 0.0, 0.0, 0.0, groups=())
    found = joined(spans, part, bad=True)
    assert found.good.tolist() == found.total.tolist() == [[90, 90, 90, 0]]
    assert found.watched.tolist() == [5, 5, 5, 0]


def test_bad_of_the_part_are_those_that_failed(total, even):
    """The half is asked as bad over all that match, so that conventions tell which of them failed."""
    part = even(0, 1200, 300, 93.0, 100.0, groups=(("us",), ("eu",)))
    assert joined(total, part, bad=True).good.tolist() == [[93] * 4] * 2


def test_what_is_a_difference_from_sampled_events_is_no_surer_than_they(total, spans):
    found = joined(total, spans, bad=False).sampled
    assert found.kept[0].tolist() == [10, 10, 10, 0]
    assert found.kept_bad[0].tolist() == [1, 1, 1, 0]
    assert found.squares[0].tolist() == [1000, 1000, 1000, 0]


def test_exact_events_beside_sampled_bad_ones_are_all_known(total, spans):
    part = replace(spans, good=spans.good * 0, sampled=replace(spans.sampled, kept_bad=spans.total / 10))
    part = replace(part, sampled=replace(part.sampled, squares_bad=spans.total * 10))
    found = joined(total, part, bad=True).sampled
    assert found.kept[0].tolist() == [19, 19, 19, 0]
    assert found.kept_bad[0].tolist() == [9, 9, 9, 0]


def test_counted_bad_events_over_sampled_spans_weigh_what_the_spans_do(even, spans):
    part = even(0, 1200, 300, 0.0, 9.0, groups=(("eu",),))
    found = joined(spans, part, bad=True)
    assert found.good[0].tolist() == [81, 81, 81, 0]
    assert found.sampled.kept_bad[0] == pytest.approx([0.9, 0.9, 0.9, 0])
    assert found.sampled.kept[0] == pytest.approx([9, 9, 9, 0])


def test_without_weights_there_is_nothing_behind_the_events(total):
    assert joined(total, total, bad=False).sampled is None


def test_groups_that_the_total_does_not_have_are_told(total, spans, even):
    other = even(0, 1200, 300, 1.0, [[1.0] * 4, [0.0] * 4], groups=(("cn",), ("jp",)))
    assert strangers(total, spans) == ()
    assert strangers(total, other) == (("cn",),)


def test_events_of_a_gap_are_counted_where_each_source_tells_of_them(even):
    """Scrapes fail for a bucket: the counter's events reappear in the next one, the spans ended when they ended."""
    total = even(0, 900, 300, [[100, 0, 200]], [[100, 0, 200]], [[5, 0, 5]], groups=(("eu",),))
    bad = even(0, 900, 300, 0.0, 5.0, groups=(("eu",),))
    found = joined(total, bad, bad=True)
    assert (found.total - found.good).tolist() == [[5, 5, 5]]
    assert found.seen.tolist() == [[5, 0, 5]]
