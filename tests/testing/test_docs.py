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


NAMES = ["hello", "quiet", "ticker", "roster", "wiper", "silent"]


def test_every_example_was_found() -> None:
    assert {name.partition("/")[0] for name in EXAMPLES} == set(NAMES)
    assert len(EXAMPLES) == 18


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all examples."""
    folder = tmp_path_factory.mktemp("examples")
    for path, text in EXAMPLES.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_are_plugins(name: str, written: Path) -> None:
    (failed,) = [finding for finding in check_folder(written / name) if not finding.passed]
    assert failed.check == "README"


def test_the_tests_of_the_examples_pass(written: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "--rootdir", ".", *NAMES]
    done = subprocess.run(command, cwd=written, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    assert [name for name in NAMES if not re.search(rf"^{name}/test_{name}\.py::\w+ PASSED", done.stdout, re.M)] == []


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
