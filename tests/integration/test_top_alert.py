"""`cdctl top --alert`: from a page to the board about it, on a real Prometheus whose promise burns since two hours."""

from __future__ import annotations

import json
import re
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest
from http_served import served
from specs_of import outcome, write
from stock import Stock

from cdctl.lab.history import Series

pytest_plugins = ["stocked"]

HOUR = 3600
NAME, CALM = "commands-work", "alerts-work"
ALERT = {"status": "firing", "labels": {"alertname": "Burn", "slo": NAME, "region": "eu"}}


def counted(name: str, end: int, region: str, since: int) -> list[Series]:
    """Two days of counters by code; for the last `since` seconds two in five events are bad."""
    times = np.arange(end - 48 * HOUR, end + 1, 60.0)
    bad = np.where(times > end - since, 0.4, 0.001) * 600
    values = {"500": np.cumsum(bad), "200": np.cumsum(600 - bad)}
    return [Series(name, {"region": region, "code": code}, times, 100 + told) for code, told in values.items()]


@pytest.fixture(scope="module")
def metrics(stock: Stock) -> tuple[str, str]:
    burning, calm, now = stock.name(), stock.name(), int(time.time())
    stock.put(*counted(burning, now, "eu", 2 * HOUR), *counted(burning, now, "us", 0), *counted(calm, now, "eu", 0))
    return burning, calm


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stock: Stock, metrics: tuple[str, str]) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdctl.toml").write_text(
        f'[contexts.prod]\nprometheus = {{ url = "{stock.url}" }}\nchanges = "changes.jsonl"\n'
        '[paths]\nslo_specs = "specs"\n'
    )
    monkeypatch.setenv("CDCTL_JOURNAL", str(tmp_path / "journal.db"))
    monkeypatch.setenv("CDCTL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    burning, calm = (
        outcome(name, metric, group_by="region") for name, metric in zip((NAME, CALM), metrics, strict=True)
    )
    write(tmp_path, burning, calm)
    return tmp_path


def board(ran: object) -> dict:
    assert ran.code == 4, ran.err  # type: ignore[attr-defined] - the context has no vehicles
    told = json.loads(ran.out)  # type: ignore[attr-defined]
    assert told["board"] == "incident"
    return told["panels"]


def test_a_promise_opens_the_board_about_it_with_the_numbers_of_the_command(cdctl):
    panels = board(cdctl("top", "--alert", NAME, "--once", "-o", "json"))
    assert {row["name"] for row in panels["s"]["slos"]} == {NAME}
    told = panels["y"]
    (cause,) = told["causes"]
    assert cause["where"] == [{"attribute": "region", "value": "eu"}]
    assert told["where"] == "region:eu"
    assert told["said"].startswith("region eu: ")
    assert abs(told["burns_since"] - (time.time() - 2 * HOUR)) <= 600
    start, end = (np.datetime64(told["window"][edge].rstrip("Z")) for edge in ("start", "end"))
    length = f"{int((end - start) / np.timedelta64(1, 's'))}s"
    own = cdctl("slo", "why", NAME, "--at", told["window"]["end"], "--window", length, "-o", "json")
    assert own.code == 0, own.err
    for key, value in json.loads(own.out).items():
        if key != "next":
            assert told[key] == value, key


def test_an_alert_in_a_file_and_behind_a_url_says_the_group_and_since_when(cdctl, here):
    (here / "alert.json").write_text(json.dumps({"alerts": [{**ALERT, "startsAt": "2026-01-02T03:04:05Z"}]}))

    class Alerts(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps([ALERT]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return None

    with served(Alerts) as url:
        for alert in ("alert.json", f"{url}/alerts"):
            panels = board(cdctl("top", "--alert", alert, "--once", "-o", "json"))
            assert (panels["y"]["slo"], panels["y"]["group"]) == (NAME, {"region": "eu"})
            assert [row["group"] for row in panels["s"]["slos"]] == [{"region": "eu"}]


def test_of_a_service_it_is_the_promise_that_is_worst_off(cdctl):
    panels = board(cdctl("top", "--alert", "commands", "--once", "-o", "json"))
    assert (panels["y"]["slo"], panels["y"]["group"]) == (NAME, {"region": "eu"})


def test_as_text_it_says_who_it_is(cdctl):
    ran = cdctl("top", "--alert", NAME, "--once", "-o", "text", "--size", "80x24")
    assert ran.code == 4, ran.err
    assert re.search(rf"why · {NAME} · burns since (1h5|2h0)", ran.out), ran.out
    assert " region eu " in ran.out
    assert len(ran.out.splitlines()) == 24


def test_another_board_can_be_about_it_too(cdctl):
    ran = cdctl("top", "--alert", NAME, "--board", "slo", "--once", "-o", "json")
    assert json.loads(ran.out)["board"] == "slo"


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("not json", "alert.json"),
        ("{}", "alert.json"),
        ('[{"labels": {"alertname": "DiskFull\\u001b[2J"}}]', "alert.json"),
        ("", "comands-work"),
        ("", "http://127.0.0.1:1/alerts"),
    ],
)
def test_what_is_wrong_is_told_as_triage_tells_it(cdctl, here, text, given):
    (here / "alert.json").write_text(text)
    ran, other = cdctl("top", "--alert", given, "--once"), cdctl("triage", given)
    assert (ran.code, ran.err) == (other.code, other.err)
    assert (ran.code, ran.out) == (3 if "://" in given else 2, "")
    assert "\x1b" not in ran.err


def test_what_is_wrong_is_told_before_a_terminal_is_taken(cdctl):
    ran = cdctl("top", "--alert", "-", "--once")
    assert ran.code == 2
    assert "stdin has the keys of the view" in ran.err
    assert "needs a terminal" in cdctl("top", "--alert", NAME).err


def test_a_prometheus_that_is_away_is_told_on_the_board(cdctl, here):
    (here / "cdctl.toml").write_text(
        '[contexts.prod]\nprometheus = { url = "http://127.0.0.1:9", retries = 0 }\n[paths]\nslo_specs = "specs"\n'
    )
    ran = cdctl("top", "--alert", NAME, "--once", "-o", "json")
    told = json.loads(ran.out)["panels"]["y"]
    assert "cannot reach" in told["missing"]
