"""Many of the same within seconds are one run; a pause, another thing and the minute of the clock end it."""

from __future__ import annotations

import numpy as np
import pytest

from cdctl.domain.boards.folding import runs

BASE = 1_800_000_000_000


def parts(at: list[int], what: list[int]) -> list[list[int]]:
    order, begins = runs(np.array(at, np.int64), np.array(what))
    return [part.tolist() for part in np.split(order, begins[1:])] if len(begins) else []


@pytest.mark.parametrize(
    ("at", "what", "found"),
    [
        ([], [], []),
        ([0], [1], [[0]]),
        ([0, 500, 1_000], [1, 1, 1], [[0, 1, 2]]),
        ([0, 500, 1_000], [1, 2, 1], [[0, 2], [1]]),
        ([0, 2_000, 4_001], [1, 1, 1], [[0, 1], [2]]),
        ([59_900, 60_100], [1, 1], [[0], [1]]),
        ([1_000, 500], [1, 1], [[0, 1]]),
        ([9_000, 500], [1, 1], [[0], [1]]),
    ],
)
def test_runs(at, what, found):
    assert parts([BASE + one for one in at], what) == found


def test_what_goes_on_all_day_is_a_run_a_minute_that_stays_when_the_oldest_are_forgotten():
    at = [BASE + 700 * n for n in range(400)]
    whole = parts(at, [1] * 400)
    assert [len(run) for run in whole] == [86, 86, 86, 85, 57]
    later = parts(at[100:], [1] * 300)
    assert [[n + 100 for n in run] for run in later[1:]] == whole[2:]
