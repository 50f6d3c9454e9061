"""The chart of the live view before a real Prometheus, on good days and on bad ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cutter import Cutter, answered, delayed, dropped, hung
from monthly import END
from screens import Look, Still
from stock import Stock, gauge

from cdctl.application.top.graphs_wiring import answering
from cdctl.application.top.lookout_wiring import Means
from cdctl.domain.boards.asking import Missing
from cdctl.domain.settings import Context, Settings
from cdctl.lab.history import write_blocks
from cdctl.lab.servers import Prometheus, free_port

pytest_plugins = ["stocked"]
TIMES = np.arange(END - 7200.0, END + 1, 15)


def chart(url: str, folder: Path, query: str, **settings: object) -> Look:
    """A board with a chart, of a context with this Prometheus; without a URL, of one that has none."""
    sources = {"prometheus": {"url": url, "timeout": 2, **settings}} if url else {}
    chosen = Settings(contexts={"x": Context("x", sources)}, default_context="x")
    nobody = Missing("no broker")
    board = folder / "chart.yaml"
    board.write_text(
        "board: cdctl/v1\nname: chart\npicture: [hh, cc]\npanels:\n"
        f"  h: {{kind: header, lines: 1}}\n  c: {{kind: chart, settings: {{title: T, query: '{query}', unit: /s}}}}\n"
    )
    look = Look(1, str(board), fleet=nobody, answering=answering(Means(chosen, Still(), nobody, nobody)))
    look.clock.at = float(END)
    look.stage.panels["c"].press("shorter", None)  # type: ignore[arg-type]
    return look


def dots(look: Look) -> int:
    return sum(0x2800 < ord(char) < 0x2900 for line in look.lines(100, 16) for char in line)


def text(look: Look) -> str:
    return "\n".join(look.lines(100, 16))


@pytest.fixture
def name(stock: Stock) -> str:
    name = stock.name()
    stock.put(
        *(gauge(name, {"region": region, "job": "j"}, TIMES, level) for region, level in (("eu", 10), ("us", 30)))
    )
    return name


def test_series_of_a_server_are_drawn(stock, name, tmp_path):
    look = chart(stock.url, tmp_path, f"sum by (region) ({name})")
    assert dots(look) > 150
    assert look.lines(100, 16)[-1].split() == ["━", "eu", "10/s", "━", "us", "30/s"]
    told = look.stage.data()["c"]
    assert [(row["labels"], row["last"]) for row in told["rows"]] == [({"region": "eu"}, 10), ({"region": "us"}, 30)]
    look.press("+")
    assert "T · /s · 1h" in text(look)
    told = look.stage.data()["c"]
    assert len(told["rows"][0]["values"]) == 3600 // told["step_s"] + 1


def test_intervals_of_grafana_are_filled_in(stock, tmp_path):
    total = stock.outcomes(0.5, days=0.2, every=15)
    look = chart(stock.url, tmp_path, f"sum(rate({total}[$__rate_interval]))")
    look.clock.at = END - 600.0
    look.lines(100, 16)
    assert look.stage.data()["c"]["rows"][0]["last"] == pytest.approx(10, rel=0.01)
    look.press("+")
    assert dots(look) > 80


def test_a_server_that_comes_later_and_goes_and_comes_back(tmp_path, monkeypatch):
    port = free_port()
    monkeypatch.setattr("cdctl.lab.servers.free_port", lambda: port)
    look = chart(f"http://127.0.0.1:{port}", tmp_path, "level")
    assert f"cannot reach http://127.0.0.1:{port}" in text(look)
    assert "is it running, and is the URL right?" in text(look)
    server = Prometheus(tmp_path / "server", retention="100d")
    write_blocks([gauge("level", {}, TIMES, 5.0)], server.data)
    with server:
        look.clock.at += 10
        assert "cannot reach" in text(look), "it is asked every 15 seconds"
        look.clock.at += 6
        assert "cannot reach" not in text(look)
        before = dots(look)
        assert before > 80
    look.clock.at += 60
    assert "cannot reach" in text(look)
    assert "old ──" in text(look)
    assert dots(look) > 80, "what was drawn stays"
    with server:
        look.clock.at += 16
        assert "cannot reach" not in text(look)
        assert " old " not in text(look)


def test_a_server_that_is_slow_or_fails_does_not_stop_the_view(stock, name, tmp_path):
    with Cutter(stock.url) as cutter:
        look = chart(cutter.url, tmp_path, name, timeout=0.3)
        assert dots(look) > 80
        for fault, said in (
            (hung, "did not answer within 0.3 s"),
            (answered(502), "HTTP 502"),
            (answered(200, "<html>"), "truncated or not JSON"),
            (dropped, "broke off"),
            (answered(401), "check the token"),
        ):
            cutter.next(fault)
            look.clock.at += 20
            assert said in text(look), text(look)
            assert dots(look) > 80
        cutter.next(delayed(0.1))
        look.clock.at += 20
        assert dots(look) > 80
        assert "within" not in text(look)


def test_a_wrong_query_is_told_in_its_own_frame(stock, tmp_path):
    look = chart(stock.url, tmp_path, "rate(up[5m]) by (x)")
    lines = look.lines(100, 16)
    assert lines[1].startswith("── T · /s · 30m ")
    assert "parse error" in "\n".join(lines[2:5])
    assert "WAITING" not in lines[0]


def test_without_a_prometheus_it_says_how_to_have_one(tmp_path):
    look = chart("", tmp_path, "up")
    assert "context 'x' has no Prometheus" in text(look)
    assert '[contexts.x.prometheus] with url = "https://..."' in text(look)


def test_the_numbers_are_those_of_the_api(stock, name, tmp_path):
    import httpx

    look = chart(stock.url, tmp_path, name)
    look.lines(100, 16)
    told = look.stage.data()["c"]
    asked = {"query": name, "start": told["from"], "end": told["to"], "step": told["step_s"]}
    result = httpx.get(f"{stock.url}/api/v1/query_range", params=asked).json()["data"]["result"]
    there = {one["metric"]["region"]: [float(value) for _, value in one["values"]] for one in result}
    assert {row["labels"]["region"]: row["values"] for row in told["rows"]} == there
