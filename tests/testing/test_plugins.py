"""A plugin folder as `cdctl plugin check` sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdctl.testing.plugins import Finding, catalogue_of, check_folder

TWINS = Path(__file__).parents[1] / "data" / "plugins"
CODE = """
from cdctl.api import Plugin, safe


class Report:
    suffix = ".txt"

    def render(self, report):
        return safe(report.title)


PLUGIN = Plugin(api=1, room="reports", name="note", version="1.0.0", summary="a test", make=Report)
"""
MANIFEST = """
name = "note"
version = "1.0.0"
api = 1
[[provides]]
room = "reports"
name = "note"
object = "report:PLUGIN"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "note"
    place.mkdir()
    (place / "plugin.toml").write_text(MANIFEST)
    (place / "report.py").write_text(CODE)
    (place / "README.md").write_text("# note\n")
    (place / "test_note.py").write_text("from cdctl.testing.reports import check_report\n")
    return place


def wrong(folder: Path) -> dict[str, Finding]:
    return {finding.check: finding for finding in check_folder(folder) if not finding.passed}


def test_a_good_folder_has_nothing_wrong(folder: Path) -> None:
    assert wrong(folder) == {}
    assert [finding.check for finding in check_folder(folder)] == [
        "README",
        "test",
        "imports only cdctl.api of cdctl",
        "reports.note loads",
        "reports.note has one version",
        "reports.note keeps the contract of reports",
    ]
    assert catalogue_of(folder).load("reports", "note").version == "1.0.0"


def test_missing_parts(folder: Path) -> None:
    (folder / "README.md").unlink()
    (folder / "test_note.py").unlink()
    assert set(wrong(folder)) == {"README", "test"}


@pytest.mark.parametrize(
    "line",
    ["import cdctl.domain.text", "from cdctl.domain import text", "from cdctl import errors", "import cdctl"],
)
def test_imports_of_what_is_not_promised(folder: Path, line: str) -> None:
    (folder / "report.py").write_text(f"{line}\n{CODE}")
    assert wrong(folder)["imports only cdctl.api of cdctl"].reason.startswith("report.py:1 imports cdctl")


@pytest.mark.parametrize(
    "line", ["import cdctl.api", "from cdctl import api", "from cdctl.api import safe", "import os"]
)
def test_imports_of_what_is_promised(folder: Path, line: str) -> None:
    (folder / "report.py").write_text(f"{line}\n{CODE}")
    assert wrong(folder) == {}


def test_versions_that_disagree(folder: Path) -> None:
    (folder / "plugin.toml").write_text(MANIFEST.replace("1.0.0", "1.1.0"))
    assert wrong(folder)["reports.note has one version"].reason == "plugin.toml says 1.1.0, the object 1.0.0"


def test_a_report_that_breaks_the_contract(folder: Path) -> None:
    (folder / "report.py").write_text(CODE.replace("safe(report.title)", "report.rows[0].name"))
    assert "empty report: raised IndexError" in wrong(folder)["reports.note keeps the contract of reports"].reason


def test_what_does_not_load_says_why() -> None:
    assert "raised ValueError" in wrong(TWINS / "raises")["reports.raises loads"].reason
    assert "cannot be read" in wrong(TWINS / "bad_toml")["bad_toml loads"].reason


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (finding,) = check_folder(tmp_path / "gone")
    assert "there is no folder" in finding.reason
