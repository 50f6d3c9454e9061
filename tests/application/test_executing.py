"""Orders over links, where brokers allow less than one would like."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from brokers import _SECURITY, Refusing
from dispatching import Operator, operating, results, started_again, states
from ears import until
from ordered import Lab, ordered
from wires import Wire

from cdctl.domain.orders.keeping import Kept
from cdctl.domain.orders.order import State
from cdctl.errors import RefusedError

SESSION = "00000000000000dd"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A broker that allows everything."""
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=20) as made:
        yield made


class Strict(Refusing):
    """Refuses some subscriptions, word for word."""

    refused: Sequence[str] = ()

    def _argv(self) -> list[str]:
        argv = super()._argv()
        rules = copy.deepcopy(_SECURITY)
        acls = [
            {"acltype": "subscribePattern" if "#" in topic else "subscribeLiteral", "topic": topic, "allow": False}
            for topic in self.refused
        ]
        rules["roles"][0]["acls"] = [{**acl, "priority": 1} for acl in acls]  # type: ignore[index]
        (self.folder / "security.json").write_text(json.dumps(rules))
        return argv


def strict(folder: Path, *refused: str) -> Strict:
    broker = Strict(folder / "strict")
    broker.refused = refused
    return broker


def ping(lab: Lab, folder: Path, vins: Sequence[str]) -> tuple[dict[str, State], dict[str, str], Sequence[str]]:
    async def work() -> tuple[dict[str, State], dict[str, str], Sequence[str]]:
        async with operating(lab, folder, session=SESSION) as here:
            told: list[str] = []
            outcome = await here.dispatch.send(
                here.plan("ping", vins), here.command("ping"), tell=lambda tally: told.extend(tally.degraded)
            )
            return states(outcome), {vin: kept.reason for vin, kept in results(outcome).items()}, told

    return asyncio.run(work())


def test_where_wildcards_are_refused_every_vehicle_is_heard_by_itself(tmp_path: Path) -> None:
    regions = ("eu", "us", "cn")
    broker = strict(tmp_path, *(f"cd/{region}/+/reply/{SESSION}" for region in regions))
    with ordered(tmp_path / "lab", vehicles=20, on=broker) as lab:
        vins = [vin for _, vin in lab.online]
        found, _, told = ping(lab, tmp_path, vins)
        assert found == dict.fromkeys(vins, State.SUCCEEDED)
        assert any("every vehicle's is asked for by itself" in note for note in told)


def test_nothing_is_sent_to_a_vehicle_whose_answer_could_not_be_heard(lab: Lab, tmp_path: Path) -> None:
    (region, deaf), *others = lab.online  # of the same vehicles as those of the lab below
    refused = [*(f"cd/{one}/+/reply/{SESSION}" for one in ("eu", "us", "cn")), f"cd/{region}/{deaf}/reply/{SESSION}"]
    with ordered(tmp_path / "lab", vehicles=20, on=strict(tmp_path, *refused)) as deafened:
        found, reasons, _ = ping(deafened, tmp_path, [vin for _, vin in deafened.online])
        assert found == {**{vin: State.SUCCEEDED for _, vin in others}, deaf: State.FAILED}
        assert "does not let us hear" in reasons[deaf]
        assert deaf not in {one["vin"] for one in deafened.executions()}


def test_where_no_answer_may_be_heard_nothing_is_sent(tmp_path: Path) -> None:
    with ordered(tmp_path / "lab", vehicles=20, on=strict(tmp_path, "cd/+/+/reply/#")) as lab:
        vins = [vin for _, vin in lab.online]
        with pytest.raises(RefusedError, match="does not let us hear answers"):
            ping(lab, tmp_path, vins)
        assert lab.executions() == []


def test_what_expires_while_there_is_no_link_never_leaves(lab: Lab, tmp_path: Path) -> None:
    vins = [vin for _, vin in lab.online][:5]

    async def work() -> None:
        async with Wire(lab.broker.port) as wire:
            urls = dict.fromkeys(lab.plan.brokers, wire.url)
            async with operating(lab, tmp_path, urls=urls, skew=0.3) as here:
                await here.dispatch.send(here.plan("ping", vins), here.command("ping"))
                before = len(wire.up)
                wire.hold()
                wire.cut()
                sending = asyncio.create_task(
                    here.dispatch.send(here.plan("flash", vins, expires=1), here.command("flash"))
                )
                await until(lambda: len(states_of(here, State.EXPIRED)) == len(vins))
                wire.release()
                outcome = await sending
                assert set(states(outcome).values()) == {State.EXPIRED}
                again = await here.dispatch.send(here.plan("ping", vins), here.command("ping"))
                assert set(states(again).values()) == {State.SUCCEEDED}
                orders = [kept.order.id.encode() for kept in outcome.results()]
                assert not any(order in wire.up[before:] for order in orders)

    asyncio.run(work())


def states_of(here: Operator, state: State) -> list[Kept]:
    return [kept for kept in here.journal.orders() if kept.course.state is state]


def test_after_a_broker_has_forgotten_us_nothing_leaves_before_answers_are_heard_again(tmp_path: Path) -> None:
    """The subscription is held on its way while orders wait: they leave after it."""
    with ordered(tmp_path / "lab", vehicles=20) as lab:
        place = lab.online[0][0]
        vins = [vin for region, vin in lab.online if region == place][:3]

        async def work() -> None:
            async with (
                Wire(lab.broker.port) as wire,
                operating(lab, tmp_path, urls={place: wire.url}, patience=60.0) as here,
            ):
                await here.dispatch.send(here.plan("ping", vins), here.command("ping"))
                wire.hold(down=False)
                os.kill(lab.broker.pid, signal.SIGKILL)
                started_again(lab.broker)
                sending = asyncio.create_task(here.dispatch.send(here.plan("flash", vins), here.command("flash")))
                await until(lambda: sum(1 for _ in here.journal.orders()) == 2 * len(vins))
                await until(lambda: wire.connections == 2)
                before = len(wire.up)
                wire.release()
                outcome = await sending
                assert {state.terminal for state in states(outcome).values()} == {True}
                passed = bytes(wire.up[before:])
                first = min(passed.index(f"/{vin}/cmd".encode()) for vin in vins)
                assert passed.index(b"/+/reply/") < first

        asyncio.run(work())


def test_brokers_keep_answers_for_whoever_resumes_and_no_births(lab: Lab, tmp_path: Path) -> None:
    place, vin = lab.online[0]

    async def work() -> None:
        async with Wire(lab.broker.port) as wire:
            async with operating(lab, tmp_path, urls={place: wire.url}) as here:
                await here.dispatch.send(here.plan("ping", [vin]), here.command("ping"))
                listening = len(wire.up)
            leaving = bytes(wire.up[listening:])
            assert f"cd/{place}/+/birth".encode() in leaving
            assert b"/reply/" not in leaving

    asyncio.run(work())
