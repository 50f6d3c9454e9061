"""What is new, since when, and which events are of a group."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cdctl.domain.why.comparing import counts, holding, is_new, onset, told_by
from cdctl.domain.why.events import Column, Events, recoded
from cdctl.domain.why.explanation import Counts, Predicate


def made(bad: float, total: float) -> Counts:
    return Counts(bad, total, bad, total)


@pytest.mark.parametrize(
    ("now", "outside", "before", "before_outside", "new"),
    [
        ((200, 1000), (20, 10_000), (2, 1000), (20, 10_000), True),
        ((200, 1000), (20, 10_000), (200, 1000), (20, 10_000), False),
        ((200, 1000), (20, 10_000), (180, 1000), (20, 10_000), False),
        # All rose tenfold, this group with them.
        ((200, 1000), (1000, 10_000), (20, 1000), (100, 10_000), False),
        # All rose twofold, this group tenfold.
        ((200, 1000), (200, 10_000), (20, 1000), (100, 10_000), True),
        # There were too few of it to tell.
        ((200, 1000), (20, 10_000), (0, 5), (20, 10_000), None),
        ((200, 1000), (20, 10_000), (0, 0), (20, 10_000), None),
        # Three times as many, of next to nothing.
        ((3, 1000), (20, 10_000), (1, 1000), (20, 10_000), False),
    ],
)
def test_new_is_more_than_it_was_and_more_than_others_rose(
    now: tuple[float, float], outside: tuple[float, float], before: tuple[float, float],
    before_outside: tuple[float, float], new: bool | None,
) -> None:  # fmt: skip
    assert is_new(made(*now), made(*outside), made(*before), made(*before_outside), 1.0) is new


def test_few_vehicles_behind_many_events_make_it_less_sure() -> None:
    four = (made(60, 1000), made(20, 10_000), made(20, 1000), made(20, 10_000))
    assert is_new(*four, 1.0) is True
    assert is_new(*four, 20.0) is False


def test_since_when() -> None:
    total = np.full(60, 100.0)
    bad = np.where(np.arange(60) >= 37, 20.0, 0.0)
    bad[3] = 1
    assert onset(bad, total, 0.2, 0.002) == 37
    assert onset(np.full(60, 20.0), total, 0.2, 0.002) is None
    assert onset(bad, total, 0.002, 0.2) is None
    at_once = np.where(np.arange(60) == 0, 0.0, 3.0)
    assert onset(at_once, total, 0.03, 0.002) is None  # one quiet slice is no time before


def events() -> Events:
    told = {"region": ["eu", "eu", "us", ""], "sw": ["1", "2", "1", "1"], "span.kind": ["a", "b", "a", "b"]}
    columns = tuple(Column(name, recoded(texts), "span") for name, texts in told.items())
    return Events(np.array([1.0, 0, 1, 1]), np.ones(4), np.array([2.0, 1, 1, 1]), np.zeros(4, np.int64), columns)


def test_events_of_a_conjunction() -> None:
    def mask(*where: tuple[str, str]) -> list[bool]:
        return holding(events(), tuple(Predicate(*one) for one in where)).tolist()

    assert mask(("region", "eu"), ("sw", "1")) == [True, False, False, False]
    assert mask(("region", "(absent)")) == [False, False, False, True]
    assert mask(("nothing", "x")) == [False] * 4
    assert mask(("nothing", "(absent)")) == [True] * 4
    assert mask(("sw", "3")) == [False] * 4


def test_events_of_a_group_by_the_names_that_people_use() -> None:
    assert told_by(events(), {"region": "eu"}).tolist() == [True, True, False, False]
    assert told_by(events(), {"kind": "a", "sw": "1"}).tolist() == [True, False, True, False]
    named = replace(events(), columns=(Column("service.name", recoded(["a", "b", "a", ""]), "resource"),))
    assert told_by(named, {"service": "a"}).tolist() == [True, False, True, False]
    assert told_by(events(), {"software": "2"}).tolist() == [False, True, False, False]
    assert told_by(events(), {"region": "cn"}).tolist() == [False] * 4
    assert told_by(events(), {"zone": "a"}).tolist() == [False] * 4


def test_counts_are_weighted_and_raw() -> None:
    found = counts(events(), np.array([True, True, False, False]))
    assert (found.bad, found.total, found.raw_bad, found.raw_total, found.rate) == (2, 3, 1, 2, 2 / 3)
    assert counts(events(), np.zeros(4, np.bool_)).rate is None
