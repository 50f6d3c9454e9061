"""A question that hangs or fails costs those that were asked with it one try."""

from __future__ import annotations

from cutter import Cutter, answered, hung
from monthly import DAY, judged, promise
from stock import Stock, bad_share

from cdctl.domain.slo.objective import Slo
from cdctl.domain.slo.verdict import Verdict
from cdctl.domain.slo.window import Rolling

pytest_plugins = ["stocked"]


def day(name: str) -> Slo:
    return promise(bad_share(name), group_by=(), window=Rolling(DAY))


def test_one_slow_question_does_not_take_the_others_time(stock: Stock) -> None:
    slow, *names = (stock.outcomes() for _ in range(5))
    with Cutter(stock.url) as cutter:
        cutter.spoils = lambda asked: hung if slow in asked.query else None
        first, *rest = judged(
            cutter.url, [day(name) for name in (slow, *names)], timeout=0.4, deadline=0.9, retries=1
        ).rows
    assert first.verdict is Verdict.ERROR
    assert [row.verdict for row in rest] == [Verdict.MET] * 4


def test_a_busy_moment_costs_one_question_more(stock: Stock) -> None:
    slow, *names = (stock.outcomes() for _ in range(3))
    with Cutter(stock.url) as cutter:
        cutter.spoils = lambda asked: answered(503) if slow in asked.query else None
        rows = judged(cutter.url, [day(name) for name in (slow, *names)]).rows
        together = [query for query in cutter.queries if slow in query and names[0] in query]
    assert [row.verdict for row in rows] == [Verdict.ERROR, Verdict.MET, Verdict.MET]
    assert len(together) == len(set(together)), "a batch that failed was sent again as it was"


def test_a_server_that_says_when_to_come_again_is_asked_the_same(stock: Stock) -> None:
    names = [stock.outcomes() for _ in range(3)]
    later = iter([answered(429, "", Retry_After="0")])
    with Cutter(stock.url) as cutter:
        cutter.spoils = lambda asked: next(later, None) if '"cdctl_leg"' in asked.query else None
        rows = judged(
            cutter.url, [promise(bad_share(name), group_by=(), window=Rolling(DAY // 2)) for name in names]
        ).rows
        packed = [query for query in cutter.queries if '"cdctl_leg"' in query]
    assert [row.verdict for row in rows] == [Verdict.MET] * 3
    assert len(packed) == len(set(packed)) + 1
