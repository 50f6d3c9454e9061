"""Ids and keys of orders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.orders import ids

times = st.integers(0, (1 << 48) - 1)
chances = st.binary(min_size=10, max_size=10)


def test_as_a_ulid() -> None:
    """The time that the specification shows: 2016-07-30T22:36:16.385Z begins 01ARYZ6S41."""
    assert ids.make(1_469_918_176_385, bytes(10)) == "01aryz6s41" + "0" * 16
    assert ids.make((1 << 48) - 1, b"\xff" * 10) == "7" + "z" * 25


@given(times, chances)
def test_time_comes_back(at: int, chance: bytes) -> None:
    made = ids.make(at, chance)
    assert len(made) == ids.LENGTH == 26
    assert made == made.lower() and made.isalnum()
    assert ids.made(made) == at


@given(times, times, chances, chances)
def test_sorted_by_time(a: int, b: int, one: bytes, other: bytes) -> None:
    if a != b:
        assert (ids.make(a, one) < ids.make(b, other)) == (a < b)


@given(times, chances, chances)
def test_chance_makes_them_differ(at: int, one: bytes, other: bytes) -> None:
    assert (ids.make(at, one) == ids.make(at, other)) == (one == other)


@pytest.mark.parametrize(("at", "chance"), [(-1, bytes(10)), (1 << 48, bytes(10)), (0, bytes(9)), (0, bytes(11))])
def test_what_makes_no_id(at: int, chance: bytes) -> None:
    with pytest.raises(ValueError, match="an id takes"):
        ids.make(at, chance)


@pytest.mark.parametrize("text", ["", "0" * 25, "0" * 27, "i" + "0" * 25, "0" * 25 + "U", "8" + "0" * 25])
def test_what_is_no_id(text: str) -> None:
    with pytest.raises(ValueError, match="no id"):
        ids.made(text)


def test_a_key_is_the_plans_and_the_vehicles() -> None:
    assert ids.key("ab" * 32, "WBA1") == "abababababababab-WBA1"
    assert ids.key("ab" * 32, "WBA1") != ids.key("ab" * 32, "WBA2") != ids.key("ac" * 32, "WBA2")
