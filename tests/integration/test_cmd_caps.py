"""What vehicles say that they can, and what they are told then."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from commanding import OTHERS, House
from ordered import Lab, ordered
from paho.mqtt.enums import CallbackAPIVersion
from waiting import eventually

LAME, HUMBLE, MUTE = "WCDX0000000000001", "WCDX0000000000002", "WCDX0000000000003"
"""One that can do something else, one that can do nothing, one that does not say what it can."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=20, others=OTHERS, pace=0.1) as made:
        client = paho.Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", made.broker.port)
        client.loop_start()
        for vin, caps in ((LAME, ["horn", "lights"]), (HUMBLE, []), (MUTE, None)):
            birth = {"v": 1, "ts": round(time.time() * 1000), "seq": 1, "online": True, "model": "x1", "sw": "1"}
            told = birth if caps is None else birth | {"caps": caps}
            client.publish(f"cd/eu/{vin}/birth", json.dumps(told), 1, retain=True).wait_for_publish(20)
        yield made
        client.disconnect()
        client.loop_stop()


@pytest.fixture
def house(lab: Lab, tmp_path: Path) -> House:
    made = House(tmp_path, lab)
    assert eventually(lambda: len(made.json("fleet", "ls", "--where", "model:x1")["vehicles"]) == 3)
    return made


def test_who_says_that_it_cannot_is_left_out_and_counted(house: House) -> None:
    there = sum(place == "eu" for place, _ in house.lab.online)
    found = house.json("cmd", "send", "lock", "--where", "region:eu online", "--dry-run")
    assert (found["count"], found["unable"], found["untold"]) == (there + 1, 2, 1)
    assert MUTE in found["targets"]
    assert not {LAME, HUMBLE} & set(found["targets"])
    shown = house.run("cmd", "send", "lock", "--where", "region:eu online", "--dry-run")
    assert f"2 of {there + 3} vehicles do not say that they can (lock): left out" in shown.stdout
    assert f"1 of {there + 1} do not say what they can: sent to all the same" in shown.stdout
    sent = house.run("cmd", "send", "lock", "--where", "region:eu online", "--yes", "--expires", "1s")
    assert f"2 of {there + 3} vehicles do not say that they can (lock): left out" in sent.stderr
    assert {LAME, HUMBLE} & {kept.order.vin for kept in house.kept()} == set()


def test_the_number_that_is_expected_is_of_those_that_are_sent_to(house: House) -> None:
    args = ("cmd", "send", "lock", "--where", "model:x1", "--dry-run", "--expect")
    refused = house.run(*args, "3")
    assert refused.returncode == 5
    assert "the selection matches 1 vehicles, not 3" in refused.stderr
    assert house.run(*args, "1").returncode == 0
    all_of_them = house.json(*args, "3", "--despite-caps")
    assert (all_of_them["count"], all_of_them["unable"]) == (3, 0)


def test_one_that_is_named_and_cannot_is_refused(house: House) -> None:
    for vins, count in (((LAME,), "1 of 1"), ((LAME, MUTE), "1 of 2")):
        found = house.run("cmd", "send", "lock", "--to", ",".join(vins), "--yes")
        assert found.returncode == 5
        assert f"{LAME}: {count} vehicles do not say that they can: lock" in found.stderr
        assert "--despite-caps sends all the same" in found.stderr
    nobody = house.run("cmd", "send", "lock", "--where", f"vin:{LAME},{HUMBLE}", "--yes")
    assert (nobody.returncode, "2 of 2 vehicles do not say" in nobody.stderr) == (5, True)
    assert house.run("cmd", "send", "horn", "--to", LAME, "--dry-run").returncode == 0
    assert house.run("cmd", "send", "ping", "--to", HUMBLE, "--dry-run").returncode == 0


def test_what_they_can_is_asked_for_like_anything_else(house: House) -> None:
    found = house.json("fleet", "ls", "--where", "model:x1 caps:lights", "--columns", "vin,caps")
    assert [(one["vin"], one["caps"]) for one in found["vehicles"]] == [(LAME, "horn lights")]
    without = house.json("fleet", "ls", "--where", "model:x1 -caps:lights")
    assert [one["vin"] for one in without["vehicles"]] == [HUMBLE]


def test_a_rollout_plans_without_them(house: House) -> None:
    file = house.folder / "lock.yaml"
    file.write_text(
        "rollout: cdctl/v1\nname: lock\ncommand: lock\nwhere: model:x1\nreason: x\nwaves:\n  - {to: 100%}\n"
    )
    found = house.json("rollout", "plan", file)
    assert (found["count"], found["unable"], found["untold"]) == (1, 2, 1)
    shown = house.run("rollout", "plan", file)
    assert "2 of 3 vehicles do not say that they can (lock): left out" in shown.stderr
    assert house.json("rollout", "plan", file, "--despite-caps")["count"] == 3
