"""`cdctl cmd` for a fleet behind a command API over HTTP: no broker, the same face."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from apis import CALLBACK, DEDUPE, PROFILE, served
from callers import SECRET
from typer.testing import CliRunner

from cdctl.cli.main import app
from cdctl.lab.vehicles.keys import trust_toml
from cdctl.security import key_files
from cdctl.security.ed25519 import PrivateKey, written

KEY = PrivateKey(b"a" * 32)


def settings(folder: Path, port: int, more: str = "") -> str:
    key_files.write(folder / "ada.pem", KEY)
    (folder / "acme.api.yaml").write_text(PROFILE + more)
    (folder / "secret").write_text(SECRET)
    (folder / "token").write_text("hush")
    callback = f', callback = {{ listen = "127.0.0.1:0", secret_file = "{folder}/secret" }}' if more else ""
    (folder / "trust.toml").write_text(trust_toml({"ada": (written(KEY.public), ("oncall",))}, "vehicles.csv"))
    (folder / "vehicles.csv").write_text("vin,key\n")
    path = folder / "cdctl.toml"
    path.write_text(
        f'[contexts.cars]\ncommands = {{ url = "http://127.0.0.1:{port}/v1", profile = "{folder}/acme.api.yaml", '
        f'token_file = "{folder}/token"{callback} }}\n'
        f'signing_key = {{ file = "{folder}/ada.pem" }}\ntrust = "{folder}/trust.toml"\n'
        f'[paths]\njournal = "{folder}/journal.db"\n'
    )
    return str(path)


def sent(folder: Path, *args: str, more: str = "", **how: Any) -> tuple[Any, Counter[str], list[str]]:
    """What `cdctl cmd ARGS` ends with, how often each vehicle did something, and what the API was asked."""

    async def run() -> tuple[Any, Counter[str], list[str]]:
        async with served(**how) as api:
            line = ["--config", settings(folder, api.port, more), "cmd", *args]
            found = await asyncio.to_thread(CliRunner().invoke, app, line)
            return found, api.executed, [f"{one.method} {one.path}" for one in api.asked]

    return asyncio.run(run())


def test_a_command_goes_through_the_api_and_its_end_is_known(tmp_path: Path) -> None:
    found, done, _ = sent(tmp_path, "send", "ping", "--to", "V1", "V2", "--region", "cars", "-o", "json")
    assert found.exit_code == 0, found.stderr
    assert {order["vin"]: order["state"] for order in json.loads(found.stdout)["orders"]} == dict.fromkeys(
        ("V1", "V2"), "succeeded"
    )
    assert done == Counter(["V1", "V2"])
    for words in ("a lost answer ends as unknown", "are not signed"):
        assert words in found.stderr


def test_a_dry_run_shows_what_the_api_would_be_told(tmp_path: Path) -> None:
    line = ["send", "climate.start", "-a", "temperature=21.5", "--to", "V1", "--region", "cars", "--dry-run"]
    found, done, asked = sent(tmp_path, *line, "--show-vins", "-o", "json", more=DEDUPE + CALLBACK)
    assert found.exit_code == 0, found.stderr
    shown = json.loads(found.stdout)
    port = int(re.search(r":(\d+)/v1", shown["topic"])[1])  # type: ignore[index]
    assert shown["topic"] == f"POST http://127.0.0.1:{port}/v1/vehicles/V1/commands"
    body, headers = shown["payload"]["body"], shown["payload"]["headers"]
    assert body["do"] == "HVAC"
    assert body["with"]["celsius"] == 21.5
    assert isinstance(body["until"], int)
    assert body["tag"] == "order (random)"
    assert headers["Idempotency-Key"].endswith("V1")
    assert headers["X-Callback"].startswith("http://127.0.0.1:")
    assert SECRET not in found.stdout + found.stderr
    assert "hush" not in found.stdout + found.stderr
    assert not done
    assert asked == []


def test_a_preview_is_of_the_request_too_and_masks_the_vehicle(tmp_path: Path) -> None:
    vin = "WCDA0000000000001"
    line = ["send", "lock", "--to", vin, "--region", "cars", "--yes"]
    found, _, asked = sent(tmp_path, *line, more=CALLBACK, called=("busy", "done"))
    assert found.exit_code == 0, found.stderr
    assert "POST http://127.0.0.1:" in found.stderr
    assert '"do": "LOCK"' in found.stderr
    assert vin not in found.stderr
    assert asked == ["GET /v1/health", f"POST /v1/vehicles/{vin}/commands"], "it was called, and need not look"


def test_what_the_api_does_not_have_is_refused(tmp_path: Path) -> None:
    found, done, _ = sent(tmp_path, "send", "horn", "--to", "V1", "--region", "cars", "--yes")
    assert found.exit_code == 5, found.stderr
    assert "horn" in found.stderr
    assert not done


def test_config_check_says_where_the_api_calls(tmp_path: Path) -> None:
    async def run() -> Any:
        async with served() as api:
            line = ["--config", settings(tmp_path, api.port, CALLBACK), "config", "check", "-o", "json"]
            return await asyncio.to_thread(CliRunner().invoke, app, line)

    rows = {row["source"]: row for row in json.loads(asyncio.run(run()).stdout)}
    assert rows["callbacks"]["ok"] is True
    assert "heard at 127.0.0.1:0, signed in X-Signature" in rows["callbacks"]["found"]
