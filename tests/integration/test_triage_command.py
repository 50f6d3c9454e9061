"""`cdctl triage` from an alert to the page, on a real Prometheus whose promise burns since two hours."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from specs_of import outcome, write
from stock import Stock

from cdctl.lab.history import Series

pytest_plugins = ["stocked"]

HOUR = 3600
BEGAN = 2 * HOUR
NAME = "commands-work"


def burning(name: str, end: int, region: str, since: int) -> list[Series]:
    """Two days of counters by code; for the last `since` seconds two in five events are bad."""
    times = np.arange(end - 48 * HOUR, end + 1, 60.0)
    bad = np.where(times > end - since, 0.4, 0.001) * 600
    values = {"500": np.cumsum(bad), "200": np.cumsum(600 - bad)}
    return [Series(name, {"region": region, "code": code}, times, 100 + told) for code, told in values.items()]


@pytest.fixture(scope="module")
def metric(stock: Stock) -> str:
    name, now = stock.name(), int(time.time())
    stock.put(*burning(name, now, "eu", BEGAN), *burning(name, now, "us", 0))
    return name


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stock: Stock, metric: str) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdctl.toml").write_text(
        f'[contexts.prod]\nprometheus = {{ url = "{stock.url}" }}\nchanges = "changes.jsonl"\n'
        '[paths]\nslo_specs = "specs"\n'
    )
    monkeypatch.setenv("CDCTL_JOURNAL", str(tmp_path / "journal.db"))
    monkeypatch.setenv("CDCTL_CACHE", str(tmp_path / "cache"))
    write(tmp_path, outcome(NAME, metric, group_by="region", window="1d"))
    return tmp_path


def test_an_alert_becomes_a_page(cdctl, here):
    cdctl("changes", "add", "gateway 7", "--at", f"now-{BEGAN // 60 + 5}m")
    cdctl("changes", "add", "long ago", "--at", "now-20h")
    (here / "alert.json").write_text(
        json.dumps({"alerts": [{"status": "firing", "labels": {"alertname": "Burn", "slo": NAME, "region": "eu"}}]})
    )
    ran = cdctl("triage", "alert.json", "-o", "json", "-o", "markdown=page.md", "-o", "table=page.txt")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert [(row["group"]["region"], row["verdict"]) for row in told["slos"]] == [("eu", "breached")]
    assert told["because"] == "alert Burn names the promise"
    began = time.time() - BEGAN
    since = time.mktime(time.strptime(told["since"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert abs(since - began) <= 600
    assert told["onset"]["rate_since"] == pytest.approx(0.4, rel=0.1)
    assert [one["title"] for one in told["changes"]] == ["gateway 7"]
    assert any(state["name"] == "prometheus" and state["ok"] for state in told["states"])
    assert told["next"][-1]["command"] == f"cdctl slo status --slo {NAME}"
    assert (here / "page.md").read_text().startswith(f"### `{NAME}` `region=eu`: breached\n")
    assert "deployment gateway 7" in (here / "page.txt").read_text()


def test_a_promise_or_its_service_can_be_named(cdctl):
    for name in (NAME, "commands"):
        told = json.loads(cdctl("triage", name, "-o", "json").out)
        assert [row["group"]["region"] for row in told["slos"]] == ["eu", "us"]


def test_an_alert_comes_through_a_pipe(cdctl_process):
    body = json.dumps([{"labels": {"alertname": "CommandsWorkBurnsFast"}, "status": {"state": "active"}}])
    ran = cdctl_process("triage", "-", "-o", "markdown", input=body)
    assert ran.returncode == 0, ran.stderr
    assert f"### `{NAME}`" in ran.stdout


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("not json", 2, "this is no JSON"),
        ("{}", 2, "no alert can be understood"),
        ('[{"labels": {"alertname": "DiskFull\\u001b[2J"}}]', 2, "no promise can be told from its labels"),
    ],
)
def test_an_alert_that_says_nothing(cdctl, here, text, code, reason):
    (here / "alert.json").write_text(text)
    ran = cdctl("triage", "alert.json")
    assert (ran.code, ran.out) == (code, "")
    assert reason in ran.err
    assert "\x1b" not in ran.err


def test_what_is_nothing_has_the_nearest_names(cdctl):
    ran = cdctl("triage", "comands-work")
    assert ran.code == 2
    assert f"nearest: {NAME}" in ran.err


def test_a_prometheus_that_is_away(cdctl, here):
    (here / "cdctl.toml").write_text(
        '[contexts.prod]\nprometheus = { url = "http://127.0.0.1:9", retries = 0 }\n[paths]\nslo_specs = "specs"\n'
    )
    ran = cdctl("triage", NAME)
    assert ran.code == 3
    assert "BAD  prometheus" in ran.out
    assert "cannot reach" in ran.out
