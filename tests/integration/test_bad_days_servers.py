"""One hostile month on two kinds of servers: every way of asking gives one answer."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from monthly import AVAILABILITY, DAY, END, REGIONS, Truth, judged, promise

from cdctl.domain.ports import BucketRequest, SourceAnswer
from cdctl.domain.slo.objective import Indicator, Query, Ratio, RawRatio, Threshold
from cdctl.domain.slo.series import LOOKBACK, Buckets, Span
from cdctl.domain.slo.tiling import join
from cdctl.domain.slo.window import Rolling
from cdctl.sources.prometheus import PLUGIN

SERVERS = ("prometheus", "victoria")
WEEK = Span(END - 7 * DAY, END, 3600)


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def fetched(url: str, indicator: Indicator, spans: list[Span]) -> Buckets:
    async def run() -> Buckets:
        source = PLUGIN.make({"url": url})
        try:
            async for answer in source.fetch([BucketRequest("k", indicator, ("region",), tuple(spans), END)]):
                assert isinstance(answer, SourceAnswer), answer
                return join(answer.buckets)
        finally:
            await source.aclose()
        raise AssertionError

    return asyncio.run(run())


def test_counting_here_and_counting_there_agree(server: str) -> None:
    days = [Span(start, start + LOOKBACK, 3600) for start in range(WEEK.start, WEEK.end, LOOKBACK)]
    here, there = fetched(server, AVAILABILITY, [WEEK]), fetched(server, AVAILABILITY, days)
    assert here.groups == there.groups == tuple((region,) for region in sorted(REGIONS))
    for field in ("good", "total", "seen"):
        np.testing.assert_allclose(getattr(here, field), getattr(there, field), rtol=1e-9, err_msg=field)


def test_buckets_are_what_happened(server: str, truth: Truth) -> None:
    found = fetched(server, AVAILABILITY, [WEEK])
    for (region,), total, seen in zip(found.groups, found.total, found.seen, strict=True):
        happened = [truth.count(region, end - 3600, end) for end in found.ends]
        plain = seen >= 59  # an hour in which every scrape came
        assert plain.mean() > 0.9
        assert np.isclose(total[plain], np.array(happened)[plain], rtol=0.1).mean() > 0.95
        assert not np.isclose(total[plain], np.array(happened)[plain] * 1.3, rtol=0.1).mean() > 0.5


@pytest.mark.parametrize(
    "indicator",
    [
        Threshold(Query('max by (region) (commands_total{code="200"}) % 1000'), "lt", 700),
        RawRatio(Query('sum by (region) (commands_total{code="200"}) / sum by (region) (commands_total)')),
        Ratio(
            Query("0 + sum by (region) (increase(commands_total[{{window}}]))"), bad=Query('commands_total{code="500"}')
        ),
        Ratio(Query("commands_total"), good=Query('commands_total{code=~"2.."}')),
    ],
    ids=["threshold", "raw", "windowed", "good"],
)
def test_two_servers_judge_alike(prometheus: str, victoria: str, indicator: Indicator) -> None:
    # A rate is extrapolated by one of them and not by the other; what is counted exactly agrees exactly.
    exact = isinstance(indicator, Ratio) and not indicator.total.text.startswith("0")
    slo = promise(indicator, window=Rolling(2 * DAY))
    one, other = (judged(url, [slo]).rows for url in (prometheus, victoria))
    assert [row.group["region"] for row in one] == [row.group["region"] for row in other] == sorted(REGIONS)
    for first, second in zip(one, other, strict=True):
        assert first.sli == pytest.approx(second.sli, rel=1e-9 if exact else 0.02)
        assert first.total == pytest.approx(second.total, rel=1e-9 if exact else 0.02)


def test_many_promises_at_once_get_the_answers_that_each_gets_alone(server: str) -> None:
    indicators = [
        AVAILABILITY,
        Ratio(Query("commands_total"), good=Query('commands_total{code="200"}')),
        Ratio(Query('commands_total{pod="p0"}'), bad=Query('commands_total{pod="p0",code="500"}')),
        Ratio(Query("commands_total"), bad=Query("nothing_at_all")),
        Ratio(Query("nothing_at_all"), bad=Query("commands_total")),
        Ratio(Query('commands_total{code="200"}'), bad=Query('commands_total{code="500"}')),
        Threshold(Query("max by (region) (commands_total) % 1000"), "lt", 700),
        Ratio(Query("commands_total offset 1h"), bad=Query('commands_total{code="500"} offset 1h')),
    ]
    slos = [promise(one, window=Rolling(DAY), group_by=by) for one in indicators for by in [("region",), ()]]
    together = judged(server, slos, at=END - 2100).rows
    alone = [row for slo in slos for row in judged(server, [slo], at=END - 2100).rows]
    assert len(together) == len(alone) > len(slos)
    for one, other in zip(together, alone, strict=True):
        assert (one.group, one.verdict, one.warnings) == (other.group, other.verdict, other.warnings)
        assert (one.good, one.total, one.coverage) == pytest.approx((other.good, other.total, other.coverage))
    assert len({row.total for row in together}) > len(slos) / 2, "the promises differ"
