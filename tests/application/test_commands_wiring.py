"""Orders over a command API put together from settings alone, as the command line does it."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import pytest
from apis import PROFILE, Reply, served
from dispatching import states

from cdctl.application.commands_wiring import probe_commands
from cdctl.application.orders_wiring import Orders, opened_orders
from cdctl.application.wiring import read_settings
from cdctl.domain.orders.order import State
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.settings import Settings
from cdctl.errors import FileError, RefusedError, UnavailableError
from cdctl.lab.vehicles.keys import trust_toml, vehicles_csv
from cdctl.security import key_files
from cdctl.security.ed25519 import PrivateKey, written

VIN = "WCDA0000000000001"


def settings(folder: Path, port: int) -> Settings:
    key = PrivateKey(b"a" * 32)
    if not (folder / "ada.pem").exists():
        key_files.write(folder / "ada.pem", key)
        (folder / "token").write_text("hush\n")
    (folder / "vehicles.csv").write_text(vehicles_csv(1, []))
    (folder / "trust.toml").write_text(trust_toml({"ada": (written(key.public), ["engineer"])}, "vehicles.csv"))
    (folder / "acme.yaml").write_text(PROFILE)
    (folder / "cdctl.toml").write_text(
        'default_context = "cars"\n[paths]\njournal = "state/journal.db"\n[contexts.cars]\ntrust = "trust.toml"\n'
        f'signing_key = {{ file = "ada.pem" }}\ncommands = {{ url = "http://127.0.0.1:{port}/v1", '
        'profile = "acme.yaml", token_file = "token" }\n'
    )
    return read_settings(config=str(folder / "cdctl.toml"))


def plan(orders: Orders, command: str) -> Plan:
    return Plan(secrets.token_hex(8), "cars", command, {}, (Target(VIN, "eu"),), "ada", orders.now, 60, 20)


def test_settings_are_all_it_takes_and_no_broker(tmp_path: Path) -> None:
    async def work() -> None:
        async with served(course=("done",)) as api:
            found = settings(tmp_path, api.port)
            async with opened_orders(found) as (orders, dispatch):
                wanted, command = plan(orders, "ping"), orders.command("ping")
                assert command
                assert (await orders.authorise(wanted, command)).allowed
                outcome = await dispatch.send(wanted, command)
                assert states(outcome) == {VIN: State.SUCCEEDED}
                (kept,) = orders.journal.orders()
                assert kept.envelope  # signed and written down, although the API gets no signature
                assert orders.journal.verify() == []
            assert {asked.headers["authorization"] for asked in api.asked} == {"Bearer hush"}

    asyncio.run(work())


def test_a_session_goes_on_by_what_the_journal_kept(tmp_path: Path) -> None:
    async def work() -> None:
        async with served(course=("new",)) as api:
            found = settings(tmp_path, api.port)
            async with opened_orders(found) as (orders, dispatch):
                command = orders.command("ping")
                assert command
                await dispatch.send(plan(orders, "ping"), command, wait=False)
            api.course = ("done",)
            async with opened_orders(found, session=dispatch.session) as (_, again):
                (outcome,) = await again.resume()
                assert states(outcome) == {VIN: State.SUCCEEDED}
            assert len(api.submits()) == 1

    asyncio.run(work())


def test_a_command_that_the_api_does_not_have_is_refused_before_anything_else(tmp_path: Path) -> None:
    async def work() -> None:
        async with opened_orders(settings(tmp_path, 1)) as (orders, _):
            command = orders.command("horn")
            assert command
            with pytest.raises(RefusedError, match="the command API has no such command") as caught:
                await orders.authorise(plan(orders, "horn"), command)
            assert caught.value.hint == "it has ping, lock, climate.start"

    asyncio.run(work())


def test_a_wrong_profile_is_told_before_anything_is_opened(tmp_path: Path) -> None:
    async def work() -> None:
        found = settings(tmp_path, 1)
        (tmp_path / "acme.yaml").write_text(PROFILE.replace("id: /id", "id: id"))
        with pytest.raises(FileError, match="not a JSON Pointer"):
            async with opened_orders(found):
                pass
        assert not (tmp_path / "state").exists()

    asyncio.run(work())


def test_a_token_that_cannot_be_read_is_told_before_anything_is_written(tmp_path: Path) -> None:
    async def work() -> None:
        found = settings(tmp_path, 1)
        (tmp_path / "token").unlink()
        async with opened_orders(found) as (orders, dispatch):
            command = orders.command("ping")
            assert command
            with pytest.raises(UnavailableError, match=r"contexts\.cars\.commands: cannot read .*token"):
                await dispatch.send(plan(orders, "ping"), command)
            assert orders.journal.head().number == 0

    asyncio.run(work())


def test_whether_the_api_answers_is_probed(tmp_path: Path) -> None:
    async def work() -> None:
        async with served() as api:
            found = settings(tmp_path, api.port)
            (good,) = await asyncio.to_thread(probe_commands, found, "cars")
            assert good.ok
            assert good.found.startswith("acme: answers 200")
            assert good.found.endswith("; 3 commands")
            api.hook = lambda asked: Reply(403)
            (bad,) = await asyncio.to_thread(probe_commands, found, "cars")
            assert not bad.ok
            assert "does not know us: 403" in bad.found
        (away,) = await asyncio.to_thread(probe_commands, found, "cars")
        assert not away.ok
        (tmp_path / "token").unlink()
        (lost,) = await asyncio.to_thread(probe_commands, found, "cars")
        assert "token" in lost.found

    asyncio.run(work())
