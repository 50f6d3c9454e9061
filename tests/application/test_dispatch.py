"""Plans sent to reference vehicles on a real broker: every order ends by its vehicle's own signed word."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from dispatching import operating, results, states
from ordered import Lab, ordered

from cdctl.application.tally import Tally
from cdctl.domain.orders.order import State


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=60) as made:
        yield made


def test_a_plan_to_everybody_who_is_there_succeeds(lab: Lab, tmp_path: Path) -> None:
    vins = [vin for _, vin in lab.online]
    told: list[tuple[int, int]] = []

    def tell(tally: Tally) -> None:
        told.append((tally.queued, tally.ended))
        assert tally.total == len(vins)

    async def work() -> None:
        async with operating(lab, tmp_path) as here:
            outcome = await here.dispatch.send(here.plan("ping", vins), here.command("ping"), tell=tell)
            assert states(outcome) == dict.fromkeys(vins, State.SUCCEEDED)
            assert outcome.tally.states[State.SUCCEEDED] == len(vins)
            assert told[-1] == (0, len(vins))
            assert {kept.by for kept in results(outcome).values()} != {""}
            assert here.journal.verify() == []
            assert not outcome.stopped
            assert not outcome.waiting

    asyncio.run(work())
    assert Counter(one["vin"] for one in lab.executions()) >= Counter(vins)
