"""The board pivot before a real broker: its numbers are those of the commands."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from brokers import Mosquitto
from fleets import Vehicles, settings_file


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("broker")) as broker:

        async def born() -> None:
            async with Vehicles(broker.url) as vehicles:
                await vehicles.birth(*[f"WBA{n:014d}" for n in range(20)], sw="23-07.60")
                await vehicles.birth(*[f"WBB{n:014d}" for n in range(7)], sw="23-07.9", online=False)

        asyncio.run(born())
        yield broker


def test_groups_and_regions_are_those_of_fleet_stats(broker, tmp_path, cdctl):
    file = settings_file(tmp_path, eu=broker.url)
    ran = cdctl("--config", file, "top", "--once", "--board", "pivot", "-o", "json", "--size", "120x40")
    panels = json.loads(ran.out)["panels"]
    stats = json.loads(cdctl("--config", file, "fleet", "stats", "--by", "region,sw", "-o", "json").out)
    assert len(stats["groups"]) == 2
    assert [{name: row[name] for name in stats["groups"][0]} for row in panels["p"]["rows"]] == stats["groups"]
    assert panels["p"]["matched"] == stats["matched"]
    assert "cannot reach http://127.0.0.1:1" in panels["c"]["error"]

    panels = json.loads(cdctl("--config", file, "top", "--once", "-o", "json", "--size", "120x40").out)["panels"]
    stats = json.loads(cdctl("--config", file, "fleet", "stats", "--by", "region", "-o", "json").out)
    (light,), (group,) = panels["r"]["rows"], stats["groups"]
    assert {name: light[name] for name in group} == group
    (link,) = stats["status"]["links"]
    assert {name: light[name] for name in ("up", "heard", "note")} == {
        name: link[name] for name in ("up", "heard", "note")
    }
