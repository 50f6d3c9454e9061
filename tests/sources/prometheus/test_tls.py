"""Certificates, ours and the server's, against a real TLS server in front of a real Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from authority import Authority
from cutter import Cutter
from monthly import END, promise
from stock import Stock, bad_share

from cdctl.domain.ports import BucketRequest, Finding
from cdctl.domain.slo.series import Span
from cdctl.errors import UnavailableError
from cdctl.sources.prometheus.source import make

pytest_plugins = ["stocked"]

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class World:
    ours: Authority
    strangers: Authority
    url: str
    proxy: Cutter
    cert: Path
    key: Path

    def settings(self, **changes: object) -> dict[str, object]:
        """What lets us in."""
        files = {"ca": str(self.ours.ca), "cert": str(self.cert), "key": str(self.key)}
        settings = {"url": self.url, "retries": 0, **files, **changes}
        return {name: value for name, value in settings.items() if value is not None}


@pytest.fixture(scope="module")
def world(stock: Stock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A Prometheus that lets in only whom our authority knows."""
    folder = tmp_path_factory.mktemp("tls")
    ours, strangers = Authority(folder, "ours"), Authority(folder, "strangers")
    cert, key = ours.certificate("cdctl")
    with Cutter(stock.url, tls=ours.server_side(LOOPBACK)) as proxy:
        yield World(ours, strangers, proxy.url, proxy, cert, key)


def probed(settings: dict[str, object]) -> tuple[bool, str, str]:
    async def run() -> tuple[bool, str, str]:
        source = make(settings)
        try:
            return await source.probe()
        finally:
            await source.aclose()

    return asyncio.run(run())


def inspected(settings: dict[str, object], metric: str) -> list[Finding]:
    async def run() -> list[Finding]:
        source = make(settings)
        indicator = promise(bad_share(metric)).objectives[0].indicator
        try:
            span = Span(END - 7200, END, 3600)
            return list(await source.inspect([BucketRequest("k", indicator, (), (span,), END)]))
        finally:
            await source.aclose()

    return asyncio.run(run())


def test_whom_both_know_is_let_in(world: World) -> None:
    ok, found, _ = probed(world.settings())
    assert (ok, found[:24]) == (True, "answers queries, version")


def test_without_a_certificate_nobody_is_let_in(world: World) -> None:
    before = len(world.proxy.asked)
    ok, found, _ = probed(world.settings(cert=None, key=None))
    assert not ok
    assert world.url in found
    assert len(world.proxy.asked) == before


def test_a_strangers_certificate_is_not_enough(world: World) -> None:
    cert, key = world.strangers.certificate("stranger")
    before = len(world.proxy.asked)
    assert not probed(world.settings(cert=str(cert), key=str(key)))[0]
    assert len(world.proxy.asked) == before


@pytest.mark.parametrize("ca", ["strangers", "nobody"])
def test_a_server_that_we_do_not_know_hears_nothing(world: World, ca: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROM_SECRET", "sesame")
    known = str(world.strangers.ca) if ca == "strangers" else None
    before = len(world.proxy.asked)
    ok, found, hint = probed(world.settings(ca=known, token_env="PROM_SECRET"))
    assert not ok
    assert "CERTIFICATE_VERIFY_FAILED" in found
    assert "sesame" not in found + hint
    assert len(world.proxy.asked) == before


def test_a_server_of_another_name_hears_nothing(world: World, stock: Stock) -> None:
    with Cutter(stock.url, tls=world.ours.server_side("127.0.0.2")) as other:
        ok, found, _ = probed(world.settings(url=other.url))
        assert not ok
        assert "CERTIFICATE_VERIFY_FAILED" in found
        assert other.asked == []
    with Cutter(stock.url, tls=world.ours.server_side(LOOPBACK, clients=False)) as other:
        assert probed(world.settings(url=other.url, cert=None, key=None))[0]


def test_a_key_that_is_not_the_certificates_is_told(world: World) -> None:
    _, key = world.strangers.certificate("stranger")
    with pytest.raises(UnavailableError, match="cannot load the certificates"):
        probed(world.settings(key=str(key)))


def test_who_looks_at_the_server_shows_the_same_certificate(world: World, stock: Stock) -> None:
    name = stock.outcomes()
    assert [finding.ok for finding in inspected(world.settings(), name)] == [True, True]
