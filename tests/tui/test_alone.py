"""The terminal is the view's alone: nothing else reaches it while it is, and everything does afterwards."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

CODE = """
import os, shutil, sys
from cdctl.tui.alone import alone

print("before")
with alone():
    print("stray 1")
    os.write(1, b"stray 2")
    os.write(2, b"stray 3")
    os.system("echo stray 4; echo stray 5 >&2")
    sys.__stderr__.write(f"drawn at {shutil.get_terminal_size((1, 1))}\\n")
    print("failed", file=sys.stderr)
sys.stdout.flush()
os.write(1, b"after 1\\n")
os.write(2, b"after 2\\n")
print("after 3", file=sys.stderr)
assert sys.stderr.fileno() == 2 and sys.__stdout__.fileno() == 1
try:
    with alone():
        raise ValueError("told")
except ValueError as error:
    print(error)
"""


def test_what_others_write_goes_nowhere_until_it_ends() -> None:
    main, there = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    subprocess.run(["stty", "rows", "33", "cols", "77"], stdin=there, check=True)
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), there)
    ran = subprocess.run([sys.executable, "-c", CODE], env=environment, timeout=60, check=False, **streams)
    os.close(there)
    written = os.read(main, 65_536).decode()
    os.close(main)
    assert ran.returncode == 0, written
    assert "stray" not in written
    assert written.split("\r\n")[:2] == ["before", "drawn at os.terminal_size(columns=77, lines=33)"]
    for text in ("failed", "after 1", "after 2", "after 3", "told"):
        assert text in written
