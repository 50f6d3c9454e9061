"""`cdctl broker` on real brokers: one that is open, one that refuses, one that is not there."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from brokers import Mosquitto, Refusing

from cdctl.lab.servers import free_port

LOUD, LARGE, CALM = "WBA00000000000001", "WBA00000000000002", "WBA00000000000003"


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with (
        Mosquitto(tmp_path_factory.mktemp("eu"), "sys_interval 1") as eu,
        Refusing(tmp_path_factory.mktemp("us"), "sys_interval 0") as us,
    ):
        yield {"eu": eu.url, "us": us.url, "cn": f"mqtt://127.0.0.1:{free_port()}"}


@pytest.fixture(scope="module")
def traffic(urls: dict[str, str]) -> Iterator[None]:
    """One vehicle talks often, one at length, one little; and an order goes down."""
    client, stop = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2), threading.Event()
    client.connect("127.0.0.1", int(urls["eu"].rpartition(":")[2]))
    client.loop_start()
    client.publish(f"cd/eu/{CALM}/birth", b"kept", 1, retain=True).wait_for_publish(10)

    def talk() -> None:
        while not stop.wait(0.05):
            for _ in range(5):
                client.publish(f"cd/eu/{LOUD}/tele", b"x" * 10)
            client.publish(f"cd/eu/{LARGE}/event", b"x" * 1000)
            client.publish(f"cd/eu/{CALM}/cmd", b"x")

    thread = threading.Thread(target=talk)
    thread.start()
    yield
    stop.set()
    thread.join()
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def settings(tmp_path, monkeypatch, urls):
    monkeypatch.chdir(tmp_path)

    def write(*regions: str, root: str = "cd") -> Path:
        brokers = ", ".join(f'{region} = {{ url = "{urls[region]}" }}' for region in regions)
        (tmp_path / "cdctl.toml").write_text(f'[contexts.x]\nbrokers = {{ {brokers} }}\ntopic_root = "{root}"\n')
        return tmp_path

    return write


def test_who_watches_under_the_name_of_the_settings_is_not_cut_off(cdctl, settings, urls, tmp_path):
    folder = settings("eu")
    file = folder / "cdctl.toml"
    file.write_text(file.read_text().replace('" }', '", client_id = "ours", session_expiry = "1h" }'))
    cuts: list[object] = []
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "ours", protocol=mqtt.MQTTv5)
    client.on_disconnect = lambda *told: cuts.append(told)
    client.connect("127.0.0.1", int(urls["eu"].rpartition(":")[2]))
    client.loop_start()
    try:
        for command in (("info",), ("ping", "--count", "2"), ("top", "--for", "1s")):
            assert cdctl("broker", *command).code in {0, 3}, "3: nothing was said for a second"
        assert "MQTT 5" in cdctl("config", "check").out
        client.publish("cd/eu/x/birth", b"", 1).wait_for_publish(10)
        assert cuts == []
    finally:
        client.disconnect()
        client.loop_stop()


def test_info_says_what_each_broker_is(cdctl, settings, urls):
    settings("eu", "us", "cn")
    ran = cdctl("broker", "info", "-o", "json")
    rows = {row["region"]: row for row in json.loads(ran.out)}
    assert ran.code == 4, "one is not there"
    assert rows["eu"]["version"].startswith("mosquitto version 2")
    assert (rows["eu"]["protocol"], rows["eu"]["url"], rows["eu"]["ok"]) == ("MQTT 5", urls["eu"], True)
    assert isinstance(rows["eu"]["uptime_s"], int)
    assert rows["eu"]["received_per_s"] is None or rows["eu"]["received_per_s"] >= 0
    assert (rows["us"]["version"], rows["us"]["sys_topics"], rows["us"]["protocol"]) == (None, 0, "MQTT 5")
    assert rows["us"]["receive_maximum"] > 0
    assert (rows["cn"]["ok"], rows["cn"]["error"]) == (False, "nobody listens there")
    assert "warning: region us: no $SYS: nothing came" in ran.err
    assert "warning: region cn: nobody listens there\nhint: region cn: " in ran.err


def test_info_sets_brokers_side_by_side(cdctl, settings):
    settings("eu", "us", "cn")
    lines = cdctl("broker", "info").out.splitlines()
    assert lines[0].split() == ["FACT", "EU", "US", "CN"]
    assert lines[1].split() == ["answers", "yes", "yes", "no"]
    assert any(line.startswith("version") and "mosquitto version 2" in line for line in lines)


def test_one_region_alone(cdctl, settings):
    settings("eu", "cn")
    ran = cdctl("broker", "info", "--region", "eu", "-o", "csv")
    assert ran.code == 0
    assert [row["region"] for row in csv.DictReader(io.StringIO(ran.out))] == ["eu"]
    assert cdctl("broker", "info", "--region", "cn").code == 3
    wrong = cdctl("broker", "info", "--region", "eur")
    assert wrong.code == 2
    assert "--region: no broker of region 'eur'\nhint: known: eu, cn" in wrong.err


def test_ping_measures_both_qualities_of_service(cdctl, settings):
    settings("eu")
    ran = cdctl("broker", "ping", "--count", "5", "--interval", "10ms", "-o", "json")
    rows = json.loads(ran.out)
    assert ran.code == 0, ran.err
    assert [(row["qos"], row["sent"], row["received"], row["loss"]) for row in rows] == [(0, 5, 5, 0), (1, 5, 5, 0)]
    for row in rows:
        assert 0 < row["p50_ms"] <= row["p90_ms"] <= row["p99_ms"] <= row["max_ms"]
        assert len(row["history"]) == 5


def test_ping_says_who_refuses_and_who_is_not_there(cdctl, settings):
    settings("us", "cn", "eu", root="secret")
    ran = cdctl("broker", "ping", "--count", "1", "-o", "json")
    rows = {(row["region"], row["qos"]): row for row in json.loads(ran.out)}
    assert ran.code == 4
    assert rows["eu", 1]["received"] == 1
    assert rows["us", 0]["error"].startswith("subscribe refused")
    assert rows["cn", 0]["error"] == "nobody listens there"
    assert "warning: region us: subscribe refused" in ran.err
    settings("us", root="secret")
    assert cdctl("broker", "ping", "--count", "1").code == 3


def test_top_weighs_topics_and_vehicles(cdctl, settings, traffic):
    settings("eu")
    ran = cdctl("broker", "top", "--for", "2s", "-o", "json", "-o", "csv=top.csv")
    told = json.loads(ran.out)
    assert ran.code == 0, ran.err
    assert told["topics"][0]["name"] == "cd/eu/+/tele"
    assert {line["name"] for line in told["topics"]} == {"cd/eu/+/tele", "cd/eu/+/event", "cd/eu/+/cmd"}
    assert told["noisiest"][0]["name"] == LOUD
    assert told["largest"][0]["name"] == LARGE
    assert told["noisiest"][0]["share"] > 0.5
    assert told["noisiest"][0]["bytes"] == 10 * told["noisiest"][0]["messages"]
    assert (told["brokers"][0]["largest_bytes"], told["brokers"][0]["retained"]) == (1000, 0)
    assert told["brokers"][0]["messages"] == sum(line["messages"] for line in told["topics"])
    text = Path("top.csv").read_text()
    assert "WBA…001" in text
    assert LOUD not in text


def test_top_by_other_levels_and_topics(cdctl, settings, traffic):
    settings("eu")
    ran = cdctl("broker", "top", "--for", "1s", "--by", "3", "--limit", "1", "-o", "jsonl", "-o", "csv=top.csv")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [line["list"] for line in lines] == ["topics", "noisiest", "largest"]
    assert lines[0]["name"] == f"+/+/{LOUD}/+"
    assert LOUD not in Path("top.csv").read_text()
    only = cdctl("broker", "top", "--for", "1s", "--topic", f"cd/eu/{LARGE}/#", "-o", "jsonl").out
    assert {json.loads(line)["name"] for line in only.splitlines()} == {"cd/eu/+/event", LARGE}
    table = cdctl("broker", "top", "--for", "1s").out
    assert "REGION  TOPIC " in table
    assert "REGION  NOISIEST VEHICLE " in table
    assert "REGION  LARGEST VEHICLE " in table


def test_regions_of_one_broker_are_not_counted_twice(cdctl, settings, urls, traffic):
    folder = settings("eu")
    (folder / "cdctl.toml").write_text(
        f'[contexts.x]\nbrokers = {{ eu = {{ url = "{urls["eu"]}" }}, us = {{ url = "{urls["eu"]}" }} }}\n'
    )
    told = json.loads(cdctl("broker", "top", "--for", "1s", "-o", "json").out)
    messages = {one["region"]: one["messages"] for one in told["brokers"]}
    assert messages["eu"] > 0
    assert messages["us"] == 0


def test_top_where_the_broker_refuses(cdctl, settings):
    settings("us", root="secret")
    ran = cdctl("broker", "top", "--for", "1s", "-o", "jsonl")
    assert (ran.code, ran.out) == (3, "")
    assert "the broker refuses secret/us/#" in ran.err
    assert "nothing is heard" in ran.err


@pytest.mark.parametrize("levels", ["", "0", "17", "x", "1,,2", "-1", "²"])
def test_levels_that_are_none(cdctl, settings, levels):
    settings("eu")
    ran = cdctl("broker", "top", f"--by={levels}")
    assert ran.code == 2
    assert "are no levels of a topic" in ran.err


@pytest.fixture
def mute(tmp_path_factory, settings, urls, monkeypatch):
    """A broker that grants every subscription and delivers nothing; `rule` is what a client may do."""

    def make(rule: str) -> Mosquitto:
        folder = tmp_path_factory.mktemp("mute")
        (folder / "acl").write_text(f"topic {rule}\n")
        broker = Mosquitto(folder, f"acl_file {folder / 'acl'}")
        broker.start()
        made.append(broker)
        monkeypatch.setitem(urls, "jp", broker.url)
        settings("jp")
        return broker

    made: list[Mosquitto] = []
    yield make
    for broker in made:
        broker.stop()


def test_a_broker_that_grants_and_does_not_deliver_is_told(cdctl, mute):
    mute("write #")
    ran = cdctl("broker", "ping", "--count", "1", "-o", "json")
    assert ran.code == 3
    assert "region jp: it grants the subscription, but delivers nothing: its rules (an ACL) may forbid it" in ran.err
    assert "the right to read and write cd/ops/jp/ping/#" in ran.err
    ran = cdctl("broker", "top", "--for", "300ms", "-o", "json")
    assert ran.code == 3
    assert "region jp: nothing came in 0.3 s: nobody spoke, or it grants the subscription and its rules" in ran.err
    ran = cdctl("config", "check", "-o", "json")
    (row,) = json.loads(ran.out)
    assert (ran.code, row["ok"]) == (3, False)
    assert "grants all 3 topic filters, but delivers nothing: its rules (an ACL) do not let us read" in row["found"]
    assert row["hint"].startswith("ask for the right to read cd/jp/+/birth")


def test_what_is_wrong_alike_in_several_regions_is_said_once(cdctl, urls, settings, monkeypatch):
    monkeypatch.setitem(urls, "jp", urls["cn"])
    settings("cn", "us", "jp")
    for command in (("info",), ("ping", "--count", "1"), ("top", "--for", "100ms")):
        ran = cdctl("broker", *command)
        assert ran.err.count("nobody listens there") == 1
        assert "regions cn, jp: nobody listens there" in ran.err
        assert "hint: regions cn, jp: check the port" in ran.err


def test_a_broker_that_takes_nothing_and_delivers_nothing_is_told(cdctl, mute):
    mute("read other/#")
    ran = cdctl("config", "check", "-o", "json")
    (row,) = json.loads(ran.out)
    assert (ran.code, row["ok"]) == (3, False)
    assert "but nothing came: no vehicle was ever there, or its rules (an ACL) keep them from us" in row["found"]


def test_kept_births_prove_that_a_broker_delivers(cdctl, mute):
    broker = mute("readwrite cd/jp/#")
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", int(broker.url.rpartition(":")[2]))
    client.loop_start()
    client.publish(f"cd/jp/{CALM}/birth", b"kept", 1, retain=True).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()
    ran = cdctl("config", "check", "-o", "json")
    assert (ran.code, json.loads(ran.out)[0]["ok"]) == (0, True)
