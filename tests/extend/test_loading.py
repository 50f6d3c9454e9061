"""Every broken twin gives its own reason, and leaves the interpreter as it was."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cdctl.errors import PluginError
from cdctl.extend.catalogue import Catalogue

REASONS = {
    "reports.missing-import": "needs the module 'surely_not_installed', which is not installed",
    "reports.syntax-error": "has a syntax error at {twins}/syntax_error/report.py:1: invalid syntax",
    "reports.wrong-api": "is made for API 99; this cdctl has API 1",
    "reports.wrong-api-object": "is made for API 99; this cdctl has API 1",
    "reports.not-a-plugin": "report:PLUGIN is a dict, not a cdctl.api.Plugin",
    "reports.no-object": "report has no PLUGIN",
    "reports.no-module": "cannot be found: {twins}/no_module has no reprot.py",
    "reports.make-not-callable": "its make is a Report, which cannot be called",
    "reports.make-takes-settings": "its make is make(settings), which cannot be called as make()",
    "reports.other-name": "calls itself reports.another-name but is declared as reports.other-name",
    "reports.no-suffix": "its make gives a Report without suffix",
    "reports.render-takes-nothing": "its render is render(), which cannot be called as render(report)",
    "reports.render-is-async": "its render must return the whole text at once",
    "reports.raises": "raised ValueError: the author made a mistake while it was loaded",
    "reports.raises-in-make": "raised KeyError: 'limit' while it was loaded ({twins}/raises_in_make/report.py:8)",
    "reports.unreadable-error": "raised SpiteError: (SpiteError without a readable text)",
    "reports.interrupts": "raised KeyboardInterrupt while it was loaded ({twins}/interrupts/report.py:1)",
    "reports.exits": "called sys.exit(3) while it was loaded ({twins}/exits/report.py:3)",
    "reports.sibling-as-installed": "imports 'words' as if it were installed ({twins}/sibling_as_installed/",
    "sources.fetch-never-yields": "its fetch never yields",
    "sources.no-fingerprint": "its make, Source, has no fingerprint",
}


@pytest.mark.parametrize("title", REASONS)
def test_each_twin_says_what_is_wrong_with_it(
    title: str, twins: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PluginError) as caught:
        Catalogue([twins]).load(*title.split("."))
    assert caught.value.message.startswith(REASONS[title].format(twins=twins))
    assert caught.value.subject.startswith(f"{title} (folder ")
    folder = title.partition(".")[2].replace("-", "_")
    assert not [name for name in sys.modules if name.startswith(f"_cdctl_plugin_{folder}_")]


@pytest.mark.parametrize("name", ["hangs", "spins"])
def test_a_module_that_never_ends_is_left_behind(name: str, twins: Path) -> None:
    with pytest.raises(PluginError, match=r"did not finish importing in 0\.2 s"):
        Catalogue([twins], deadline=0.2).load("reports", name)
    assert Catalogue([twins]).load("reports", "good").name == "good"


def test_what_a_plugin_prints_never_reaches_stdout(twins: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Catalogue([twins]).load("reports", "prints")
    os.write(1, b"data")
    captured = capfd.readouterr()
    assert captured.out == "data"
    for text in ("from print", "from a descriptor", "from a child"):
        assert text in captured.err


def test_files_of_one_name_in_two_folders_do_not_meet(report_folder: Callable[..., Path]) -> None:
    catalogue = Catalogue([report_folder("one", text="first"), report_folder("two", text="second")])
    before = list(sys.path)
    texts = [catalogue.report(name).render(None) for name in ("one", "two")]  # type: ignore[arg-type]
    assert texts == ["first", "second"]
    assert sys.path == before
    assert "report" not in sys.modules


def test_a_package_file_runs_before_the_module(report_folder: Callable[..., Path]) -> None:
    folder = report_folder("note")
    (folder / "__init__.py").write_text("WORD = 'from the package'\n")
    code = (folder / "report.py").read_text()
    (folder / "report.py").write_text("from . import WORD\n" + code.replace("return 'text'", "return WORD"))
    assert Catalogue([folder]).report("note").render(None) == "from the package"  # type: ignore[arg-type]


def test_a_broken_folder_can_be_mended_and_tried_again(report_folder: Callable[..., Path]) -> None:
    folder = report_folder("note")
    code = (folder / "report.py").read_text()
    (folder / "report.py").write_text("raise RuntimeError\n")
    with pytest.raises(PluginError, match="raised RuntimeError while"):
        Catalogue([folder]).load("reports", "note")
    (folder / "report.py").write_text(code)
    assert Catalogue([folder]).load("reports", "note").name == "note"


def test_the_users_interrupt_is_not_the_plugins_fault(twins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(seconds: float | None, work: Callable[[], object]) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("cdctl.extend.loading.within", interrupt)
    with pytest.raises(KeyboardInterrupt):
        Catalogue([twins]).load("reports", "good")
