"""An operator's process that is killed, and what another one makes of what it left."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from dispatching import operating, states
from ears import until
from ordered import Lab, ordered
from waiting import eventually

from cdctl.domain.orders.order import State
from cdctl.errors import UnavailableError
from cdctl.stores.journal import read_journal

PROCESS = Path(__file__).parents[1] / "support" / "operator_process.py"
SESSION = "00000000000000cc"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=60) as made:
        yield made


def process(lab: Lab, folder: Path, vins: list[str], **more: object) -> subprocess.Popen[bytes]:
    told = {
        "port": lab.broker.port,
        "trust": str(lab.trust),
        "regions": lab.regions,
        "folder": str(folder),
        "session": SESSION,
        "command": "ping",
        "vins": vins,
        **more,
    }
    return subprocess.Popen([sys.executable, str(PROCESS), json.dumps(told)])


@pytest.mark.parametrize("after", [1, 12, 30])
def test_what_a_killed_operator_left_is_finished_and_nothing_is_done_twice(
    lab: Lab, tmp_path: Path, after: int
) -> None:
    vins = [vin for _, vin in lab.online][:40]
    operator = process(lab, tmp_path, vins, rate=200)
    journal = read_journal(tmp_path / "journal.db")

    def moved() -> int:
        try:
            return sum(kept.course.state is not State.QUEUED for kept in journal.orders())
        except UnavailableError:  # it is not made yet
            return 0

    try:
        assert eventually(lambda: moved() >= after)
        os.kill(operator.pid, signal.SIGKILL)
    finally:
        operator.kill()
        operator.wait()
        asyncio.run(journal.aclose())

    async def work() -> None:
        async with operating(lab, tmp_path, session=SESSION) as here:
            (outcome,) = await here.dispatch.resume()
            assert states(outcome) == dict.fromkeys(vins, State.SUCCEEDED)
            assert here.journal.verify() == []
            ids = {kept.order.id for kept in here.journal.orders()}
            assert len(ids) == len(vins)  # nobody was ordered to twice
            assert Counter(one["order"] for one in lab.executions() if one["order"] in ids) == Counter(ids)
            assert [one.tally.total for one in await here.dispatch.resume()] == [0]

    asyncio.run(work())


def test_an_order_that_was_only_written_down_is_asked_for_before_it_is_sent(lab: Lab, tmp_path: Path) -> None:
    """As after a crash between the intent and the publish, or right after it: nobody can tell which."""
    vin = lab.online[0][1]

    async def work() -> None:
        async with operating(lab, tmp_path, session=SESSION) as here:
            here.means.executor.send = None  # type: ignore[method-assign, assignment]
            sending = asyncio.create_task(here.dispatch.send(here.plan("ping", [vin]), here.command("ping")))
            await until(lambda: len(list(here.journal.orders())) == 1)
            with pytest.raises(TypeError):
                await sending
        async with operating(lab, tmp_path, session=SESSION) as here:
            (outcome,) = await here.dispatch.resume()
            assert states(outcome) == {vin: State.SUCCEEDED}
            heard = [str(one.body["heard"]) for one in here.journal.records(kind="move")]
            assert heard[:2] == ["lost", "unheld"]

    asyncio.run(work())
