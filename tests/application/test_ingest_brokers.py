"""Brokers as they are: each that lacks something is watched as far as that goes, and one line says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest
from brokers import PLUGIN, Mosquitto
from fleets import Listing, Vehicles, seen, states, taken_in
from listening import listening
from wires import Wire

from cdctl.application import listening as rooms
from cdctl.domain.fleet.reading import FleetStatus
from cdctl.domain.fleet.speech import Promises
from cdctl.errors import UnavailableError, UsageError
from cdctl.lab.servers import free_port
from cdctl.protocols import native

WILDCARDS = ("cd/eu/+/birth", "cd/eu/+/tele", "cd/eu/+/event")


def run(work: Coroutine[Any, Any, None]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(60):
            await work

    asyncio.run(whole())


def note(status: FleetStatus, region: str = "eu") -> str:
    return next((link.note for link in status.links if link.region == region), "")


def refusing(folder: Path, *topics: str, patterns: Sequence[str] = ()) -> Mosquitto:
    """A broker that refuses subscriptions to these filters (and to topics that fit the patterns)."""
    folder.mkdir(parents=True)
    rules = [{"acltype": "subscribeLiteral", "topic": topic, "priority": 1, "allow": False} for topic in topics]
    rules += [{"acltype": "subscribePattern", "topic": topic, "priority": 1, "allow": False} for topic in patterns]
    kinds = ("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe")
    content = {
        "defaultACLAccess": dict.fromkeys(kinds, True),
        "clients": [],
        "groups": [{"groupname": "all", "roles": [{"rolename": "careful"}]}],
        "roles": [{"rolename": "careful", "acls": rules}],
        "anonymousGroup": "all",
    }
    (folder / "rules.json").write_text(json.dumps(content))
    return Mosquitto(folder, f"plugin {PLUGIN}", f"plugin_opt_config_file {folder / 'rules.json'}")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory):
    with Mosquitto(tmp_path_factory.mktemp("broker")) as standing:
        yield standing


@pytest.fixture
def own(tmp_path: Path):
    with Mosquitto(tmp_path / "own") as standing:
        yield standing


def test_a_broker_that_lacks_nothing_has_no_notes(own):
    async def work():
        async with Vehicles(own.url) as vehicles:
            await vehicles.birth("A", "B")
            await vehicles.birth("B", online=False)
            async with taken_in(own.url) as fleet:
                status = await fleet.settle(20)
                assert (status.online, status.offline, status.unknown, status.settled) == (1, 1, 0, True)
                assert (status.notes, note(status)) == ((), "")
                await vehicles.tele("A")
                assert (await seen(fleet, lambda s: s.received == 3)).malformed == 0

    run(work())


def test_a_region_each_broker(tmp_path):
    async def work(here: str, there: str):
        async with Vehicles(here) as eu, Vehicles(there, "us") as us, taken_in(here, there) as fleet:
            await eu.birth("A")
            await us.birth("B")
            status = await seen(fleet, lambda s: s.online == 2)
            assert [(link.region, link.up, link.url) for link in status.links] == [
                ("eu", True, here),
                ("us", True, there),
            ]
            assert [row[:2] for row in (await fleet.tally("", ["region"])).rows] == [("eu", 1), ("us", 1)]

    with Mosquitto(tmp_path / "eu") as eu, Mosquitto(tmp_path / "us") as us:
        run(work(eu.url, us.url))


def test_a_broker_that_is_away_leaves_the_others_alone(own):
    async def work():
        away = f"mqtt://127.0.0.1:{free_port()}"
        async with Vehicles(own.url) as vehicles, taken_in(own.url, away) as fleet:
            await vehicles.birth("A")
            status = await seen(fleet, lambda s: s.online and s.settled)
            assert "nobody listens there" in note(status, "us")
            assert [text for text in status.notes if "region us: no link" in text]

    run(work())


def test_settings_that_cannot_work_end_the_taking_in():
    async def work():
        async with taken_in("mqtt://broker.example.com"):
            await asyncio.sleep(0)

    with pytest.raises(UsageError, match="plaintext"):
        run(work())


class Forgetful(native.NativeSpeech):
    """The native protocol of a fleet that keeps no births."""

    promises = Promises(presence=True)

    def births(self, region):
        return ()


def test_a_protocol_without_kept_births_settles_when_everybody_spoke(broker):
    async def work():
        speech = Forgetful("cd", ())
        async with (
            Vehicles(broker.url) as vehicles,
            taken_in(broker.url, speech=speech, inventory=Listing("N1", "N2", "N3")) as fleet,
        ):
            await seen(fleet, lambda s: "vehicles heard of so far: 0 of 3" in note(s))
            await vehicles.tele("N1", "N2")
            status = await seen(fleet, lambda s: "vehicles heard of so far: 2 of 3" in note(s))
            assert (status.online, status.never_seen, status.settled) == (2, 1, False)
            assert any("no births that are kept" in text for text in status.notes)
            await vehicles.tele("N3")
            assert (await seen(fleet, lambda s: s.settled)).online == 3

    run(work())


def test_without_kept_births_the_picture_settles_in_time(broker):
    async def work():
        speech = Forgetful("cd", ())
        async with (
            Vehicles(broker.url) as vehicles,
            taken_in(broker.url, speech=speech, inventory=Listing("M1", "M2"), listen=0.5) as fleet,
        ):
            await seen(fleet, lambda s: s.links and s.links[0].up)
            await vehicles.tele("M1")
            status = await fleet.settle(20)
            assert (status.settled, status.vehicles) == (True, 2)
            assert await states(fleet) == {"M1": "online", "M2": "never"}

    run(work())


def test_a_broker_that_says_it_keeps_nothing(tmp_path):
    async def work(url: str):
        async with Vehicles(url) as vehicles, taken_in(url, listen=0.3) as fleet:
            await seen(fleet, lambda s: s.settled and "keeps no births; vehicles heard of so far: 0" in note(s))
            await vehicles.tele("A")
            await seen(fleet, lambda s: s.online == 1 and "vehicles heard of so far: 1" in note(s))

    with Mosquitto(tmp_path / "own", "retain_available false") as broker:
        run(work(broker.url))


def test_a_broker_that_has_lost_what_it_kept(own):
    async def work():
        async with Vehicles(own.url) as vehicles, taken_in(own.url) as fleet:
            status = await fleet.settle(20)
            assert status.settled and "the broker had kept no births; vehicles heard of so far: 0" in note(status)
            await vehicles.birth("A")
            await seen(fleet, lambda s: s.online == 1 and "vehicles heard of so far: 1" in note(s))

    run(work())


def test_vehicles_one_by_one_where_wildcards_are_refused(tmp_path):
    async def work(url: str):
        async with Vehicles(url) as vehicles:
            await vehicles.birth("A", "B", "X")
            async with taken_in(url, inventory=Listing("A", "B", "C")) as fleet:
                status = await seen(fleet, lambda s: s.settled or "watched" in note(s))
                assert "the broker refuses cd/eu/+/birth: not authorized" in note(status)
                assert "3 of 3 vehicles watched, each by its own topics" in note(status)
                await seen(fleet, lambda s: s.online == 2)
                await vehicles.tele("B", "C", "X")
                await seen(fleet, lambda s: s.online == 3)
                assert await states(fleet) == {"A": "online", "B": "online", "C": "online"}

    with refusing(tmp_path / "own", *WILDCARDS) as broker:
        run(work(broker.url))


def test_a_sample_over_several_connections(tmp_path, monkeypatch):
    async def work(broker: Mosquitto):
        monkeypatch.setattr(rooms, "SAMPLE", 3)
        vins = [f"V{n:02}" for n in range(20)]
        async with (
            Vehicles(broker.url) as vehicles,
            taken_in(broker.url, inventory=Listing(*vins), connections=3) as fleet,
        ):
            status = await seen(fleet, lambda s: "watched" in note(s))
            assert "9 of 20 vehicles watched" in note(status)
            await vehicles.tele(*vins)
            await seen(fleet, lambda s: s.online == 9)
            told = await states(fleet)
            watched = [vin for vin in vins if told[vin] == "online"]
            assert watched[0] == "V00" and watched[-1] == "V19"  # from all over the list
            assert broker.log.read_text().count("New client connected") == 1 + 3

    with refusing(tmp_path / "own", *WILDCARDS) as broker:
        run(work(broker))


def test_a_selection_says_whom_to_watch(tmp_path, monkeypatch):
    async def work(url: str):
        monkeypatch.setattr(rooms, "SAMPLE", 2)
        vins = [f"V{n:02}" for n in range(20)]
        async with (
            Vehicles(url) as vehicles,
            taken_in(url, inventory=Listing(*vins, model="i4"), focus="model:i4 vin:V07,V11,V13") as fleet,
        ):
            await seen(fleet, lambda s: "2 of 3 vehicles watched" in note(s))
            await vehicles.tele(*vins)
            await seen(fleet, lambda s: s.online == 2)
            assert [vin for vin, state in (await states(fleet)).items() if state == "online"] == ["V07", "V13"]

    with refusing(tmp_path / "own", *WILDCARDS) as broker:
        run(work(broker.url))


def test_a_connection_of_several_that_is_cut_takes_its_own_vehicles_along(tmp_path, monkeypatch):
    async def work(port: int):
        monkeypatch.setattr(rooms, "SAMPLE", 1)
        async with (
            Wire(port) as wire,
            Vehicles(f"mqtt://127.0.0.1:{port}") as vehicles,
            taken_in(wire.url, inventory=Listing("A", "B"), connections=2) as fleet,
        ):
            await seen(fleet, lambda s: "2 of 2 vehicles watched" in note(s))
            await vehicles.tele("A", "B")
            await seen(fleet, lambda s: s.online == 2)
            wire.hold()
            wire._clients[-1].transport.abort()
            status = await seen(fleet, lambda s: "is cut" in note(s))
            assert (status.online, status.unknown, status.links[0].up) == (1, 1, True)
            assert "connection 2 of 2 is cut, 1 vehicle with it: " in note(status)
            assert status.links[0].heard == "part"
            wire.release()
            await seen(fleet, lambda s: "is cut" not in note(s))
            await vehicles.tele("A", "B")
            await seen(fleet, lambda s: s.online == 2)

    with refusing(tmp_path / "own", *WILDCARDS) as broker:
        run(work(broker.port))


@pytest.mark.parametrize(
    ("inventory", "patterns", "words"),
    [
        (None, (), "nothing is heard: ask for the right to it, or name an inventory"),
        (Listing("A"), ("cd/#",), "and each vehicle's own topics, too: nothing is heard"),
    ],
)
def test_when_nothing_is_allowed_that_is_said(tmp_path, inventory, patterns, words):
    async def work(url: str):
        async with taken_in(url, inventory=inventory, listen=0.2) as fleet:
            status = await fleet.settle(20)
            assert words in note(status) and status.settled

    with refusing(tmp_path / "own", *WILDCARDS, patterns=patterns) as broker:
        run(work(broker.url))


@pytest.mark.parametrize("silently", [False, True])
def test_a_broker_of_mqtt_3(own, silently):
    async def work():
        async with Wire(own.port, refuses=5, silently=silently) as wire, Vehicles(own.url) as vehicles:
            await vehicles.birth("A")
            async with taken_in(wire.url) as fleet:
                status = await fleet.settle(30)
                assert (status.settled, status.online) == (True, 1)
                assert "3.1.1" in note(status)
                await vehicles.birth("B")
                await vehicles.tele("A")
                assert (await seen(fleet, lambda s: s.online == 2 and s.received == 3)).malformed == 0

    run(work())


def test_a_connection_that_shares_the_stream_takes_nobody_along(own):
    async def work():
        async with Wire(own.port) as wire, Vehicles(own.url) as vehicles:
            await vehicles.birth("A", "B")
            async with taken_in(wire.url, rate_cap=1000, connections=3) as fleet:
                assert (await fleet.settle(20)).online == 2
                wire.hold()
                wire._clients[-1].transport.abort()
                status = await seen(fleet, lambda s: "connection 3 of 3 is cut" in note(s))
                assert (status.online, status.unknown, status.links[0].heard) == (2, 0, "part")
                wire.release()
                await seen(fleet, lambda s: note(s) == "" and s.links[0].heard == "all")
                wire.hold()
                wire._clients[0].transport.abort()
                assert (await seen(fleet, lambda s: not s.links[0].up)).unknown == 2
                wire.release()

    run(work())


def test_a_broker_that_never_answers_does_not_keep_the_others_waiting(own):
    async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(-1)

    async def work():
        async with Vehicles(own.url) as vehicles, listening(silence) as port:
            await vehicles.birth("A")
            deaf, patient = f"mqtt://127.0.0.1:{port}", {"connect_timeout": 60}
            async with taken_in(own.url, deaf, soon=0.1, address=patient) as fleet:
                status = await fleet.settle(20)
                assert (status.settled, status.online, status.links[0].up, status.links[1].up) == (True, 1, True, False)
                assert note(status, "us") == "the broker has not answered within 0.1 s"
            async with taken_in(deaf, soon=0.1, address=patient) as fleet:
                assert not (await fleet.settle(0.5)).settled  # there is nothing else to show

    run(work())


def test_a_broker_that_answers_is_waited_for(own):
    async def work():
        async with Wire(own.port) as slow, Vehicles(own.url) as vehicles:
            await vehicles.birth("A")
            slow.hold(down=True, up=False)
            async with taken_in(slow.url, soon=0.01) as fleet:
                assert not (await fleet.settle(0.3)).settled
                slow.release()
                assert (await fleet.settle(20)).online == 1

    run(work())


def test_a_connection_at_its_cap_is_told(own, monkeypatch):
    async def work():
        async with Vehicles(own.url) as vehicles, taken_in(own.url, rate_cap=5) as fleet:

            async def talk() -> None:
                while True:
                    await vehicles.tele(*["A"] * 20)
                    await asyncio.sleep(0.05)

            talking = asyncio.create_task(talk())
            await seen(fleet, lambda s: "at its cap of 5 messages a second: what is shown are samples" in note(s))
            talking.cancel()
            await seen(fleet, lambda s: "cap" not in note(s))

    run(work())


def test_a_stream_too_large_for_one_connection_is_dealt_out_to_several(own):
    async def work():
        vins = [f"V{n}" for n in range(30)]
        async with Vehicles(own.url) as vehicles:
            await vehicles.birth(*vins)
            async with taken_in(own.url, rate_cap=1000, connections=3) as fleet:
                assert (await fleet.settle(20)).online == 30
                for _ in range(3):
                    await vehicles.tele(*vins)
                status = await seen(fleet, lambda s: s.received >= 120)
                assert (status.received, status.malformed, note(status)) == (120, 0, "")
                (region,) = fleet.ingest.regions
                received = [line.link.counters().received for line in region.lines]
                assert len(received) == 3 and min(received) >= 20  # 90, dealt out

    run(work())


class Slow(Listing):
    """An inventory that takes its time."""

    def __init__(self, *vins: str) -> None:
        super().__init__(*vins)
        self.go = asyncio.Event()

    async def vehicles(self) -> AsyncIterator[Any]:
        await self.go.wait()
        async for run in super().vehicles():
            yield run


def test_an_inventory_that_is_slow_holds_nothing_up(broker):
    async def work():
        inventory, said = Slow("E1", "E2"), []
        async with (
            Vehicles(broker.url) as vehicles,
            taken_in(broker.url, inventory=inventory, listen=0.4, say=said.append) as fleet,
        ):
            await vehicles.birth("E1")
            status = await fleet.settle(20)
            assert status.settled and said == [
                "inventory: not read yet; vehicles never seen cannot be told until it is"
            ]
            assert (await states(fleet))["E1"] == "online"
            inventory.go.set()
            await seen(fleet, lambda s: s.never_seen == 1)

    run(work())


def test_an_inventory_that_is_away_is_told_and_one_that_is_wrong_ends_it(broker):
    async def work(error: Exception, said: list[str], seconds: float = 20):
        inventory = Listing("F1", error=error)
        async with taken_in(broker.url, inventory=inventory, say=said.append) as fleet:
            await fleet.settle(seconds)

    said: list[str] = []
    run(work(UnavailableError("nobody answers"), said))
    assert said == ["inventory: nobody answers; vehicles never seen cannot be told"]
    with pytest.raises(UsageError, match="no such column"):
        run(work(UsageError("no such column"), said, 0.3))
