"""All faults of an indicator, each with its query."""

from __future__ import annotations

import pytest

from cdctl.domain.slo.objective import Indicator, Query, Ratio, RawRatio, Threshold
from cdctl.sources.promql.grammar import judge


@pytest.mark.parametrize(
    ("indicator", "faults"),
    [
        (Ratio(Query("x"), good=Query("y")), []),
        (Ratio(Query("sum("), good=Query("sum(y")), [("sum(", 3), ("sum(y", 3)]),
        (Ratio(Query("x"), bad=Query("y{")), [("y{", 1)]),
        (Ratio(Query("avg(x)"), bad=Query("y")), [("avg(x)", 0)]),
        (Ratio(Query("x"), bad=Query("y"), counter=False), [("x", 0), ("y", 0)]),
        (RawRatio(Query("a +")), [("a +", 2)]),
        (RawRatio(Query("a + b")), []),
        (Threshold(Query("avg(x"), "lt", 1), [("avg(x", 3)]),
        (Threshold(Query("avg(x)"), "lt", 1), []),
    ],
)
def test_every_query_of_an_indicator(indicator: Indicator, faults: list[tuple[str, int]]) -> None:
    found = list(judge(indicator, ()))
    assert [(fault.query.text, fault.offset) for fault in found] == faults
    assert all(fault.reason and fault.hint for fault in found)


def test_without_a_grouping_the_text_alone_is_judged() -> None:
    ratio = Ratio(Query("sum by (region) (x)"), bad=Query("sum by (region) (y"))
    assert [fault.query.text for fault in judge(ratio, None)] == ["sum by (region) (y"]
    assert len(list(judge(ratio, ()))) == 2
    assert [fault.query.text for fault in judge(ratio, ("region",))] == ["sum by (region) (y"]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("sum(rate(y[{{window}}])) * 1", ["cannot be counted exactly"]),
        ("sum(rate(y[{{window}}])) - sum(increase(y[{{window}}]))", ["mixes rates"]),
        ("sum(rate(y[{{window}}])) or vector(0)", []),
        ("sum(rate(x[{{window}}])) - sum(rate(y[{{window}}]))", []),
        ("sum_over_time(count(y < 1)[{{window}}:])", []),
    ],
)
def test_what_is_extrapolated_is_a_warning(bad: str, said: list[str]) -> None:
    ratio = Ratio(Query("sum(rate(x[{{window}}]))"), bad=Query(bad))
    found = list(judge(ratio, ()))
    assert [words in fault.reason for words, fault in zip(said, found, strict=True)] == [True] * len(said)
    assert [fault.warning for fault in found] == ["exactly" in words for words in said]
    assert all(fault.hint for fault in found)
    assert list(judge(ratio, None)) == []
