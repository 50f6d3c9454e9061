"""A command on a real terminal: a pty of a given width, everything it writes, and keys for it."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

# What our own progress and colours write: colours, line erase, cursor up, hide and show the cursor.
_OURS = re.compile(rb"\x1b\[(?:[0-9;]*m|2K|1A|\?25[lh])")
# A terminal sends Ctrl-C to those whose own it is; a new session takes its own by asking for it.
_RUN = """
import fcntl, termios, signal
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.default_int_handler)
from cdctl.cli.main import run
run()
"""


# A test runner may say how wide its own terminal is; ours is as wide as its pty.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}


class Terminal:
    """`cdctl ARGS` with a pty for stdin, stdout and stderr."""

    def __init__(self, *args: str | Path, folder: Path, width: int = 120) -> None:
        self._main, there = os.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _RUN, *map(str, args)],
            stdin=there,
            stdout=there,
            stderr=there,
            cwd=folder,
            env={**_ENVIRONMENT, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(there)
        self.written = b""

    def until(self, text: str, seconds: float = 30.0) -> bool:
        """Whether it comes in time."""
        deadline = time.monotonic() + seconds
        while text.encode() not in self.written and time.monotonic() < deadline and self._read():
            pass
        return text.encode() in self.written

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._main, keys)

    def end(self) -> int:
        """Wait for it; its exit code."""
        while self._read():
            pass
        os.close(self._main)
        try:
            return self._process.wait(30)
        finally:
            self._process.kill()
            self._process.wait()

    def _read(self) -> bool:
        ready, _, _ = select.select([self._main], [], [], 30)
        try:
            part = os.read(self._main, 65_536) if ready else b""
        except OSError:  # Linux says so when nobody has the other side any more
            part = b""
        self.written += part
        return bool(part)


def foreign(written: bytes) -> set[str]:
    """Characters that act on a terminal, or hide or turn text, and are not our own doing."""
    import unicodedata

    text = _OURS.sub(b"", written).decode()
    return {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}} - {"\r", "\n"}
