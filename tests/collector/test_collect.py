"""`cdctl collect` as a user starts it: a real broker, real processes, viewers, and kill -9."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest
from authority import Authority
from brokers import Mosquitto
from ears import until
from teams import Team
from waiting import children, eventually, gone

from cdctl.application import fleet_wiring
from cdctl.domain.fleet.reading import Query


@pytest.fixture
def team(tmp_path):
    with Mosquitto(tmp_path / "broker", "max_queued_messages 0") as broker:
        made = Team(tmp_path, broker)
        yield made
        made.close()


async def shown(fleet, condition):
    """The first status that is so."""
    loop = asyncio.get_running_loop()
    end = loop.time() + 20
    while not condition(status := await fleet.status()):
        assert loop.time() < end, status
        await asyncio.sleep(0.05)
    return status


def test_a_team_watches_through_https_and_the_history_outlives_the_collector(team, tmp_path):
    authority = Authority(tmp_path, "ours")
    cert, key = authority.certificate("server", "127.0.0.1")
    team.births(20)
    process, where = team.collect("--cert", str(cert), "--key", str(key))
    assert where["url"].startswith("https://")

    async def first():
        fleet = await fleet_wiring.open_fleet(team.viewer(where, authority.ca))
        assert (await fleet.settle(20)).online == 20
        page = await fleet.find(Query("online", ("vin",), "vin", 2))
        assert [row[0][-2:] for row in page.rows] == ["00", "01"]
        news = []
        runs = fleet.watch("")

        async def listen():
            async for told in runs:
                news.extend(told)

        task = asyncio.create_task(listen())
        seq = 2
        while not news:  # what happened before a watch began is not told by it
            await asyncio.to_thread(team.births, 1, seq, True)
            seq += 1
        await asyncio.to_thread(team.births, 3, seq, False)
        await until(lambda: sum(one.kind == "offline" for one in news) == 3)
        await shown(fleet, lambda status: status.offline == 3)
        since, told, _ = await fleet.history("", 0)
        assert since is not None
        assert [one.kind for one in told].count("offline") == 3
        await asyncio.to_thread(eventually, (team.folder / "cache-server/collector-x/history.db").exists)
        os.kill(process.pid, signal.SIGKILL)
        await until(lambda: any(one.kind == "collector.down" for one in news))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await runs.aclose()
        await fleet.aclose()
        return told

    ingest = children(process.pid)
    told = asyncio.run(first())
    assert ingest
    assert eventually(lambda: all(gone(pid) for pid in ingest))
    _, where = team.collect("--cert", str(cert), "--key", str(key))

    async def second():
        fleet = await fleet_wiring.open_fleet(team.viewer(where, authority.ca))
        await fleet.settle(20)
        _, again, _ = await fleet.history("", 0)
        assert again[: len(told)] == told
        _, one, _ = await fleet.history("vin:WBA00000000000001", 0)
        assert "offline" in [h.kind for h in one]
        assert {h.vin for h in one} == {"WBA00000000000001"}
        await fleet.aclose()

    asyncio.run(second())


def test_without_whom_it_takes_in_everything_is_unknown_until_it_is_back(team):
    team.births(20)
    process, where = team.collect()

    async def run():
        fleet = await fleet_wiring.open_fleet(team.viewer(where))
        assert (await fleet.settle(20)).online == 20
        (child,) = children(process.pid)
        os.kill(child, signal.SIGKILL)
        status = await shown(fleet, lambda status: status.unknown == 20)
        assert any("nothing is taken in" in note for note in status.notes)
        await shown(fleet, lambda status: status.settled and status.links[0].up)
        await asyncio.to_thread(team.births, 20, 2)
        status = await shown(fleet, lambda status: status.online == 20)
        assert not any("nothing is taken in" in note for note in status.notes)
        assert status.vehicles == 20
        assert children(process.pid) != [child]
        await fleet.aclose()

    asyncio.run(run())
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    said = process.stderr.read()
    assert "the history is kept" in said
    assert "Traceback" not in said
    token = next((team.folder / "cache-server/collector-x").glob("token")).read_text().strip()
    assert token not in said


def refused(team, *args):
    argv = [sys.executable, "-m", "cdctl", "--config", str(team.folder / "server.toml"), "collect", *args]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert ran.stdout == ""
    return ran.returncode, ran.stderr


def test_what_cannot_be_served_is_refused(team, tmp_path):
    code, said = refused(team, "--listen", "0.0.0.0:0")
    assert (code, "without TLS" in said) == (5, True)
    assert not list(tmp_path.glob("cache-server/*"))
    assert refused(team, "--listen", "nonsense")[0] == 2
    assert refused(team, "--keep", "3 days")[0] == 2
    assert refused(team, "--max-bytes", "1KB")[0] == 2
    assert refused(team, "--max-bytes", "lots")[0] == 2
    (tmp_path / "short").write_text("short\n")
    code, said = refused(team, "--token-file", str(tmp_path / "short"))
    assert (code, "line 1" in said) == (2, True)
    team.settings("server", 'collector = "https://c.example"')
    code, said = refused(team)
    assert (code, "no broker" in said) == (2, True)


def test_the_fleet_commands_work_through_it(team):
    team.births(5)
    _, where = team.collect()
    team.viewer(where)
    config = str(team.folder / "viewer.toml")
    argv = [sys.executable, "-m", "cdctl", "--config", config, "fleet", "stats", "--by", "region", "-o", "json"]
    deadline = time.monotonic() + 20
    while True:
        ran = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
        if '"eu"' in ran.stdout or time.monotonic() > deadline:
            break
    assert ran.returncode == 0, ran.stderr
    assert '"eu"' in ran.stdout
