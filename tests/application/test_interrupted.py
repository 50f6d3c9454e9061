"""Vehicles that are interrupted: what had not begun is tried again with its key, what had begun is not."""

from __future__ import annotations

import asyncio
from pathlib import Path

from dispatching import Operator, operating, reasons, states
from ears import until
from ordered import Lab, ordered

from cdctl.domain.orders.order import State


def current(here: Operator) -> list[State]:
    return [kept.course.state for kept in here.journal.orders()]


def executed(lab: Lab, vin: str) -> list[str]:
    return [str(one["key"]) for one in lab.executions() if one["vin"] == vin]


def test_a_retry_is_of_use_only_where_the_vehicle_had_not_begun(tmp_path: Path) -> None:
    with ordered(tmp_path / "lab", vehicles=8, pace=0.3) as lab:
        vin = lab.fresh()

        async def work() -> None:
            async with operating(lab, tmp_path) as here:
                sendings = []
                for count in (1, 2):
                    plan = here.plan("reboot", [vin], unit="gateway")
                    sendings.append(asyncio.create_task(here.dispatch.send(plan, here.command("reboot"), retries=2)))
                    await until(lambda count=count: len(current(here)) == count)
                    await until(lambda: not {State.QUEUED, State.SENT} & set(current(here)))
                assert sorted(current(here)) == [State.ACKED, State.RUNNING]
                await asyncio.to_thread(lab.restart)
                begun, waited = await asyncio.gather(*sendings)
                assert states(begun) == {vin: State.FAILED}
                assert reasons(begun) == {vin: "interrupted under way"}
                assert begun.tally.retried == 0
                assert states(waited) == {vin: State.SUCCEEDED}
                assert waited.tally.retried == 1
                assert len(executed(lab, vin)) == len(set(executed(lab, vin))) == 2

        asyncio.run(work())
