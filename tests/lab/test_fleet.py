"""The simulated fleet on a real Mosquitto: what is retained, what a cut does, and that it comes back."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from waiting import eventually, gone

from cdctl.domain.fleet.batch import Batch, Presence
from cdctl.lab.child import Child, find_program
from cdctl.lab.fleet import Fleet, Plan, status
from cdctl.lab.mosquitto import Mosquitto
from cdctl.lab.vehicles.singles import MOST
from cdctl.lab.vehicles.wording import COLUMNS
from cdctl.protocols.native import make

VEHICLES = 60


@pytest.fixture
def broker(tmp_path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker", vehicles=VEHICLES) as server:
        yield server


def scenario_file(folder: Path, more: str = "") -> str:
    path = folder / "quick.yaml"
    path.write_text(f"title: quick\nlike: calm\ntelemetry: {{driving: 1s, charging: 1s, parked: 1s}}\n{more}")
    return str(path)


@contextmanager
def running(broker: Mosquitto, folder: Path, scenario: str, *, still: bool = False, singles: int = MOST):
    places = dict.fromkeys(("eu", "us", "cn"), ("127.0.0.1", broker.port))
    plan = Plan(scenario, VEHICLES, 5, int(time.time()), places, still=still, singles=singles)
    with Fleet(folder / "fleet", plan) as fleet:
        fleet.wait()
        yield fleet


def listen(broker: Mosquitto, topic: str, *flags: str) -> list[str]:
    command = [find_program("mosquitto_sub", "mosquitto-clients"), "-p", str(broker.port), "-v", "-t", topic, *flags]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


def publish(broker: Mosquitto, topic: str, *flags: str) -> None:
    command = [find_program("mosquitto_pub", "mosquitto-clients"), "-p", str(broker.port), "-t", topic, *flags]
    subprocess.run(command, check=True, capture_output=True)


def births(broker: Mosquitto) -> dict[str, dict]:
    """VIN -> what is retained of it."""
    lines = [
        line.split(" ", 1) for line in listen(broker, "cd/+/+/birth", "--retained-only", "-C", str(VEHICLES), "-W", "1")
    ]
    return {topic.split("/")[2]: json.loads(payload) for topic, payload in lines}


def test_every_vehicle_has_a_retained_birth_or_death(broker, tmp_path):
    with running(broker, tmp_path, "calm", still=True) as fleet:
        told = fleet.status()
        found = births(broker)
    assert len(found) == told["born"] == VEHICLES
    online = [one for one in found.values() if one["online"]]
    assert len(online) == told["connected"]
    assert 0 < len(online) < VEHICLES, "some sleep"
    assert all(one["seq"] == 2 for one in online)
    assert {one["v"] for one in found.values()} == {1}


@pytest.mark.parametrize("shared", [False, True])
def test_what_vehicles_say_is_understood_by_the_protocol(broker, tmp_path, shared):
    with running(broker, tmp_path, scenario_file(tmp_path), singles=0 if shared else MOST) as fleet:
        lines = [line.split(" ", 1) for line in listen(broker, "cd/#", "-C", "170", "-W", "20")]
        told = fleet.status()
    batch = Batch()
    make({}, tuple(COLUMNS.values())).decode([Heard(*line) for line in lines], "eu", batch)
    assert len(lines) == 170
    assert not batch.malformed, batch.example
    assert len(batch.standings) >= VEHICLES
    assert len(batch.vins) > 80
    assert set(batch.signals) == set(range(len(COLUMNS)))
    assert {one.presence for one in batch.standings} == {Presence.ONLINE, Presence.OFFLINE}
    assert told["rate"] > 0


class Heard:
    retain = False

    def __init__(self, topic: str, payload: str) -> None:
        self.topic = topic
        self.payload = payload.encode()


def test_a_cut_vehicle_dies_by_its_will_and_is_born_again_with_a_larger_number(broker, tmp_path):
    """Again and again all of eu is cut off for a second."""
    outage = "outages: [{region: eu, begin: 1s, every: 3s, lasts: 1s, together: true}]\n"
    with running(broker, tmp_path, scenario_file(tmp_path, outage)) as fleet:
        lines = listen(broker, "cd/eu/+/birth", "-R", "-C", "60", "-W", "20")
        assert fleet.status()["cuts"] > 10
    heard: dict[str, list[tuple[bool, int]]] = {}
    for line in lines:
        told = json.loads(line.split(" ", 1)[1])
        heard.setdefault(line.split("/")[2], []).append((told["online"], told["seq"]))
    turns = [pair for one in heard.values() for pair in pairwise(one)]
    assert sum(lives and not lived for (lived, _), (lives, _) in turns) > 10
    for (lived, before), (lives, after) in turns:
        if lives and not lived:
            assert after == before + 1, "a birth has the next number"
        if lived and not lives:
            assert after == before, "a death has the number of its birth"


def test_a_killed_fleet_dies_by_its_wills_and_its_numbers_grow_over_a_restart(broker, tmp_path):
    with running(broker, tmp_path, "calm", still=True) as fleet:
        first = births(broker)
        pid = fleet.pid
    assert gone(pid)
    assert eventually(lambda: not any(one["online"] for one in births(broker).values()))
    with running(broker, tmp_path, "calm", still=True):
        second = births(broker)
    assert all(second[vin]["seq"] > one["seq"] for vin, one in first.items())


def test_a_vehicle_contradicts_its_own_stale_death(broker, tmp_path):
    with running(broker, tmp_path, "calm", still=True):
        vin, birth = next((vin, one) for vin, one in births(broker).items() if one["online"])
        region = listen(broker, f"cd/+/{vin}/birth", "-C", "1", "-W", "5")[0].split("/")[1]
        publish(broker, f"cd/{region}/{vin}/birth", "-r", "-m", json.dumps({**birth, "online": False, "seq": 1}))
        assert eventually(lambda: births(broker)[vin]["online"])


def test_orders_reach_their_vehicle(broker, tmp_path):
    with running(broker, tmp_path, "calm", still=True) as fleet:
        line = next(line for line in listen(broker, "cd/+/+/birth", "-W", "1") if '"online":true' in line)
        publish(broker, line.split("/birth")[0] + "/cmd", "-m", "{}", "-q", "1")
        assert eventually(lambda: fleet.status()["orders"] == 1)


def test_a_broker_that_comes_back_is_told_everything_again(broker, tmp_path):
    with running(broker, tmp_path, "calm", still=True) as fleet:
        broker.stop()
        assert eventually(lambda: fleet.status()["connected"] == 0)
        config = str(broker.folder / "mosquitto.conf")
        again = Child([find_program("mosquitto", "mosquitto"), "-c", config], tmp_path / "log")
        again.start()
        try:
            assert eventually(lambda: len(births(broker)) == VEHICLES)
            found = births(broker)
        finally:
            again.stop()
    assert {one["seq"] > 2 for one in found.values() if one["online"]} == {True}


def test_a_fleet_that_nobody_serves_says_so():
    assert status(1) == {}


def test_up_to_five_thousand_have_a_connection_each():
    assert MOST == 5000


def test_every_region_may_have_a_broker_of_its_own(broker, tmp_path):
    with Mosquitto(tmp_path / "other", vehicles=VEHICLES) as other:
        here, there = ("127.0.0.1", broker.port), ("127.0.0.1", other.port)
        plan = Plan("calm", VEHICLES, 5, int(time.time()), {"eu": here, "us": there, "cn": there}, still=True)
        with Fleet(tmp_path / "fleet", plan) as fleet:
            fleet.wait()
            found = [{line.split("/")[1] for line in listen(one, "cd/#", "-W", "1")} for one in (broker, other)]
    assert found == [{"eu"}, {"us", "cn"}]
