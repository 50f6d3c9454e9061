"""Several connections to a broker that is far away and takes 20 at once: as many orders are on their way as they allow
together, and every answer still arrives once."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from brokers import Mosquitto
from dispatching import states
from ears import until
from ordered import Lab, ordered
from wires import Wire

from cdctl.application.orders_wiring import opened_orders
from cdctl.application.wiring import read_settings
from cdctl.domain.orders.order import State
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.settings import Settings
from cdctl.security import key_files
from cdctl.security.ed25519 import PrivateKey

WINDOW = 20
"""Messages that Mosquitto takes before it acknowledges, as it comes."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    with ordered(folder, vehicles=400, on=Mosquitto(folder / "broker")) as made:
        yield made


def settings_of(lab: Lab, folder: Path, region: str, url: str, connections: int) -> Settings:
    key_files.write(folder / "ada.pem", PrivateKey(b"a" * 32))
    file = folder / "cdctl.toml"
    file.write_text(
        f'[paths]\njournal = "{folder}/journal.db"\n[contexts.test]\ntrust = "{lab.trust}"\n'
        f'signing_key = {{ file = "{folder}/ada.pem" }}\n'
        f'brokers = {{ {region} = {{ url = "{url}", connections = {connections} }} }}\n'
    )
    return read_settings(config=str(file))


@pytest.mark.parametrize("connections", [1, 4])
def test_as_many_orders_are_on_their_way_as_all_connections_take(lab: Lab, tmp_path: Path, connections: int) -> None:
    region, _ = Counter(place for place, _ in lab.online).most_common(1)[0]
    vins = [vin for place, vin in lab.online if place == region][:100]
    assert len(vins) == 100

    async def work() -> None:
        async with Wire(lab.broker.port, delay=0.05) as wire:
            settings = settings_of(lab, tmp_path, region, wire.url, connections)
            async with opened_orders(settings) as (orders, dispatch):
                command = orders.command("ping")
                assert command
                targets = tuple(Target(vin, region) for vin in vins)
                plan = Plan(secrets.token_hex(8), "test", "ping", {}, targets, "ada", orders.now, 60, 20)
                assert await dispatch.open([region]) == {}
                assert wire.connections == connections
                wire.hold(up=False)  # no acknowledgement comes: only windows let anything leave
                sending = asyncio.create_task(dispatch.send(plan, command))
                await until(lambda: wire.up.count(b"/cmd") >= connections * WINDOW)
                await until(lambda: sum(1 for _ in orders.journal.orders()) == len(vins))
                assert wire.up.count(b"/cmd") == connections * WINDOW
                wire.release()
                outcome = await sending
                assert states(outcome) == dict.fromkeys(vins, State.SUCCEEDED)
                assert outcome.tally.duplicates == 0
                assert wire.up.count(b"/+/reply/" + dispatch.session.encode()) == 1
                (session,) = {kept.order.reply.rpartition("/")[2] for kept in outcome.results()}
                assert session == dispatch.session

    asyncio.run(work())


def test_orders_to_one_vehicle_arrive_in_the_order_in_which_they_left(lab: Lab, tmp_path: Path) -> None:
    region, vin = lab.online[0]
    before = len(lab.executions())

    async def work() -> list[str]:
        async with Wire(lab.broker.port, delay=0.05) as wire:
            settings = settings_of(lab, tmp_path, region, wire.url, 4)
            async with opened_orders(settings) as (orders, dispatch):
                command = orders.command("ping")
                assert command
                sendings = []
                for number in range(40):
                    target = (Target(vin, region),)
                    plan = Plan(f"{number:032x}", "test", "ping", {}, target, "ada", orders.now, 60, 20)
                    sendings.append(asyncio.create_task(dispatch.send(plan, command)))
                    await until(lambda count=number + 1: sum(1 for _ in orders.journal.orders()) == count)
                outcomes = await asyncio.gather(*sendings)
                return [kept.order.id for outcome in outcomes for kept in outcome.results()]

    left = asyncio.run(work())
    arrived = [str(one["order"]) for one in lab.executions()[before:] if one["vin"] == vin]
    assert arrived == left
