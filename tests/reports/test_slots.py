from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cdctl.domain.slo.verdict import ErrorBudget, History, Row, SloReport
from cdctl.reports.slots import MOST, Slots, slots

HOUR, DAY = 3600, 86_400


def made(row: Row, at: int, most: int = MOST) -> Slots:
    found = slots(row, at, most)
    assert found is not None
    return found


def with_history(row: Row, history: History) -> Row:
    return replace(row, history=history)


@pytest.fixture
def eu(report: SloReport) -> Row:
    return report.rows[1]


def test_nothing_is_lost_on_the_way(report: SloReport) -> None:
    for row in report.rows:
        found = slots(row, report.at)
        if found is None or row.history is None:
            continue
        assert found.total.sum() == pytest.approx(row.history.total.sum())
        assert found.bad.sum() == pytest.approx((row.history.total - row.history.good).sum())
        assert row.error_budget
        assert found.left is not None
        assert found.left[-1] == pytest.approx(row.error_budget.remaining_ratio)


def test_thousands_of_buckets_become_few_slots(many: SloReport) -> None:
    row = many.rows[0]
    assert row.history is not None
    assert len(row.history.ends) > 8_000
    found = made(row, many.at)
    assert 100 < len(found.ends) <= MOST + 1
    assert found.width == 3 * HOUR
    assert found.starts[0] == row.window.start
    assert found.ends[-1] == many.at
    assert (found.ends[:-1] == found.starts[1:]).all()


def test_a_slot_is_never_narrower_than_a_bucket(eu: Row, report: SloReport) -> None:
    assert made(eu, report.at, 10_000).width == HOUR


def test_the_budget_is_used_up_in_the_very_bucket(eu: Row, report: SloReport) -> None:
    assert eu.history is not None
    found = made(eu, report.at)
    spent = np.cumsum(eu.history.total - eu.history.good)
    assert eu.error_budget
    first = int(np.argmax(spent > eu.error_budget.allowed))
    assert found.used_up == eu.history.ends[first]
    assert made(report.rows[2], report.at).used_up is None


def test_no_budget_no_line(eu: Row, report: SloReport) -> None:
    assert made(replace(eu, error_budget=None), report.at).left is None
    assert made(replace(eu, error_budget=ErrorBudget(0.0, 0.0, None)), report.at).left is None


def test_no_history_no_slots(eu: Row, report: SloReport) -> None:
    assert slots(replace(eu, history=None), report.at) is None
    none = History(*(np.zeros(0, dtype=np.int64),) * 2, *(np.zeros(0),) * 3)
    assert slots(with_history(eu, none), report.at) is None


def test_time_that_was_not_observed_is_a_gap(eu: Row, report: SloReport) -> None:
    past, at = eu.history, report.at
    assert past is not None
    assert made(eu, at).gaps == ()
    blind = (past.ends > at - 20 * DAY) & (past.ends <= at - 19 * DAY)
    (gap,) = made(with_history(eu, replace(past, coverage=np.where(blind, 0.0, 1.0))), at).gaps
    assert gap == (int(past.ends[blind][0]) - HOUR, int(past.ends[blind][-1]))


def test_flickering_is_one_gap(eu: Row, report: SloReport) -> None:
    past = eu.history
    assert past is not None
    flicker = np.where(np.arange(len(past.ends)) % 2, 0.0, 1.0)
    assert len(made(with_history(eu, replace(past, coverage=flicker)), report.at).gaps) == 1


def test_time_before_and_after_the_buckets_is_a_gap(eu: Row, report: SloReport) -> None:
    past = eu.history
    assert past is not None
    part = slice(200, 300)
    short = History(past.ends[part], past.widths[part], past.good[part], past.total[part], past.coverage[part])
    gaps = made(with_history(eu, short), report.at).gaps
    assert gaps[0] == (eu.window.start, int(short.ends[0] - short.widths[0]))
    assert gaps[-1] == (int(short.ends[-1]), report.at)
