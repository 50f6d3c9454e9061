"""Which questions one indicator becomes, and which indicators share one."""

from __future__ import annotations

import pytest

from cdctl.domain.slo.objective import Indicator, Query, Ratio, RawRatio, Threshold
from cdctl.sources.prometheus.legs import SEEN, EventLeg, LookLeg, WindowLeg
from cdctl.sources.prometheus.plan import plan
from cdctl.sources.promql.parsing import parse
from cdctl.sources.promql.refusal import QueryError

REGION = ("region",)


def bad(total: str, failed: str, *, counter: bool = True) -> Ratio:
    return Ratio(Query(total), bad=Query(failed), counter=counter)


def good(total: str, worked: str) -> Ratio:
    return Ratio(Query(total), good=Query(worked))


@pytest.mark.parametrize(
    ("indicator", "by", "keep"),
    [
        (bad("x", 'x{code="500"}'), ("region", "code"), ['code="500"']),
        (good("x", 'x{code!~"5.."}'), ("region", "code"), ['code!~"5.."']),
        (bad('x{job="a"}', 'x{job="a",code="500",path="/"}'), ("region", "code", "path"), ['code="500"', 'path="/"']),
        (bad("sum(x)", 'sum(rate(x{code="500"}[{{window}}]))'), ("region", "code"), ['code="500"']),
        (bad("x offset 5m", 'x{code="500"} offset 5m'), ("region", "code"), ['code="500"']),
        (bad("x", 'x{region="eu"}'), ("region",), ['region="eu"']),
        (bad("x", 'x{code="1",code!="2"}'), ("region", "code"), ['code!="2"', 'code="1"']),
    ],
)
def test_a_part_of_total_is_asked_with_it(indicator: Ratio, by: tuple[str, ...], keep: list[str]) -> None:
    todo = plan(indicator, REGION)
    (leg,) = todo.legs
    assert isinstance(leg, EventLeg)
    assert (leg.by, leg.group_by, leg.with_seen) == (by, REGION, True)
    (part,) = todo.good or todo.bad
    assert [str(matcher) for matcher in part.keep] == keep
    assert bool(todo.good) == (indicator.good is not None)


@pytest.mark.parametrize(
    "indicator",
    [
        bad("x", "y"),
        bad("x", 'x{code="500"} offset 5m'),
        bad('x{job="a"}', 'x{code="500"}'),
        bad('x{code="500"}', 'x{code="500"}'),
        good("x", "x"),
        bad("x", 'rate(x{code="500"}[{{window}}])'),
    ],
)
def test_what_is_no_part_of_total_is_asked_apart(indicator: Ratio) -> None:
    todo = plan(indicator, REGION)
    total, other = todo.legs
    (part,) = todo.good or todo.bad
    assert (todo.total[0].leg, part.leg, part.keep) == (total, other, ())
    assert SEEN in total.expression(300)
    assert SEEN not in other.expression(300)


@pytest.mark.parametrize(
    ("indicator", "kinds"),
    [
        (bad("x", "y"), [EventLeg, EventLeg]),
        (bad("rate(x[{{window}}])", "y"), [WindowLeg, EventLeg]),
        (bad("rate(x[{{window}}])", "rate(y[{{window}}])"), [WindowLeg, WindowLeg]),
        (Threshold(Query("x"), "lt", 0.5), [LookLeg]),
        (RawRatio(Query("x")), [LookLeg]),
    ],
)
def test_kinds(indicator: Indicator, kinds: list[type]) -> None:
    assert [type(leg) for leg in plan(indicator, ()).legs] == kinds


@pytest.mark.parametrize("step", [60, 300, 3600])
@pytest.mark.parametrize("group_by", [(), REGION, ("region", "model")])
@pytest.mark.parametrize(
    "indicator",
    [
        bad("x", 'x{a="q\\"uo\\\\te"}'),
        bad("rate(x[{{window}}])", "sum(increase(y[{{ .window }}]))"),
        Threshold(Query("max(x) - min(max_over_time(x[{{window}}:]))"), "gte", -1e-7),
        Threshold(Query("x"), "lte", 1e30),
        RawRatio(Query("1 - (a or b)")),
        RawRatio(Query("sum(rate(a[{{window}}]))"), success=False),
    ],
)
def test_every_question_is_promql(indicator: Indicator, group_by: tuple[str, ...], step: int) -> None:
    for leg in plan(indicator, group_by).legs:
        texts = [leg.expression(step)]
        if isinstance(leg, EventLeg):
            texts += [leg.values(step), leg.peaks(step)]
        for text in texts:
            parse(text)
            assert "{{" not in text


def test_rates_become_events() -> None:
    per_second, count = plan(bad("sum(rate(x[{{window}}]))*1", "sum(increase(y[{{window}}]))*1"), ()).legs
    assert per_second.expression(3600) == "(sum(rate(x[3600s]))*1) * 3600"
    assert count.expression(3600) == "sum(increase(y[3600s]))*1"


@pytest.mark.parametrize(
    ("op", "sign"), [("lt", "< bool 0.5"), ("lte", "<= bool 0.5"), ("gt", "> bool 0.5"), ("gte", ">= bool 0.5")]
)
def test_a_threshold_says_when_a_look_is_good(op: str, sign: str) -> None:
    (leg,) = plan(Threshold(Query("x"), op, 0.5), ()).legs
    assert sign in leg.expression(300)


@pytest.mark.parametrize(("step", "look"), [(60, 60), (300, 300), (3600, 300)])
def test_a_value_is_looked_at_every_five_minutes_or_once_a_slice(step: int, look: int) -> None:
    (leg,) = plan(Threshold(Query("x[{{window}}]"), "lt", 0.5), ()).legs
    text = leg.expression(step)
    assert f":{look}s]" in text
    assert f"x[{look}s]" in text


@pytest.mark.parametrize(
    "indicator",
    [
        bad("x", "y{"),
        bad("x{", "y"),
        bad("x", "y", counter=False),
        bad("x", "sum by (pod) (y)"),
        Threshold(Query("x{"), "lt", 1),
        RawRatio(Query("")),
    ],
)
def test_a_query_that_cannot_be_used_is_refused(indicator: Indicator) -> None:
    with pytest.raises(QueryError) as refused:
        plan(indicator, ())
    assert refused.value.reason
    assert refused.value.hint


def test_equal_questions_are_equal_however_they_are_written() -> None:
    one = plan(bad('x{a="1",b="2"}', 'x{a="1",b="2",code="500"}'), REGION)
    other = plan(bad('sum by (region) (x{b="2",a="1"})', 'sum(rate(x{code="500",b="2",a="1"}[{{window}}]))'), REGION)
    assert one == other
    assert one.legs[0].expression(300) == other.legs[0].expression(300)
    assert one != plan(bad('x{a="1",b="2"}', 'x{a="1",b="2",code="501"}'), REGION)


RATE = "sum(rate({}[{{{{window}}}}]))"


@pytest.mark.parametrize(
    ("difference", "same"),
    [
        (bad(RATE.format("x"), f"{RATE.format('x')} - {RATE.format('y')}"), good("x", "y")),
        (good(RATE.format("x"), f"{RATE.format('x')} - {RATE.format('y')} or vector(0)"), bad("x", "y")),
        (bad("sum(x)", "sum(x) - sum(x{code='200'})"), good("x", "x{code='200'}")),
    ],
)
def test_all_less_the_good_are_the_bad(difference: Ratio, same: Ratio) -> None:
    one, other = plan(difference, REGION), plan(same, REGION)
    assert one.legs == other.legs
    assert [bool(todo.good) for todo in (one, other)] == [difference.bad is not None] * 2


def test_a_difference_is_a_leg_for_each() -> None:
    todo = plan(bad(RATE.format("n"), f"{RATE.format('x')} - {RATE.format('y')}"), REGION)
    assert [leg.counter.metric for leg in todo.legs if isinstance(leg, EventLeg)] == ["n", "x", "y"]
    assert [(part.sign, part.optional) for part in todo.bad] == [(1, False), (-1, True)]
    assert not todo.extrapolated
    assert plan(bad("x", "avg(rate(x[{{window}}]))"), ()).extrapolated


def test_one_total_serves_every_part_of_it() -> None:
    failed = plan(bad("x", 'x{code="500"}'), REGION)
    slow = plan(good("x", 'x{code=~"2.."}'), REGION)
    assert failed.legs == slow.legs
    assert failed.legs != plan(bad("x", 'x{code="500"}'), ()).legs
