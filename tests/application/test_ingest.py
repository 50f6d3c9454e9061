"""Taking in by this process: clocks that are set, protocols that fail, what is gathered, what is watched."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from brokers import Mosquitto
from fleets import CHARGE, Vehicles, seen, taken_in

from cdctl.application import fleet as local
from cdctl.application.fleet import LocalFleet
from cdctl.application.gather import MOST, REST, Gather
from cdctl.application.system_topics import DROPPED, SystemTopics
from cdctl.domain.fleet.batch import Batch, Presence, Standing
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.layout import Layout
from cdctl.domain.fleet.selection import SelectionError
from cdctl.domain.wire import Grant
from cdctl.protocols import native


def run(work: Coroutine[Any, Any, None]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(60):
            await work

    asyncio.run(whole())


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory):
    with Mosquitto(tmp_path_factory.mktemp("broker"), "sys_interval 1") as standing:
        yield standing


class Clock:
    """A clock that can be set."""

    def __init__(self) -> None:
        self.ahead = 1_800_000_000.0

    def now(self) -> float:
        return self.ahead + asyncio.get_running_loop().time()


def test_a_clock_that_is_set_forward_and_back_harms_nothing(broker):
    async def work():
        clock = Clock()
        async with Vehicles(broker.url, "clock") as vehicles, taken_in(broker.url, clock=clock) as fleet:
            await fleet.settle(20)

            async def talk() -> None:
                while True:
                    await vehicles.raw(("cd/eu/C1/tele", {"ts": 5, "s": {}}))
                    await asyncio.sleep(0.02)

            talking = asyncio.create_task(talk())
            await seen(fleet, lambda s: s.rate > 1)
            for jump in (86_400, -172_800, 86_400):
                clock.ahead += jump
                fleet.columns.header["rate"] = 0.0
                status = await seen(fleet, lambda s: s.rate > 1)
                assert (status.online, status.unknown) == (1, 0)
                cells = (await fleet.card("C1")).cells
                assert 0 <= cells["age"] < 10 and cells["state"] == "online"
            talking.cancel()

    run(work())


class Failing(native.NativeSpeech):
    """A way of speaking with a bug."""

    def decode(self, messages, region, batch):
        if any(b"bug" in message.payload for message in messages):
            raise ZeroDivisionError("a bug")
        super().decode(messages, region, batch)


def test_a_protocol_that_fails_is_counted_and_the_stream_goes_on(broker):
    async def work():
        async with (
            Vehicles(broker.url) as vehicles,
            taken_in(broker.url, speech=Failing("cd", (CHARGE,))) as fleet,
        ):
            await fleet.settle(20)
            await vehicles.say(("F1", "tele", b"bug"))
            status = await seen(fleet, lambda s: s.malformed)
            assert status.malformed_by == {"the protocol failed: ZeroDivisionError": 1}
            await vehicles.tele("F1")
            assert (await seen(fleet, lambda s: s.online)).links[0].up

    run(work())


def test_a_focus_that_is_wrong_is_refused(broker):
    with pytest.raises(SelectionError):
        run(_nothing(broker.url))


async def _nothing(url: str) -> None:
    async with taken_in(url, focus="sok<20"):
        pass


def test_messages_gather_while_they_come_quickly_and_wait_for_nobody_else():
    async def work():
        runs: list[int] = []
        gather = Gather(lambda messages: runs.append(len(messages)))
        gather.add(["a"])
        assert runs == [1]
        gather.add(["b"])
        gather.add(["c", "d"])
        assert runs == [1]
        await asyncio.sleep(REST * 2)
        assert runs == [1, 3]
        gather.add(["e"] * MOST)
        gather.add(["f"] * MOST)
        assert runs == [1, 3, MOST, MOST]
        gather.add(["g"])
        gather.flush()
        gather.flush()
        assert runs[-1] == 1
        gather.add(["h"])
        gather.close()
        await asyncio.sleep(REST * 2)
        assert len(runs) == 5

    run(work())


class Cutting:
    """A broker that cuts whoever asks for `$SYS`, and one that refuses it."""

    def __init__(self, refuses: bool) -> None:
        self.asked = 0
        self._refuses = refuses

    async def subscribe(self, filters):
        self.asked += 1
        if self._refuses:
            return [Grant(filters[0].topic, None, "not authorized")]
        await asyncio.sleep(30)
        return []


@pytest.mark.parametrize(("refuses", "asked"), [(False, 2), (True, 4)])
def test_a_broker_that_cuts_whoever_asks_is_not_asked_for_ever(refuses, asked):
    async def work():
        system, link = SystemTopics(), Cutting(refuses)
        for _ in range(4):
            asking = asyncio.create_task(system.ask(link, DROPPED))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            asking.cancel()
            (answer,) = await asyncio.gather(asking, return_exceptions=True)
            assert answer is None or isinstance(answer, asyncio.CancelledError)
            assert system.asking is not refuses  # the question may have been heard: an answer is none of the fleet's
        assert link.asked == asked

    run(work())


class Held:
    """A fleet in memory that a test changes."""

    def __init__(self, capacity: int = 50_000) -> None:
        layout = Layout(("soc",), capacity)
        self.columns = Columns(layout, bytearray(layout.size))
        self.fleet = LocalFleet(self.columns, Clock())

    def tell(self, *vins: str, online: bool = True, seq: int = 1, soc: float | None = None) -> None:
        presence = Presence.ONLINE if online else Presence.OFFLINE
        batch = Batch(standings=[Standing(vin, presence, "eu", seq) for vin in vins])
        if soc is not None:
            batch.vins, batch.regions, batch.ts = list(vins), ["eu"] * len(vins), [0] * len(vins)
            batch.signals[0] = (list(range(len(vins))), [soc] * len(vins))
        self.columns.apply(batch, 1_800_000_000_000, "eu")


async def told(watching) -> list[tuple[str, str, str]]:
    return [(one.vin, one.kind, one.detail) for one in await anext(watching)]


def test_watching_tells_who_begins_and_ceases_to_match_while_the_fleet_grows(monkeypatch):
    async def work():
        monkeypatch.setattr(local, "BEAT", 0.02)
        standing = Held()
        standing.tell("A", soc=10)
        standing.tell("B", soc=50)
        standing.tell("SILENT")
        watching = standing.fleet.watch("soc<20")
        assert await told(watching) == [("", "left_out", "1 vehicles never told their soc: they cannot match")]
        standing.tell("B", soc=5, seq=1)
        assert await told(watching) == [("B", "matched", "")]
        standing.tell("A", soc=30, online=True)
        standing.tell(*[f"N{n}" for n in range(3)], soc=1)
        standing.tell("FULL", soc=90)
        news = await told(watching)
        assert [one for one in news if one[1] == "online"] == [(f"N{n}", "online", "seq 1") for n in range(3)]
        assert [one[:2] for one in news if one[1] != "online"] == [
            ("A", "unmatched"), *((f"N{n}", "matched") for n in range(3))
        ]  # fmt: skip
        standing.tell("B", online=False, seq=1)
        standing.tell("FULL", online=False, seq=1)
        assert await told(watching) == [("B", "offline", "seq 1")]
        await watching.aclose()

    run(work())


def test_watching_everything_tells_what_is_lost(monkeypatch):
    async def work():
        monkeypatch.setattr(local, "BEAT", 0.02)
        standing = Held()
        watching = standing.fleet.watch("")
        first = asyncio.create_task(told(watching))
        await asyncio.sleep(0)
        for n in range(40):
            standing.tell(*[f"V{n}-{m}" for m in range(1000)])
        news = await first
        assert news[0] == ("", "lost", "7232 happenings came faster than they were read") and len(news) == 32_769
        await watching.aclose()

    run(work())


def test_a_region_that_goes_away_is_told_in_short(monkeypatch):
    async def work():
        monkeypatch.setattr(local, "BEAT", 0.02)
        standing = Held()
        standing.tell(*[f"V{n}" for n in range(local.MOST_CROSSINGS + 5)])
        watching = standing.fleet.watch("online")
        first = asyncio.create_task(told(watching))
        await asyncio.sleep(0)
        standing.columns.link_down("eu", "", 1_800_000_000_001, "cut")
        news = await first
        assert ("", "link.down", "cut") in news and news[-1] == ("", "unmatched", "5 more vehicles")
        assert sum(kind == "unmatched" for _, kind, _ in news) == local.MOST_CROSSINGS + 1
        await watching.aclose()

    run(work())
