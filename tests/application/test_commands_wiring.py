"""Orders over a command API put together from settings alone, as the command line does it."""

from __future__ import annotations

import asyncio
import secrets
import socket
from pathlib import Path

import pytest
from apis import CALLBACK, PROFILE, Reply, served
from authority import Authority
from callers import SECRET
from dispatching import states

from cdctl.application.commands_wiring import api_ear, api_profile, probe_commands
from cdctl.application.orders_wiring import Orders, opened_orders
from cdctl.application.wiring import WallClock, read_settings
from cdctl.domain.orders.order import State
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.settings import CallbackDoor, CommandApi, Secret, Settings
from cdctl.errors import FileError, RefusedError, UnavailableError, UsageError
from cdctl.lab.servers import free_port
from cdctl.lab.vehicles.keys import trust_toml, vehicles_csv
from cdctl.security import key_files
from cdctl.security.ed25519 import PrivateKey, written

VIN = "WCDA0000000000001"


def settings(folder: Path, port: int, *, callback: str = "", more: str = "") -> Settings:
    key = PrivateKey(b"a" * 32)
    if not (folder / "ada.pem").exists():
        key_files.write(folder / "ada.pem", key)
        (folder / "token").write_text("hush\n")
    (folder / "vehicles.csv").write_text(vehicles_csv(1, []))
    (folder / "trust.toml").write_text(trust_toml({"ada": (written(key.public), ["engineer"])}, "vehicles.csv"))
    (folder / "acme.yaml").write_text(PROFILE + more)
    (folder / "secret").write_text(SECRET)
    (folder / "cdctl.toml").write_text(
        'default_context = "cars"\n[paths]\njournal = "state/journal.db"\n[contexts.cars]\ntrust = "trust.toml"\n'
        f'signing_key = {{ file = "ada.pem" }}\ncommands = {{ url = "http://127.0.0.1:{port}/v1", '
        f'profile = "acme.yaml", token_file = "token"{callback} }}\n'
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


HERE = ', callback = { listen = "127.0.0.1:0", secret_file = "secret" }'


def test_settings_are_all_it_takes_to_be_called(tmp_path: Path) -> None:
    async def work() -> None:
        async with served(course=("new",), called=("done",)) as api:
            found = settings(tmp_path, api.port, callback=HERE, more=CALLBACK)
            async with opened_orders(found) as (orders, dispatch):
                command = orders.command("ping")
                assert command
                outcome = await dispatch.send(plan(orders, "ping"), command)
                assert states(outcome) == {VIN: State.SUCCEEDED}
            assert api.answered == [204]
            (asked,) = api.submits()
            with pytest.raises(ConnectionError):  # nobody listens any more
                await asyncio.open_connection("127.0.0.1", int(asked.headers["x-callback"].rpartition(":")[2]))

    asyncio.run(work())


UNSIGNED = "callback: {at: /job}\n"
POLL = 'poll: {url: "/jobs/{id}", interval: 1s, longest: 5s}\n'


@pytest.mark.parametrize(
    ("callback", "more", "without", "error", "says"),
    [
        (HERE, "", "", UsageError, "the profile acme does not say how the API calls"),
        (HERE, UNSIGNED, "", UsageError, "the profile acme does not say where a signature is"),
        (HERE.replace("secret_", "token_"), CALLBACK, "", UsageError, "nothing says with what"),
        ("", CALLBACK, POLL, UsageError, "nobody would hear what became of an order"),
    ],
)
def test_settings_and_profile_agree_about_calls(
    tmp_path: Path, callback: str, more: str, without: str, error: type[Exception], says: str
) -> None:
    async def work() -> None:
        found = settings(tmp_path, 1, callback=callback, more=more)
        (tmp_path / "acme.yaml").write_text(PROFILE.replace(without, "") + more)
        with pytest.raises(error, match=says):
            async with opened_orders(found):
                pass

    asyncio.run(work())


def test_without_a_certificate_only_this_machine_is_listened_to(tmp_path: Path) -> None:
    """The settings refuse it; whoever makes them otherwise is refused as well."""
    file = tmp_path / "acme.yaml"
    file.write_text(PROFILE + CALLBACK)
    door = CallbackDoor("192.0.2.1:8443", secret=Secret("file", str(file)))
    api = CommandApi("", str(file), callback=door)
    with pytest.raises(RefusedError, match=r"192\.0\.2\.1 can be reached by others"):
        api_ear(api, api_profile(api), "cars", lambda _: None, WallClock())


def test_where_it_listens_is_probed(tmp_path: Path) -> None:
    cert, key = Authority(tmp_path, "ca").certificate("us", "127.0.0.1")
    port = free_port()
    tls = f'listen = "127.0.0.1:{port}", url = "https://us.example/cb", cert = "{cert}", key = "{key}"'

    async def work() -> None:
        async with served() as api:
            found = settings(tmp_path, api.port, callback=HERE.replace('listen = "127.0.0.1:0"', tls), more=CALLBACK)
            _, good = await asyncio.to_thread(probe_commands, found, "cars")
            assert (good.source, good.ok, good.url) == ("callbacks", True, f"127.0.0.1:{port}")
            assert good.found == (
                f"acme may call https://us.example/cb; heard at 127.0.0.1:{port}, signed in X-Signature, "
                "at most 300 s old"
            )
            with socket.create_server(("127.0.0.1", port)):
                _, taken = await asyncio.to_thread(probe_commands, found, "cars")
            assert (taken.ok, taken.found) == (
                False, f"the API's calls are not heard at 127.0.0.1:{port}: cannot listen: Address already in use"
            )  # fmt: skip
            (tmp_path / "secret").write_text("short")
            _, guessed = await asyncio.to_thread(probe_commands, found, "cars")
            assert (guessed.ok, "can be guessed" in guessed.found) == (False, True)
            cert.write_text("nothing")
            (tmp_path / "secret").write_text(SECRET)
            _, bad = await asyncio.to_thread(probe_commands, found, "cars")
            assert (bad.ok, "certificate cannot be used" in bad.found) == (False, True)
            (tmp_path / "acme.yaml").write_text(PROFILE)
            _, apart = await asyncio.to_thread(probe_commands, found, "cars")
            assert (apart.ok, "does not say how the API calls" in apart.found) == (False, True)

    asyncio.run(work())
