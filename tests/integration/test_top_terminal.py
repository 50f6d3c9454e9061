"""A terminal that goes away, and a view that is told to end: nothing goes on in the dark."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import eventually, gone

# Whose own terminal it is, the system tells that it went; others have to look.
_OWN = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
_RUN = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)\nfrom cdctl.cli.main import run\nrun()\n"


class Running:
    """`cdctl top` on a pty, before a broker that is not there."""

    def __init__(self, folder: Path, *, own: bool) -> None:
        (folder / "cdctl.toml").write_text('[contexts.x]\nbrokers = { eu = { url = "mqtt://127.0.0.1:1" } }\n')
        self.main, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.child = subprocess.Popen(
            [sys.executable, "-c", (_OWN if own else "") + _RUN, "top"], stdin=there, stdout=there, stderr=there,
            cwd=folder, start_new_session=True, env={**os.environ, "TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(there)
        self.drawn(b"vehicles")

    def drawn(self, text: bytes) -> None:
        deadline, found = time.monotonic() + 30, b""
        while text not in found:
            assert time.monotonic() < deadline, found[-500:]
            if select.select([self.main], [], [], 1)[0]:
                found += os.read(self.main, 65_536)

    def read_on(self) -> bool:
        """Let it write; whether it has ended."""
        if select.select([self.main], [], [], 0.1)[0]:
            try:
                os.read(self.main, 65_536)
            except OSError:
                return self.child.poll() is not None
        return self.child.poll() is not None

    def children(self) -> list[int]:
        pid = self.child.pid
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture(params=[True, False], ids=["its own terminal", "another's"])
def running(tmp_path, request) -> Iterator[Running]:
    running = Running(tmp_path, own=request.param)
    try:
        yield running
    finally:
        running.child.kill()
        running.child.wait()


def test_it_ends_when_the_terminal_goes_away(running):
    children = running.children()
    assert children
    os.close(running.main)
    assert eventually(lambda: running.child.poll() is not None)
    assert eventually(lambda: all(map(gone, children)))


def test_it_ends_when_it_is_told_to(tmp_path):
    running = Running(tmp_path, own=False)
    children = running.children()
    running.child.send_signal(signal.SIGTERM)
    assert eventually(running.read_on)
    assert running.child.returncode == 130
    os.close(running.main)
    assert eventually(lambda: all(map(gone, children)))
