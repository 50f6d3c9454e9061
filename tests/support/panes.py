"""A command on a terminal in a tmux of its own: what stands on the screen, and keys for it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from waiting import eventually

# Given in full: a library of the test runner tells its children the size of a terminal that is not theirs.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}


class Pane:
    """A terminal in a tmux of its own. env: what the command finds besides."""

    def __init__(
        self, folder: Path, *command: str, size: tuple[int, int] = (100, 16), env: Mapping[str, str] | None = None
    ) -> None:
        self._tmux = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        new = ["new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), "-c", str(folder)]
        command = ("env", *(f"{name}={value}" for name, value in (env or {}).items()), *command)
        # The shell stays, so that there is something that tells how the command ended.
        self._run(*new, "sh", "-c", '"$@"; echo "left with $?"; exec cat', "sh", *command)

    def __enter__(self) -> Pane:
        return self

    def __exit__(self, *_: object) -> None:
        self._run("kill-server")

    def _run(self, *words: str) -> str:
        ran = subprocess.run(
            [*self._tmux, *words], env=_ENVIRONMENT, capture_output=True, text=True, check=True, timeout=30
        )
        return ran.stdout

    def text(self) -> str:
        return self._run("capture-pane", "-p")

    def keys(self, *names: str) -> None:
        self._run("send-keys", *names)

    def write(self, text: str) -> None:
        """Letter by letter."""
        self._run("send-keys", "-l", text)

    def shows(self, *texts: str) -> bool:
        return eventually(lambda: all(text in self.text() for text in texts), 60)

    def ended(self) -> bool:
        return self.shows("left with 0")
