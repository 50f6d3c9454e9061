"""Imports in another process: no child is left, however it ends."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from pathlib import Path

from cdctl.extend import discovery, probing
from cdctl.extend.listing import Broken, Declaration

GRANDCHILD = """
import subprocess
import sys
from pathlib import Path

child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
Path(__file__).with_name("pid").write_text(str(child.pid))
"""


def declarations(folder: Path) -> list[Declaration]:
    found = list(discovery.in_folders([folder]))
    assert not any(isinstance(each, Broken) for each in found)
    return [each for each in found if isinstance(each, Declaration)]


def test_what_loads_has_nothing_to_say(report_folder: Callable[..., Path]) -> None:
    assert probing.probe(declarations(report_folder("note")), 30) == {}
    assert probing.probe([], 30) == {}


def test_a_reason_and_its_hint_come_back(twins: Path) -> None:
    asked = declarations(twins / "missing_import")
    error = probing.probe(asked, 30)[asked[0]]
    assert "surely_not_installed" in error.message
    assert error.hint == "install surely_not_installed beside cdctl"


def test_processes_that_a_plugin_started_are_ended(report_folder: Callable[..., Path]) -> None:
    folder = report_folder("note")
    code = (folder / "report.py").read_text()
    (folder / "report.py").write_text(GRANDCHILD + code)
    assert probing.probe(declarations(folder), 30) == {}
    pid = int((folder / "pid").read_text())
    deadline = time.monotonic() + 30
    while running(pid) and time.monotonic() < deadline:
        select.select([], [], [], 0.01)
    assert not running(pid)


def running(pid: int) -> bool:
    """An orphan that was killed may stay as a zombie until its new parent looks; it does not run any more."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


def test_a_process_that_runs_is_seen() -> None:
    assert running(os.getpid())
