"""`cdctl top` on a real terminal, before a real broker: it shows, it takes keys, it leaves; and one picture without."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator

import pytest
from brokers import Mosquitto
from fleets import Vehicles, settings_file
from panes import Pane
from screens import HOSTILE

COUNT = 150


def vin(number: int) -> str:
    return f"WBA{number:014d}"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("broker")) as broker:

        async def born() -> None:
            async with Vehicles(broker.url) as vehicles:
                await vehicles.birth(*[vin(n) for n in range(COUNT)])
                await vehicles.birth("WBB00000000000001", online=False, model=HOSTILE)

        asyncio.run(born())
        yield broker


def test_it_shows_takes_keys_and_leaves(broker, tmp_path, root):
    settings_file(tmp_path, eu=broker.url)
    with Pane(tmp_path, str(root / ".venv/bin/cdctl"), "top") as pane:
        assert pane.shows("LIVE", f"vehicles · {COUNT + 1}", vin(3)), pane.text()
        pane.keys("/", "v", "i", "n", ":", "W", "B", "B", "*", "Enter")
        assert pane.shows(f"vehicles · 1 of {COUNT + 1}", r"\x1b]0…", "offline"), pane.text()
        pane.keys("Space", "?")
        assert pane.shows("everywhere", "freeze"), pane.text()
        pane.keys("x", "Escape")
        assert pane.shows("1 marked", "● WBB", vin(COUNT - 1)), pane.text()
        pane.keys("p")
        assert pane.shows("FROZEN"), pane.text()
        pane.keys("q")
        assert pane.ended(), pane.text()


def test_a_broker_that_goes_and_comes_back_is_seen(tmp_path, root):
    (tmp_path / "own").mkdir()
    with Mosquitto(tmp_path / "own") as broker:

        async def born() -> None:
            async with Vehicles(broker.url) as vehicles:
                await vehicles.birth(vin(1))

        asyncio.run(born())
        settings_file(tmp_path, eu=broker.url)
        with Pane(tmp_path, str(root / ".venv/bin/cdctl"), "top") as pane:
            assert pane.shows("LIVE", vin(1), "online"), pane.text()
            broker.kill()
            assert pane.shows("STALE", "region eu: no link", "unknown"), pane.text()
            broker.again()
            assert pane.shows("LIVE"), pane.text()
            pane.keys("q")
            assert pane.ended(), pane.text()


def test_one_picture_has_the_numbers_of_the_command(broker, tmp_path, cdctl):
    file = settings_file(tmp_path, eu=broker.url)
    ran = cdctl("--config", file, "top", "--once", "-o", "json", "--size", "100x40")
    assert ran.code == 0, ran.err
    panels = json.loads(ran.out)["panels"]
    listed = json.loads(cdctl("--config", file, "fleet", "ls", "-o", "json").out)
    assert panels["f"]["matched"] == listed["matched"] == COUNT + 1
    told = {row["vin"]: (row["region"], row["model"], row["sw"], row["state"]) for row in listed["vehicles"]}
    shown = {row["vin"]: (row["region"], row["model"], row["sw"], row["state"]) for row in panels["f"]["rows"]}
    assert len(shown) == 34
    assert shown.items() <= told.items()
    text = cdctl("--config", file, "top", "--once").out
    assert re.search(r"LIVE .* 151 vehicles", text)
    assert "\x1b" not in text
