"""What every report has in common: the door and the golden file. Its contract is in tests/testing/test_reports.py."""

from __future__ import annotations

import importlib
import pkgutil
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import cdctl.reports
from cdctl.domain.ports import API, Plugin, Report
from cdctl.domain.slo.verdict import SloReport

NAMES = ("csv", "html", "json", "jsonl", "junit", "markdown", "openmetrics", "table", "wide")


def module(name: str) -> ModuleType:
    return importlib.import_module(f"cdctl.reports.{name}")


def make(name: str) -> Report:
    plugin: Plugin = module(name).PLUGIN
    made = plugin.make()  # type: ignore[operator]
    assert isinstance(made, Report)
    return made


def test_every_module_with_a_plugin_is_known_here() -> None:
    found = [info.name for info in pkgutil.iter_modules(cdctl.reports.__path__) if hasattr(module(info.name), "PLUGIN")]
    assert tuple(sorted(found)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_called_like_its_file(name: str) -> None:
    plugin = module(name).PLUGIN
    assert (plugin.api, plugin.room, plugin.name) == (API, "reports", name)
    assert plugin.summary
    assert plugin.version


@pytest.mark.parametrize("name", NAMES)
def test_golden(name: str, report: SloReport, golden: Callable[[str, str], None]) -> None:
    made = make(name)
    golden(f"{name}{made.suffix}", made.render(report))


def test_another_report_does_not_match_the_golden_file(report: SloReport, root: Path) -> None:
    later = make("table").render(replace(report, at=report.at + 300))
    assert later != (root / "tests/golden/reports/table.txt").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_controls_a_terminal_gets_through(name: str, report: SloReport) -> None:
    text = make(name).render(report)
    assert {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs"}} <= {"\n", "\r"}


@pytest.mark.parametrize("name", NAMES)
def test_a_report_without_rows_can_be_written(name: str, empty: SloReport) -> None:
    text = make(name).render(empty)
    assert "None" not in text
    assert "nan" not in text.lower()
