"""`cdctl top` through a `cdctl collect` process: the same numbers; and every bad day of a collector is told."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from brokers import Mosquitto
from cutter import Cutter, answered
from far_screens import far_look
from panes import Pane
from teams import Team
from waiting import children, eventually
from wires import Wire

from cdctl.application import fleet_wiring, wiring
from cdctl.collector import wire
from cdctl.domain.boards.keys import Key

COUNT = 150


def vin(number: int) -> str:
    return f"WBA{number:014d}"


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with Mosquitto(tmp_path_factory.mktemp("broker"), "max_queued_messages 0") as broker:
        yield broker


@pytest.fixture
def team(broker, tmp_path):
    made = Team(tmp_path, broker)
    made.births(COUNT)
    yield made
    made.close()


def at(where: dict[str, str]) -> str:
    return urlsplit(where["url"]).netloc


def all_there(cdctl, config: str) -> bool:
    ran = cdctl("--config", config, "fleet", "stats", "-o", "json")
    return ran.code == 0 and json.loads(ran.out)["matched"] == COUNT


def test_one_picture_has_the_numbers_of_the_command(team, cdctl):
    _, where = team.collect()
    team.viewer(where)
    config = str(team.folder / "viewer.toml")
    assert eventually(lambda: all_there(cdctl, config))
    ran = cdctl("--config", config, "top", "--once", "-o", "json", "--size", "100x40")
    assert ran.code == 0, ran.err
    panels = json.loads(ran.out)["panels"]
    listed = json.loads(cdctl("--config", config, "fleet", "ls", "-o", "json").out)
    assert panels["f"]["matched"] == listed["matched"] == COUNT
    names = ("vin", "region", "model", "sw", "state")
    told = [[row[name] for name in names] for row in listed["vehicles"]]
    shown = [[row[name] for name in names] for row in panels["f"]["rows"]]
    assert len(shown) >= 30
    assert shown == told[: len(shown)]
    head, status = panels["h"], listed["status"]
    assert (head["through"], head["state"], head["notes"]) == (at(where), "live", [])
    assert [head[name] for name in ("vehicles", "online", "dropped", "malformed")] == [
        status[name] for name in ("vehicles", "online", "dropped", "malformed")
    ]
    text = cdctl("--config", config, "top", "--once").out
    assert f"via {at(where)}" in text.splitlines()[0]
    assert f"{COUNT} vehicles" in text.splitlines()[0]
    whole = cdctl("--config", config, "top", "--once", "--size", "80x999").out
    assert vin(COUNT - 1) in whole


def test_files_have_no_vins_unless_they_are_to(team, cdctl, tmp_path):
    _, where = team.collect()
    team.viewer(where)
    config = str(team.folder / "viewer.toml")
    assert eventually(lambda: all_there(cdctl, config))
    files = {form: tmp_path / f"top.{form}" for form in ("text", "json", "svg")}
    words = [word for form, file in files.items() for word in ("-o", f"{form}={file}")]
    ran = cdctl("--config", config, "top", "--once", *words, "--size", "100x40")
    assert vin(3) in ran.out
    for form, file in files.items():
        written = file.read_text()
        assert vin(3) not in written, form
        assert "WBA…003" in written, form
    shown, told = ran.out.splitlines(), files["text"].read_text().splitlines()
    place = next(n for n, line in enumerate(shown) if vin(3) in line)
    assert shown[place].replace(vin(3), "WBA…003".ljust(17))[:60] == told[place][:60]
    cdctl("--config", config, "top", "--once", *words, "--size", "100x40", "--show-vins")
    assert all(vin(3) in file.read_text() for file in files.values())


def test_a_collector_that_dies_is_seen_and_one_that_comes_back_is_seen(team, tmp_path, root):
    process, where = team.collect()
    team.viewer(where)
    with Pane(tmp_path, str(root / ".venv/bin/cdctl"), "--config", str(tmp_path / "viewer.toml"), "top") as pane:
        assert pane.shows("LIVE", f"via {at(where)}", f"vehicles · {COUNT}", vin(3)), pane.text()
        pane.keys("Down", "Space", "/", "o", "n", "l", "i", "n", "e", "Enter")
        assert pane.shows(f"{COUNT} of {COUNT}", "1 marked", f"● {vin(1)}"), pane.text()
        process.kill()
        assert pane.shows("STALE", "the collector is not heard since", vin(3), "1 marked"), pane.text()
        pane.keys("Down", "Space")
        assert pane.shows("2 marked"), pane.text()
        team.collect(listen=at(where))
        assert pane.shows("LIVE", "2 marked", vin(3)), pane.text()
        pane.keys("p")
        assert pane.shows("FROZEN"), pane.text()
        pane.keys("q")
        assert pane.ended(), pane.text()


def test_a_collector_that_is_not_there_yet_is_waited_for(team, tmp_path, root, cdctl):
    process, where = team.collect()
    process.kill()
    process.wait()
    team.viewer(where)
    ran = cdctl("--config", tmp_path / "viewer.toml", "top", "--once")
    assert ran.code == 3
    assert ran.out.startswith(" STALE  x ")
    assert "the collector does not answer" in ran.out
    assert "start it: cdctl collect" in ran.out
    with Pane(tmp_path, str(root / ".venv/bin/cdctl"), "--config", str(tmp_path / "viewer.toml"), "top") as pane:
        assert pane.shows("STALE", "the collector does not answer"), pane.text()
        team.collect(listen=at(where))
        assert pane.shows("LIVE", vin(3)), pane.text()
        pane.keys("q")
        assert pane.ended(), pane.text()


def test_a_token_that_is_not_known_is_told(team, tmp_path, cdctl):
    _, where = team.collect()
    (tmp_path / "other").write_text("another-token-that-is-long-enough\n")
    team.viewer({**where, "token_file": str(tmp_path / "other")})
    ran = cdctl("--config", tmp_path / "viewer.toml", "top", "--once", "-o", "json")
    assert ran.code == 3
    head = json.loads(ran.out)["panels"]["h"]
    assert head["state"] == "stale"
    assert head["notes"] == [
        "vehicles: this collector does not know the token; name the file with the collector's token: "
        "collector = { url = ..., token_file = ... }"
    ]
    assert "another-token" not in ran.out + ran.err


def test_another_version_is_told(team, tmp_path, cdctl):
    _, where = team.collect()
    told = wire.encode(wire.Trouble("version", "this collector does not know the question", versions=[2])).decode()
    with Cutter(where["url"]) as cutter:
        cutter.usual = answered(404, told, Cdctl_Collector="2")
        team.viewer({**where, "url": cutter.url})
        ran = cdctl("--config", tmp_path / "viewer.toml", "top", "--once")
        assert ran.code == 3
        assert "the collector speaks version 2 of the protocol, this cdctl speaks 1" in ran.out
        cutter.usual = answered(200, "{}")
        assert "this is no collector" in cdctl("--config", tmp_path / "viewer.toml", "top", "--once").out


@asynccontextmanager
async def watched(team: Team, where: dict[str, str], between: Wire):
    url = f"http://{urlsplit(between.url).netloc}"
    fleet = await fleet_wiring.open_fleet(team.viewer({**where, "url": url}))
    try:
        async with far_look(fleet, wiring.WallClock()) as look:
            yield look
    finally:
        await fleet.aclose()


def test_a_collector_that_is_slow_holds_nobody_up(team):
    _, where = team.collect()

    async def run():
        port = urlsplit(where["url"]).port
        async with Wire(port, delay=1.0) as between, watched(team, where, between) as look:
            await look.until(lambda: "LIVE" in look.text() and f"vehicles · {COUNT}" in look.text(), 40)
            longest = 0.0
            for name in ("/", *"vin:*7", "enter", "down", "space"):
                begin = time.perf_counter()
                look.view.press(Key(name, name if len(name) == 1 else ""))
                look.view.look()
                look.lines()
                longest = max(longest, time.perf_counter() - begin)
                await asyncio.sleep(0.02)
            assert longest < 0.5
            await look.until(lambda: f"15 of {COUNT}" in look.text(), 40)
            assert "LIVE" in look.text()

    asyncio.run(run())


def test_a_collector_that_goes_silent_is_as_good_as_dead_until_it_speaks(team):
    _, where = team.collect()

    async def run():
        port = urlsplit(where["url"]).port
        async with Wire(port) as between, watched(team, where, between) as look:
            await look.until(lambda: "LIVE" in look.text() and vin(3) in look.text(), 40)
            between.hold()
            await look.until(lambda: "STALE" in look.text() and "it went silent" in str(look.data("h")["notes"]), 40)
            assert vin(3) in look.text()
            between.cut()
            between.release()
            await look.until(lambda: "LIVE" in look.text() and not look.data("h")["notes"], 60)

    asyncio.run(run())


def test_a_collector_whose_process_that_takes_in_stands_still_is_stale(team):
    process, where = team.collect()

    async def run():
        fleet = await fleet_wiring.open_fleet(team.viewer(where))
        async with far_look(fleet, wiring.WallClock()) as look:
            await look.until(lambda: "LIVE" in look.text() and vin(3) in look.text(), 40)
            (child,) = children(process.pid)
            os.kill(child, signal.SIGSTOP)
            try:
                await look.until(lambda: "STALE" in look.text() and "nothing is taken in since" in look.text(), 40)
            finally:
                os.kill(child, signal.SIGCONT)
            await look.until(lambda: "LIVE" in look.text(), 40)
        await fleet.aclose()

    asyncio.run(run())
