"""Orders put together from settings alone, as the command line does it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from dispatching import states
from ears import until
from ordered import Lab, ordered

from cdctl.application.dispatch import Dispatch
from cdctl.application.orders_wiring import Orders, opened_orders, with_journal, with_orders
from cdctl.application.wiring import read_settings
from cdctl.domain.orders.keeping import Journal, Kept
from cdctl.domain.orders.order import State
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.orders.telling import REPLY
from cdctl.domain.settings import Settings
from cdctl.errors import RefusedError, UnavailableError, UsageError
from cdctl.lab.vehicles.keys import vehicle_key
from cdctl.security import dsse, key_files
from cdctl.security.ed25519 import PrivateKey


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=20) as made:
        yield made


@pytest.fixture
def settings(lab: Lab, tmp_path: Path) -> Settings:
    key_files.write(tmp_path / "ada.pem", PrivateKey(b"a" * 32))
    brokers = "\n".join(f'{region} = {{ url = "{lab.broker.url}" }}' for region in lab.plan.brokers)
    file = tmp_path / "cdctl.toml"
    file.write_text(
        f'[paths]\njournal = "{tmp_path}/state/journal.db"\n[contexts.test]\ntrust = "{lab.trust}"\n'
        f'signing_key = {{ file = "{tmp_path}/ada.pem" }}\n[contexts.test.brokers]\n{brokers}\n'
    )
    return read_settings(config=str(file))


def plan(orders: Orders, lab: Lab, *vins: str, expires: int = 60) -> Plan:
    targets = tuple(Target(vin, lab.regions[vin]) for vin in vins)
    return Plan(secrets.token_hex(8), "test", "ping", {}, targets, "ada", orders.now, expires, 20)


def test_settings_are_all_it_takes(lab: Lab, settings: Settings) -> None:
    vins = [vin for _, vin in lab.online]

    async def work(orders: Orders, dispatch: Dispatch) -> tuple[dict[str, State], str]:
        wanted = plan(orders, lab, *vins)
        command = orders.command("ping")
        assert command
        assert (await orders.authorise(wanted, command)).allowed
        outcome = await dispatch.send(wanted, command)
        return states(outcome), outcome.plan

    async def look(journal: Journal) -> list[Kept]:
        assert journal.verify() == []
        return list(journal.orders(plan=digest))

    found, digest = with_orders(settings, work)
    assert found == dict.fromkeys(vins, State.SUCCEEDED)
    assert len(with_journal(settings, look)) == len(vins)


def test_two_processes_never_go_on_with_one_session(settings: Settings) -> None:
    async def work() -> None:
        async with opened_orders(settings) as (_, dispatch):
            with pytest.raises(RefusedError, match=r"ada \(process \d+ on .+\) goes on with these orders"):
                async with opened_orders(settings, session=dispatch.session):
                    pass
            async with opened_orders(settings) as (_, other):
                assert other.session != dispatch.session

    asyncio.run(work())


def test_what_a_process_left_is_cancelled_by_another_only_when_it_has_ended(lab: Lab, settings: Settings) -> None:
    away = lab.away[0]
    key = vehicle_key(lab.plan.seed, away)

    def answer(kept: Kept) -> None:
        word = f'{{"v":1,"order":"{kept.order.id}","vin":"{away}","state":"cancelled","ts":1}}'
        lab.client.publish(kept.order.reply, dsse.seal(word.encode(), REPLY, key), qos=1)

    async def work() -> None:
        async with opened_orders(settings) as (orders, dispatch):
            command = orders.command("ping")
            assert command
            await dispatch.send(plan(orders, lab, away), command, wait=False)
            async with opened_orders(settings) as (others, another):
                (kept,) = others.journal.orders(open_only=True)
                cancelling = asyncio.create_task(another.cancel([kept]))
                await until(lambda: list(others.journal.records(kind="cancel")))
                answer(kept)  # it is heard by the process whose order it is
                assert states(await cancelling) == {away: State.CANCELLED}
            await dispatch.send(plan(orders, lab, away), command, wait=False)
        async with opened_orders(settings) as (others, another):
            (kept,) = others.journal.orders(open_only=True)
            cancelling = asyncio.create_task(another.cancel([kept]))
            await until(lambda: sum(1 for _ in others.journal.records(kind="cancel")) == 2)
            answer(kept)
            assert states(await cancelling) == {away: State.CANCELLED}

    asyncio.run(work())


@pytest.mark.parametrize(
    ("line", "error", "says"),
    [
        ("trust = ", UsageError, "has no trust file"),
        ("signing_key = ", UsageError, "has no signing_key"),
    ],
)
def test_what_the_settings_lack_is_named(settings: Settings, line: str, error: type[Exception], says: str) -> None:
    file = Path(settings.file)
    file.write_text("\n".join(one for one in file.read_text().splitlines() if not one.startswith(line)))

    async def work(orders: Orders, dispatch: Dispatch) -> None:
        raise AssertionError

    with pytest.raises(error, match=says):
        with_orders(read_settings(config=str(file)), work)
    assert not (file.parent / "state").exists()


def test_looking_makes_no_journal(settings: Settings) -> None:
    async def look(journal: Journal) -> list[Kept]:
        return list(journal.orders())

    with pytest.raises(UnavailableError, match="there is no journal"):
        with_journal(settings, look)
    assert not Path(settings.journal).exists()
