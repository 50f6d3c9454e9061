"""When a group began to fail, and how well that is known."""

from dataclasses import replace

import numpy as np
import pytest
from why_told import END, told

from cdctl.domain.changes import Change
from cdctl.domain.traces.ports import Window
from cdctl.domain.why.beginning import between
from cdctl.domain.why.events import Column, Events, recoded
from cdctl.domain.why.explanation import Explanation

DAY = 86_400
WEEK = 7 * DAY
NOW = Window(END - WEEK, END)


def week(began: float, seed: int, n: int = 30_000) -> Events:
    """Events of a week: one of two kinds of software fails from a moment on."""
    rng = np.random.default_rng(seed)
    at = END - WEEK + np.sort(rng.random(n)) * WEEK
    new = rng.random(n) < 0.3
    bad = rng.random(n) < np.where(new & (at > began), 0.06, 0.002)
    sw = Column("sw", recoded(["new" if one else "old" for one in new]), "fleet")
    other = Column("command.name", recoded([("lock", "horn")[one] for one in rng.integers(0, 2, n)]), "span")
    return Events(bad.astype(float), np.ones(n), np.ones(n), at, (sw, other))


def asked(began: float, seed: int) -> Explanation:
    """What is told of such a week, after a calm one."""
    calm = week(END + 1, seed + 100)
    calm = Events(calm.bad, calm.total, calm.weight, calm.at - WEEK, calm.columns)
    return told(week(began, seed), calm, window=NOW, reference=Window(NOW.start - WEEK, NOW.start))


def test_a_beginning_is_told_as_well_as_it_is_known() -> None:
    bad, total = np.concatenate([np.full(37, 1.0), np.full(23, 200.0)]), np.full(60, 1000.0)
    assert between(bad, total, 37) == (36, 37, 38)
    assert between(bad, total, 30) == (36, 37, 38)
    few = np.zeros(60)
    few[[40, 44, 47, 50, 53, 57, 59]] = 1.0
    first, likely, last = between(few, np.full(60, 10.0), 40)
    assert first < likely == 40 < last
    assert last - first > 2


@pytest.mark.parametrize("seed", range(6))
def test_the_true_beginning_within_a_week_is_in_between(seed: int) -> None:
    truth = END - 2.345 * DAY
    (cause,) = asked(truth, seed).causes
    assert cause.between is not None
    assert cause.between[0] <= truth <= cause.between[1]
    assert cause.between[1] - cause.between[0] < WEEK / 30
    assert cause.between[0] <= cause.since <= cause.between[1]


def test_events_of_buckets_are_known_no_better_than_buckets() -> None:
    truth = END - 2.345 * DAY
    spans = week(truth, 1)
    step = WEEK / 60
    buckets = Events(spans.bad, spans.total, spans.weight, np.ceil(spans.at / step) * step, spans.columns)
    (cause,) = told(buckets, week(END + 1, 101), source="prometheus", window=NOW, slices=60).causes
    assert cause.between[0] <= truth <= cause.between[1]
    assert cause.between[1] - cause.between[0] >= 2 * step - 2


def test_changes_are_held_against_all_of_it() -> None:
    truth = END - 2.345 * DAY
    own = asked(truth, 1)
    (cause,) = own.causes
    first, last = cause.between
    changes = [
        Change(first - 9_000, "deployment", "long before"),
        Change(first - 60, "deployment", "just before"),
        Change(last - 1, "flag", "at its end"),
        Change(last + 3_600, "flag", "after"),
    ]
    (marked,) = own.with_changes(changes).causes
    assert {one.change.title for one in marked.after} == {"just before", "at its end"}


@pytest.mark.parametrize("seed", range(6))
def test_good_events_that_stand_for_many_make_no_beginning_surer(seed: int) -> None:
    truth = END - 2.345 * DAY
    rng = np.random.default_rng(seed + 50)

    def sampled(events: Events) -> Events:
        """All bad events, and one in 64 of the others."""
        kept = (events.bad > 0) | (rng.random(len(events)) < 1 / 64)
        columns = tuple(replace(one, coded=replace(one.coded, codes=one.coded.codes[kept])) for one in events.columns)
        weight = np.where(events.bad > 0, 1.0, 64.0)[kept]
        return Events(events.bad[kept], events.total[kept], weight, events.at[kept], columns)

    calm = week(END + 1, seed + 100, 200_000)
    calm = sampled(replace(calm, at=calm.at - WEEK))
    found = told(sampled(week(truth, seed, 200_000)), calm, window=NOW, reference=Window(NOW.start - WEEK, NOW.start))
    between = found.causes[0].between
    assert between is not None
    assert between[0] <= truth <= between[1]
