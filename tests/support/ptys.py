"""A program on a pty of its own: every byte that it writes, what stands on the screen, keys, another size.

with Pty("cdctl", "top", folder=folder, size=(80, 24), TERM="vt100") as screen:
    assert screen.until("LIVE")
    screen.press(b"q")
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from cdctl.domain.grid import cells

# What a terminal takes for an order (ECMA-48): CSI with its parameters, strings up to their end, two-byte escapes.
_ORDER = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_][^\x1b]*\x1b\\|\x1b[ -/]*[0-~]"
)
_PLACE = re.compile(rb"\x1b\[([0-9]+);([0-9]+)H")
_LOOK = re.compile(rb"\x1b\[([0-9;:]*)m")
_OURS = re.compile(
    rb"\x1b\[[0-9;]*[mHJK]"  # looks, places, clearing
    rb"|\x1b\[\?[0-9;]+[hl]|\x1b\[\?[0-9]+\$p|\x1b\[[<>=][0-9;]*u"  # modes of the terminal, of the mouse, of keys
    rb"|\x1b\]22;[a-z]+\x07|\x1b\]52;c;[A-Za-z0-9+/=]*\x07"  # the shape of the pointer, what is copied
)
_OWN = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
_USUAL = {"COLUMNS", "LINES", "COLORTERM", "NO_COLOR", "TERM", "TERM_PROGRAM"}


class Pty:
    """See the module. Variables of the environment are given by name; of the colours of this one nothing is left."""

    def __init__(self, *command: str | Path, folder: Path, size: tuple[int, int] = (80, 24), **variables: str) -> None:
        self._main, there = pty.openpty()
        self._sized(size)
        environment = {name: value for name, value in os.environ.items() if name not in _USUAL} | variables
        words = [str(word) for word in command]
        self.child = subprocess.Popen(
            [sys.executable, "-c", _OWN, *words], stdin=there, stdout=there, stderr=there, cwd=folder,
            env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(there)
        self.written = b""
        self._drawn_from = 0

    def __enter__(self) -> Pty:
        return self

    def __exit__(self, *_: object) -> None:
        self.child.kill()
        self.child.wait()
        os.close(self._main)

    def _sized(self, size: tuple[int, int]) -> None:
        self.size = size
        fcntl.ioctl(self._main, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def resize(self, width: int, height: int) -> None:
        """Another size, as a window manager gives it, once nothing is written any more; what was drawn before is not
        looked at. Returns when something was drawn."""
        self.settle()
        self._drawn_from = len(self.written)
        self._sized((width, height))
        assert self.comes(lambda: len(self.written) > self._drawn_from), "it does not draw anew"

    def settle(self, seconds: float = 0.3) -> None:
        """Read on until nothing is written for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            before = len(self.written)
            if not self._read(min(seconds, 0.1)):
                return
            end = time.monotonic() + seconds if len(self.written) > before else end

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._main, keys)

    def until(self, *texts: str, seconds: float = 40.0) -> bool:
        """Whether all of it comes to stand on the screen."""
        return self.comes(lambda: all(text in self.text for text in texts), seconds)

    def comes(self, holds: Callable[[], object], seconds: float = 40.0) -> bool:
        """Whether it comes to hold in time; what is written meanwhile is read."""
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end or not self._read():
                return bool(holds())
        return True

    def ended(self, seconds: float = 40.0) -> int | None:
        """Its exit code; None when it does not end in time."""
        end = time.monotonic() + seconds
        self.comes(lambda: self.child.poll() is not None, seconds)
        try:  # it lets go of its side a moment before it ends
            code = self.child.wait(max(end - time.monotonic(), 0.0))
        except subprocess.TimeoutExpired:
            return None
        while self._read():
            pass
        return code

    def _read(self, seconds: float = 0.1) -> bool:
        try:
            part = os.read(self._main, 65_536) if select.select([self._main], [], [], seconds)[0] else b""
        except OSError:  # Linux says so when nobody has the other side any more
            return False
        self.written += part
        return bool(part) or self.child.poll() is None

    @property
    def lines(self) -> list[str]:
        """The screen, as far as it was drawn since it has this size."""
        return _lines(self.written[self._drawn_from :], *self.size)

    @property
    def text(self) -> str:
        """The same, in one."""
        return "\n".join(self.lines)

    @property
    def looks(self) -> set[str]:
        """Parameters of every change of looks: `7` is reversed, `31` red, `38` one of more than sixteen colours."""
        told = (found.decode() for found in _LOOK.findall(self.written))
        return {part for one in told for part in re.split("[;:]", one)}

    def look_of(self, text: str) -> set[str]:
        """How a text looks that was written in one piece, the last time."""
        before = self.written[: self.written.rindex(text.encode())]
        return set(_LOOK.findall(before)[-1].decode().split(";"))

    def foreign(self) -> Iterator[str]:
        """Whatever acts on a terminal, or hides or turns text, and is not our own doing; once nothing is written any
        more."""
        self.settle()
        for order in _ORDER.findall(self.written):
            if not _OURS.fullmatch(order):
                yield repr(order)
        text = _ORDER.sub(b"", self.written).decode(errors="surrogateescape").replace("\r\n", "")
        yield from (repr(c) for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def _lines(written: bytes, width: int, height: int) -> list[str]:
    screen = [[" "] * width for _ in range(height)]
    x = y = at = 0
    for order in [*_ORDER.finditer(written), None]:
        for char in written[at : order.start() if order else None].decode(errors="replace"):
            if char == "\n":
                y += 1
            elif char == "\r":
                x = 0
            else:
                wide = cells(char)
                if 0 <= y < height and 0 <= x < width and wide:
                    screen[y][x : x + wide] = [char] + [""] * (wide - 1)
                x += wide
        if order is not None:
            at = order.end()
            if place := _PLACE.fullmatch(order.group()):
                y, x = int(place[1]) - 1, int(place[2]) - 1
    return ["".join(row) for row in screen]
