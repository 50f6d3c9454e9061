"""An operator is killed while orders go to a command API: whoever resumes finds every job, and none is done twice."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from apis import DEDUPE, PROFILE, Api, served
from ears import until

from cdctl.domain.orders.order import State
from cdctl.lab.vehicles.keys import trust_toml
from cdctl.security import key_files
from cdctl.security.ed25519 import PrivateKey, written
from cdctl.stores.journal import read_journal

VINS = [f"WCDA{number:013d}" for number in range(24)]
MORE = f"{DEDUPE}per_second: 60\n"


def settings(folder: Path, port: int) -> str:
    key = PrivateKey(b"a" * 32)
    key_files.write(folder / "ada.pem", key)
    (folder / "acme.yaml").write_text(PROFILE + MORE)
    (folder / "trust.toml").write_text(trust_toml({"ada": (written(key.public), ("oncall",))}, "vehicles.csv"))
    (folder / "vehicles.csv").write_text("vin,key\n")
    (folder / "cdctl.toml").write_text(
        f'[contexts.cars]\ncommands = {{ url = "http://127.0.0.1:{port}/v1", profile = "acme.yaml" }}\n'
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


async def killed_after(submits: int, folder: Path, api: Api) -> Mapping[str, State]:
    config = settings(folder, api.port)
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
