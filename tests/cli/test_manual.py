"""docs/help.md is what `--help` prints."""

from __future__ import annotations

from cdctl.cli.manual import manual
from cdctl.cli.registry import COMMANDS


def test_the_document_is_what_help_prints(root):
    assert (root / "docs" / "help.md").read_text() == manual(), "run script/docs"


def test_every_command_has_a_page(cdctl):
    pages = manual()
    for name in COMMANDS:
        assert f"\n## cdctl {name}\n" in pages
    assert cdctl("config", "show", "--help").out.strip() in pages


def test_a_narrow_terminal_does_not_change_the_document(monkeypatch):
    before = manual()
    monkeypatch.setenv("COLUMNS", "40")
    assert manual() == before
