"""The heaviest names in bounded room: never too high, too low by no more than it says."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.heavy import LONGEST, Heavy


@given(st.lists(st.tuples(st.sampled_from("abcdefghijkl"), st.integers(0, 50))), st.integers(1, 6))
def test_the_error_is_what_it_says(stream, keep):
    heavy, truth = Heavy(keep), Counter[str]()
    for name, weight in stream:
        heavy.add(name, weight)
        truth[name] += weight
    assert heavy.total == sum(truth.values())
    assert heavy.error <= heavy.total / (keep + 1)
    assert len(heavy.weights) <= 2 * keep
    for name, weight in truth.items():
        assert weight - heavy.error <= heavy.weights.get(name, 0) <= weight


def test_few_names_are_counted_exactly():
    heavy = Heavy(3)
    for name in "aababc":
        heavy.add(name)
    assert heavy.top(2) == [("a", 3), ("b", 2)]
    assert heavy.error == 0


def test_whatever_comes_the_room_is_bounded():
    heavy, longest = Heavy(10), 0
    for number in range(1000):
        heavy.add(f"{number}" * 500)
        heavy.add("often", 5)
        longest = max(longest, *map(len, heavy.weights))
        assert len(heavy.weights) <= 20
    assert longest == LONGEST
    assert heavy.top(1)[0][0] == "often"
    assert heavy.error > 0
