"""Groupings by labels that no series has."""

from __future__ import annotations

import pytest
from cutter import Asked, Cutter, answered
from monthly import DAY, judged, promise
from stock import Stock, bad_share

from cdctl.domain.slo.objective import Indicator, Query, Ratio, Threshold
from cdctl.domain.slo.verdict import Row, Verdict
from cdctl.domain.slo.window import Rolling

pytest_plugins = ["stocked"]
NONE = "no series has the label {}: is it misspelt?"


def row(url: str, indicator: Indicator, *group_by: str) -> Row:
    (found,) = judged(url, [promise(indicator, group_by=group_by, window=Rolling(DAY))]).rows
    return found


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("rgion", (NONE.format("rgion"), "nearest to the label rgion: region")),
        ("zz", (NONE.format("zz"),)),
        ("pod", ()),
    ],
)
def test_a_label_that_no_series_has_and_the_nearest(stock: Stock, label: str, said: tuple[str, ...]) -> None:
    name = stock.outcomes(region="eu", pod="a")
    found = row(stock.url, bad_share(name), label)
    assert {text for text in found.warnings if "label" in text} == set(said)
    assert found.verdict is not Verdict.ERROR


def test_a_query_that_leaves_the_label_out(stock: Stock) -> None:
    name = stock.outcomes(region="eu")
    left_out = "the query leaves the label region out: aggregate by (region)"
    for query, said in ((f"max({name})", True), (f"max by (region) ({name})", False)):
        assert (left_out in row(stock.url, Threshold(Query(query), "gt", 0), "region").warnings) is said
    text = f"avg(increase({name}[{{{{window}}}}]))"
    assert left_out in row(stock.url, Ratio(Query(text), bad=Query(text)), "region").warnings


def test_one_question_more_and_only_then(stock: Stock) -> None:
    name = stock.outcomes(region="eu")
    with Cutter(stock.url) as cutter:
        row(cutter.url, bad_share(name), "region")
        assert not [one for one in cutter.asked if "topk" in one.query]
        row(cutter.url, bad_share(name), "rgion")
        assert len([one for one in cutter.asked if "topk" in one.query]) == 1


def test_a_hint_that_cannot_be_had_fails_nothing(stock: Stock) -> None:
    def refused(asked: Asked) -> object:
        return answered(400, "no") if "topk" in asked.query else None

    name = stock.outcomes(region="eu")
    with Cutter(stock.url) as cutter:
        cutter.spoils = refused  # type: ignore[assignment]
        found = row(cutter.url, bad_share(name), "rgion")
    assert NONE.format("rgion") in found.warnings
    assert not any("nearest" in text for text in found.warnings)
