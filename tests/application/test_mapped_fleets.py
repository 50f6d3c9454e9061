"""Fleets that nobody designed for cdctl, watched on a real broker by the profiles that ship."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from brokers import Mosquitto
from fleets import CHARGE, Vehicles, seen, taken_in, watched

from cdctl.application import wiring
from cdctl.domain.fleet.reading import Query
from cdctl.domain.fleet.speech import Speech
from cdctl.domain.settings import Settings
from cdctl.files import profiles


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(60):
            await work()

    asyncio.run(whole())


def speech(name: str) -> Speech:
    profile = profiles.read(Path(name))
    return wiring.catalogue(Settings()).protocol("mapped", {"profile": profile}, (CHARGE,))


async def cells(fleet: Any, *columns: str) -> list[tuple[Any, ...]]:
    page = await fleet.find(Query(columns=("vin", *columns), sort="vin"))
    return [tuple(row) for row in page.rows]


@pytest.fixture
def broker(tmp_path: Path):
    with Mosquitto(tmp_path / "broker") as standing:
        yield standing


def tesla(car: int, **values: object) -> list[tuple[str, bytes]]:
    return [(f"teslamate/cars/{car}/{name}", str(value).encode()) for name, value in values.items()]


def test_teslamate_tells_a_newcomer_of_every_car(broker: Mosquitto) -> None:
    async def work() -> None:
        async with Vehicles(broker.url) as cars:
            await cars.raw(*tesla(1, battery_level=88, model="3", version="2026.4", state="driving"), retain=True)
            await cars.raw(*tesla(2, battery_level=41, model="Y", version="2026.2", state="asleep"), retain=True)
            await cars.raw(*tesla(1, latitude=52.5), retain=True)
            async with taken_in(broker.url, speech=speech("teslamate")) as fleet:
                await seen(fleet, lambda status: status.online == 1 and status.offline == 1)
                await told(fleet, [("1", "online", "3", "2026.4", 88.0), ("2", "offline", "Y", "2026.2", 41.0)])
                await cars.raw(
                    *tesla(1, state="asleep", battery_level=""), *tesla(2, state="online", battery_level="x")
                )
                status = await seen(fleet, lambda status: status.online == 1 and status.malformed == 1)
                assert dict(status.malformed_by) == {"wrong type or missing field": 1}
                await told(fleet, [("1", "offline", "3", "2026.4", 88.0), ("2", "online", "Y", "2026.2", 41.0)])

    run(work)


async def told(fleet: Any, rows: list[tuple[Any, ...]]) -> None:
    """Wait until the fleet is so; facts come on topics of their own, in no order."""
    columns = ("state", "model", "sw", "soc")
    while (found := await cells(fleet, *columns)) != rows:
        assert len(found) <= len(rows)
        await asyncio.sleep(0.02)
    assert found == rows


def test_owntracks_devices_come_go_and_come_again(broker: Mosquitto) -> None:
    topic = "owntracks/jane/phone"
    location = json.dumps({"_type": "location", "tid": "JP", "lat": 52.5, "lon": 13.4, "batt": 80, "tst": 1}).encode()
    will = json.dumps({"_type": "lwt", "tst": 1}).encode()

    async def work() -> None:
        async with Vehicles(broker.url) as devices:
            await devices.raw((topic, location), ("owntracks/joe/car", will), retain=True)
            async with taken_in(broker.url, speech=speech("owntracks")) as fleet:
                # What was kept says how it was; who is there now, nobody told.
                status = await seen(fleet, lambda status: status.vehicles == 1)
                assert (status.online, status.unknown) == (0, 1)
                await devices.raw((topic, location))
                await seen(fleet, lambda status: status.online == 1)
                await devices.raw((topic, will))
                await seen(fleet, lambda status: status.offline == 1)
                await devices.raw(
                    (topic, location), (f"{topic}/event", b'{"_type":"transition","event":"enter","tst":1}')
                )
                await seen(fleet, lambda status: status.online == 1)
                assert await cells(fleet, "state", "soc") == [("jane/phone", "online", 80.0)]
                await devices.raw((topic, b"[" * 100_000), (topic, b"\xff\x00"), ("owntracks/a/b/event", b"{"))
                await seen(fleet, lambda status: status.malformed == 3)

    run(work)


def test_the_settings_choose_profile_and_inventory(broker: Mosquitto, tmp_path: Path) -> None:
    (tmp_path / "cars.csv").write_text("vin,model\n1,3\n2,Y\n3,S\na b,S\n3,S\n")
    lines = 'protocol = "mapped"\nprofile = "teslamate"\ninventory = { file = "cars.csv" }'

    async def work() -> None:
        async with Vehicles(broker.url) as cars:
            await cars.raw(*tesla(1, state="online", battery_level=7), *tesla(2, state="offline"), retain=True)
            async with watched(tmp_path, lines, eu=broker.url) as fleet:
                await seen(fleet, lambda status: (status.online, status.offline, status.never_seen) == (1, 1, 1))
                await told(
                    fleet,
                    [
                        ("1", "online", "3", None, 7.0),
                        ("2", "offline", "Y", None, None),
                        ("3", "never", "S", None, None),
                    ],
                )

    run(work)


def test_what_is_odd_in_an_inventory_is_said(broker: Mosquitto, tmp_path: Path) -> None:
    (tmp_path / "cars.csv").write_text("vin\n1\na b\n1\n")
    said: list[str] = []
    inventory = wiring.catalogue(Settings()).inventory("csv", {"file": str(tmp_path / "cars.csv")})

    async def work() -> None:
        async with taken_in(broker.url, inventory=inventory, speech=speech("teslamate"), say=said.append) as fleet:
            await seen(fleet, lambda status: status.never_seen == 1 and said)

    run(work)
    assert "entries that are wrong and left out: 1, the first: " in said[0]
    assert "cars.csv:3:1: error: 'a b' is no vehicle's id" in said[0]
    assert said[0].endswith("; entries of vehicles that are there already: 1")
