"""Bad days of a fleet, through the process that takes in, on real brokers: counted, shown, survived.

Whatever happens, nobody is shown online of whom nobody can tell.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from brokers import Mosquitto, Persistent
from fleets import CHARGE, Vehicles, seen, settings_file, states, taken_in, watched
from waiting import children, eventually, gone
from wires import Wire

from cdctl.domain.fleet.reading import FleetStatus, Query
from cdctl.errors import UnavailableError

HOSTILE = "\x1b]52;c;aGk=\x07\x1b[2J\x9b31m[/x][@click=app.quit]\u202egnp.\u2066\x00\ud83d\ude00'\";--%s{}"


def run(work: Coroutine[Any, Any, None]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(90):
            await work

    asyncio.run(whole())


@pytest.fixture
def broker(tmp_path: Path):
    with Mosquitto(tmp_path / "broker", "sys_interval 1") as standing:
        yield standing


@pytest.fixture
def keeping(tmp_path: Path):
    """A broker that has its retained messages after kill -9, too."""
    with Persistent(tmp_path / "keeping", "sys_interval 1") as standing:
        yield standing


def taker(fleet: Any) -> int:
    """Id of the process that takes in."""
    return int(fleet._process._process.pid)


def note(status: FleetStatus) -> str:
    return status.links[0].note


def test_what_vehicles_send_wrongly_is_counted_and_the_rest_is_understood(broker, tmp_path):
    async def work():
        async with Vehicles(broker.url) as vehicles, watched(tmp_path, eu=broker.url) as fleet:
            born = {"v": 1, "ts": 5, "seq": 1, "online": True}
            await vehicles.say(
                ("A", "tele", b'{"ts":5,'),
                ("A", "tele", b"\xff\xfe\x00"),
                ("A", "tele", b'{"ts":5,"s":{"\xff":1}'),
                ("A", "tele", {"ts": "now", "s": {}}),
                ("A", "tele", {"ts": 5}),
                ("A", "tele", {"ts": 5, "s": {CHARGE: "full"}}),
                ("A", "tele", b"[" * 100_000),
                ("A", "tele", b'{"ts":5,"s":{"a":"' + b"x" * 300_000 + b'"}}'),
                ("A", "birth", born | {"v": 2}),
                ("A", "birth", born | {"seq": -1}),
                ("A", "birth", born | {"seq": 2**32}),
                ("A", "birth", born | {"online": "yes"}),
                ("A", "event", {"v": 1, "ts": 5, "kind": ""}),
                ("A", "event", {"v": 9, "ts": 5, "kind": "x"}),
            )
            await vehicles.raw(("cd/eu//tele", {"ts": 5, "s": {}}), (f"cd/eu/{'V' * 41}/tele", {"ts": 5, "s": {}}))
            await vehicles.raw(("cd/eu/A B/tele", {"ts": 5, "s": {}}))
            await vehicles.tele("GOOD")
            status = await seen(fleet, lambda s: s.online == 1 and s.decoded + s.malformed == s.received)
            assert await states(fleet) == {"GOOD": "online"}
            assert (status.received, status.decoded, status.malformed) == (18, 1, 17)
            assert dict(status.malformed_by) == {
                "not JSON": 3,
                "wrong type or missing field": 8,
                "payload too large": 1,
                "unknown version": 2,
                "no vehicle's id (1 to 40 ASCII characters, no space + #)": 3,
            }

    run(work())


def test_topics_with_wrong_levels_do_not_reach_us_or_are_counted(broker, tmp_path):
    async def work():
        async with Vehicles(broker.url) as vehicles, watched(tmp_path, eu=broker.url) as fleet:
            body = {"ts": 5, "s": {}}
            await vehicles.raw(
                ("cd/eu/A/tele/more", body), ("cd/eu/tele", body), ("cd//A/tele", body), ("cd/us/A/tele", body),
                ("/cd/eu/A/tele", body), ("cd/eu/A/TELE", body), ("$cd/eu/A/tele", body),
            )  # fmt: skip
            await vehicles.tele("GOOD")
            status = await seen(fleet, lambda s: s.online == 1)
            assert (status.received, status.vehicles) == (1, 1)

    run(work())


def test_a_hostile_string_in_every_field(broker, tmp_path):
    async def work():
        async with Vehicles(broker.url) as vehicles, watched(tmp_path, eu=broker.url) as fleet:
            text = HOSTILE.encode("utf-16", "surrogatepass").decode("utf-16")
            code = text[:16]
            await vehicles.birth("A", model=text, sw=text, caps=[text], dtcs=[code])
            await vehicles.say(
                ("A", "event", {"v": 1, "ts": 5, "kind": text[:60], "dtcs": [code], "sw": text, "detail": text * 50}),
                ("A", "tele", {"ts": 5, "s": {text: text}}),
            )
            for character in "\u202e\u2066\u00e4 '\"[%":  # Mosquitto itself cuts whoever sends a control character
                await vehicles.raw((f"cd/eu/A{character}/tele", {"ts": 5, "s": {}}))
            await vehicles.tele("GOOD")
            await seen(fleet, lambda s: s.online >= 2)
            told = await fleet.find(Query("model:*", ("vin", "model", "sw", "dtc")))
            assert told.matched == 1 and "\x1b" in str(told.rows[0][1])  # whoever shows it makes it safe
            for vin in await states(fleet):
                assert vin.isascii() and vin.isprintable()
            assert (await fleet.status()).malformed == 4
            assert (await fleet.card("A")).happenings

    run(work())


def test_one_id_in_two_regions(broker, tmp_path):
    async def work(there: str):
        async with (
            Vehicles(broker.url) as eu,
            Vehicles(there, "us") as us,
            watched(tmp_path, eu=broker.url, us=there) as fleet,
        ):
            for _ in range(3):
                await eu.tele("TWIN", "EU")
                await seen(fleet, lambda s: s.vehicles)
                await us.tele("TWIN")
                await asyncio.sleep(0.05)
            status = await seen(fleet, lambda s: any("two regions at once" in text for text in s.notes))
            assert (status.vehicles, status.online) == (2, 2)
            assert [row[0] for row in (await fleet.find(Query("duplicate:yes", ("vin",)))).rows] == ["TWIN"]

    with Mosquitto(tmp_path / "us") as there:
        run(work(there.url))


def test_a_broker_that_is_killed_and_restarted_makes_nobody_wrongly_online(keeping, tmp_path):
    async def work():
        async with watched(tmp_path, eu=keeping.url) as fleet:
            async with Vehicles(keeping.url) as vehicles:
                await vehicles.birth("STAYS", "GOES")
                await vehicles.birth("GONE", online=False)
                await seen(fleet, lambda s: (s.online, s.offline) == (2, 1))
                keeping.kill()
            status = await seen(fleet, lambda s: s.unknown == 3)
            assert not status.links[0].up and any(
                "its vehicles are unknown until it is back" in n for n in status.notes
            )
            await asyncio.to_thread(keeping.again)
            # The births that it kept say "online" of vehicles that are long gone: nobody believes them.
            status = await seen(fleet, lambda s: s.links[0].up and s.offline == 1)
            await seen(fleet, lambda s: s.received == 6)
            assert await states(fleet) == {"STAYS": "unknown", "GOES": "unknown", "GONE": "offline"}
            await seen(
                fleet, lambda s: "the broker was restarted meanwhile; vehicles unknown until they speak: 2" in note(s)
            )
            async with Vehicles(keeping.url) as vehicles:
                await vehicles.tele("STAYS")
                await vehicles.birth("GOES", online=False)
                await seen(fleet, lambda s: (s.online, s.offline, s.unknown) == (1, 2, 0))
            assert note(await seen(fleet, lambda s: not note(s))) == ""

    run(work())


@pytest.mark.parametrize("told", [True, False])
def test_after_a_cut_kept_births_are_believed_when_the_broker_says_that_it_was_there(tmp_path, told):
    async def work(broker: Mosquitto):
        async with Vehicles(broker.url) as vehicles, Wire(broker.port) as wire, watched(tmp_path, eu=wire.url) as fleet:
            await vehicles.birth("STAYS", "LEAVES")
            await seen(fleet, lambda s: s.online == 2)
            # Its uptime is told in whole seconds: a broker that is younger than the cut cannot prove anything.
            assert not told or await asyncio.to_thread(eventually, lambda: uptime(broker) > 5)
            await vehicles.tele("STAYS")
            await seen(fleet, lambda s: s.received == 3)
            wire.cut()
            await vehicles.birth("LEAVES", online=False)
            if told:
                await seen(fleet, lambda s: (s.online, s.offline, s.unknown) == (1, 1, 0))
                await seen(fleet, lambda s: not note(s))
            else:
                status = await seen(fleet, lambda s: (s.unknown, s.offline) == (1, 1) and s.links[0].up)
                await seen(
                    fleet,
                    lambda s: "no $SYS says whether it was restarted; vehicles unknown until they speak: 1" in note(s),
                )
            status = await fleet.status()
            assert (status.malformed, status.dropped) == (0, 0)
            assert status.received in {5, 6}  # two births again, or three: not one of $SYS

    with Mosquitto(tmp_path / "broker", f"sys_interval {int(told)}") as broker:
        run(work(broker))


def uptime(broker: Mosquitto) -> float:
    """Seconds since the process was started."""
    fields = Path(f"/proc/{broker.pid}/stat").read_text().rpartition(")")[2].split()
    return float(Path("/proc/uptime").read_text().split()[0]) - int(fields[19]) / os.sysconf("SC_CLK_TCK")


def test_a_link_that_is_half_open_is_found_out(broker):
    async def work():
        async with (
            Vehicles(broker.url) as vehicles,
            Wire(broker.port) as wire,
            taken_in(wire.url, address={"keep_alive": 2}) as fleet,  # in this process: no setting makes it so short
        ):
            await vehicles.birth("A")
            await seen(fleet, lambda s: s.online == 1)
            wire.hold()
            status = await seen(fleet, lambda s: s.unknown == 1, seconds=40)
            assert not status.links[0].up and status.online == 0
            await vehicles.birth("A", online=False)
            wire.cut()
            wire.release()
            await seen(fleet, lambda s: s.offline == 1)

    run(work())


def test_a_late_death_does_not_kill_a_newer_birth(broker, tmp_path):
    async def work():
        async with Vehicles(broker.url) as vehicles, watched(tmp_path, eu=broker.url) as fleet:
            await vehicles.birth("A", "B", seq=4)
            await vehicles.birth("A", seq=5)
            await vehicles.birth("A", "B", seq=4, online=False)
            await seen(fleet, lambda s: s.offline == 1)
            assert await states(fleet) == {"A": "online", "B": "offline"}

    run(work())


def test_a_reader_that_stands_still_counts_what_the_broker_dropped(tmp_path):
    async def work(broker: Mosquitto):
        assert await asyncio.to_thread(eventually, lambda: uptime(broker) > 3)  # it counts by now
        async with Vehicles(broker.url) as vehicles, watched(tmp_path, eu=broker.url) as fleet:
            await vehicles.birth("A")
            await seen(fleet, lambda s: s.online == 1 and s.settled)
            pid = taker(fleet)
            os.kill(pid, signal.SIGSTOP)
            try:
                flood = {"ts": 5, "s": {CHARGE: 1}, "more": "x" * 20_000}
                await asyncio.to_thread(eventually, lambda: False, 3.5)
                for _ in range(20):
                    await vehicles.say(*[("A", "tele", flood)] * 100)
                status = await seen(fleet, lambda s: any("nothing is taken in since" in text for text in s.notes))
                assert status.rate == 0.0
            finally:
                os.kill(pid, signal.SIGCONT)
            status = await seen(fleet, lambda s: s.dropped > 0, seconds=60)
            assert any("messages dropped before they were read: " in text for text in status.notes)
            await vehicles.tele("A", "NEW")
            await seen(fleet, lambda s: s.online == 2)

    lines = ("sys_interval 1", "max_queued_messages 20", "max_inflight_messages 5")
    with Mosquitto(tmp_path / "broker", *lines) as broker:
        run(work(broker))


def test_a_taker_that_is_killed_leaves_an_error_and_nobody_online(broker, tmp_path):
    async def work():
        async with Vehicles(broker.url) as vehicles, watched(tmp_path, eu=broker.url) as fleet:
            await vehicles.birth("A")
            await seen(fleet, lambda s: s.online == 1)
            watching = asyncio.create_task(anext(fleet.watch("")))
            os.kill(taker(fleet), signal.SIGKILL)
            with pytest.raises(UnavailableError, match=r"was killed \(signal 9\)"):
                await seen(fleet, lambda s: False)
            with pytest.raises(UnavailableError):
                await fleet.find(Query())
            with pytest.raises(UnavailableError):
                await watching
            presence = fleet._columns.presence[: fleet._columns.rows].tolist()
            assert presence == [0] and not fleet._columns.links.states()[0].up

    run(work())


_PARENT = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from fleets import *
async def work():
    file = sys.argv[2]
    fleet = await fleet_wiring.open_fleet(wiring.read_settings(config=file), config=file)
    await seen(fleet, lambda s: s.online == 1)
    print("seen", flush=True)
    await asyncio.sleep(600)
asyncio.run(work())
"""


def test_a_taker_ends_when_whoever_started_it_is_killed(broker, tmp_path):
    async def work(file: str):
        async with Vehicles(broker.url) as vehicles:
            await vehicles.birth("A")
            support = str(Path(__file__).parents[1] / "support")
            parent = subprocess.Popen([sys.executable, "-c", _PARENT, support, file], stdout=subprocess.PIPE)
            try:
                assert (await asyncio.to_thread(parent.stdout.readline)) == b"seen\n"
                (child,) = children(parent.pid)
                os.kill(parent.pid, signal.SIGKILL)
                assert await asyncio.to_thread(eventually, lambda: gone(child))
            finally:
                parent.kill()
                parent.wait()
                parent.stdout.close()
        assert list(tmp_path.glob("fleet-*.snapshot"))  # and leaves in order

    run(work(settings_file(tmp_path, eu=broker.url)))


def snapshot_of(folder: Path) -> Path:
    (path,) = folder.glob("fleet-*.snapshot")
    return path


def test_the_fleet_is_there_at_once_and_marked_as_old(tmp_path):
    async def work(broker: Mosquitto):
        async with Vehicles(broker.url) as vehicles, watched(tmp_path, eu=broker.url) as fleet:
            await vehicles.birth("A", "B")
            await seen(fleet, lambda s: s.online == 2)
        broker.stop()
        first = snapshot_of(tmp_path).read_bytes()
        async with watched(tmp_path, eu=broker.url) as fleet:
            status = await seen(fleet, lambda s: s.settled)
            assert (status.vehicles, status.unknown) == (2, 2) and status.snapshot_age is not None
            assert any("as the last run knew them" in text for text in status.notes)
        assert snapshot_of(tmp_path).read_bytes() == first  # nothing was heard: it does not look younger now
        await asyncio.to_thread(broker.again)
        async with Vehicles(broker.url) as vehicles, watched(tmp_path, eu=broker.url) as fleet:
            await vehicles.tele("A", "B")
            assert (await seen(fleet, lambda s: s.online == 2)).snapshot_age is None

    broker = Mosquitto(tmp_path / "broker")
    with broker:
        run(work(broker))


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "a folder", "other signals", "an old layout"])
def test_a_snapshot_that_is_damaged_or_of_other_settings(broker, tmp_path, damage):
    async def work():
        async with Vehicles(broker.url) as vehicles, watched(tmp_path, eu=broker.url) as fleet:
            await vehicles.birth("A", "B")
            await vehicles.tele("A")
            await seen(fleet, lambda s: s.online == 2 and s.received >= 3)
        path = snapshot_of(tmp_path)
        body = path.read_bytes()
        if damage == "a folder":
            path.unlink()
            (path / "x").mkdir(parents=True)
        elif damage != "other signals":
            path.write_bytes(_DAMAGES[damage](body))
        file = settings_file(tmp_path, eu=broker.url)
        if damage == "other signals":
            text = Path(file).read_text()
            Path(file).write_text(text.replace("soc =", 'speed = "Vehicle.Speed"\nsoc ='))
        from cdctl.application import fleet_wiring, wiring

        fleet = await fleet_wiring.open_fleet(wiring.read_settings(config=file), config=file)
        try:
            status = await seen(fleet, lambda s: s.settled)
            assert (status.online, status.vehicles) == (2, 2)
            warned = [text for text in status.notes if "snapshot" in text]
            assert bool(warned) == (damage != "other signals"), status.notes
            if damage == "other signals":
                told = await fleet.find(Query("vin:A", ("soc", "speed")))
                assert list(map(list, told.rows)) == [[50.0, None]]
        finally:
            await fleet.aclose()
            if damage == "a folder":
                shutil.rmtree(path)

    run(work())


_DAMAGES = {
    "cut": lambda body: body[: len(body) // 2],
    "flipped": lambda body: body[:-9] + bytes([body[-9] ^ 1]) + body[-8:],
    "empty": lambda body: b"",
    "an old layout": lambda body: body.replace(b'"layout":2', b'"layout":0'),
}


def test_two_at_once_share_a_snapshot_file(broker, tmp_path):
    async def work():
        async with Vehicles(broker.url) as vehicles:
            await vehicles.birth(*[f"V{n}" for n in range(200)])

            async def one() -> None:
                for _ in range(2):
                    async with watched(tmp_path, eu=broker.url) as fleet:
                        status = await seen(fleet, lambda s: s.settled and s.online == 200)
                        assert not [text for text in status.notes if "not used" in text]

            await asyncio.gather(one(), one())
        assert not list(tmp_path.glob(".fleet-*"))
        async with watched(tmp_path, eu=broker.url) as fleet:
            status = await fleet.settle(20)
            assert (status.vehicles, [text for text in status.notes if "not used" in text]) == (200, [])

    run(work())


def test_a_taker_that_runs_out_of_files_goes_on(broker, tmp_path):
    async def work():
        async with Vehicles(broker.url) as vehicles, watched(tmp_path, eu=broker.url) as fleet:
            await vehicles.birth("A")
            await seen(fleet, lambda s: s.online == 1)
            limit = subprocess.run(
                ["prlimit", f"--pid={taker(fleet)}", "--nofile=3:4096"], capture_output=True, check=False
            )
            assert limit.returncode == 0, limit.stderr
            broker.kill()
            await seen(fleet, lambda s: s.unknown == 1)
            await asyncio.to_thread(broker.again)
            await seen(fleet, lambda s: not s.links[0].up and "open files" in note(s))
            subprocess.run(["prlimit", f"--pid={taker(fleet)}", "--nofile=1024:4096"], check=True)
            await seen(fleet, lambda s: s.links[0].up)

    run(work())


def test_what_a_plugin_prints_does_not_disturb_the_news():
    script = (
        "import os; from cdctl.application import ingest_process as p; out = p._stdout();"
        "print('hello', flush=True); os.write(1, b'there\\n'); p._say(out, {'ready': True})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b'{"ready": true}\n', b"hello\nthere\n")
