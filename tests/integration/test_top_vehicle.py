"""The boards of a vehicle and of what happened, on a real terminal before a real broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from brokers import Mosquitto
from fleets import Vehicles, settings_file
from panes import Pane
from writing import intent, write

COUNT = 40


def vin(number: int) -> str:
    return f"WBA{number:014d}"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("broker")) as broker:

        async def born() -> None:
            async with Vehicles(broker.url) as vehicles:
                await vehicles.birth(*[vin(n) for n in range(COUNT)])

        asyncio.run(born())
        yield broker


def say(broker: Mosquitto, *said: tuple[str, str, object], dead: tuple[str, ...] = ()) -> None:
    async def all_of_it() -> None:
        async with Vehicles(broker.url) as vehicles:
            await vehicles.say(*said)
            if dead:
                await vehicles.birth(*dead, online=False)

    asyncio.run(all_of_it())


def test_from_a_vehicle_to_what_it_says_and_what_happened_to_it(broker, tmp_path, root):
    settings_file(tmp_path, eu=broker.url)
    with Pane(tmp_path, str(root / ".venv/bin/cdctl"), "top") as pane:
        assert pane.shows("LIVE", vin(3)), pane.text()
        pane.keys("/", *"vin:", *vin(3), "Enter")
        assert pane.shows("vehicles · 1 of"), pane.text()
        pane.keys("Enter")
        assert pane.shows(f"vehicle · {vin(3)}", "online", "it did not tell any", "birth", "q1r"), pane.text()
        say(broker, (vin(3), "tele", {"ts": 5, "s": {"Vehicle.Speed": 42.5}}), (vin(4), "tele", {"ts": 5, "s": {}}))
        assert pane.shows('tele   q1  {"ts": 5'), pane.text()
        say(broker, (vin(3), "event", {"v": 1, "ts": 5, "kind": "dtc.set", "dtcs": ["P0A9B"]}))
        assert pane.shows("P0A9B set: Hybrid", "P0A9B  Hybrid", f"messages · {vin(3)} · 3"), pane.text()
        pane.keys("Tab", "Tab", "Down", "Enter")
        assert pane.shows("QoS 1", '"Vehicle.Speed": 42.5'), pane.text()
        pane.keys("Escape")
        assert pane.shows("q1r", "Enter whole"), pane.text()
        pane.keys("Tab", "e")
        assert pane.shows(f"timeline · {vin(3)}", "orders: no journal"), pane.text()
        say(broker, dead=tuple(vin(n) for n in range(10, 30)))
        pane.keys("a")
        assert pane.shows("20 vehicles went offline", "link is up"), pane.text()
        assert "subscribing" not in pane.text(), "that is over when it is read"
        pane.keys("q")
        assert pane.ended(), pane.text()


def test_one_picture_has_what_files_tell(broker, tmp_path, cdctl):
    changes = tmp_path / "changes.jsonl"
    changes.write_text('{"at": "2026-03-01T10:00:00Z", "title": "api 1.4.2", "service": "api"}\n')
    write(tmp_path / "journal.db", [intent(1, vin=vin(1))])
    lines = f'changes = "{changes}"\n'
    file = settings_file(tmp_path, lines, eu=broker.url)
    text = (tmp_path / "cdctl.toml").read_text().replace("[paths]\n", f'[paths]\njournal = "{tmp_path}/journal.db"\n')
    (tmp_path / "cdctl.toml").write_text(text)
    ran = cdctl("--config", file, "top", "--once", "--board", "events", "-o", "json", "--show-vins")
    assert ran.code == 0, ran.err
    shown = json.loads(ran.out)["panels"]["t"]
    rows = {(row["kind"], row["what"], row["subject"]) for row in shown["rows"]}
    assert {("changes", "deployment", "api"), ("orders", "ordered", vin(1)), ("links", "link.up", "eu")} <= rows
    known = {one["source"]: one for one in shown["known"]}
    assert known["vehicles"]["note"] == "this view"
    assert known["orders"] == {"source": "orders", "since": None, "note": ""}
    assert known["alerts"]["note"].startswith("cannot reach http://127.0.0.1:1")
    kept = tmp_path / "events.json"
    cdctl("--config", file, "top", "--once", "--board", "events", "-o", f"json={kept}")
    assert "lock ordered by ada" in kept.read_text()
    assert vin(1) not in kept.read_text()
