"""The operators' topics on a real broker: whom a rollout hears, and whom it does not."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest
from ordered import Lab, ordered

from cdctl.application.rollout_ops import Looking, Showing
from cdctl.application.wiring import WallClock
from cdctl.domain.orders.command import Command, Risk
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.orders.rollout import talk
from cdctl.domain.orders.rollout.engine import Job, Picture
from cdctl.domain.orders.rollout.rules import Rules
from cdctl.domain.orders.rollout.seen import Control, Wish
from cdctl.domain.orders.rollout.standing import Phase, Standing
from cdctl.domain.orders.rollout.tally import Tally
from cdctl.domain.orders.rollout.waves import Wave
from cdctl.domain.orders.telling import CONTROL, PLAN
from cdctl.domain.orders.trust import Identity
from cdctl.domain.wire import Address, Link, Listener, Publish
from cdctl.errors import RefusedError, UnavailableError
from cdctl.lab.vehicles.keys import vehicle_key
from cdctl.links.opening import open_link
from cdctl.security import trust
from cdctl.security.ed25519 import PrivateKey, written
from cdctl.security.keys import sealer

BEA = PrivateKey(b"c" * 32)
ID = "01krollout"
ROLLED = Plan(ID, "lab", "ping", {}, (Target("WBA1", "eu"),), "ada", 1, 2, 3)
DIGEST = ROLLED.digest()
PAUSE = Control(Wish.PAUSE, "", 0, "a look")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    others = {"bea": (written(BEA.public), ("engineer",))}
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=20, others=others) as made:
        yield made


def opens(lab: Lab) -> dict[str, object]:
    def one(listener: Listener) -> Link:
        return open_link(Address(f"mqtt://127.0.0.1:{lab.broker.port}", client_id=f"t{os.urandom(6).hex()}"), listener)

    return {"eu": one}


def picture(phase: Phase = Phase.RUNNING) -> Picture:
    plan = Plan(ID, "lab", "ping", {}, (Target("WBA1", "eu"),), "ada", 1, 2, 3)
    job = Job(
        plan, plan.digest(), Command("ping", "Ping", Risk.SAFE), Rules((Wave(count=1),), (1,), "ada"), np.array([0])
    )
    return Picture(job, Standing(phase), [Tally(planned=1)], round(time.time() * 1000))


@asynccontextmanager
async def running(lab: Lab, refusal: str = "") -> AsyncIterator[tuple[Showing, list[Control]]]:
    """Somebody runs a rollout, and shows it all the time."""
    wishes: list[Control] = []
    believed = trust.read(lab.trust)
    ada = sealer(PrivateKey(b"a" * 32), "ada", ("operator",))
    showing = Showing(opens(lab), "cd", (ID, DIGEST), ada, believed, WallClock())  # type: ignore[arg-type]

    def allowed(who: Identity, control: Control) -> str:
        return refusal

    async def show() -> None:
        while True:
            showing.show(picture())
            await asyncio.sleep(0.1)

    await showing.open(allowed, wishes.append)
    task = asyncio.create_task(show())
    try:
        yield showing, wishes
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        showing.show(picture(Phase.COMPLETED), last=True)
        await showing.aclose()


@asynccontextmanager
async def looking(lab: Lab) -> AsyncIterator[Looking]:
    bea = sealer(BEA, "bea", ("engineer",))
    one = Looking(opens(lab), "cd", bea, trust.read(lab.trust), WallClock())  # type: ignore[arg-type]
    await one.open()
    try:
        yield one
    finally:
        await one.aclose()


def asked(control: Control = PAUSE, *, rollout: str = ID, expires: float = 60, plan: str = "") -> bytes:
    now = round(time.time() * 1000)
    return talk.write_control(
        talk.Asked(rollout, control, os.urandom(12).hex(), now + round(expires * 1000), plan or DIGEST)
    )


def test_a_wish_is_heard_by_name_and_the_state_is_there_for_all(lab: Lab) -> None:
    async def work() -> None:
        async with running(lab) as (_, wishes), looking(lab) as eyes:
            assert await eyes.news(10)
            assert await eyes.wish(ID, PAUSE, 10) == ""
            assert [(one.wish, one.by, one.why) for one in wishes] == [(Wish.PAUSE, "bea", "a look")]
            assert eyes.states[ID]["runner"] == "ada"
        async with looking(lab) as late:
            assert await late.news(10), "the broker keeps the last state"
            assert late.states[ID]["phase"] == "completed"

    asyncio.run(work())


def test_a_wish_that_policy_refuses_is_answered_so(lab: Lab) -> None:
    async def work() -> None:
        async with running(lab, "not by you") as (showing, wishes), looking(lab) as eyes:
            with pytest.raises(RefusedError, match="not by you"):
                await eyes.wish(ID, PAUSE, 10)
            assert wishes == []
            assert refused(showing) == [("bea", "pause", "not by you")]

    asyncio.run(work())


def refused(showing: Showing) -> list[tuple[str, object, object]]:
    """What of it is to be written down: who, what, why."""
    notes = showing.refusals.notes(last=True)
    showing.refusals._notes = list(notes)
    return [(note.actor, note.body["action"], note.body["why"]) for note in notes]


def test_nobody_answers_where_nobody_runs_it(lab: Lab) -> None:
    async def work() -> None:
        async with looking(lab) as eyes:
            with pytest.raises(UnavailableError, match="nobody who runs it answers"):
                await eyes.wish("01kother", PAUSE, 0.5)

    asyncio.run(work())


def test_forged_replayed_late_and_misdirected_wishes_do_nothing(lab: Lab) -> None:
    bea = sealer(BEA, "bea", ("engineer",))
    stranger = sealer(PrivateKey(b"z" * 32), "bea", ("engineer",))
    vehicle = sealer(vehicle_key(lab.plan.seed, next(iter(lab.regions))), "bea", ("engineer",))
    once = bea.seal(asked(), CONTROL)
    broken = bytearray(bea.seal(asked(), CONTROL))
    broken[40] ^= 1
    bad = [
        asked(), b"", b"\xff\xff", bytes(broken),
        stranger.seal(asked(), CONTROL), vehicle.seal(asked(), CONTROL),
        bea.seal(asked(), PLAN), bea.seal(asked(rollout="01kother"), CONTROL), bea.seal(asked(expires=-1), CONTROL),
        bea.seal(asked(Control(Wish.APPROVE, "", 0, wave=0), plan="f" * 64), CONTROL),
        bea.seal(b"{}", CONTROL), bea.seal(talk.write_state(picture(), {}), CONTROL), once,
    ]  # fmt: skip

    async def work() -> None:
        async with running(lab) as (showing, wishes), looking(lab) as eyes:
            assert await eyes.wish(ID, PAUSE, 10) == ""
            link = eyes._lines.up["eu"]
            topic = talk.control_topic("cd", "eu", ID)
            await link.publish([Publish(topic, one) for one in [once, *bad]])
            assert await eyes.wish(ID, replace(PAUSE, why="the last"), 10) == ""
            assert [one.why for one in wishes] == ["a look", "a look", "the last"], "the good one, once, and no other"
            assert refused(showing) == [
                *[("ada", "unknown", "not an operator's: malformed: no envelope")] * 3,
                ("ada", "unknown", refused(showing)[3][2]),
                ("ada", "unknown", "not an operator's: unknown key"),
                ("ada", "unknown", "not an operator's: unknown key"),
                ("ada", "unknown", "not an operator's: wrong type"),
                ("bea", "pause", "it is about another rollout"),
                ("bea", "pause", "too late: it expired"),
                ("bea", "approve", "it is about another plan"),
                ("bea", "unknown", refused(showing)[10][2]),
                ("bea", "unknown", refused(showing)[11][2]),
                ("bea", "pause", "it came a second time"),
            ]

    asyncio.run(work())


def test_a_state_of_somebody_else_is_not_believed(lab: Lab) -> None:
    stranger = sealer(PrivateKey(b"z" * 32), "ada", ("operator",))
    forged = stranger.seal(talk.write_state(picture(Phase.FAILED), {}), CONTROL)

    async def work() -> None:
        async with running(lab), looking(lab) as eyes:
            assert await eyes.news(10)
            await eyes._lines.up["eu"].publish([Publish(talk.state_topic("cd", "eu", ID), forged)])
            assert await eyes.wish(ID, PAUSE, 10) == ""
            assert eyes.states[ID]["phase"] == "running"

    asyncio.run(work())
