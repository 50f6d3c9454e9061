"""One region without a broker: the others get their orders, its own wait for it as long as they may begin."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from dispatching import Operator, operating, reasons, states
from ears import until
from listening import listening
from ordered import Lab, ordered
from wires import Wire

from cdctl.application.roll_out import RollOut
from cdctl.application.wiring import WallClock
from cdctl.domain.orders.order import State
from cdctl.domain.orders.rollout.engine import Job, Picture
from cdctl.domain.orders.rollout.rules import Rules
from cdctl.domain.orders.rollout.standing import Cause, Phase
from cdctl.domain.orders.rollout.waves import Wave, sequence
from cdctl.errors import UnavailableError
from cdctl.lab.servers import free_port


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=30) as made:
        yield made


def two_regions(lab: Lab, each: int = 3) -> tuple[str, list[str], str, list[str]]:
    """A region and some of its vehicles, and another that is cut off in the test."""
    here, there = sorted({region for region, _ in lab.online})[:2]
    found = [[vin for place, vin in lab.online if place == region][:each] for region in (here, there)]
    assert all(len(some) == each for some in found)
    return here, found[0], there, found[1]


def in_state(here: Operator, state: State) -> set[str]:
    return {kept.order.vin for kept in here.journal.orders() if kept.course.state is state}


def test_orders_to_a_region_that_cannot_be_reached_wait_and_the_others_leave(lab: Lab, tmp_path: Path) -> None:
    _, near, far_region, far = two_regions(lab)
    before = len(lab.executions())
    port = free_port()

    async def work() -> None:
        wire = Wire(lab.broker.port)
        async with operating(lab, tmp_path, urls={far_region: f"mqtt://127.0.0.1:{port}"}) as here:
            assert set(await here.dispatch.open(lab.plan.brokers)) == {far_region}
            plan = here.plan("ping", [*near, *far])
            sending = asyncio.create_task(here.dispatch.send(plan, here.command("ping")))
            await until(lambda: in_state(here, State.SUCCEEDED) == set(near))
            assert in_state(here, State.QUEUED) == set(far)
            async with listening(wire._connected, port=port):
                assert states(await sending) == dict.fromkeys([*near, *far], State.SUCCEEDED)
                assert here.dispatch.away([far_region]) == {}

    asyncio.run(work())
    assert sum(one["vin"] in far for one in lab.executions()[before:]) == len(far)


def test_they_expire_when_it_stays_away_and_say_that_they_never_left(lab: Lab, tmp_path: Path) -> None:
    _, near, far_region, far = two_regions(lab)

    async def work() -> None:
        urls = {far_region: f"mqtt://127.0.0.1:{free_port()}"}
        async with operating(lab, tmp_path, urls=urls) as here:
            plan = here.plan("ping", [*near, *far], expires=2)
            outcome = await here.dispatch.send(plan, here.command("ping"))
            ended = states(outcome)
            assert {ended[vin] for vin in near} == {State.SUCCEEDED}
            assert {ended[vin] for vin in far} == {State.EXPIRED}
            assert "never sent: no link to the broker" in reasons(outcome)[far[0]]
            assert any(line.startswith(f"{far_region}: no link") for line in outcome.tally.degraded)

    asyncio.run(work())


def test_nobody_waits_where_nobody_wants_to_and_what_stayed_is_queued(lab: Lab, tmp_path: Path) -> None:
    _, near, far_region, far = two_regions(lab)
    session = secrets.token_hex(8)

    async def work() -> None:
        urls = {far_region: f"mqtt://127.0.0.1:{free_port()}"}
        async with operating(lab, tmp_path, urls=urls, session=session) as here:
            plan = here.plan("ping", [*near, *far])
            outcome = await here.dispatch.send(plan, here.command("ping"), wait=False)
            assert outcome.tally.queued == len(far)
        async with operating(lab, tmp_path, session=session) as here:
            (outcome,) = await here.dispatch.resume()
            assert states(outcome) == dict.fromkeys([*near, *far], State.SUCCEEDED)

    asyncio.run(work())


def test_where_no_region_can_be_reached_nothing_is_written_down(lab: Lab, tmp_path: Path) -> None:
    _, near, _, far = two_regions(lab)

    async def work() -> None:
        urls = {region: f"mqtt://127.0.0.1:{free_port()}" for region in lab.plan.brokers}
        async with operating(lab, tmp_path, urls=urls) as here:
            with pytest.raises(UnavailableError, match="nobody listens there"):
                await here.dispatch.send(here.plan("ping", [*near, *far]), here.command("ping"))
            assert here.journal.head().number == 0

    asyncio.run(work())


def test_a_link_that_is_cut_under_way_holds_up_no_other_region(lab: Lab, tmp_path: Path) -> None:
    """What was on its way to the one that is cut is not waited for longer than it may begin."""
    _, near, far_region, far = two_regions(lab)

    async def work() -> None:
        async with (
            Wire(lab.broker.port) as wire,
            operating(lab, tmp_path, urls={far_region: wire.url}, skew=0.3) as here,
        ):
            await here.dispatch.open(lab.plan.brokers)
            wire.hold()
            plan = here.plan("ping", [*far, *near], expires=3)
            sending = asyncio.create_task(here.dispatch.send(plan, here.command("ping"), rate=20))
            await until(lambda: len(list(here.journal.orders())) == len(near) + len(far))
            wire.cut()
            ended = states(await sending)
            assert {ended[vin] for vin in near} == {State.SUCCEEDED}
            assert {ended[vin] for vin in far} == {State.EXPIRED}

    asyncio.run(work())


def rollout(here: Operator, vins: Sequence[str]) -> Job:
    rules = Rules((Wave(count=len(vins)),), (len(vins),), "ada")
    plan = replace(here.plan("ping", vins, expires=120), id="5" * 32, rollout={"name": "waits"})
    return Job(plan, plan.digest(), here.command("ping"), rules, sequence(vins, plan.digest()))


def test_a_rollout_pauses_while_a_region_of_its_wave_cannot_be_reached(lab: Lab, tmp_path: Path) -> None:
    _, near, far_region, far = two_regions(lab)
    port = free_port()

    async def work() -> None:
        wire = Wire(lab.broker.port)
        async with operating(lab, tmp_path, urls={far_region: f"mqtt://127.0.0.1:{port}"}) as here:
            job = rollout(here, [*near, *far])
            engine = RollOut(job, here.dispatch, here.journal, None, WallClock(), actor="ada")  # type: ignore[arg-type]
            pictures: list[Picture] = []
            running = asyncio.create_task(engine.run(pictures.append))
            await until(lambda: any(one.standing.pauses for one in pictures))
            (pause,) = next(one.standing.pauses for one in pictures if one.standing.pauses)
            assert pause.cause is Cause.TROUBLE
            assert f"no link to the broker of {far_region}" in pause.words
            assert list(here.journal.orders()) == []
            async with listening(wire._connected, port=port):
                picture = await running
            assert picture.standing.phase is Phase.COMPLETED
            assert picture.waves[0].succeeded == len(near) + len(far)

    asyncio.run(work())
