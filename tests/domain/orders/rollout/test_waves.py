"""Every vehicle is in one wave, waves are in proportion, and the plan alone decides who goes first."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdctl.domain.orders.rollout.waves import Wave, ends, numbers_of, sequence

DIGEST = "5f" * 32


def percents(*shares: float) -> tuple[Wave, ...]:
    return tuple(Wave(percent=Fraction(str(share))) for share in shares)


def fleet(sizes: dict[str, int]) -> tuple[list[str], list[str]]:
    strata = [name for name, size in sizes.items() for _ in range(size)]
    return [f"WBA{number:014}" for number in range(len(strata))], strata


def test_shares_are_cumulative_and_rounded_up() -> None:
    assert ends(percents(1, 10, 100), 1000) == (10, 100, 1000)
    assert ends(percents(1, 10, 100), 50) == (1, 5, 50)
    assert ends(percents(7, 100), 100) == (7, 100), "0.07 * 100 is 7.000000000000001 in floats"
    assert ends((Wave(count=5), *percents(100)), 30) == (5, 30)


def test_a_count_above_the_fleet_takes_what_is_there() -> None:
    assert ends((Wave(count=500), *percents(100)), 30) == (30, 30)


def test_nobody_is_no_wave() -> None:
    assert ends(percents(1, 100), 0) == (0, 0)


@pytest.mark.parametrize(
    ("waves", "words"),
    [
        (percents(10, 1, 100), "wave 2 ends at 10 targets, before wave 1 does (100)"),
        (percents(1, 10), "reaches 100 of 1000"),
        ((), "reaches 0 of 1000"),
    ],
)
def test_waves_that_shrink_or_stop_early_are_refused(waves: tuple[Wave, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("(", r"\(").replace(")", r"\)")):
        ends(waves, 1000)


def test_a_wave_shows_its_size_as_written() -> None:
    assert [Wave(percent=Fraction(5, 2)).size, Wave(count=25).size] == ["2.5 %", "25"]


def test_canaries_are_in_every_stratum_the_largest_first() -> None:
    vins, strata = fleet({"eu": 900, "us": 80, "cn": 15, "jp": 5})
    order = sequence(vins, DIGEST, strata)
    assert [strata[row] for row in order[:4]] == ["eu", "us", "cn", "jp"]


def test_the_plan_decides_and_the_order_of_the_list_does_not() -> None:
    vins, strata = fleet({"eu": 50, "us": 30})
    told = [vins[row] for row in sequence(vins, DIGEST, strata)]
    back = sequence(vins[::-1], DIGEST, strata[::-1])
    assert [vins[::-1][row] for row in back] == told
    assert [vins[row] for row in sequence(vins, "aa" * 32, strata)] != told


def test_who_is_first_never_changes_between_versions() -> None:
    vins, strata = fleet({"eu": 6, "us": 3})
    assert [vins[row][-1] for row in sequence(vins, DIGEST, strata)] == list("261475083")


def test_a_vehicle_that_is_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="A is named twice"):
        sequence(["B", "A", "C", "A"], DIGEST)


SIZES = st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(1, 60), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(sizes=SIZES, digest=st.binary(min_size=32, max_size=32).map(bytes.hex))
def test_every_vehicle_is_told_exactly_once(sizes: dict[str, int], digest: str) -> None:
    vins, strata = fleet(sizes)
    order = sequence(vins, digest, strata)
    assert sorted(order) == list(range(len(vins)))
    stops = ends(percents(1, 10, 35, 100), len(vins))
    numbers = numbers_of(order, stops)
    assert np.array_equal(np.bincount(numbers, minlength=4), np.diff(stops, prepend=0))
    for number, (begin, end) in enumerate(zip((0, *stops), stops, strict=False)):
        assert set(numbers[order[begin:end]]) <= {number}


@settings(max_examples=60, deadline=None)
@given(sizes=SIZES)
def test_every_beginning_is_in_proportion(sizes: dict[str, int]) -> None:
    """Within two vehicles of the exact share, beside the canaries that small strata have early."""
    vins, strata = fleet(sizes)
    order = sequence(vins, DIGEST, strata)
    told: Counter[str] = Counter()
    for length, row in enumerate(order, 1):
        told[strata[row]] += 1
        if length < len(sizes):
            continue
        early = sum(max(0.0, 1 - length * size / len(vins)) for size in sizes.values())
        for name, size in sizes.items():
            exact = length * size / len(vins)
            assert -2 - early <= told[name] - exact <= 2, (length, name)


def test_an_order_by_stratum_is_not_in_proportion() -> None:
    _, strata = fleet({"eu": 40, "us": 40})
    told: Counter[str] = Counter(strata[row] for row in range(40))
    assert told["eu"] - 20 > 2, "what the property above would reject"
