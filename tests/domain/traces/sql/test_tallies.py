"""Rows of a roll-up as counts, and minutes that were heard."""

from __future__ import annotations

import numpy as np
import pytest

from cdctl.domain.slo.series import Span
from cdctl.domain.traces.sql import tallies
from cdctl.domain.traces.sql.statements import TALLIES
from cdctl.domain.traces.sql.tallies import counts_of, kind_of, minutes
from cdctl.errors import UsageError

RUN = Span(0, 900, 300)


def rows(*numbers: int) -> dict[str, np.ndarray]:
    """Every tally of a row is a multiple of its number; the part is a half of all."""
    return {name: np.array(numbers, float) * (0.5 if "part" in name else 1) for name in TALLIES}


def test_rows_are_put_into_their_groups_and_buckets():
    found = counts_of(np.array([0, 2, 1]), [["eu", "eu", ""]], rows(2, 4, 8), RUN, np.zeros(3), bad=True)
    assert found.groups == (("",), ("eu",))
    assert found.ends.tolist() == [300, 600, 900]
    assert found.total.tolist() == [[0, 8, 0], [2, 0, 4]]
    assert found.good.tolist() == [[0, 4, 0], [1, 0, 2]]
    assert found.raw_bad.tolist() == found.unknown_bad.tolist() == found.squares_bad.tolist() == [[0, 4, 0], [1, 0, 2]]


def test_a_part_that_is_good_leaves_the_rest_bad():
    tally = rows(8)
    tally["part"], tally["part_raw"] = np.array([6.0]), np.array([7.0])
    found = counts_of(np.array([1]), [], tally, RUN, np.zeros(3), bad=False)
    assert (found.good.tolist(), found.raw_bad.tolist()) == ([[0, 6, 0]], [[0, 1, 0]])
    assert counts_of(np.array([1]), [], tally, RUN, np.zeros(3), bad=True).good.tolist() == [[0, 2, 0]]


def test_no_rows_are_no_groups():
    found = counts_of(np.zeros(0, np.int64), [[]], rows(), RUN, np.ones(3), bad=True, notes=("x",))
    assert (found.groups, found.total.shape, found.seen.tolist(), found.notes) == ((), (0, 3), [1, 1, 1], ("x",))


def test_too_many_groups(monkeypatch):
    monkeypatch.setattr(tallies, "MOST_CELLS", 2)
    with pytest.raises(UsageError, match="1 groups of 3 buckets"):
        counts_of(np.array([0]), [["a"]], rows(1), RUN, np.zeros(3), bad=True)


@pytest.mark.parametrize(
    ("heard", "told"),
    [([], [0, 0, 0]), ([(0, 900)], [5, 5, 5]), ([(-100, 60), (270, 390), (890, 2000)], [1.5, 1.5, 1 / 6])],
)
def test_minutes_that_were_heard(heard, told):
    assert minutes(heard, RUN).tolist() == pytest.approx(told)


def test_names_of_kinds():
    assert [kind_of(number) for number in (-1, 0, 2, 99)] == ["", "unspecified", "server", "99"]
