"""The wheel holds what cdctl needs to run far from its sources."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def unpacked(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files, in a folder."""
    made = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", made],
        cwd=root,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(made / "files")
    return made / "files"


def run(unpacked: Path, folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(unpacked)}
    return subprocess.run(
        [sys.executable, "-m", "cdctl", *args],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_it_ships_specs_dashboards_plugins_and_schemas(unpacked, root):
    data = unpacked / "cdctl" / "data"
    for folder in ("slo_specs", "dashboards", "plugins"):
        names = {str(path.relative_to(root / folder)) for path in (root / folder).rglob("*") if path.is_file()}
        wanted = {name for name in names if "__pycache__" not in name}
        assert wanted
        assert {str(path.relative_to(data / folder)) for path in (data / folder).rglob("*") if path.is_file()} == wanted
    assert {path.name for path in unpacked.rglob("*.schema.json")} >= {"report.schema.json", "slo.schema.json"}
    assert (unpacked / "cdctl" / "py.typed").is_file()
    assert {path.name for path in (unpacked / "cdctl" / "security").glob("*.cedar*")} == {
        "policy.cedar",
        "policy.cedarschema",
    }


def test_it_holds_nothing_else(unpacked):
    assert {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")} == {"cdctl"}
    assert not list(unpacked.rglob("__pycache__"))
    (info,) = unpacked.glob("*.dist-info")
    assert "Apache License" in (info / "licenses" / "LICENSE").read_text()
    assert "cdctl = cdctl.cli.main:run" in (info / "entry_points.txt").read_text()


def test_it_runs_with_what_it_ships(unpacked, tmp_path):
    shown = run(unpacked, tmp_path, "config", "show", "-o", "json")
    values = {row["key"]: row["value"] for row in json.loads(shown.stdout)}
    assert values["paths.slo_specs"] == str(unpacked / "cdctl" / "data" / "slo_specs")
    checked = run(unpacked, tmp_path, "check")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert str(unpacked) in checked.stdout


def test_what_it_lacks_is_noticed(unpacked, tmp_path):
    specs = unpacked / "cdctl" / "data" / "slo_specs"
    specs.rename(specs.with_name("elsewhere"))
    try:
        assert run(unpacked, tmp_path, "check").returncode == 2
    finally:
        specs.with_name("elsewhere").rename(specs)
