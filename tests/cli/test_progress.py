"""Progress: a bar, lines, or nothing."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
import time

import pytest

from cdctl.cli.options import Run
from cdctl.cli.progress import Bar, Lines, Silent, long_work, progress


def test_which_one(monkeypatch):
    assert isinstance(progress(Run(quiet=True)), Silent)
    assert isinstance(progress(Run()), Lines), "under test stderr is no terminal"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert isinstance(progress(Run()), Bar)


def test_lines_say_how_far_it_is_and_stop(capsys):
    lines = Lines(Run(), every=0.001)
    lines.start("asking", 3)
    lines.step("prod\x1b")
    said = ""
    deadline = time.monotonic() + 10
    while "asking: 1 of 3 (prod\\x1b)\n" not in said and time.monotonic() < deadline:
        said += capsys.readouterr().err
    assert "asking: 1 of 3 (prod\\x1b)\n" in said
    lines.stop()
    capsys.readouterr()
    assert not lines._thread
    lines.stop()


def test_quick_work_says_nothing(capsys):
    lines = Lines(Run())
    lines.start("asking", 1)
    lines.step()
    lines.stop()
    silent = Silent()
    silent.start("asking", 1)
    silent.step()
    silent.stop()
    assert capsys.readouterr() == ("", "")


def test_long_work_that_is_interrupted_says_how_far_it_was(capsys):
    with pytest.raises(KeyboardInterrupt) as stop, long_work(Run(), "looking for tests", "run it again") as work:
        work.start("testing specs", 12)
        for _ in range(3):
            work.step()
        raise KeyboardInterrupt
    assert stop.value.args == ("while testing specs, 3 of 12 done; run it again",)
    with (
        pytest.raises(KeyboardInterrupt, match="while looking for tests; run it again"),
        long_work(Run(), "looking for tests", "run it again"),
    ):
        raise KeyboardInterrupt
    assert [thread.name for thread in threading.enumerate() if thread.name == "progress"] == []
    assert capsys.readouterr() == ("", "")


BAR = """
from cdctl.cli.progress import Bar
bar = Bar()
bar.start("asking [red]\\x1b]0;x\\x07", 2)
bar.step()
bar.step()
bar.stop()
"""


def test_a_bar_draws_on_stderr_and_goes_away():
    master, slave = pty.openpty()
    ran = subprocess.run(
        [sys.executable, "-c", BAR],
        stdout=subprocess.PIPE,
        stderr=slave,
        check=True,
        timeout=60,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
    )
    os.close(slave)
    shown = os.read(master, 65536)
    os.close(master)
    assert ran.stdout == b""
    assert rb"asking [red]\x1b]0;x\x07" in shown
    assert b"\x1b]0" not in shown
    assert b"\x1b[2K" in shown
