"""`cdctl diag` as users run it: an operator's settings and keys, a real broker, reference vehicles."""

from __future__ import annotations

import csv
import io
import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import pytest
from commanding import OTHERS, House
from jsonschema import validate
from ordered import Lab, ordered

from cdctl.cli.lazy import load
from cdctl.cli.registry import COMMANDS


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=120, name="bad-software", others=OTHERS) as made:
        yield made


@pytest.fixture(scope="module")
def house(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("house"), lab)


def well(lab: Lab) -> tuple[str, str]:
    """A vehicle that does what it is told: none of the version that fails."""
    return next((region, vin) for region, vin in lab.online if lab.births[vin]["sw"] != "23-07.60")


@pytest.mark.parametrize("verb", ["ping", "dtc", "snapshot"])
def test_every_command_has_an_example(verb):
    command = load(COMMANDS["diag"]).commands[verb]
    assert f"Example: cdctl diag {verb} " in (command.epilog or "")


def test_no_command_is_forgotten():
    assert set(load(COMMANDS["diag"]).commands) == {"ping", "dtc", "snapshot"}


def test_ping_splits_the_round_trip(house: House, lab: Lab) -> None:
    region, vin = well(lab)
    said = house.json("diag", "ping", vin, "--region", region, "--count", "3", "--interval", "10ms")
    (row,) = said["vehicles"]
    assert (row["vin"], row["sent"], row["received"], row["loss"], row["state"]) == (vin, 3, 3, 0, "succeeded")
    assert row["p50_ms"] <= row["p99_ms"] <= row["max_ms"]
    assert 0 <= row["broker_ms"] <= row["max_ms"]
    assert 0 <= row["vehicle_ms"] <= row["max_ms"]
    assert len(row["history"]) == 3
    assert "never compared" in said["method"]


def test_a_ping_is_an_order_like_any_other(house: House, lab: Lab) -> None:
    region, vin = well(lab)
    before = [one["order"] for one in lab.executions()]
    assert house.run("diag", "ping", vin, "--region", region).returncode == 0
    new = [one for one in lab.executions() if one["order"] not in before]
    assert [(one["vin"], one["command"]) for one in new] == [(vin, "ping")]
    history = house.run("cmd", "history", "--limit", "1", "-o", "json")
    assert history.returncode == 0
    assert vin in history.stdout


def test_one_that_is_away_is_four_and_named(cdctl_process, house: House, lab: Lab) -> None:
    away, (_, there) = lab.away[0], well(lab)
    runs = [
        ["diag", "ping", away, there, "--expires", "1s", "-o", "jsonl"],
        ["diag", "snapshot", away, "--expires", "1s", "-o", "json"],
    ]
    with ThreadPoolExecutor() as pool:  # both wait for the end of what clocks may differ by
        ping, snapshot = pool.map(lambda args: cdctl_process(*house.arguments(*args), cwd=house.folder), runs)
    rows = {row["vin"]: row for row in map(json.loads, ping.stdout.splitlines())}
    assert ping.returncode == 4, ping.stderr
    assert (rows[away]["received"], rows[away]["loss"], rows[away]["state"]) == (0, 1, "expired")
    assert rows[away]["p50_ms"] is rows[away]["broker_ms"] is None
    assert rows[there]["received"] == 1
    assert "1 of 2 succeeded" in ping.stderr
    assert snapshot.returncode == 4, snapshot.stderr
    body = json.loads(snapshot.stdout)
    assert body["answer"]["state"] == "expired"
    assert body["vehicle"] is None
    assert body["fleet"]["fields"]["state"] == "offline"


def test_many_are_counted_by_region(house: House, lab: Lab) -> None:
    count = len(lab.online)
    assert count > 50
    refused = house.run("diag", "ping", "--where", "online")
    assert refused.returncode == 5, refused.stderr
    assert "--expect" in refused.stderr
    done = house.run("diag", "ping", "--where", "online", "--expect", str(count))
    assert done.returncode == 0, done.stderr
    first, *lines = done.stdout.splitlines()
    assert first.split()[:2] == ["REGION", "VEHICLES"]
    assert {line.split()[0]: int(line.split()[1]) for line in lines} == {
        **{region: sum(one == region for one, _ in lab.online) for region in lab.plan.brokers},
        "all": count,
    }
    assert not any(vin in done.stdout for _, vin in lab.online)


def test_dtc_decodes_what_vehicles_have(house: House) -> None:
    args = ["--where", "dtc:P0A80 online", "-o", "wide", "-o", "json=codes.json", "-o", "csv=codes.csv", "--show-vins"]
    for _ in range(8):  # this version fails nearly half of what it is told
        done = house.run("diag", "dtc", *args)
        assert done.returncode in {0, 1}, done.stderr
        said = json.loads((house.folder / "codes.json").read_text())
        if said["answered"]:
            break
    told = [one for one in said["vehicles"] if one["state"] == "succeeded"]
    assert len(told) == said["answered"] > 0
    for one in told:
        code = next(code for code in one["codes"] if code["code"] == "P0A80-00")
        assert code["text"] == "Hybrid battery pack to be replaced"
        assert code["failure_text"] == "no further detail"
        assert code["bits"]["confirmedDTC"] is True
        assert "confirmed" in code["status_words"]
        assert {one["path"]: one["unit"] for one in code["frame"]["signals"]}["Vehicle.Speed"] == "km/h"
        assert code["frame"]["at"] < "2100"
    assert {one["code"]: one["vehicles"] for one in said["tally"]}["P0A80-00"] == said["answered"]
    rows = list(csv.DictReader(io.StringIO((house.folder / "codes.csv").read_text())))
    assert [row["vin"] for row in rows if row["hex"] == "0A8000"] == [one["vin"] for one in told]
    assert done.stdout.splitlines()[0].split()[:2] == ["VIN", "REGION"]
    assert "Speed" in done.stdout


def test_a_viewer_may_look(house: House, lab: Lab) -> None:
    region, vin = well(lab)
    assert house.run("diag", "dtc", vin, "--region", region, by="viewer").returncode == 0


def test_a_snapshot_gathers_all_and_names_nobody_in_its_file(house: House, lab: Lab) -> None:
    region, vin = well(lab)
    done = house.run("diag", "snapshot", vin, "--out", "bundle.json")
    assert done.returncode == 0, done.stderr
    for title in ("TROUBLE CODES", "SIGNALS", "VERSIONS", "NETWORK", "THE VEHICLE'S EVENTS"):
        assert title in done.stdout
    assert vin in done.stdout
    text = (house.folder / "bundle.json").read_text()
    assert vin not in text
    body = json.loads(text)
    validate(body, json.loads((files("cdctl.domain.diagnostics") / "snapshot.schema.json").read_text()))
    assert body["schema"] == "cdctl.snapshot/v1"
    assert (body["region"], body["context"], body["answer"]["state"]) == (region, "test", "succeeded")
    assert body["vehicle"]["versions"]["tcu"] == body["fleet"]["fields"]["sw"]
    assert {one["path"]: one["unit"] for one in body["vehicle"]["signals"]}["Vehicle.TraveledDistance"] == "m"
    assert not [one for one in body["vehicle"]["signals"] if "itude" in one["path"]]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["ping"], 2, "name vehicles, or a filter"),
        (["ping", "A", "--where", "online"], 2, "exclude each other"),
        (["ping", "--where", "nonsense:1"], 2, "nonsense"),
        (["dtc", "NOSUCH"], 2, "there is no such vehicle"),
        (["snapshot", "NOSUCH"], 2, "there is no such vehicle"),
        (["snapshot", "a b"], 2, "that is no id of a vehicle"),
        (["snapshot", "\x1b[2J"], 2, "\\x1b[2J: that is no id"),
        (["snapshot", "NOSUCH", "--out", "/nowhere/x.json"], 2, "there is no such folder"),
        (["ping", "A", "--rate", "fast"], 2, "is no rate"),
        (["ping", "A", "--interval", "soon"], 2, "--interval"),
        (["dtc", "A", "-o", "xml"], 2, "there is no format"),
        (["dtc", "--where", "online", "--expect", "1"], 5, "not 1"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_sent(cdctl, house: House, lab: Lab, args, code, said) -> None:
    before = len(lab.executions())
    done = cdctl(*house.arguments("diag", *args))
    assert done.code == code, done.err
    assert said in done.err
    assert "\x1b" not in done.err
    assert len(lab.executions()) == before


@pytest.mark.parametrize(("verb", "empty"), [("dtc", ["tally", "vehicles"]), ("ping", ["regions", "vehicles"])])
def test_nobody_matches(cdctl, house: House, verb, empty) -> None:
    done = cdctl(*house.arguments("diag", verb, "--where", "model:nosuch", "-o", "json"))
    assert done.code == 0, done.err
    assert [json.loads(done.out)[key] for key in empty] == [[], []]


def test_keys_are_needed(cdctl, lab: Lab, tmp_path: Path) -> None:
    settings = tmp_path / "cdctl.toml"
    url = f"mqtt://127.0.0.1:{lab.broker.port}"
    settings.write_text(f'default_context = "x"\n[contexts.x]\nbrokers = {{ eu = {{ url = "{url}" }} }}\n')
    done = cdctl("--config", settings, "diag", "ping", "A")
    assert done.code == 2
    assert "no signing_key" in done.err


def test_an_interrupted_ping_says_what_is_left(house: House, lab: Lab) -> None:
    away = lab.away[1]
    args = ["--verbose", "diag", "ping", away, "--region", lab.regions[away], "--expires", "60s"]
    with house.start(*args) as started:
        assert started.stderr is not None
        for line in started.stderr:
            if "policy allows it" in line:
                break
        started.send_signal(signal.SIGINT)
        _, err = started.communicate(timeout=30)
    assert started.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
