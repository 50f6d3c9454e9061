"""`cdctl fleet` on real brokers: two regions, ten vehicles that speak, and some that are hostile."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from brokers import Mosquitto, Refusing

from cdctl.lab.servers import free_port

SOC = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"
LATITUDE = "Vehicle.CurrentLocation.Latitude"
FLEET = [(("eu", "us")[n % 2], f"WBA{n:014d}", n) for n in range(10)]


def birth(number: int, *, seq: int = 1, online: bool = True) -> dict[str, object]:
    software = "23-07.60" if number % 3 == 0 else "23-07.55"
    model = ("i4", "i7")[number % 2]
    return {"v": 1, "ts": 1, "seq": seq, "online": online and number != 9, "model": model, "sw": software}


class Driving:
    """Vehicles 0 to 7 tell their state of charge (ten times their number) and where they are, ten times a second;
    vehicle 0 tells an event, too."""

    def __init__(self, brokers: dict[str, Mosquitto]) -> None:
        self._stop = threading.Event()
        self._clients = {}
        for region, broker in brokers.items():
            client = self._clients[region] = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
            client.connect("127.0.0.1", broker.port)
            client.loop_start()
        sent = [self.say(region, vin, "birth", birth(n), retain=True) for region, vin, n in FLEET]
        for one in sent:
            one.wait_for_publish(10)
        self._thread = threading.Thread(target=self._drive)
        self._thread.start()

    def say(self, region: str, vin: str, kind: str, payload: object, *, retain: bool = False) -> mqtt.MQTTMessageInfo:
        body = json.dumps(payload, ensure_ascii=False).encode()
        return self._clients[region].publish(f"cd/{region}/{vin}/{kind}", body, qos=1, retain=retain)

    def _drive(self) -> None:
        while not self._stop.wait(0.1):
            for region, vin, n in FLEET[:8]:
                self.say(region, vin, "tele", {"ts": 1, "s": {SOC: n * 10, LATITUDE: 48.5 + n}})
            self.say("eu", FLEET[0][1], "event", {"v": 1, "ts": 1, "kind": "door.opened", "detail": FLEET[0][1]})

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        for client in self._clients.values():
            client.disconnect()
            client.loop_stop()


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Mosquitto]]:
    folder = tmp_path_factory.mktemp("brokers")
    for name in ("eu", "us"):
        (folder / name).mkdir()
    with Mosquitto(folder / "eu") as eu, Mosquitto(folder / "us") as us:
        yield {"eu": eu, "us": us}


@pytest.fixture(scope="module")
def driving(brokers: dict[str, Mosquitto]) -> Iterator[Driving]:
    drivers = Driving(brokers)
    yield drivers
    drivers.stop()


def settings(folder: Path, **urls: str) -> Path:
    regions = ", ".join(f'{region} = {{ url = "{url}" }}' for region, url in urls.items())
    file = folder / "cdctl.toml"
    file.write_text(
        f'[contexts.x]\nbrokers = {{ {regions} }}\n[fleet.columns]\nsoc = "{SOC}"\nlat = "{LATITUDE}"\n[paths]\n'
    )
    return file


@pytest.fixture
def here(tmp_path, monkeypatch, brokers, driving) -> Path:
    monkeypatch.chdir(tmp_path)
    settings(tmp_path, **{region: broker.url for region, broker in brokers.items()})
    return tmp_path


def test_ls_lists_the_fleet_and_says_how_fresh_it_is(cdctl, here):
    ran = cdctl("fleet", "ls", "--sort", "vin")
    lines = ran.out.splitlines()
    assert ran.code == 0, ran.err
    assert lines[0].split() == ["VIN", "REGION", "MODEL", "SW", "STATE", "AGE"]
    assert [line.split()[0] for line in lines[1:]] == [vin for _, vin, _ in FLEET]
    assert lines[10].split()[:5] == ["WBA00000000000009", "us", "i7", "23-07.60", "offline"]
    assert "10 vehicles: 9 online, 1 offline\n" in ran.err
    assert "0 dropped, 0 malformed" in ran.err
    assert cdctl("fleet", "ls", "--quiet").err == ""


def test_what_is_asked_about_is_shown_and_what_is_not_known_is_counted(cdctl, here):
    ran = cdctl("fleet", "ls", "--where", "region:eu soc<30", "--for", "2s", "--sort", "-soc")
    assert ran.code == 0
    assert [line.split()[-1] for line in ran.out.splitlines()] == ["SOC", "20", "0"]
    assert "2 of 10 vehicles" in ran.err
    assert "left out, because not known: soc of 1 vehicle " in ran.err


def test_what_is_sorted_by_is_shown(cdctl, here):
    titles = [
        cdctl("fleet", "ls", *args).out.split()[:7]
        for args in (("--sort", "-messages"), ("--sort", "-age"), ("--sort", "-messages", "--columns", "vin,sw"))
    ]
    usual = ["VIN", "REGION", "MODEL", "SW", "STATE", "AGE"]
    assert (titles[0], titles[1][:6], titles[2][:2]) == ([*usual, "MESSAGES"], usual, ["VIN", "SW"])
    assert "MESSAGES" not in (*titles[1], *titles[2])


def test_every_format_says_the_same(cdctl, here):
    by_form = {
        form: cdctl("fleet", "ls", "--columns", "vin,sw", "--sort", "vin", "-o", form).out
        for form in ("json", "jsonl", "csv")
    }
    document = json.loads(by_form["json"])
    expected = [{"vin": vin, "sw": birth(n)["sw"]} for _, vin, n in FLEET]
    assert document["vehicles"] == expected
    assert (document["matched"], document["status"]["settled"]) == (10, True)
    assert {link["region"]: link["up"] for link in document["status"]["links"]} == {"eu": True, "us": True}
    assert [json.loads(line) for line in by_form["jsonl"].splitlines()] == expected
    assert list(csv.DictReader(io.StringIO(by_form["csv"]))) == expected
    everything = json.loads(cdctl("fleet", "ls", "-o", "json", "--limit", "1").out)["vehicles"][0]
    assert {"vin", "state", "soc", "dtc", "messages", "since"} <= set(everything)
    assert "lat" not in everything


def test_stats_count_by_group(cdctl, here):
    ran = cdctl("fleet", "stats", "--by", "region,sw", "-o", "json")
    groups = {(one["region"], one["sw"]): (one["vehicles"], one["offline"]) for one in json.loads(ran.out)["groups"]}
    assert ran.code == 0
    assert groups == {
        ("eu", "23-07.55"): (3, 0),
        ("eu", "23-07.60"): (2, 0),
        ("us", "23-07.55"): (3, 0),
        ("us", "23-07.60"): (2, 1),
    }
    table = cdctl("fleet", "stats", "--by", "sw", "--where", "online").out.splitlines()
    assert table[0].split() == ["SW", "VEHICLES", "ONLINE", "OFFLINE", "UNKNOWN", "ONLINE", "SHARE"]
    assert table[1].split() == ["23-07.55", "6", "6", "0", "0", "100.0%"]


def test_show_tells_everything_of_one(cdctl, here):
    ran = cdctl("fleet", "show", FLEET[2][1], "--for", "1s")
    fields = dict(line.split(maxsplit=1) for line in ran.out.splitlines() if len(line.split()) > 1)
    assert ran.code == 0
    assert (fields["soc"], fields["state"], fields["sw"]) == ("20", "online", "23-07.55")
    assert "lat" not in fields
    assert "lat: where it is is kept back" in ran.err
    assert SOC in cdctl("fleet", "show", FLEET[2][1], "--for", "1s", "-o", "wide").out
    told = json.loads(cdctl("fleet", "show", FLEET[2][1], "--for", "1s", "--reason", "ticket 7", "-o", "json").out)
    assert told["lat"] == 50.5
    assert told["status"]["vehicles"] == 10


@pytest.mark.parametrize("part", ["0000007", "wba00000000000007", "WBA00000000000007"])
def test_a_part_that_one_vehicle_alone_has_stands_for_it(cdctl, here, part):
    ran = cdctl("fleet", "show", part, "-o", "json")
    assert (ran.code, json.loads(ran.out)["vin"]) == (0, "WBA00000000000007")
    said = f"{part} is WBA00000000000007: no other vehicle that is known begins or ends so"
    assert (said in ran.err) is (part != "WBA00000000000007")


def test_a_vehicle_that_is_not_there(cdctl, here):
    ran = cdctl("fleet", "show", "007")
    assert (ran.code, ran.out) == (2, "")
    assert "error: 007: there is no such vehicle\nhint: nearest: WBA00000000000007\n" in ran.err
    near = cdctl("fleet", "show", "wba0").err.partition("hint: nearest: ")[2]
    names, _, rest = near.partition(" and ")
    assert {name[:4] for name in names.split(", ")} == {"WBA0"} and len(names.split(", ")) == 3
    assert rest.startswith("7 more; cdctl fleet ls --where 'vin:WBA0*' lists all 10\n")
    assert "cdctl fleet ls lists" in cdctl("fleet", "show", "ZZZ").err


def test_expect_refuses_another_number(cdctl, here):
    ran = cdctl("fleet", "ls", "--where", "region:eu", "--expect", "4")
    assert (ran.code, ran.out) == (5, "")
    assert "the selection matches 5 vehicles, not 4" in ran.err
    assert cdctl("fleet", "ls", "--where", "region:eu", "--expect", "5").code == 0
    assert cdctl("fleet", "stats", "--where", "region:eu", "--expect", "6").code == 5


@pytest.mark.parametrize("args", [["ls", "--columns", "vin,lat"], ["ls", "--where", "lat>3"], ["ls", "--sort", "-lat"]])
def test_a_location_is_read_for_a_reason(cdctl, here, args):
    ran = cdctl("fleet", *args)
    assert (ran.code, ran.out) == (5, "")
    assert "lat: it tells where a vehicle is, and no reason was given" in ran.err


def test_with_a_reason_a_location_is_read(cdctl, here):
    ran = cdctl("fleet", "ls", "--columns", "lat", "--where", "lat>50", "--reason", "ticket 7", "--for", "2s")
    assert ran.code == 0
    assert "places of vehicles may be read: ticket 7" in ran.err
    assert sorted(ran.out.split()) == ["50.5", "51.5", "52.5", "53.5", "54.5", "55.5", "LAT"]


def test_files_mask_vins_unless_they_shall_not(cdctl, here):
    ran = cdctl("fleet", "ls", "-o", "csv=fleet.csv", "-o", "json=fleet.json", "-o", "jsonl")
    vins = {vin for _, vin, _ in FLEET}
    assert ran.code == 0
    assert all(vin in ran.out for vin in vins)
    for name in ("fleet.csv", "fleet.json"):
        text = (here / name).read_text()
        assert not any(vin in text for vin in vins)
        assert "WBA…007" in text
    cdctl("fleet", "ls", "-o", "csv=fleet.csv", "--show-vins")
    assert all(vin in (here / "fleet.csv").read_text() for vin in vins)
    cdctl("fleet", "show", FLEET[0][1], "--for", "1s", "-o", "json=card.json")
    card = (here / "card.json").read_text()
    assert "door.opened" in card
    assert FLEET[0][1] not in card


def test_watch_streams_what_changes(cdctl, here):
    ran = cdctl("fleet", "watch", "--for", "3s", "-o", "jsonl", "-o", "csv=told.csv")
    told = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0, ran.err
    assert {(one["vin"], one["kind"], one["region"]) for one in told} == {(FLEET[0][1], "door.opened", "eu")}
    rows = list(csv.DictReader(io.StringIO((here / "told.csv").read_text())))
    assert len(rows) == len(told)
    assert {row["vin"] for row in rows} == {row["detail"] for row in rows} == {"WBA…000"}
    document = json.loads(cdctl("fleet", "watch", "--for", "2s", "-o", "json", "--where", "region:us").out)
    assert document["happenings"] == []
    lines = cdctl("fleet", "watch", "--for", "2s").out.splitlines()
    assert lines[0].split() == ["TIME", "VIN", "REGION", "KIND", "DETAIL"]
    assert lines[1].split()[1:] == [FLEET[0][1], "eu", "door.opened", FLEET[0][1]]
    assert list(csv.DictReader(io.StringIO(cdctl("fleet", "watch", "--for", "2s", "-o", "csv").out)))


def test_a_watch_ends_when_nobody_reads_it_any_more(here):
    argv = [sys.executable, "-m", "cdctl", "fleet", "watch", "-o", "jsonl"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert json.loads(process.stdout.readline())["kind"] == "door.opened"
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(30) == 0
    assert "error" not in said
    assert "Traceback" not in said


def test_what_is_written_at_the_end_needs_an_end(cdctl, here):
    ran = cdctl("fleet", "watch", "-o", "json")
    assert (ran.code, ran.out) == (2, "")
    assert cdctl("fleet", "watch", "-o", "csv=x.csv").code == 2


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["ls", "--where", "soc>>3"], "    soc>>3\n        ^\n"),
        (["ls", "--columns", "vni"], "there is no column 'vni'\nhint: did you mean vin?"),
        (["ls", "--sort", "nothing"], "there is no column 'nothing'"),
        (["ls", "--for", "soon"], "--for: 'soon' is not a duration"),
        (["ls", "--for", "0s"], "--for: 0s is no time to wait"),
        (["stats", "--by", "soc"], "--by: vehicles cannot be grouped by soc\nhint: region, model, sw or state"),
        (["stats", "--by", "sw,sw"], "--by: a column is named twice"),
    ],
)
def test_what_is_wrong_is_said_before_anybody_is_asked(cdctl, tmp_path, monkeypatch, args, said):
    monkeypatch.chdir(tmp_path)
    settings(tmp_path, eu="mqtt://127.0.0.1:1")
    ran = cdctl("fleet", *args)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "messages:" not in ran.err


def test_without_a_broker_nothing_is_known_and_with_some_a_part(cdctl, tmp_path, monkeypatch, brokers, driving):
    monkeypatch.chdir(tmp_path)
    nowhere = f"mqtt://127.0.0.1:{free_port()}"
    settings(tmp_path, eu=brokers["eu"].url, us=nowhere)
    ran = cdctl("fleet", "stats", "-o", "json")
    document = json.loads(ran.out)
    assert ran.code == 4
    assert [group["region"] for group in document["groups"]] == ["eu"]
    assert "warning: region us: no link" in ran.err
    assert any("region us: no link" in note for note in document["status"]["notes"])
    assert cdctl("fleet", "show", "WBA00000000000001").code == 3, "it may be one of the region that is missing"
    settings(tmp_path, us=nowhere)
    ran = cdctl("fleet", "ls", "-o", "jsonl")
    assert (ran.code, ran.out) == (3, "")
    assert "warning: region us: no link" in ran.err


def test_what_a_broker_refuses_is_not_known(cdctl, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "us").mkdir()
    with Refusing(tmp_path / "us") as broker:
        file = settings(tmp_path, us=broker.url)
        file.write_text(file.read_text().replace("[fleet", 'topic_root = "secret"\n[fleet', 1))
        ran = cdctl("fleet", "stats")
    assert ran.code == 3
    assert "warning: region us: the broker refuses secret/us/+/birth" in ran.err


def test_a_context_without_brokers(cdctl, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdctl.toml").write_text("[contexts.x]\n")
    for command in (["fleet", "ls"], ["broker", "info"]):
        ran = cdctl(*command)
        assert ran.code == 2
        assert "context 'x' has no broker" in ran.err
