"""Plugins to bring in: the broken twins, and folders and packages that a test writes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TWINS = Path(__file__).parents[1] / "data" / "plugins"
CODE = """
from cdctl.api import Plugin


class Report:
    suffix = ".txt"

    def render(self, report):
        return {text!r}


PLUGIN = Plugin(api=1, room="reports", name={name!r}, version="1.0.0", summary="a test", make=Report)
"""


@pytest.fixture
def twins() -> Path:
    return TWINS


@pytest.fixture
def report_folder(tmp_path: Path) -> Callable[..., Path]:
    """Write a plugin folder that provides one report, whose text is `text`."""

    def write(name: str, folder: str = "", text: str = "text") -> Path:
        place = tmp_path / (folder or name)
        place.mkdir(parents=True)
        (place / "report.py").write_text(CODE.format(name=name, text=text))
        (place / "plugin.toml").write_text(
            f'name = "{name}"\nversion = "1.0.0"\napi = 1\nsummary = "a test"\n'
            f'[[provides]]\nroom = "reports"\nname = "{name}"\nobject = "report:PLUGIN"\n'
        )
        return place

    return write


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Install a package that names the given entry points and holds the given module."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(site)
    before = set(sys.modules)

    def install(name: str, entry_points: dict[str, str], module: str = "", code: str = "") -> Path:
        info = site / f"{name.replace('-', '_')}-2.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.5\nSummary: of {name}\n")
        lines = "".join(f"{key} = {value}\n" for key, value in entry_points.items())
        (info / "entry_points.txt").write_text(f"[cdctl.plugins]\n{lines}")
        if module:
            (site / f"{module}.py").write_text(code)
        return site

    yield install
    for added in set(sys.modules) - before:
        if str(site) in str(getattr(sys.modules[added], "__file__", "")):
            del sys.modules[added]
