"""The search over all conjunctions."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from cdctl.domain.why.rows import NONE, Rows
from cdctl.domain.why.scan import gain, search


def made(seed: int, n: int, sizes: tuple[int, ...], where: dict[int, int], rate: float = 0.4) -> Rows:
    rng = np.random.default_rng(seed)
    codes = tuple(rng.integers(0, size, n).astype(np.int32) for size in sizes)
    inside = np.logical_and.reduce([codes[number] == value for number, value in where.items()])
    bad = (rng.random(n) < np.where(inside, rate, 0.01)).astype(float)
    return Rows(codes, sizes, bad, np.ones(n), np.zeros(n, np.int32), np.full(n, NONE, np.int32))


def test_the_gain_is_the_log_likelihood_ratio() -> None:
    def loglik(bad: float, total: float) -> float:
        return bad * math.log(bad / total) + (total - bad) * math.log(1 - bad / total)

    expected = loglik(30, 100) + loglik(10, 900) - loglik(40, 1000)
    assert gain(np.array([30.0]), np.array([100.0]), 40, 1000)[0] == pytest.approx(expected)
    assert gain(np.array([4.0]), np.array([100.0]), 40, 1000)[0] == pytest.approx(0, abs=1e-9)
    assert np.isfinite(gain(np.array([100.0, 0.0]), np.array([100.0, 10.0]), 100, 1000)).all()


@pytest.mark.parametrize("where", [{1: 2}, {0: 1, 3: 0}, {0: 2, 1: 1, 2: 3}])
def test_the_best_cell_is_the_planted_one(where: dict[int, int]) -> None:
    rows = made(1, 20_000, (4, 5, 6, 3), where)
    best = search(rows, 5).found[0]
    assert dict(zip(best.attributes, best.values, strict=True)) == where
    inside = rows.inside(best.attributes, best.values)
    assert (best.bad, best.total) == (rows.bad[inside].sum(), inside.sum())


def test_every_cell_with_enough_bad_events_is_found_and_counted() -> None:
    rows = made(2, 3_000, (2, 3, 2), {0: 1})
    least, found = 8.0, search(rows, 8.0)
    rate = rows.bad.sum() / len(rows)
    wanted, looked = set(), 0
    for depth in (1, 2, 3):
        for attributes in combinations(range(3), depth):
            for values in np.ndindex(*(rows.sizes[number] for number in attributes)):
                inside = rows.inside(attributes, values)
                looked += bool(inside.any())
                bad = rows.bad[inside].sum()
                if bad >= least and bad > rate * inside.sum():
                    wanted.add((attributes, values))
    assert {(one.attributes, one.values) for one in found.found} == wanted
    assert found.searched == looked
    assert [one.gain for one in found.found] == sorted((one.gain for one in found.found), reverse=True)


def test_rows_that_are_counts_give_the_same_as_single_events() -> None:
    single = made(3, 4_000, (3, 3), {0: 1, 1: 2})
    keys = single.codes[0] * 3 + single.codes[1]
    total, bad = np.bincount(keys, minlength=9), np.bincount(keys, weights=single.bad, minlength=9)
    codes = tuple(np.divmod(np.arange(9), 3)[i].astype(np.int32) for i in range(2))
    nothing = np.zeros(9, np.int32)
    counted = Rows(codes, (3, 3), bad, total.astype(float), nothing, nothing + NONE)
    assert search(counted, 5).found == search(single, 5).found


def test_what_has_no_value_is_no_cell_and_depth_is_kept() -> None:
    rows = made(4, 5_000, (3, 3, 3), {0: 1})
    hidden = Rows(
        (np.where(rows.codes[0] == 1, NONE, rows.codes[0]).astype(np.int32), *rows.codes[1:]),
        rows.sizes, rows.bad, rows.total, rows.stratum, rows.unit,
    )  # fmt: skip
    assert all((0, 1) not in zip(one.attributes, one.values, strict=True) for one in search(hidden, 1).found)
    assert max(len(one.attributes) for one in search(rows, 1, depth=2).found) == 2
    assert search(rows, 1e9).found == ()


def test_of_many_attributes_those_that_tell_most_are_combined() -> None:
    rows = made(5, 4_000, (4,) * 20, {17: 1, 18: 2, 19: 3}, rate=0.9)
    best = search(rows, 5).found[0]
    assert dict(zip(best.attributes, best.values, strict=True)) == {17: 1, 18: 2, 19: 3}
