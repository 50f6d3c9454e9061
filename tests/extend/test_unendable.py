"""A plugin that ends the process at import is an error with its name, not the silent end of a command."""

from __future__ import annotations

import os
import posix
from collections.abc import Callable
from pathlib import Path

import pytest

from cdctl.extend.unendable import EndedError, unendable


def test_a_command_that_needs_such_a_plugin_says_which(cdctl_process: Callable[..., object], twins: Path) -> None:
    done = cdctl_process("slo", "report", "-o", "exits-hard", env={**os.environ, "CDCTL_PLUGINS": str(twins)})
    assert done.returncode == 2  # the plugin's own 7 would be no code of ours
    assert "error: reports.exits-hard (folder " in done.stderr
    assert "called os._exit(7) while it was loaded (" in done.stderr
    assert "exits_hard/report.py:3)" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(("module", "name"), [(os, "_exit"), (posix, "_exit"), (os, "abort"), (posix, "abort")])
def test_nothing_ends_the_process_inside(module, name):
    real = getattr(module, name)
    arguments = (3,) if name == "_exit" else ()
    with unendable(), pytest.raises(EndedError, match=rf"os\.{name}\({'3' if arguments else ''}\)"):
        getattr(module, name)(*arguments)
    assert getattr(module, name) is real


def test_a_name_taken_along_works_afterwards():
    with unendable():
        taken = os._exit
    child = os.fork()
    if not child:
        taken(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_a_forked_child_may_end_inside():
    with unendable():
        child = os.fork()
        if not child:
            os._exit(8)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 8
