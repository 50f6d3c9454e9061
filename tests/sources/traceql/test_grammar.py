"""Faults of filters, each with its place, and what is odd about filters that can be asked."""

from __future__ import annotations

import pytest

from cdctl.domain.slo.objective import Indicator, Query, Ratio, RawRatio, Threshold
from cdctl.sources.traceql.grammar import judge

SHOP = '{ resource.service.name = "shop" }'


def q(text: str, **settings: str) -> Query:
    """As of a data source, which the reader of files does not know to be of traces."""
    return Query(text, "traces", {**settings, "data_source": "ours"})


def said(indicator: Indicator) -> list[tuple[str, int, bool]]:
    return [(fault.reason, fault.offset, fault.warning) for fault in judge(indicator, ("region",))]


@pytest.mark.parametrize(
    "indicator",
    [
        Ratio(q(SHOP), good=q("{ status != error && duration < 5s }")),
        Ratio(q(SHOP), bad=q("", errors="convention")),
        Ratio(q(SHOP, spans="all", weight="1"), bad=q("{ span.region =~ `e.*` }", errors="convention")),
        Ratio(q('{ rootServiceName = "shop" }', spans="root"), good=q("{ }")),
        Ratio(q('{ (.service.name = "a" || .service.name = "b") && kind = server }'), good=q("{ }")),
        Ratio(q('{ resource.service.name = "shop" && kind = client }', spans="all"), good=q("{ }")),
        Ratio(q(SHOP, errors="convention"), bad=q(SHOP, errors="convention")),
    ],
)
def test_sound(indicator: Indicator) -> None:
    assert said(indicator) == []


@pytest.mark.parametrize(
    ("indicator", "reason", "offset"),
    [
        (Ratio(q("{ resource.service.name = }"), good=q("{ }")), "expected an attribute or a value", 26),
        (Ratio(q(SHOP), good=q("{ durration < 5s }")), "unknown name 'durration'", 2),
        (Ratio(q(SHOP), good=q("{ } | count() > 2")), "not covered: pipelines and their aggregates", 4),
        (Ratio(q("", spans="all"), good=q("{ }")), "spec has no query", 0),
        (Ratio(q(SHOP), good=q("")), "spec has no query", 0),
        (Ratio(q(SHOP), good=q("{ }", errors="convention")), "errors tells bad spans, and this is good", 0),
        (Ratio(q(SHOP, errors="convention"), bad=q("{ }")), "errors belongs to bad, not to total", 0),
        (Ratio(q(SHOP), bad=q("{ }", errors="status")), "errors is 'status'", 0),
        (Ratio(q(SHOP, spans="leaf"), bad=q("{ }")), "spans is 'leaf'", 0),
        (Ratio(q(SHOP), bad=q("{ }", spans="all")), "spans is 'all' and 'entry' in the total", 0),
        (Ratio(q(SHOP, weight="0.5"), bad=q("{ }")), "weight is '0.5', not a number of at least 1", 0),
        (Ratio(q(SHOP, weight="nan"), bad=q("{ }")), "weight is 'nan', not a number of at least 1", 0),
        (Ratio(q(SHOP), bad=q("{ }", weight="2")), "weight belongs to total", 0),
        (Ratio(q(SHOP, span="all"), bad=q("{ }")), "spec has an unknown key 'span' for traces", 0),
        (Ratio(q(SHOP)), "there is neither good nor bad", 0),
        (RawRatio(q("{ }")), "spans are counted, so they make no raw ratio", 0),
        (Threshold(q("{ }"), "lt", 5), "spans are counted, so they make no thresholdMetric", 0),
    ],
)
def test_faults(indicator: Indicator, reason: str, offset: int) -> None:
    assert said(indicator) == [(reason, offset, False)]


def test_every_fault_is_told_at_once() -> None:
    wrong = Ratio(q("{ nonsense }", weight="x"), bad=q("{ more }", errors="no"))
    assert [reason for reason, _, _ in said(wrong)] == [
        "unknown name 'nonsense'",
        "unknown name 'more'",
        "errors is 'no'",
        "weight is 'x', not a number of at least 1",
    ]


@pytest.mark.parametrize(
    "total",
    ["{ }", "{ status = error }", '{ resource.service.name != "a" }', '{ .service.name = "a" || kind = server }'],
)
def test_entries_of_every_service_are_odd(total: str) -> None:
    ((reason, offset, warning),) = said(Ratio(q(total), good=q("{ }")))
    assert reason.startswith("this counts the entry spans of every service")
    assert (offset, warning) == (0, True)
    assert said(Ratio(q(total, spans="root"), good=q("{ }"))) == []


def test_entries_that_are_none_are_odd() -> None:
    ((reason, offset, warning),) = said(Ratio(q(SHOP[:-2] + " && kind = client }"), good=q("{ }")))
    assert reason.startswith("entry spans are of kind server or consumer")
    assert (offset, warning) == (SHOP.index("}") + 3, True)


def test_what_the_reader_of_files_says_is_not_said_twice() -> None:
    total = Query(SHOP, "traces", {"spans": "leaf", "weight": "0"})
    assert said(Ratio(total, bad=Query("", "traces", {"errors": "no"}))) == []
    assert [reason for reason, _, _ in said(Ratio(total, bad=Query("{ oops }", "traces")))] == ["unknown name 'oops'"]
