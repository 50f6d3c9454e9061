"""What the shell offers after TAB, asked as bash asks."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from writing import PLAN, intent, order, write

from cdctl.domain.orders.keeping import Note
from cdctl.security.ed25519 import PrivateKey, written

FILE = """\
[contexts.prod-eu]
[contexts.prod-us]
[contexts.test]
prometheus = { url = "https://prom.example" }
brokers = { eu = { url = "mqtt://127.0.0.1" }, us = { url = "mqtt://127.0.0.1" } }
[fleet.columns]
soc = "Vehicle.SoC"
soh = "Vehicle.SoH"
"""

SOME = ["sw:", "state:", "since:", "skew<", "snapshot:", "soc<", "soh<", "state:online", "state:offline"]
SOME += ["state:unknown", "state:never"]

Offered = Callable[[str], list[str]]


def asked(line: str) -> dict[str, str]:
    return {"_CDCTL_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}


@pytest.fixture
def offered(cdctl, tmp_path, monkeypatch) -> Offered:
    (tmp_path / "cdctl.toml").write_text(FILE)
    monkeypatch.chdir(tmp_path)

    def ask(line: str) -> list[str]:
        for name, value in asked(line).items():
            monkeypatch.setenv(name, value)
        ran = cdctl()
        assert ran.err == ""
        return ran.out.split()

    return ask


def test_a_process_offers_it(cdctl_process, tmp_path) -> None:
    (tmp_path / "cdctl.toml").write_text(FILE)
    ran = cdctl_process(env={**os.environ, **asked("cdctl --context prod")}, cwd=tmp_path)
    assert (ran.stdout.split(), ran.stderr) == (["prod-eu", "prod-us"], "")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cdctl con", ["config"]),
        ("cdctl config s", ["show"]),
        ("cdctl --context prod", ["prod-eu", "prod-us"]),
        ("cdctl plugin info reports.js", ["reports.json", "reports.jsonl"]),
        ("cdctl config show -o js", ["json", "jsonl"]),
        ("cdctl --context nothing", []),
        ("cdctl trace query {resource.cloud.r", ["{resource.cloud.region"]),
        ("cdctl fleet ls --columns so", ["soc", "soh"]),
        ("cdctl fleet ls --columns vin,soc,so", ["vin,soc,soh"]),
        ("cdctl fleet ls --sort so", ["soc", "soh"]),
        ("cdctl fleet stats --by region,s", ["region,sw", "region,state", "region,snapshot"]),
        ("cdctl fleet ls --where soc<20|s", [f"soc<20|{one}" for one in SOME]),
        ("cdctl fleet ls --where (-on", ["(-online"]),
        ("cdctl fleet ls --where state:o", ["state:online", "state:offline"]),
        ("cdctl --context test fleet ls --where region:", ["region:", "region:eu", "region:us"]),
        ("cdctl --context test broker ping --region e", ["eu"]),
        ("cdctl broker ping --region e", []),
        ("cdctl cmd send cli", ["climate.start", "climate.stop"]),
        ("cdctl cmd describe log", ["log-level"]),
        ("cdctl cmd send log-level -a le", ["level="]),
        ("cdctl cmd send log-level -a level=d", ["level=debug"]),
        ("cdctl cmd send climate.start -a temperature=", ["temperature=22.5"]),
        ("cdctl cmd send ping -a ", []),
        ("cdctl cmd history --state ti", ["timed_out"]),
    ],
)
def test_offers(offered, line, expected):
    assert offered(line) == expected


def test_other_settings_on_the_line_count(offered, tmp_path):
    (tmp_path / "other.toml").write_text("[contexts.production]\n")
    assert offered("cdctl --config other.toml --context prod") == ["production"]


def test_people_keys_and_roles(offered, tmp_path):
    key = PrivateKey(bytes([1]) * 32)
    dead = PrivateKey(bytes([2]) * 32)
    (tmp_path / "trust.toml").write_text(
        f'[operators.olga]\nkeys = ["{written(key.public)}", "{written(dead.public)}"]\nroles = ["oncall"]\n'
        f'[[revoked]]\nkey = "{written(dead.public)}"\nat = 2026-11-22T12:00:00Z\n'
    )
    (tmp_path / "cdctl.toml").write_text('[contexts.test]\ntrust = "trust.toml"\n')
    assert offered("cdctl keys rotate ") == ["olga"]
    assert offered("cdctl keys revoke ") == [key.fingerprint]
    assert offered("cdctl keys new alice --role o") == ["oncall"]


def test_broken_settings_offer_nothing_and_say_nothing(offered, tmp_path):
    (tmp_path / "cdctl.toml").write_text("broken")
    assert offered("cdctl --context prod") == []
    assert offered("cdctl con") == ["config"]


def test_ids_of_the_journal_are_offered(offered, tmp_path, monkeypatch) -> None:
    path = tmp_path / "journal.sqlite"
    monkeypatch.setenv("CDCTL_JOURNAL", str(path))
    assert offered("cdctl cmd cancel ") == []
    write(path, [Note("plan", PLAN, "ada", 1, {}), Note("rollout", "01kq", "ada", 2, {})], [intent(0)])
    assert set(offered("cdctl cmd cancel ")) == {PLAN[:16], order(0).id}
    assert offered("cdctl cmd resume ") == [PLAN[:16]]
    assert offered("cdctl rollout abort 01") == ["01kq"]
