"""A look at the live server: what is there, what is not, and the nearest that is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from cutter import Asked, Cutter, answered, broken, cut, dripped, hung, rewritten
from monthly import DAY
from stock import Stock, bad_share, gauge, outcomes

from cdctl.domain.ports import BucketRequest, Finding
from cdctl.domain.slo.objective import Indicator, Query, Ratio, RawRatio, Threshold
from cdctl.domain.slo.series import Span
from cdctl.errors import UnavailableError
from cdctl.sources.prometheus.source import make

pytest_plugins = ["stocked"]


@dataclass(frozen=True)
class Live:
    """A metric with series until now; `now` is the run's instant."""

    url: str
    name: str
    now: int


@pytest.fixture(scope="session")
def live(stock: Stock) -> Live:
    now = int(time.time())
    name = stock.name()
    stock.put(*outcomes(name, 0.01, end=now, days=3, job="api", instance="a:1", region="eu"))
    stock.put(gauge("up", {"job": "api", "instance": "a:1"}, np.arange(now - 3600.0, now, 60), 1.0))
    return Live(stock.url, name, now)


def looked(
    live: Live, indicator: Indicator, *group_by: str, days: float = 1, url: str = "", times: int = 1, **settings: object
) -> list[Finding]:
    async def run() -> Sequence[Finding]:
        source = make({"url": url or live.url, **settings})
        span = Span(int(live.now - days * DAY) // 3600 * 3600, live.now // 3600 * 3600, 3600)
        try:
            return await source.inspect([BucketRequest("k", indicator, group_by, (span,), live.now)] * times)
        finally:
            await source.aclose()

    return list(asyncio.run(run()))


def wrong(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.text, finding.hint) for finding in findings if not finding.ok]


def test_all_is_well(live: Live) -> None:
    found = looked(live, bad_share(live.name, 'job="api"'), "region")
    assert [(one.ok, one.hint) for one in found] == [(True, ""), (True, "")]
    start = datetime.fromtimestamp((live.now - DAY) // 3600 * 3600, UTC)
    said = f"targets up 1/1, history covers the window from {start:%Y-%m-%d %H:%MZ}"
    assert found[0].text == f'{live.name}{{job="api"}}: 2 series, {said}'
    assert found[1].text.endswith(f": 1 series, {said}")


def test_what_two_requests_share_is_asked_once(live: Live) -> None:
    with Cutter(live.url) as cutter:
        looked(live, bad_share(live.name), url=cutter.url)
        once = len(cutter.asked)
        looked(live, bad_share(live.name), url=cutter.url, times=3)
        assert len(cutter.asked) == 2 * once


def test_an_unknown_metric_and_the_nearest(live: Live) -> None:
    ((text, hint), *_) = wrong(looked(live, Threshold(Query(live.name.replace("total", "totl")), "lt", 1)))
    assert "has no metric stock_" in text
    assert live.name in hint
    ((_, hint),) = wrong(looked(live, Threshold(Query("zzzz"), "lt", 1)))
    assert hint == "check the spelling"


@pytest.mark.parametrize(
    ("matchers", "group_by", "missing", "near"),
    [('cod="500"', (), "cod", "code"), ("", ("regio",), "regio", "region"), ('Region=~".*"', (), "Region", "region")],
)
def test_a_missing_label_and_the_nearest(
    live: Live, matchers: str, group_by: tuple[str, ...], missing: str, near: str
) -> None:
    ((text, hint), *_) = wrong(looked(live, RawRatio(Query(f"{live.name}{{{matchers}}}")), *group_by))
    assert text == f"{live.name} has no label {missing}"
    assert hint == f"nearest: {near}"


def notes(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.text, finding.hint) for finding in findings if finding.ok and finding.hint]


def test_a_total_that_no_series_has(live: Live) -> None:
    found = looked(live, bad_share(live.name, 'region="ue"'))
    ((text, hint),) = wrong(found)
    assert text == f'{live.name}{{region="ue"}} has no series in the window'
    assert hint == 'no series has region="ue"; there are: eu'
    assert not any(finding.mine for finding in found)
    assert len(notes(found)) == 1  # the bad ones: said, not held against it


def test_a_share_without_events_is_a_note(live: Live) -> None:
    found = looked(live, Ratio(Query(live.name), bad=Query(f'{live.name}{{code="501"}}')))
    assert wrong(found) == []
    ((text, hint),) = notes(found)
    assert text.endswith("has no series in the window")
    assert hint.startswith('no series has code="501"; there are: ')
    assert "500" in hint


def test_good_without_series_is_wrong_while_its_total_is_there(live: Live) -> None:
    good = Query(f'{live.name}{{code="201"}}')
    found = looked(live, Ratio(Query(live.name), good=good))
    ((text, hint),) = wrong(found)
    assert text == f"{good.text} has no series in the window while its total has: nothing of it would be good"
    assert hint == 'no series has code="201"; there are: 200, 500'
    assert [one.mine for one in found if not one.ok] == [True]
    gone = looked(live, Ratio(Query(f'{live.name}{{region="ue"}}'), good=good))
    assert [one.mine for one in gone if not one.ok] == [False, False]


def test_what_is_taken_from_bad_is_good(live: Live) -> None:
    def rate(matchers: str) -> str:
        return f"sum(rate({live.name}{{{matchers}}}[{{{{window}}}}]))"

    for part, said in (("bad", 1), ("good", 0)):
        less = Query(rate("") + " - " + rate('code="201"'))
        ratio = Ratio(Query(rate("")), bad=less) if part == "bad" else Ratio(Query(rate("")), good=less)
        assert len(wrong(looked(live, ratio))) == said, part


def test_values_of_a_label(live: Live, stock: Stock) -> None:
    name = stock.name()
    for le in ("0.1", "0.5", "1.0", "+Inf"):
        stock.put(*outcomes(name, 0.01, end=live.now, days=1, le=le))
    ((_, hint),) = wrong(looked(live, RawRatio(Query(f'{name}{{le="1"}}'))))
    assert hint == 'no series has le="1"; there is 1.0, the same number: write it as it is there'
    ((_, hint),) = wrong(looked(live, RawRatio(Query(f'{name}{{le="2"}}'))))
    assert hint == 'no series has le="2"; there are: +Inf, 0.1, 0.5, 1.0'
    for path in range(12):
        stock.put(*outcomes(name, 0.01, end=live.now, days=1, le=f"item-{path}"))
    ((_, hint),) = wrong(looked(live, RawRatio(Query(f'{name}{{le="item-77"}}'))))
    assert hint == 'no series has le="item-77"; nearest: item-7, item-9, item-8, 13 more'


def metadata(kind: str) -> object:
    def answer(asked: Asked) -> object:
        body = f'{{"status":"success","data":{{"x":[{{"type":"{kind}","help":"","unit":""}}]}}}}'
        return answered(200, body) if asked.path.endswith("/metadata") else None

    return answer


@pytest.mark.parametrize(("kind", "notes_of_it"), [("gauge", 1), ("counter", 0)])
def test_a_gauge_read_as_a_counter_is_a_note(live: Live, kind: str, notes_of_it: int) -> None:
    with Cutter(live.url) as cutter:
        cutter.spoils = metadata(kind)  # type: ignore[assignment]
        found = looked(live, bad_share(live.name), url=cutter.url)
        asked = [one for one in cutter.asked if one.path.endswith("/metadata")]
        cutter.spoils = lambda asked: answered(404) if asked.path.endswith("/metadata") else None
        assert notes(looked(live, bad_share(live.name), url=cutter.url)) == []
    assert (wrong(found), len(asked)) == ([], 1)
    assert len([text for text, _ in notes(found) if f"{live.name} is a gauge" in text]) == notes_of_it


def test_up_is_no_counter(live: Live) -> None:
    ((text, hint),) = {one for one in wrong(looked(live, bad_share("up"), days=0.02)) if "gauge" in one[0]}
    assert text.startswith("up is a gauge, read as a counter")
    assert hint == "judge a gauge with a thresholdMetric"
    assert not [one for one in wrong(looked(live, Threshold(Query("up"), "gte", 1))) if "gauge" in one[0]]


def test_a_series_that_ended_is_a_note(live: Live, stock: Stock) -> None:
    name = stock.name()
    stock.put(*outcomes(name, 0.01, end=live.now - 7200, days=0.5))
    assert notes(looked(live, RawRatio(Query(name)))) == [
        (f"{name}{{}} has no series now", "it had some in the window")
    ]
    assert wrong(looked(live, RawRatio(Query(name)))) == []


def test_a_metric_of_errors_is_born_with_the_first(live: Live) -> None:
    found = looked(live, Ratio(Query(live.name), bad=Query("failures_never_seen")))
    assert wrong(found) == []
    ((text, hint),) = notes(found)
    assert text == "the server has no metric failures_never_seen yet"
    assert "counts as 0" in hint
    near = live.name.replace("total", "totl")
    ((text, hint),) = wrong(looked(live, Ratio(Query(live.name), bad=Query(near))))
    assert text == f"the server has no metric {near}"
    assert live.name in hint


def test_only_what_the_author_can_mend_is_the_specs_fault(live: Live) -> None:
    for indicator, group_by in ((RawRatio(Query("zzzz")), ()), (RawRatio(Query(live.name)), ("regio",))):
        assert [one.mine for one in looked(live, indicator, *group_by) if not one.ok] == [True]
    assert [one.mine for one in looked(live, RawRatio(Query(live.name)), days=28) if not one.ok] == [False]


def test_a_finding_is_told_once(live: Live) -> None:
    texts = [text for text, _ in wrong(looked(live, bad_share(live.name), "regio"))]
    assert texts == [f"{live.name} has no label regio"]


def test_a_name_in_braces(live: Live) -> None:
    ((text, hint),) = wrong(looked(live, RawRatio(Query(f'{{__name__="{live.name[:-1]}"}}'))))
    assert text == f"the server has no metric {live.name[:-1]}"
    assert live.name in hint
    found = looked(live, RawRatio(Query(f'{{__name__="{live.name}"}}')))
    assert [one.text.split(": ")[1].split(",")[0] for one in found] == ["2 series"]


def test_a_target_that_is_down(live: Live, stock: Stock) -> None:
    name = stock.name()
    stock.put(*outcomes(name, 0.01, end=live.now, days=3, job="\x1b[2J", instance="b:1"))
    assert wrong(looked(live, RawRatio(Query(name)))) == []
    stock.put(gauge("up", {"job": "\x1b[2J", "instance": "b:1"}, np.arange(live.now - 600.0, live.now, 60), 0.0))
    ((text, hint),) = wrong(looked(live, RawRatio(Query(name))))
    assert text.endswith("is down: \\x1b[2J b:1")
    assert hint
    assert wrong(looked(live, RawRatio(Query(live.name)))) == []
    for i in range(2, 6):
        at = {"job": "\x1b[2J", "instance": f"b:{i}"}
        stock.put(*outcomes(name, 0.01, end=live.now, days=3, **at))
        stock.put(gauge("up", at, np.arange(live.now - 600.0, live.now, 60), 0.0))
    ((text, _),) = wrong(looked(live, RawRatio(Query(name))))
    assert f"5 of 5 targets of {name}{{}} are down: " in text
    assert text.endswith(" and 2 more")


def test_a_history_that_is_too_short(live: Live) -> None:
    assert wrong(looked(live, RawRatio(Query(live.name)), days=2.8)) == []
    ((text, hint),) = wrong(looked(live, RawRatio(Query(live.name)), days=28))
    assert "goes back 3." in text or "goes back 2.9 d" in text
    assert "needs 28.0 d" in text
    assert "no_data until coverage suffices" in hint


def test_what_is_not_promql(live: Live) -> None:
    ((text, hint), *_) = wrong(looked(live, RawRatio(Query("sum("))))
    assert "is not PromQL" in text
    assert hint


def test_every_selector_of_an_expression_is_looked_at(live: Live) -> None:
    query = (
        f'1 - clamp_max(sum(rate({live.name}{{code="500"}}[{{{{window}}}}] offset 5m)), 1) / ignoring(x) '
        f"-sum by (region) (missing_one[{{{{ .window }}}}:1m] or topk(3, {live.name} > bool missing_two))"
    )
    query = query.replace("missing_one[", "max_over_time(missing_one[").replace(":1m]", ":1m])")
    found = looked(live, RawRatio(Query(query)))
    assert [text for text, _ in wrong(found)] == [
        "the server has no metric missing_one",
        "the server has no metric missing_two",
    ]
    assert sum(finding.ok for finding in found) == 2


def test_names_of_the_server_are_not_trusted(live: Live) -> None:
    def rename(body: dict[str, object]) -> None:
        body["data"] = ["zzzz\x1b[2J"]

    def names(asked: Asked) -> object:
        return rewritten(rename) if asked.path.endswith("__name__/values") else None

    with Cutter(live.url) as cutter:
        cutter.spoils = names  # type: ignore[assignment]
        ((_, hint),) = wrong(looked(live, RawRatio(Query("zzzz")), url=cutter.url))
    assert "zzzz" in hint


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (answered(401, "no"), "401"),
        (answered(404), "404"),
        (answered(200, "<html>sign in</html>"), "not of the Prometheus API"),
        (answered(302, "", Location="https://elsewhere.example"), "redirects"),
        (cut(0.5), "not of the Prometheus API"),
        *(
            (answered(200, body), "not of the Prometheus API")
            for body in ("", "[]", "null", "7", '{"status":"success"}', '{"status":"success","data":7}', '{"data":[1]}')
        ),
        (broken(0.5), "cannot be reached"),
    ],
)
def test_a_server_that_cannot_be_asked(live: Live, fault: object, said: str) -> None:
    with Cutter(live.url) as cutter:
        cutter.usual = fault  # type: ignore[assignment]
        with pytest.raises(UnavailableError, match=said) as failed:
            looked(live, RawRatio(Query(live.name)), url=cutter.url)
    assert failed.value.subject == cutter.url
    assert failed.value.hint


def test_tenant_and_token_go_along(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROM_SECRET", "sesame")
    with Cutter(live.url) as cutter:
        looked(
            live, RawRatio(Query(live.name)), url=cutter.url, token_env="PROM_SECRET", headers={"X-Scope-OrgID": "eu"}
        )
        sent = {(one.headers.get("authorization"), one.headers.get("x-scope-orgid")) for one in cutter.asked}
    assert sent == {("Bearer sesame", "eu")}


def test_a_ratio_of_other_metrics_is_looked_at_whole(live: Live) -> None:
    found = looked(live, Ratio(Query("missing_one"), good=Query("missing_two")))
    assert [text for text, _ in wrong(found)] == [
        "the server has no metric missing_one",
        "the server has no metric missing_two",
    ]


@pytest.mark.parametrize(
    "path", ["/api/v1/query", "/api/v1/query_range", "/api/v1/labels", "/api/v1/label/__name__/values"]
)
@pytest.mark.parametrize(
    "body", ["[]", "null", '{"data":null}', '{"data":{"result":[[]]}}', '{"data":{"result":[{"value":[],"values":7}]}}']
)
def test_an_odd_answer_to_any_question(live: Live, path: str, body: str) -> None:
    with Cutter(live.url) as cutter:
        cutter.spoils = lambda asked: answered(200, body) if asked.path == path else None
        with pytest.raises(UnavailableError, match="not of the Prometheus API"):
            looked(live, RawRatio(Query(live.name)), "region", url=cutter.url)


@pytest.mark.parametrize(
    ("retries", "status", "asked"), [(0, 503, 1), (2, 503, 3), (1, 429, 2), (2, 400, 1), (2, 401, 1)]
)
def test_it_is_asked_again_as_often_as_the_settings_say(live: Live, retries: int, status: int, asked: int) -> None:
    with Cutter(live.url) as cutter:
        cutter.usual = answered(status, Retry_After="3600")
        with pytest.raises(UnavailableError, match=str(status)):
            looked(live, RawRatio(Query(live.name)), url=cutter.url, retries=retries)
        assert len(cutter.asked) == asked


def test_a_passing_failure_is_got_over(live: Live) -> None:
    with Cutter(live.url) as cutter:
        cutter.next(answered(503), answered(502))
        assert wrong(looked(live, RawRatio(Query(live.name)), url=cutter.url)) == []


@pytest.mark.parametrize(("settings", "said"), [({"timeout": 0.2}, "raise `timeout`"), ({"deadline": 0.2}, "raise `")])
def test_a_server_that_hangs_is_not_waited_for(live: Live, settings: dict[str, float], said: str) -> None:
    with Cutter(live.url) as cutter:
        cutter.usual = hung
        with pytest.raises(UnavailableError, match=r"in time|deadline") as failed:
            looked(live, RawRatio(Query(live.name)), url=cutter.url, retries=0, **settings)
        assert said in failed.value.hint


def test_a_server_that_drips_is_not_waited_for(live: Live) -> None:
    with Cutter(live.url) as cutter:
        cutter.usual = dripped(1, 0.05)
        with pytest.raises(UnavailableError, match=r"within the deadline of 0\.3 s"):
            looked(live, RawRatio(Query(live.name)), url=cutter.url, retries=0, deadline=0.3)


def test_who_stops_waiting_is_let_go(live: Live) -> None:
    async def run() -> None:
        source = make({"url": cutter.url})
        span = Span(live.now // 3600 * 3600 - 3600, live.now // 3600 * 3600, 3600)
        task = asyncio.ensure_future(
            source.inspect([BucketRequest("k", RawRatio(Query(live.name)), (), (span,), live.now)])
        )
        await asyncio.to_thread(cutter.wait_for, 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with Cutter(live.url) as cutter:
        cutter.usual = hung
        asyncio.run(run())
        assert len(cutter.asked) == 1


def test_a_netrc_does_not_speak_for_us(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login joe password other\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PROM_SECRET", "sesame")
    with Cutter(live.url) as cutter:
        looked(live, RawRatio(Query(live.name)), url=cutter.url, token_env="PROM_SECRET")
        assert {one.headers["authorization"] for one in cutter.asked} == {"Bearer sesame"}
