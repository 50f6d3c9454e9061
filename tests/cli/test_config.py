"""`cdctl config`: what is in force, and what answers."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from brokers import Mosquitto, Refusing

from cdctl.lab.servers import Prometheus, free_port

FILE = """\
default_context = "a"
[contexts.a]
prometheus = { url = "https://prom.example", token_file = "/run/secrets/prom", headers = { X-Scope-OrgID = "fleet-7" } }
sources = { replay = { folder = "incident" } }
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_show_says_where_every_value_came_from(cdctl, here, monkeypatch):
    (here / "cdctl.toml").write_text(FILE)
    monkeypatch.setenv("CDCTL_PROMETHEUS_RETRIES", "5")
    ran = cdctl("config", "show", "-o", "json")
    rows = {row["key"]: (row["value"], row["origin"]) for row in json.loads(ran.out)}
    assert ran.code == 0
    assert rows["default_context"] == ("a", "cdctl.toml:1")
    assert rows["contexts.a.prometheus.url"] == ("https://prom.example", "cdctl.toml:3")
    assert rows["contexts.a.prometheus.retries"] == (5, "CDCTL_PROMETHEUS_RETRIES")
    assert rows["contexts.a.sources.replay.folder"] == ("incident", "cdctl.toml:4")
    assert rows["paths.plugins"] == ([], "default")
    assert all(origin for _, origin in rows.values())


def test_show_knows_the_origin_of_contexts_that_no_file_names(cdctl, here, monkeypatch):
    (here / "lab.json").write_text('{"context": {"prometheus": {"url": "http://127.0.0.1:1"}}}')
    monkeypatch.setenv("CDCTL_LAB_DIR", str(here))
    ran = cdctl("config", "show", "--prometheus", "http://localhost:2", "-o", "json")
    rows = {row["key"]: (row["value"], row["origin"]) for row in json.loads(ran.out)}
    assert rows["contexts.lab.prometheus.url"] == ("http://127.0.0.1:1", str(here / "lab.json"))
    assert rows["contexts.ad-hoc.prometheus.url"] == ("http://localhost:2", "--prometheus")


def test_show_masks_what_may_be_secret(cdctl, here, monkeypatch):
    (here / "cdctl.toml").write_text(FILE)
    monkeypatch.setenv("CDCTL_PROMETHEUS_TOKEN", "hunter2")
    for form in ("table", "wide", "json", "jsonl", "csv"):
        ran = cdctl("config", "show", "-o", form)
        assert "X-Scope-OrgID" in ran.out
        assert "CDCTL_PROMETHEUS_TOKEN" in ran.out
        assert "fleet-7" not in ran.out
        assert "hunter2" not in ran.out + ran.err


def test_wrong_settings(cdctl, here):
    (here / "cdctl.toml").write_text("contxts = 1\n")
    ran = cdctl("config", "show")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "cdctl.toml:1:1: error: unknown key 'contxts' at the top level (did you mean \"contexts\"?)\n"
        "error: 1 problem in cdctl.toml\n"
    )
    assert cdctl("config", "show", "--context", "nowhere", "--config", here / "none.toml").code == 2


def test_a_context_that_is_not_there(cdctl):
    ran = cdctl("--context", "nowhere", "config", "show")
    assert ran.code == 2
    assert ran.err.startswith("error: --context: there is no context 'nowhere'\n")


@pytest.fixture
def prometheus(tmp_path_factory):
    with Prometheus(tmp_path_factory.mktemp("prometheus")) as server:
        yield server


def test_check_asks_every_context_and_fails_when_one_is_silent(cdctl, here, prometheus):
    (here / "cdctl.toml").write_text(
        f'[contexts.up.prometheus]\nurl = "{prometheus.url}"\n[contexts.down.prometheus]\nurl = "http://127.0.0.1:{free_port()}"\n'
    )
    ran = cdctl("config", "check", "-o", "json")
    rows = {row["context"]: row for row in json.loads(ran.out)}
    assert ran.code == 3
    assert rows["up"]["ok"] is True
    found = rows["up"]["found"]
    assert re.fullmatch(r"answers queries, version 2\.\S+, keeps 60d, first answer after \d+ ms", found), found
    assert rows["down"]["ok"] is False
    assert rows["down"]["url"].startswith("http://127.0.0.1")
    only = cdctl("config", "check", "--context", "up")
    assert only.code == 0
    assert "down" not in only.out


def test_check_without_any_context(cdctl):
    ran = cdctl("config", "check")
    assert ran.code == 2
    assert "no context: nothing says which Prometheus to ask" in ran.err


FLEET = """\
[contexts.a]
traces = { store = "spans" }
brokers = { eu = { url = "mqtts://b.example", username = "u", password_env = "SECRET" } }
inventory = { sql = "postgresql://db.example/fleet", query = "SELECT vin FROM vehicles" }
collector = "https://collector.example"
"""


def test_show_knows_fleets_and_not_their_secrets(cdctl, here, monkeypatch):
    (here / "cdctl.toml").write_text(FLEET + '[fleet.columns]\nsoc = "Vehicle.SoC"\n')
    monkeypatch.setenv("SECRET", "hunter2")
    ran = cdctl("config", "show", "-o", "json")
    rows = {row["key"]: (row["value"], row["origin"]) for row in json.loads(ran.out)}
    assert (ran.code, ran.err) == (0, "")
    assert rows["contexts.a.traces.store"] == ("spans", "cdctl.toml:2")
    assert rows["contexts.a.brokers.eu.url"] == ("mqtts://b.example", "cdctl.toml:3")
    assert rows["contexts.a.brokers.eu.password_env"] == ("SECRET", "cdctl.toml:3")
    assert rows["contexts.a.inventory.query"] == ("SELECT vin FROM vehicles", "cdctl.toml:4")
    assert rows["contexts.a.topic_root"] == ("cd", "default")
    assert rows["fleet.columns.soc"] == ("Vehicle.SoC", "cdctl.toml:7")
    assert "hunter2" not in ran.out
    assert cdctl("--quiet", "config", "show").err == ""


def test_check_reads_the_inventory(cdctl, here):
    (here / "good.csv").write_text("vin,region\nWBA00000000000001,eu\nWBA00000000000002,eu\n")
    (here / "cdctl.toml").write_text(
        '[contexts.good]\ninventory = { file = "good.csv" }\n[contexts.bad]\ninventory = { file = "none.csv" }\n'
    )
    ran = cdctl("config", "check", "-o", "json")
    rows = {row["context"]: row for row in json.loads(ran.out)}
    assert ran.code == 3
    assert (rows["good"]["source"], rows["good"]["ok"], rows["good"]["found"]) == (
        "inventory",
        True,
        "lists 2 vehicles",
    )
    assert rows["bad"]["ok"] is False
    assert cdctl("config", "check", "--context", "good").code == 0


def test_check_says_what_is_odd_in_an_inventory(cdctl, here):
    (here / "fleet.csv").write_text("vin\nWBA1\nno id\nWBA1\nWBA2\n")
    (here / "cdctl.toml").write_text('[contexts.a]\ninventory = { file = "fleet.csv" }\n')
    ran = cdctl("config", "check", "-o", "json")
    (row,) = json.loads(ran.out)
    assert (ran.code, row["ok"]) == (0, True)
    assert row["found"].startswith("lists 2 vehicles; entries that are wrong and left out: 1, the first: ")
    assert "fleet.csv:3:1" in row["found"]
    assert row["found"].endswith("; entries of vehicles that are there already: 1")


@pytest.fixture
def collector(here, brokers):
    """How the settings name a collector that runs."""
    (here / "server.toml").write_text(
        f'[contexts.a]\nbrokers = {{ eu = {{ url = "{brokers["eu"]}" }} }}\n[paths]\ncache = "{here}/cache"\n'
    )
    argv = [sys.executable, "-m", "cdctl", "--config", "server.toml", "collect", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        place = json.loads(process.stdout.readline())["collector"]
        yield f'{{ url = "{place["url"]}", token_file = "{place["token_file"]}" }}'
        process.terminate()


def test_check_asks_the_collector(cdctl, here, collector):
    away = f'{{ url = "http://127.0.0.1:{free_port()}" }}'
    (here / "cdctl.toml").write_text(f"[contexts.up]\ncollector = {collector}\n[contexts.down]\ncollector = {away}\n")
    ran = cdctl("config", "check", "-o", "json")
    rows = {row["context"]: row for row in json.loads(ran.out)}
    assert ran.code == 3
    assert rows["up"]["ok"] is True
    assert re.fullmatch(r"has 0 vehicles, answers in \d+ ms", rows["up"]["found"])
    assert (rows["down"]["source"], rows["down"]["ok"]) == ("collector", False)


@pytest.fixture
def brokers(tmp_path_factory):
    with Mosquitto(tmp_path_factory.mktemp("eu")) as eu, Refusing(tmp_path_factory.mktemp("us")) as us:
        yield {"eu": eu.url, "us": us.url, "cn": f"mqtt://127.0.0.1:{free_port()}"}


def test_check_says_what_every_broker_grants(cdctl, here, brokers):
    regions = ", ".join(f'{region} = {{ url = "{url}" }}' for region, url in brokers.items())
    (here / "cdctl.toml").write_text(f'[contexts.a]\nbrokers = {{ {regions} }}\ntopic_root = "secret"\n')
    ran = cdctl("config", "check", "-o", "json")
    rows = {row["source"]: row for row in json.loads(ran.out)}
    assert ran.code == 3
    fine = rows["broker eu"]
    assert (fine["ok"], fine["url"]) == (True, brokers["eu"])
    assert re.fullmatch(r"MQTT 5, grants all 3 topic filters, connected in \d+ ms, answers in .+ ms", fine["found"])
    refused = rows["broker us"]
    assert refused["ok"] is False
    assert "refuses secret/us/+/birth, secret/us/+/tele, secret/us/+/event" in refused["found"]
    assert "ask for the right to subscribe" in refused["hint"]
    assert (rows["broker cn"]["ok"], rows["broker cn"]["found"]) == (False, "nobody listens there")


def test_what_is_odd_is_a_row_of_check(cdctl, here):
    (here / "cdctl.toml").write_text(FLEET.replace("eu = {", 'us = { url = "..." }, eu = {'))
    ran = cdctl("check", "-o", "json")
    rows = [row for row in json.loads(ran.out) if row["part"] == "settings"]
    assert (ran.code, ran.err) == (0, ""), "said once"
    assert [(row["subject"], row["result"]) for row in rows] == [("cdctl.toml", "ok"), ("cdctl.toml:3:26", "warning")]


def test_a_context_that_may_not_be_asked_is_one_that_fails(cdctl, here, brokers):
    bad = 'prometheus = { url = "http://p.example" }\nbrokers = { eu = { url = "mqtt://b.example" } }\n'
    bad += 'inventory = { url = "http://i.example" }\ncollector = "http://c.example"\n'
    good = f'brokers = {{ eu = {{ url = "{brokers["eu"]}" }} }}\n'
    (here / "cdctl.toml").write_text(f'default_context = "good"\n[contexts.bad]\n{bad}[contexts.good]\n{good}')
    assert cdctl("broker", "info").code == 0
    ran = cdctl("config", "check", "-o", "json")
    assert ran.code == 3
    assert [(row["context"], row["source"], row["ok"]) for row in json.loads(ran.out)] == [
        ("bad", "prometheus", False),
        ("bad", "broker eu", False),
        ("bad", "inventory", False),
        ("bad", "collector", False),
        ("good", "broker eu", True),
    ]
    assert all("plaintext = true" in row["hint"] for row in json.loads(ran.out)[:4])
    assert ran.err.count("hint: bad: use https://, or allow it: plaintext = true\n") == 1
    ran = cdctl("config", "check", "--context", "bad")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("would be asked without TLS") == 4
