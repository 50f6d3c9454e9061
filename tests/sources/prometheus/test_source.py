"""Many requests, few questions: what is shared, cut into pieces, kept apart, and said."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import httpx
import numpy as np
import pytest
from cutter import Cutter, answered, rewritten
from monthly import DAY, END
from stock import Stock, bad_share, counter, outcomes

from cdctl.domain.ports import BucketRequest, Inspector, Source, SourceAnswer, SourceFailure
from cdctl.domain.slo.objective import Indicator, Query, Ratio, RawRatio, Threshold
from cdctl.domain.slo.series import Span
from cdctl.lab.history import Series
from cdctl.lab.servers import free_port
from cdctl.sources.prometheus.legs import SEEN
from cdctl.sources.prometheus.source import make

pytest_plugins = ["stocked"]

HOURS = Span(END - 6 * 3600, END, 3600)
FINE = Span(END - 3600, END, 300)


@pytest.fixture
def cutter(stock: Stock) -> Iterator[Cutter]:
    with Cutter(stock.url) as proxy:
        yield proxy


def request(key: str, indicator: Indicator, *group_by: str, spans: Sequence[Span] = (HOURS,)) -> BucketRequest:
    return BucketRequest(key, indicator, group_by, tuple(spans), END)


def fetched(url: str, *requests: BucketRequest, **settings: object) -> dict[str, SourceAnswer | SourceFailure]:
    async def run() -> dict[str, SourceAnswer | SourceFailure]:
        source = make({"url": url, **settings})
        try:
            return {answer.key: answer async for answer in source.fetch(requests)}
        finally:
            await source.aclose()

    found = asyncio.run(run())
    assert set(found) == {request.key for request in requests}
    return found


def answer(url: str, one: BucketRequest, **settings: object) -> SourceAnswer:
    (found,) = fetched(url, one, **settings).values()
    assert isinstance(found, SourceAnswer), found
    return found


def failure(url: str, one: BucketRequest, **settings: object) -> SourceFailure:
    (found,) = fetched(url, one, **settings).values()
    assert isinstance(found, SourceFailure), found
    return found


def test_it_is_a_source_that_can_be_inspected(stock: Stock) -> None:
    source = make({"url": stock.url})
    assert isinstance(source, Source)
    assert isinstance(source, Inspector)


def test_events_per_bucket_are_what_happened(stock: Stock) -> None:
    name = stock.outcomes(0.01, region="eu")
    found = answer(stock.url, request("k", bad_share(name), "region", spans=[HOURS, FINE]))
    hours, fine = found.buckets
    assert hours.groups == fine.groups == (("eu",),)
    np.testing.assert_array_equal(hours.ends, HOURS.ends)
    np.testing.assert_allclose(hours.total, 36_000)
    np.testing.assert_allclose(hours.total - hours.good, 360)
    np.testing.assert_array_equal(hours.seen, 60)
    np.testing.assert_allclose(fine.total, 3000)
    np.testing.assert_array_equal(fine.seen, 5)


def questions(cutter: Cutter) -> int:
    """How many questions for events were asked: several short ones may share a query (sources.prometheus.pack)."""
    return sum(query.count('"cdctl_reset"') for query in cutter.queries)


def test_a_part_of_total_costs_no_question_of_its_own(cutter: Cutter, stock: Stock) -> None:
    name, other = stock.outcomes(), stock.outcomes()
    fetched(cutter.url, request("k", bad_share(name)))
    assert questions(cutter) == 1
    cutter.asked.clear()
    fetched(cutter.url, request("k", Ratio(Query(name), bad=Query(other))))
    assert questions(cutter) == 2


def test_promises_on_one_total_share_its_question(cutter: Cutter, stock: Stock) -> None:
    name = stock.outcomes(0.01)
    indicators = [
        bad_share(name),
        Ratio(Query(f"sum({name})"), good=Query(f'sum(rate({name}{{code="200"}}[{{{{window}}}}]))')),
        Ratio(Query(name), bad=Query(f'{name}{{code=~"5.."}}')),
    ]
    found = fetched(cutter.url, *(request(str(i), one) for i, one in enumerate(indicators)))
    assert questions(cutter) == 1
    sums = [[part.good.sum() for part in one.buckets] for one in found.values() if isinstance(one, SourceAnswer)]
    np.testing.assert_allclose(sums, [[6 * 36_000 * 0.99]] * 3)
    cutter.asked.clear()
    fetched(cutter.url, *(request(str(i), one, *by) for i, one in enumerate(indicators) for by in [["region"][:i]]))
    assert questions(cutter) == 2, "another grouping is another question"


def test_equal_spans_are_asked_once_and_others_apart(cutter: Cutter, stock: Stock) -> None:
    name = stock.outcomes()
    fetched(cutter.url, request("a", bad_share(name), spans=[HOURS, FINE]), request("b", bad_share(name), spans=[FINE]))
    assert len(cutter.queries) == 2


def test_long_spans_are_asked_in_pieces(cutter: Cutter, stock: Stock) -> None:
    name = stock.name()
    times = np.arange(END - 14 * DAY, END + 1, 300.0)
    values = np.where(np.arange(len(times)) % 10 == 9, 2.0, 0.0)
    stock.put(Series(name, {}, times, values))
    minutes = Span(END - 14 * DAY, END, 60)
    found = answer(cutter.url, request("k", Threshold(Query(name), "lt", 1), spans=[minutes]))
    pieces = [(float(asked.params["end"]) - float(asked.params["start"])) / 60 + 1 for asked in cutter.asked]
    assert max(pieces) <= 11_000
    assert sum(pieces) == len(minutes) == 20_160
    (buckets,) = found.buckets
    np.testing.assert_array_equal(buckets.ends, minutes.ends)
    assert buckets.total.sum() == pytest.approx(20_160, abs=2)
    assert 1 - buckets.good.sum() / buckets.total.sum() == pytest.approx(0.1, abs=0.001)


def test_evidence_can_be_asked_again_by_hand(cutter: Cutter, stock: Stock) -> None:
    name = stock.outcomes()
    found = answer(cutter.url, request("k", bad_share(name), spans=[HOURS, FINE]))
    assert {(one.source, one.at) for one in found.evidence} == {("prometheus", END)}
    for one, buckets in zip(found.evidence, found.buckets, strict=True):
        assert any(one.query in query for query in cutter.queries)
        with httpx.Client() as http:
            said = http.post(f"{stock.url}/api/v1/query", data={"query": one.query, "time": END}).json()
        events = [float(row["value"][1]) for row in said["data"]["result"] if SEEN not in row["metric"]]
        assert sum(events) == pytest.approx(buckets.total[0, -1])


def test_evidence_names_every_form_once(stock: Stock) -> None:
    name = stock.outcomes()
    twice = [HOURS, Span(HOURS.start - 7200, HOURS.start - 3600, 3600), FINE]
    steps = {"both": twice, "fine": [FINE], "none": []}
    found = {
        key: answer(stock.url, request(key, bad_share(name), spans=spans)).evidence for key, spans in steps.items()
    }
    assert {key: len(evidence) for key, evidence in found.items()} == {"both": 2, "fine": 1, "none": 1}
    assert found["both"] == (*found["none"], *found["fine"])


def test_one_that_fails_hides_no_other(cutter: Cutter, stock: Stock) -> None:
    name, spoilt = stock.outcomes(), stock.outcomes()
    cutter.spoils = lambda asked: answered(500, "no luck") if spoilt in asked.query else None
    pair = Ratio(Query(f"increase({name}[{{{{window}}}}])"), good=Query(f"increase({name}[{{{{window}}}}])"))
    found = fetched(
        cutter.url,
        request("spoilt", bad_share(spoilt)),
        request("good", bad_share(name)),
        request("syntax", bad_share("x{{")),
        request("many", pair),
        request("refused", RawRatio(Query(f"{name} * on() group_left() {name}"))),
        request("also good", bad_share(name), "code"),
        retries=0,
    )
    fails = {key: one for key, one in found.items() if isinstance(one, SourceFailure)}
    assert set(fails) == {"spoilt", "syntax", "many", "refused"}
    assert {key for key, one in fails.items() if one.mine} == {"syntax", "many", "refused"}
    assert "HTTP 500: no luck" in fails["spoilt"].reason
    assert "returned 2 series, by code" in fails["many"].reason
    assert "many-to-many" in fails["refused"].reason or "duplicate" in fails["refused"].reason
    assert all(one.hint for one in fails.values())
    assert [len(fails[key].evidence) for key in ("spoilt", "syntax", "many")] == [1, 0, 1]


def test_questions_that_share_a_failure_all_fail(cutter: Cutter, stock: Stock) -> None:
    name = stock.outcomes()
    cutter.usual = answered(500)
    found = fetched(cutter.url, *(request(str(n), bad_share(name)) for n in range(5)), retries=0)
    assert [type(one) for one in found.values()] == [SourceFailure] * 5
    assert len(cutter.asked) == 3, "together, and then alone: events, and resets"


def test_nobody_there(stock: Stock) -> None:
    port = free_port()
    found = failure(f"http://127.0.0.1:{port}", request("k", bad_share("x")), retries=0)
    assert (found.mine, f"cannot reach http://127.0.0.1:{port}" in found.reason) == (False, True)


def test_the_servers_warnings_are_passed_on_once(cutter: Cutter, stock: Stock) -> None:
    name = stock.outcomes()
    cutter.usual = rewritten(lambda body: body.update(warnings=["a store is down"]))
    found = answer(cutter.url, request("k", bad_share(name), spans=[HOURS, FINE]))
    assert found.warnings == ("server: a store is down",)
    cutter.usual = rewritten(lambda body: None)
    assert answer(cutter.url, request("k", bad_share(name))).warnings == ()


def test_label_values_need_no_luck(stock: Stock) -> None:
    name = stock.name()
    hostile = ['a"b', "back\\slash", "new\nline", "tab\t", "é🚗", "'", "{}", "", "\x1b[2J", "\\n", "$1"]
    stock.put(
        *(counter(name, {"v": value, "n": str(i)}, END - DAY, END, rate=1 + i) for i, value in enumerate(hostile))
    )
    for i, value in enumerate(hostile):
        written = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        found = answer(stock.url, request("k", Ratio(Query(f'{name}{{v="{written}"}}'), bad=Query("nothing_at_all"))))
        np.testing.assert_allclose(found.buckets[0].total, 3600 * (1 + i)), value
        apart = answer(stock.url, request("k", Ratio(Query(name), bad=Query(f'{name}{{v="{written}"}}'))))
        bad = apart.buckets[0].total - apart.buckets[0].good
        np.testing.assert_allclose(bad, 3600 * (1 + i)), value
    grouped = answer(stock.url, request("k", bad_share(name), "v"))
    assert grouped.buckets[0].groups == tuple(sorted((value,) for value in hostile))


def test_an_offset_looks_back(stock: Stock) -> None:
    name = stock.name()
    times = np.arange(END - DAY, END + 1, 60.0)
    stock.put(Series(name, {}, times, np.where(times > END - 3600, 1000 + (times - END + 3600), 1000.0)))
    plain, shifted = (
        answer(stock.url, request("k", Ratio(Query(query), bad=Query("nothing_at_all")))).buckets[0].total[0]
        for query in (name, f"{name} offset 1h")
    )
    np.testing.assert_allclose(plain, [0, 0, 0, 0, 0, 3600])
    np.testing.assert_allclose(shifted, [0, 0, 0, 0, 0, 0])
    (ahead,) = answer(stock.url, request("k", Ratio(Query(f"{name} offset -1h"), bad=Query("none")))).buckets
    np.testing.assert_allclose(ahead.total[0, -2:], [3600, 0])


def test_a_probe_says_what_it_found(cutter: Cutter) -> None:
    async def run() -> tuple[bool, str, str]:
        source = make({"url": cutter.url, "retries": 0})
        try:
            return await source.probe()
        finally:
            await source.aclose()

    ok, found, hint = asyncio.run(run())
    assert (ok, found.startswith("answers queries, version 2."), hint) == (True, True, "")
    cutter.usual = answered(200, "<html>sign in</html>")
    ok, found, hint = asyncio.run(run())
    assert not ok
    assert "not JSON" in found
    assert "query API" in hint


def test_fingerprints() -> None:
    source, other = make({"url": "https://a"}), make({"url": "https://b"})
    one = bad_share("x")
    same = Ratio(Query("sum(x)"), bad=Query('sum(increase(x{code="500"}[{{ .window }}]))'))
    assert source.fingerprint(one, ()) == source.fingerprint(same, ()) == other.fingerprint(one, ())
    different: list[tuple[Indicator, tuple[str, ...]]] = [
        (one, ()),
        (one, ("region",)),
        (Ratio(Query("x"), good=Query('x{code="500"}')), ()),
        (bad_share("y"), ()),
        (bad_share("x", 'job="a"'), ()),
        (bad_share("x{"), ()),
        (Ratio(Query("x offset 5m"), bad=Query('x{code="500"} offset 5m')), ()),
        (Threshold(Query("x"), "lt", 1), ()),
        (Threshold(Query("x"), "lte", 1), ()),
        (Threshold(Query("x"), "lt", 1.5), ()),
        (RawRatio(Query("x")), ()),
        (RawRatio(Query("x"), success=False), ()),
        (Ratio(Query("rate(x[{{window}}])"), good=Query("rate(x[{{window}}])")), ()),
        (Ratio(Query("increase(x[{{window}}])"), good=Query("increase(x[{{window}}])")), ()),
        (Ratio(Query("x"), good=Query('x{a=~"1|2"}')), ()),
        (Ratio(Query("x"), good=Query('x{a="1|2"}')), ()),
    ]
    assert len({source.fingerprint(*question) for question in different}) == len(different)


def test_stopping_in_the_middle_leaves_nothing_running(cutter: Cutter, stock: Stock) -> None:
    names = [stock.outcomes() for _ in range(3)]

    async def run() -> int:
        source = make({"url": cutter.url})
        answers = source.fetch([request(name, bad_share(name)) for name in names])
        await anext(answers)
        await answers.aclose()
        await source.aclose()
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1


def test_hostile_series_do_not_hurt(cutter: Cutter, stock: Stock) -> None:
    name = stock.name()
    stock.put(*outcomes(name, 0.01, region="\x1b[2J\u202e"))
    found = answer(cutter.url, request("k", bad_share(name), "region"))
    assert found.buckets[0].groups == (("\x1b[2J\u202e",),)
