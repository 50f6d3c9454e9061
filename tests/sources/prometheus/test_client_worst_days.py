"""Servers that turn us away, drip, lie about their encoding; tokens that are none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from cutter import Cutter, answered, delayed, dripped
from monthly import DAY, judged, promise
from stock import Stock, bad_share

from cdctl.domain.slo.verdict import Verdict
from cdctl.domain.slo.window import Rolling
from cdctl.sources.prometheus.client import AskError, Client
from cdctl.sources.prometheus.endpoint import endpoint

pytest_plugins = ["stocked"]
ONE = "/api/v1/query"


@pytest.fixture
def cutter(stock: Stock) -> Iterator[Cutter]:
    with Cutter(stock.url) as proxy:
        yield proxy


def ask_all(url: str, count: int, **settings: object) -> list[object]:
    async def run() -> list[object]:
        client = Client(endpoint({"url": url, **settings}))
        asking = (client.ask(ONE, {"query": f"vector({n})"}) for n in range(count))
        try:
            return await asyncio.gather(*asking, return_exceptions=True)
        finally:
            await client.aclose()

    return asyncio.run(run())


def day(name: str):
    return promise(bad_share(name), group_by=(), window=Rolling(DAY))


def test_405_to_several_at_once(cutter: Cutter) -> None:
    cutter.spoils = lambda asked: answered(405) if asked.method == "POST" else delayed(0.02)
    assert not [one for one in ask_all(cutter.url, 8) if isinstance(one, AskError)]


def test_405_costs_no_retry(cutter: Cutter) -> None:
    cutter.spoils = lambda asked: answered(405) if asked.method == "POST" else None
    assert not [one for one in ask_all(cutter.url, 1, retries=0) if isinstance(one, AskError)]


@pytest.mark.parametrize("status", [401, 404])
def test_once_turned_away_nobody_else_asks(cutter: Cutter, status: int) -> None:
    cutter.usual = answered(status)
    found = ask_all(cutter.url, 40, concurrency=4)
    assert len(set(map(str, found))) == 1
    assert len(cutter.asked) <= 8


def test_the_deadline_holds_for_a_server_that_drips(cutter: Cutter, stock: Stock) -> None:
    cutter.usual = dripped(20, 0.02)
    (row,) = judged(cutter.url, [day(stock.outcomes())], deadline=0.4, timeout=0.3, retries=0).rows
    assert row.verdict is Verdict.ERROR


def test_a_body_that_cannot_be_unpacked_is_a_row(cutter: Cutter, stock: Stock) -> None:
    cutter.usual = answered(200, "nonsense", Content_Encoding="gzip")
    (row,) = judged(cutter.url, [day(stock.outcomes())], retries=0).rows
    assert row.verdict is Verdict.ERROR


def test_a_token_of_two_lines_is_not_shown(stock: Stock, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("sesame\nopen\n")
    try:
        (row,) = judged(stock.url, [day(stock.outcomes())], token_file=str(tmp_path / "token"), retries=0).rows
    except Exception as error:
        assert "sesame" not in str(error)
    else:
        assert "sesame" not in repr(row)


def test_a_token_outside_ascii_is_told_not_thrown(stock: Stock, tmp_path: Path) -> None:
    """_connected: UnicodeEncodeError escapes everything ("this is a bug in cdctl"). Wanted: UnavailableError or a row
    that names token_file."""
    (tmp_path / "token").write_text("sésame")
    from cdctl.errors import CdctlError

    try:
        judged(stock.url, [day(stock.outcomes())], token_file=str(tmp_path / "token"), retries=0)
    except CdctlError as error:
        assert "sésame" not in str(error)
