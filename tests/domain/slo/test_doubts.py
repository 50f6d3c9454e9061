"""Suspicions that a source has of a part of the window, and what the whole of it says of them."""

from __future__ import annotations

import pytest

from cdctl.domain.slo.doubts import NO_BAD, NO_GOOD, confirmed
from cdctl.domain.slo.verdict import Verdict

END = 480_000 * 3600
SUSPECTED = (NO_GOOD, NO_BAD, "server: slow")


@pytest.mark.parametrize(
    ("good", "total", "stays"),
    [(0, 10, [NO_GOOD]), (1, 10, []), (9, 10, []), (10, 10, [NO_BAD]), (0, 0, []), (-1, 10, [NO_GOOD])],
)
def test_a_suspicion_stays_when_the_whole_window_bears_it_out(good: float, total: float, stays: list[str]) -> None:
    assert confirmed(SUSPECTED, good, total) == (*stays, "server: slow")


def test_rows_carry_what_holds_for_them(judged, day, hours):
    slo = day(group_by=("region",))
    values = [[0.0] * 24, [10.0] * 24, [5.0] * 24]
    buckets = hours(values, [[10.0] * 24] * 3, groups=(("cn",), ("eu",), ("us",)))
    rows = judged(slo, buckets, at=END, warnings=SUSPECTED)
    said = {row.group["region"]: [text for text in row.warnings if text in SUSPECTED] for row in rows}
    assert said == {"cn": [NO_GOOD, "server: slow"], "eu": [NO_BAD, "server: slow"], "us": ["server: slow"]}


def test_a_row_without_data_suspects_nothing(one, day, hours):
    row = one(day(), hours([0.0] * 24, [0.0] * 24, seen=0.0), at=END, warnings=SUSPECTED)
    assert row.verdict is Verdict.NO_DATA
    assert row.warnings == ("server: slow",)


def test_series_without_a_label_are_told_on_their_own_row(judged, day, hours):
    slo = day(group_by=("region", "model"))
    first, second = judged(slo, hours(9.0, [[10.0] * 24] * 2, groups=(("", ""), ("eu", ""))), at=END)
    assert "these are the series without the label region" in first.warnings
    assert not any("without the label" in text for text in second.warnings)
    for row in (first, second):
        assert "no series has the label model: is it misspelt?" in row.warnings
        assert not any("has the label region" in text for text in row.warnings)
