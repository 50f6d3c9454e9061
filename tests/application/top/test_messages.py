"""Messages of one vehicle on real brokers: its own alone, bounded, and only while somebody looks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from brokers import Mosquitto, Refusing
from fleets import Vehicles
from screens import HOSTILE, Look, vin
from waiting import eventually

from cdctl.application.top import messages, messages_wiring
from cdctl.application.top.lookout_wiring import Means
from cdctl.application.top.messages import Listening
from cdctl.application.wiring import WallClock
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.messages import LONGEST, MOST_BYTES, MOST_MESSAGES, Listen, Listened
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.settings import Broker, Collector, Context, ProtocolChoice, Settings
from cdctl.domain.wire import Filter
from cdctl.errors import UnavailableError

SECONDS = 20.0


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("broker"), "max_packet_size 400000") as started:
        yield started


class House:
    """What listens, and a snapshot of a fleet for it."""

    def __init__(self, *urls: str, **context: object) -> None:
        brokers = {region: Broker(region, url) for region, url in zip(("eu", "us"), urls, strict=False)}
        made = Context("x", brokers=brokers, **context)  # type: ignore[arg-type]
        self.means = Means(Settings({"x": made}, "x"), WallClock(), Missing("none"), Missing("none"))
        answer = messages_wiring.answering(self.means)[Listen]
        self.listening: Listening = answer.__self__  # type: ignore[attr-defined]
        self.seen: Snapshot = Look(9).lookout.snapshot()

    async def ask(self, one: str = vin(3)) -> Listened:
        found = await self.listening.answer(Listen(one), self.seen)
        assert isinstance(found, Listened)
        return found

    async def until(self, condition: Callable[[Listened], object], one: str = vin(3)) -> Listened:
        loop = asyncio.get_running_loop()
        end = loop.time() + SECONDS
        while not condition(told := await self.ask(one)):
            assert loop.time() < end, f"it did not come to pass: {told.count} {told.notes}"
            await asyncio.sleep(0.01)
        return told


@asynccontextmanager
async def house_of(made: House) -> AsyncIterator[House]:
    try:
        yield made
    finally:
        await made.means.closing.aclose()


def connected(broker: Mosquitto) -> set[str]:
    """Ids of clients that are connected, out of the log of the broker."""
    there: set[str] = set()
    for line in broker.log.read_text(errors="replace").splitlines():
        if " as " in line and "New client connected" in line:
            there.add(line.split(" as ")[1].split(" ")[0])
        for word in ("Client ", "client "):
            if "disconnected" in line and word in line:
                there.discard(line.split(word)[1].split(" ")[0])
    return there


def test_its_own_messages_newest_first(broker):
    made = House(broker.url)

    async def run() -> None:
        async with house_of(made) as house, Vehicles(broker.url) as vehicles:
            await vehicles.birth(vin(3), vin(4))
            told = await house.until(lambda told: told.messages)
            assert [(one.suffix, one.retain, one.qos) for one in told.messages] == [("birth", True, 1)]
            await vehicles.tele(vin(3), vin(4), **{"Vehicle.Speed": 42.0})
            await vehicles.say((vin(3), "event", {"v": 1, "ts": 5, "kind": "dtc.set", "dtcs": ["P0A9B"]}))
            told = await house.until(lambda told: told.count >= 3)
            assert [one.suffix for one in told.messages] == ["event", "tele", "birth"]
            assert json.loads(told.messages[1].text) == {"ts": 5, "s": {"Vehicle.Speed": 42.0}}
            assert told.messages[1].size == len('{"ts": 5, "s": {"Vehicle.Speed": 42.0}}')
            assert not told.messages[1].retain
            assert told.messages[1].topic == f"cd/eu/{vin(3)}/tele"
            assert told.count == 3
            assert told.places == (f"eu ({broker.url})",)
            assert told.notes == ()

    asyncio.run(run())


def test_no_place_and_no_order_is_heard(broker):
    made = House(broker.url)

    async def run() -> None:
        async with house_of(made) as house, Vehicles(broker.url) as vehicles:
            await house.ask(vin(5))
            await vehicles.say((vin(5), "cmd", {"secret": 1}), (vin(5), "reply/x", {"secret": 1}))
            await vehicles.tele(vin(5), **{"Vehicle.CurrentLocation.Latitude": 48.137, "Vehicle.Speed": 1.0})
            told = await house.until(lambda told: told.messages, vin(5))
            assert [one.suffix for one in told.messages] == ["tele"]
            assert "48.137" not in repr(told)
            assert "kept back" in told.messages[0].text

    asyncio.run(run())


def test_it_is_bounded_whatever_a_vehicle_sends(broker):
    made = House(broker.url)

    async def run() -> None:
        async with house_of(made) as house, Vehicles(broker.url) as vehicles:
            await house.ask(vin(6))
            await vehicles.say(*((vin(6), "tele", {"n": n}) for n in range(MOST_MESSAGES + 100)))
            told = await house.until(lambda told: told.count == MOST_MESSAGES + 100, vin(6))
            assert len(told.messages) == MOST_MESSAGES
            assert json.loads(told.messages[0].text) == {"n": MOST_MESSAGES + 99}
            await vehicles.say(*((vin(6), "tele", b'"' + b"x" * 300_000 + b'"') for _ in range(20)))
            told = await house.until(lambda told: told.count == MOST_MESSAGES + 120, vin(6))
            assert sum(min(one.size, LONGEST) for one in told.messages) <= MOST_BYTES
            assert len(told.messages) == MOST_BYTES // LONGEST
            assert not told.messages[0].whole
            assert told.messages[0].size == 300_002
            assert len(told.messages[0].text) <= LONGEST

    asyncio.run(run())


def test_hostile_payloads_are_text(broker):
    made = House(broker.url)

    async def run() -> None:
        async with house_of(made) as house, Vehicles(broker.url) as vehicles:
            await house.ask(vin(7))
            said = [b"\xff\xfe\x00", HOSTILE.encode(), b"[" * 5_000, b"1" * 5_000, b'{"a": NaN}', b"", b'"\\ud800"']
            await vehicles.say(*((vin(7), "tele", payload) for payload in said))
            told = await house.until(lambda told: told.count == len(said), vin(7))
            texts = [one.text for one in reversed(told.messages)]
            assert texts[0] == "(no text, 3 bytes)"
            assert texts[1] == HOSTILE
            assert texts[4] == '{"a": NaN}'
            assert texts[5] == ""

    asyncio.run(run())


def test_another_vehicle_lets_go_of_the_one_before(broker):
    made = House(broker.url)

    async def run() -> None:
        async with house_of(made) as house, Vehicles(broker.url) as vehicles:
            await house.ask(vin(3))
            before = house.listening._hearing
            await house.ask(vin(6))
            assert before is not None
            assert before is not house.listening._hearing
            assert all(task.done() for task in before._tasks)
            await vehicles.tele(vin(3), vin(6))
            told = await house.until(lambda told: any(not one.retain for one in told.messages), vin(6))
            assert {one.topic.split("/")[2] for one in told.messages} == {vin(6)}

    asyncio.run(run())


def test_when_nobody_looks_any_more_the_link_goes(broker, monkeypatch):
    monkeypatch.setattr(messages, "LINGER", 0.3)
    made = House(broker.url)

    async def run() -> None:
        async with house_of(made) as house:
            before = connected(broker)
            await house.ask(vin(3))
            assert len(connected(broker) - before) == 1
            loop = asyncio.get_running_loop()
            end = loop.time() + SECONDS
            while house.listening.listens or connected(broker) - before:
                assert loop.time() < end
                await asyncio.sleep(0.01)
            told = await house.ask(vin(3))
            assert house.listening.listens
            assert told.notes == ()

    asyncio.run(run())


def test_everything_is_let_go_with_the_view(broker):
    made = House(broker.url)
    before = connected(broker)

    async def run() -> None:
        async with house_of(made) as house:
            await house.ask(vin(3))
            assert len(connected(broker) - before) == 1
        assert not house.listening.listens

    asyncio.run(run())
    assert eventually(lambda: connected(broker) <= before), "the broker writes it down when it likes"


def test_of_a_vehicle_without_a_region_every_broker_is_heard(broker):
    made = House(broker.url, broker.url)

    async def run() -> None:
        async with house_of(made) as house, Vehicles(broker.url, region="us") as vehicles:
            told = await house.ask("WBX00000000000001")
            assert len(told.places) == 2
            await vehicles.tele("WBX00000000000001")
            told = await house.until(lambda told: told.messages, "WBX00000000000001")
            assert told.messages[0].topic.startswith("cd/us/")
            told = await house.ask(vin(3))
            assert [place.split()[0] for place in told.places] == ["eu"]

    asyncio.run(run())


def test_a_broker_that_is_away_is_told_and_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr(messages, "AGAIN", 0.05)
    (tmp_path / "own").mkdir()
    with Mosquitto(tmp_path / "own") as own:
        made = House(own.url)
        own.kill()

        async def run() -> None:
            async with house_of(made) as house:
                told = await house.ask()
                assert told.notes
                assert told.notes[0].startswith("eu: ")
                own.again()
                async with Vehicles(own.url) as vehicles:
                    await house.until(lambda told: not told.notes)
                    await vehicles.tele(vin(3))
                    await house.until(lambda told: told.messages)
                    own.kill()
                    told = await house.until(lambda told: told.notes)
                    assert "the link is cut" in told.notes[0]
                    assert told.messages
                    own.again()
                    await house.until(lambda told: not told.notes)

        asyncio.run(run())


def test_a_broker_that_refuses_is_told(tmp_path):
    with Refusing(tmp_path) as refusing:
        made = House(refusing.url, topic_root="secret")

        async def run() -> None:
            async with house_of(made) as house:
                told = await house.ask()
                assert told.notes == (f"eu: the broker refuses secret/eu/{vin(3)}/birth: not authorized (0x87)",)

        asyncio.run(run())


def test_never_the_whole_fleet(broker):
    class Loud:
        """Its topics do not tell whose they are."""

        def stream(self, region: str, vins: object = None) -> list[Filter]:
            return [Filter("everything/+")]

    made = House(broker.url)
    with pytest.raises(UnavailableError, match="do not hold the vehicle's id"):
        messages_wiring._filters(Loud(), "eu", vin(3))  # type: ignore[arg-type]
    for wrong in ("", "+", "a/+/b", "#", "x\0"):
        with pytest.raises(UnavailableError, match="no topic can hold"):
            messages_wiring._posts(made.means, wrong, "eu")
    (post,) = messages_wiring._posts(made.means, vin(3), "eu")
    assert [one.topic for one in post.filters] == [f"cd/eu/{vin(3)}/{kind}" for kind in ("birth", "tele", "event")]


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"collector": Collector("http://127.0.0.1:1")}, "messages cannot be seen through a collector"),
        ({}, "has no broker"),
    ],
)
def test_without_brokers_it_says_why(context, said):
    made = House(**context)

    async def run() -> None:
        with pytest.raises(UnavailableError, match=said):
            await made.ask()

    asyncio.run(run())


def test_a_fleet_that_speaks_otherwise_is_heard_by_its_profile(broker):
    made = House(broker.url, protocol=ProtocolChoice("mapped", "owntracks"))

    async def run() -> None:
        async with house_of(made) as house, Vehicles(broker.url) as vehicles:
            await house.ask("ada/phone")
            spoken = {"_type": "location", "tst": 1_800_000_000, "lat": 48.137, "lon": 11.5, "batt": 71}
            await vehicles.raw(("owntracks/ada/phone", spoken), ("owntracks/bob/phone", spoken))
            told = await house.until(lambda told: told.messages, "ada/phone")
            (one,) = told.messages
            assert json.loads(one.text)["batt"] == 71
            assert "48.137" not in one.text
            assert "11.5" not in one.text

    asyncio.run(run())


def test_the_client_of_the_settings_is_not_cut_off():
    plain = Broker("eu", "mqtt://127.0.0.1:1", client_id="ours")
    opened: list[Broker] = []
    made = replace(plain, session_expiry=600)

    def link(broker: Broker, listener: object) -> None:
        opened.append(broker)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cdctl.application.fleet_wiring.link", link)
        messages_wiring._opener(made)(None)  # type: ignore[arg-type]
    assert opened[0].client_id.startswith("ours-look-")
    assert opened[0].session_expiry == 0
