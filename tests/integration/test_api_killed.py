"""An operator is killed while orders go to a command API: whoever resumes finds every job, and none is done twice."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from apis import CALLBACK, DEDUPE, PROFILE, Api, served
from callers import SECRET, Caller, told
from ears import until

from cdctl.domain.orders.order import State
from cdctl.lab.servers import free_port
from cdctl.lab.vehicles.keys import trust_toml
from cdctl.security import key_files
from cdctl.security.ed25519 import PrivateKey, written
from cdctl.stores.journal import read_journal

VINS = [f"WCDA{number:013d}" for number in range(24)]
MORE = f"{DEDUPE}per_second: 60\n"


def settings(folder: Path, port: int, ours: int = 0) -> str:
    """ours: the port at which the API calls us."""
    key = PrivateKey(b"a" * 32)
    key_files.write(folder / "ada.pem", key)
    (folder / "acme.yaml").write_text(PROFILE + MORE + (CALLBACK if ours else ""))
    (folder / "secret").write_text(SECRET)
    callback = f', callback = {{ listen = "127.0.0.1:{ours}", secret_file = "secret" }}' if ours else ""
    (folder / "trust.toml").write_text(trust_toml({"ada": (written(key.public), ("oncall",))}, "vehicles.csv"))
    (folder / "vehicles.csv").write_text("vin,key\n")
    (folder / "cdctl.toml").write_text(
        f'[contexts.cars]\ncommands = {{ url = "http://127.0.0.1:{port}/v1", profile = "acme.yaml"{callback} }}\n'
        'signing_key = { file = "ada.pem" }\ntrust = "trust.toml"\n[paths]\njournal = "journal.db"\n'
    )
    return str(folder / "cdctl.toml")


async def operator(config: str, *args: str) -> asyncio.subprocess.Process:
    line = [sys.executable, "-m", "cdctl", "--config", config, "cmd", *args]
    out = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(*line, stdin=out, stdout=out, stderr=out)


async def states(folder: Path) -> Mapping[str, State]:
    journal = read_journal(folder / "journal.db", trust=None)
    try:
        assert journal.verify() == []
        return {kept.order.vin: kept.course.state for kept in journal.orders()}
    finally:
        await journal.aclose()


async def killed_after(submits: int, folder: Path, api: Api, ours: int = 0) -> Mapping[str, State]:
    config = settings(folder, api.port, ours)
    process = await operator(config, "send", "ping", "--to", ",".join(VINS), "--region", "eu")
    try:
        await until(lambda: len(api.submits()) >= submits)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert any(not state.terminal for state in (await states(folder)).values())
    again = await operator(config, "resume")
    assert await again.wait() == 0
    return await states(folder)


@pytest.mark.parametrize("submits", [1, 16])
def test_a_killed_operator_loses_no_job_and_doubles_none(tmp_path: Path, submits: int) -> None:
    async def work() -> None:
        async with served(course=("new", "busy", "done")) as api:
            found = await killed_after(submits, tmp_path, api)
            assert found == dict.fromkeys(VINS, State.SUCCEEDED)
            assert api.executed == Counter(VINS)
            # Only what was on its way as it was killed is asked for once more, by its key.
            assert len(api.submits()) <= len(VINS) + 4

    asyncio.run(work())


def test_an_operator_killed_before_it_was_called_finds_out_by_looking(tmp_path: Path) -> None:
    async def work() -> None:
        async with served(course=("new", "done")) as api:  # that never calls, as far as anybody hears
            found = await killed_after(len(VINS), tmp_path, api, free_port())
            assert found == dict.fromkeys(VINS, State.SUCCEEDED)
            assert api.executed == Counter(VINS)

    asyncio.run(work())


def test_calls_that_nobody_heard_are_heard_by_whoever_resumes(tmp_path: Path) -> None:
    async def work() -> None:
        async with served(course=("new",)) as api:
            ours = free_port()
            config, url = settings(tmp_path, api.port, ours), f"http://127.0.0.1:{ours}"
            process = await operator(config, "send", "ping", "--to", ",".join(VINS), "--region", "eu")
            try:
                await until(lambda: len(api.jobs) == len(VINS))
            finally:
                process.send_signal(signal.SIGKILL)
                await process.wait()
            calls = [told(job["id"], job["tag"].removeprefix("order "), "done") for job in api.jobs.values()]
            assert await Caller().call(url, calls[0]) == 0
            again = await operator(config, "resume")
            for call in calls:  # as an API does: until it is taken
                while await Caller().call(url, call) != 204:
                    assert again.returncode is None
                    await asyncio.sleep(0.01)
            assert await again.wait() == 0
            assert await states(tmp_path) == dict.fromkeys(VINS, State.SUCCEEDED)
            assert api.executed == Counter(VINS)

    asyncio.run(work())
