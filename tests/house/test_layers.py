"""The contracts of the architecture can fail: a violation of each is planted in a copy and is found."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cdctl.extend import builtin

# contract -> (module, a line that breaks it)
PLANTED = {
    "one-way": ("cdctl/domain/text.py", "import cdctl.application.wiring"),
    "domain-is-pure": ("cdctl/domain/duration.py", "import time"),
    "wiring-knows-adapters": ("cdctl/cli/records.py", "import cdctl.reports.words"),
    "api-is-for-strangers": ("cdctl/reports/words.py", "import cdctl.api"),
    "http-in-sources": ("cdctl/stores/ledger.py", "import httpx"),
    "sqlite-in-stores": ("cdctl/files/shipped.py", "import apsw"),
    "mqtt-in-links": ("cdctl/stores/ledger.py", "import mqtt5"),
    "sql-in-inventory": ("cdctl/stores/ledger.py", "import sqlalchemy"),
    "serving-in-collector": ("cdctl/stores/ledger.py", "import starlette"),
    "grpc-in-collector": ("cdctl/stores/ledger.py", "import grpc"),
    "duckdb-in-stores": ("cdctl/files/shipped.py", "import duckdb"),
    "secrets-in-security": ("cdctl/stores/ledger.py", "import nacl"),
    "yaml-in-files": ("cdctl/lab/past.py", "import ruamel.yaml"),
    "terminal-in-cli": ("cdctl/reports/table.py", "import rich"),
    "textual-in-tui": ("cdctl/cli/looks.py", "import textual"),
    "panels-never-fetch": ("cdctl/panels/header.py", "import cdctl.application.wiring"),
    "panels-alone": ("cdctl/panels/header.py", "import cdctl.panels.slo"),
    "no-cycles": ("cdctl/errors.py", "import cdctl.domain.ports"),
    "reports-alone": ("cdctl/reports/csv.py", "import cdctl.reports.json"),
}


def contracts(root: Path) -> dict[str, dict[str, object]]:
    settings = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]
    return {contract["id"]: contract for contract in settings["contracts"]}


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    shutil.copytree(root / "cdctl", tmp_path / "cdctl", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "pyproject.toml", tmp_path)
    return tmp_path


def broken(folder: Path) -> set[str]:
    """Names of the contracts that do not hold there."""
    code = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as run; run()"
    ran = subprocess.run(
        [sys.executable, "-P", "-c", code, "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "Contracts:" in ran.stdout, ran.stdout + ran.stderr
    assert (ran.returncode == 0) is (", 0 broken" in ran.stdout)
    return {line.removesuffix(" BROKEN") for line in ran.stdout.splitlines() if line.endswith(" BROKEN")}


def test_the_house_stands_and_every_planted_violation_is_found(root, copy):
    assert broken(copy) == set()
    assert set(PLANTED) == set(contracts(root)), "a contract without a violation that proves it"
    for module, line in PLANTED.values():
        with (copy / module).open("a") as file:
            file.write(f"\n{line}\n")
    assert broken(copy) == {contract["name"] for contract in contracts(root).values()}


def test_a_room_without_a_place_in_the_plan_is_found(root, copy):
    (copy / "cdctl" / "utils.py").write_text("")
    assert broken(copy) == {contracts(root)["one-way"]["name"]}


def test_every_report_that_ships_is_kept_apart(root):
    apart = set(contracts(root)["reports-alone"]["modules"])
    shipped = {found.listing.name for found in builtin.declared() if found.listing.room == "reports"}
    assert apart == {f"cdctl.reports.{name}" for name in shipped}


def test_every_panel_that_ships_is_kept_apart(root):
    apart = set(contracts(root)["panels-alone"]["modules"])
    shipped = {found.listing.name for found in builtin.declared() if found.listing.room == "panels"}
    assert apart == {f"cdctl.panels.{name}" for name in shipped}


def test_every_room_is_protected_from_all_but_the_wiring(root):
    protected = set(contracts(root)["wiring-knows-adapters"]["protected_modules"])
    layer = next(layer for layer in contracts(root)["one-way"]["layers"] if "files" in layer)
    assert protected == {f"cdctl.{room.strip()}" for room in (*layer.split("|"), "stores")}


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "helper", "common", "misc", "manager", "base"])
def test_no_module_is_called_by_what_it_is_not(root, name):
    assert list((root / "cdctl").rglob(f"{name}.py")) == []
    assert list((root / "cdctl").rglob(f"{name}/__init__.py")) == []
