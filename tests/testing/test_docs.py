"""docs/plugins.md cannot drift: its examples run, its signatures are the ports', and it names all of the API."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cdctl import api
from cdctl.extend import discovery, manifest
from cdctl.testing.plugins import check_folder

DOCS = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"`(\w+/[\w.]+)`:\n\n```\w+\n(.*?)```", DOCS, re.DOTALL))


def test_every_example_was_found() -> None:
    assert {name.partition("/")[0] for name in EXAMPLES} == {"hello", "quiet", "ticker", "roster", "wiper", "silent"}
    assert len(EXAMPLES) == 18


@pytest.mark.parametrize("name", ["hello", "quiet", "ticker", "roster", "wiper", "silent"])
def test_the_examples_are_plugins_and_their_tests_pass(name: str, tmp_path: Path) -> None:
    for path, text in EXAMPLES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (failed,) = [finding for finding in check_folder(tmp_path / name) if not finding.passed]
    assert failed.check == "README"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout


PORTS = [
    api.Report, api.Source, api.SourceFactory, api.Inspector,
    api.Speech, api.SpeechFactory, api.Inventory, api.InventoryFactory, api.CommandFactory,
    api.Panel, api.PanelFactory,
]  # fmt: skip


@pytest.mark.parametrize("port", PORTS)
def test_signatures_are_those_of_the_ports(port: type) -> None:
    methods = [
        (name, member)
        for name, member in vars(port).items()
        if inspect.isfunction(member) and (name == "__call__" or not name.startswith("_"))
    ]
    assert methods
    for name, member in methods:
        assert f"def {name}{inspect.signature(member)}: ...".replace("'", "") in DOCS


def test_everything_of_the_api_is_named() -> None:
    assert [name for name in api.__all__ if f"`{name}`" not in DOCS] == []


def test_the_keys_and_the_group_are_those_of_the_loader() -> None:
    keys = {*manifest.KEYS, *manifest.PROVIDED_KEYS} - {"provides"}
    assert [key for key in keys if not re.search(rf"^\| .*`{key}`", DOCS, re.MULTILINE)] == []
    assert f'entry-points."{discovery.GROUP}"' in DOCS
