"""Panels of plugins on a real terminal: one that blocks, loops or prints spoils nothing for others, and nobody waits
for it at the end."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from panes import Pane
from strangers import BOARD, stranger

SETTINGS = """
[paths]
plugins = ["odd"]
dashboards = "boards"
[contexts.x]
brokers = { eu = { url = "mqtt://127.0.0.1:1" } }
"""
RUN = "from cdctl.cli.main import run\nrun()"
ROUNDS = 15


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "boards").mkdir()
    (tmp_path / "boards" / "odd.yaml").write_text(BOARD)
    (tmp_path / "cdctl.toml").write_text(SETTINGS)
    return tmp_path


class Terminal:
    """`cdctl top --board odd` on a pty of its own: what it writes, and how long a key takes to be seen."""

    def __init__(self, folder: Path) -> None:
        self._main, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        self.child = subprocess.Popen(
            [sys.executable, "-c", RUN, "top", "--board", "odd"], stdin=there, stdout=there, stderr=there,
            cwd=folder, start_new_session=True, env={**os.environ, "TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(there)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.child.kill()
        self.child.wait()
        os.close(self._main)

    def until(self, text: str, seconds: float = 60.0) -> bool:
        """Whether it is written, from now on."""
        end, found = time.monotonic() + seconds, b""
        while text.encode() not in found and time.monotonic() < end and self.child.poll() is None:
            found += self._read()
        return text.encode() in found

    def _read(self) -> bytes:
        try:
            return os.read(self._main, 65_536) if select.select([self._main], [], [], 0.1)[0] else b""
        except OSError:  # nobody has the other side any more
            return b""

    def takes(self, keys: bytes, text: str) -> float:
        """Seconds from keys until a text is written."""
        begin = time.monotonic()
        os.write(self._main, keys)
        assert self.until(text), f"no {text!r} after {keys!r}"
        return time.monotonic() - begin

    def help(self) -> float:
        """Seconds that the help takes to come and to go; the usual one of some. It is no panel's."""
        return statistics.median(self.takes(b"?", "everywhere") + self.takes(b" ", "vehicles") for _ in range(ROUNDS))

    def leaves(self) -> float:
        """Seconds from the key that leaves to the end of the process."""
        begin = time.monotonic()
        os.write(self._main, b"q")
        while self.child.poll() is None and time.monotonic() < begin + 60:
            self._read()
        return time.monotonic() - begin


@pytest.fixture
def usual(here: Path) -> Iterator[tuple[float, float]]:
    """What help and leaving take beside a panel that is sound."""
    stranger(here)
    with Terminal(here) as terminal:
        assert terminal.until("sees")
        yield terminal.help(), terminal.leaves()


CASES = {
    "blocks": ({"draw": "if self.n > 3: threading.Event().wait()"}, "has not answered for 2 s"),
    "loops": ({"draw": "if self.n > 3:\n    while True: pass"}, "has not answered for 1 s"),
}


@pytest.mark.parametrize("case", CASES)
def test_one_that_does_not_answer_delays_nobody_s_keys_and_not_the_end(here, usual, case):
    code, said = CASES[case]
    stranger(here, **code)
    with Terminal(here) as terminal:
        assert terminal.until(said)
        took, left = terminal.help(), terminal.leaves()
        told = [f"{seconds * 1000:.0f} ms" for seconds in (usual[0], took, usual[1], left)]
        print("help {} beside a sound one, {} beside this; leaving {} and {}".format(*told))
        assert took < 3 * usual[0] + 0.1
        assert left < 2 * usual[1] + 3
        assert terminal.child.returncode == 0


def test_what_it_prints_does_not_reach_the_screen(here, root):
    noise = "os.write(1, b'NOISE'); os.write(2, b'NOISE'); print('NOISE'); print('NOISE', file=sys.stderr)"
    stranger(here, draw=f"{noise}; os.system('echo NOISE')")
    with Pane(here, str(root / ".venv/bin/cdctl"), "top", "--board", "odd") as pane:
        assert pane.shows("sees", "of x"), pane.text()
        pane.keys("Tab", "g")
        assert pane.shows(" went", " go"), pane.text()
        assert "NOISE" not in pane.text()
        pane.keys("q")
        assert pane.ended(), pane.text()
        assert "NOISE" not in pane.text()
