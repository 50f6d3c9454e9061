"""Rows and the smaller table that is searched."""

from __future__ import annotations

import numpy as np
import pytest

from cdctl.domain.why.rows import NONE, Rows, cells


def rows(codes: list[list[int]], bad: list[float], total: list[float] | None = None) -> Rows:
    columns = tuple(np.array(column, np.int32) for column in codes)
    sizes = tuple(int(column.max()) + 1 for column in columns)
    nothing = np.zeros(len(bad), np.int32)
    every = np.array(total or [1.0] * len(bad))
    return Rows(columns, sizes, np.array(bad), every, nothing, nothing + NONE)


def test_inside_is_where_every_attribute_has_its_value() -> None:
    made = rows([[0, 0, 1, 1], [0, 1, 0, 1]], [1, 0, 0, 1])
    assert made.inside((0, 1), (0, 1)).tolist() == [False, True, False, False]
    assert made.inside((1,), (1,)).tolist() == [False, True, False, True]
    taken = made.take(made.inside((1,), (1,)))
    assert (len(taken), taken.bad.tolist(), taken.codes[0].tolist()) == (2, [0, 1], [0, 1])


def test_only_values_with_enough_bad_events_are_searched() -> None:
    made = rows([[0, 0, 0, 1, 2], [0, 1, 2, 3, NONE]], [1, 1, 0, 1, 0])
    table = cells(made, 2)
    assert table.of == (0,)
    assert table.names[0].tolist() == [NONE, 0]
    assert table.codes[0].tolist() == [1, 1, 1, 0, 0]
    assert cells(made, 1).of == (0, 1)
    assert cells(made, 3).of == ()


def test_equal_rows_are_added_up() -> None:
    rng = np.random.default_rng(1)
    codes = [rng.integers(0, 4, 50_000).tolist() for _ in range(3)]
    bad = (rng.random(50_000) < 0.1).astype(float).tolist()
    made = rows(codes, bad)
    table = cells(made, 1)
    assert len(table.bad) == 64
    assert not table.plain
    assert (table.bad.sum(), table.total.sum()) == (sum(bad), 50_000)
    inside = made.inside((0, 1, 2), (1, 2, 3))
    where = (table.codes[0] == 2) & (table.codes[1] == 3) & (table.codes[2] == 4)
    assert table.bad[where].sum() == made.bad[inside].sum()
    assert table.total[where].sum() == inside.sum()


def test_rows_that_all_differ_stay_as_they_are() -> None:
    rng = np.random.default_rng(1)
    codes = [rng.integers(0, 40, 30_000).tolist() for _ in range(6)]
    assert len(cells(rows(codes, [1.0] * 30_000), 1).bad) == 30_000


def test_of_very_many_a_sample_stands_for_those_that_are_good() -> None:
    rng = np.random.default_rng(1)
    codes = [rng.integers(0, 40, 30_000).tolist() for _ in range(6)]
    bad = (rng.random(30_000) < 0.02).astype(float)
    table = cells(rows(codes, bad.tolist()), 1, 5_000)
    assert len(table.bad) == 5_000 + bad.sum()
    assert table.bad.sum() == bad.sum()
    assert table.total.sum() == pytest.approx(30_000)
    exact = cells(rows(codes, bad.tolist()), 1)
    for number in range(6):
        own, whole = (np.bincount(one.codes[number], weights=one.bad) for one in (table, exact))
        assert own.tolist() == whole.tolist()
        totals = np.bincount(table.codes[number], weights=table.total)
        truth = np.maximum(np.bincount(exact.codes[number]), 1)
        assert np.abs(totals / truth - 1)[1:].max() < 0.4


def test_more_combinations_than_a_number_holds() -> None:
    rng = np.random.default_rng(1)
    codes = [np.repeat(rng.integers(0, 300, 3_000), 10).tolist() for _ in range(10)]
    table = cells(rows(codes, [1.0] * 30_000), 1)
    assert len(table.bad) == 3_000
    assert set(table.total.tolist()) == {10.0}
