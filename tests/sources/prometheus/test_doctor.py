"""A look at the live server: what is there, what is not, and the nearest that is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from cutter import Asked, Cutter, answered, broken, cut, rewritten
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
    live: Live, indicator: Indicator, *group_by: str, days: float = 1, url: str = "", **settings: object
) -> list[Finding]:
    async def run() -> Sequence[Finding]:
        source = make({"url": url or live.url, **settings})
        span = Span(int(live.now - days * DAY) // 3600 * 3600, live.now // 3600 * 3600, 3600)
        try:
            return await source.inspect([BucketRequest("k", indicator, group_by, (span,), live.now)])
        finally:
            await source.aclose()

    return list(asyncio.run(run()))


def wrong(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.text, finding.hint) for finding in findings if not finding.ok]


def test_all_is_well(live: Live) -> None:
    found = looked(live, bad_share(live.name, 'job="api"'), "region")
    assert [one.ok for one in found] == [True, True]
    assert found[0].text == f'{live.name}{{job="api"}}: 2 series'
    assert found[1].text.endswith("1 series")


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


def test_a_value_that_no_series_has(live: Live) -> None:
    ((text, hint),) = wrong(looked(live, bad_share(live.name, 'region="mars"'))[:1])
    assert "has no series now" in text
    assert "misspelt" in hint


def test_a_target_that_is_down(live: Live, stock: Stock) -> None:
    name = stock.name()
    stock.put(*outcomes(name, 0.01, end=live.now, days=3, job="\x1b[2J", instance="b:1"))
    assert wrong(looked(live, RawRatio(Query(name)))) == []
    stock.put(gauge("up", {"job": "\x1b[2J", "instance": "b:1"}, np.arange(live.now - 600.0, live.now, 60), 0.0))
    ((text, hint),) = wrong(looked(live, RawRatio(Query(name))))
    assert text.endswith("is down: \\x1b[2J b:1")
    assert hint
    assert wrong(looked(live, RawRatio(Query(live.name)))) == []


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
        (answered(200, "<html>sign in</html>"), "cannot be reached"),
        (cut(0.5), "cannot be reached"),
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
