"""A child process that is surely stopped, however its parent ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cdctl.domain.text import safe
from cdctl.errors import UnavailableError

READY_SECONDS = 30.0
"""How long a server may take until it answers; the slowest seen needs 2 s on two busy cores."""

_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.02


def find_program(program: str, package: str) -> str:
    """Absolute path of a program. Raises UnavailableError that names the Debian package it comes from."""
    found = shutil.which(program) or shutil.which(program, path="/usr/local/bin:/usr/bin:/usr/sbin:/sbin")
    if found is None:
        raise UnavailableError(
            f"the program '{program}' is not installed", subject=program, hint=f"sudo apt-get install {package}"
        )
    return found


def tied(argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv` (an absolute path first) so that it dies with this process."""
    return [sys.executable, "-I", "-S", str(Path(__file__).with_name("die_with_parent.py")), str(os.getpid()), *argv]


_WHEN_TOLD = (sys.executable, "-I", "-S", str(Path(__file__).with_name("start_when_told.py")))


class Child:
    """One process, its output in a file.

    It dies with this process, even when that is killed with -9, unless it `survives` on purpose: then it begins only
    with `go`, so that there is time to note down that it is there, and dies with us before that. It is a session of its
    own, so that Ctrl-C on a terminal reaches only us, and we stop servers in order.
    """

    def __init__(
        self, argv: Sequence[str], log: Path, *, survives: bool = False, environment: Mapping[str, str] | None = None
    ) -> None:
        """Starts nothing yet. `argv[0]` is an absolute path; `log` gets standard output and error."""
        self.argv = list(argv)
        self.log = log
        self._survives = survives
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._word = -1

    def start(self) -> None:
        """Run it; one that survives waits for `go`. Returns at once."""
        if self._survives:
            waits, self._word = os.pipe()
            argv, kept = [*_WHEN_TOLD, str(waits), *self.argv], [waits]
        else:
            argv, kept = tied(self.argv), []
        with self.log.open("wb") as out:
            self._process = subprocess.Popen(  # noqa: S603 - the lab's own argument list, no shell
                argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=kept,
                env=None if self._environment is None else {**os.environ, **self._environment},
            )
        for descriptor in kept:
            os.close(descriptor)

    def go(self) -> None:
        """Let one that survives begin. Does nothing for others, or a second time."""
        word, self._word = self._word, -1
        if word >= 0:
            with suppress(BrokenPipeError):
                os.write(word, b"!")
            os.close(word)

    @property
    def pid(self) -> int:
        """Process id; 0 before the start."""
        return self._process.pid if self._process else 0

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], seconds: float = READY_SECONDS) -> None:
        """Poll until `ready()`. Raises UnavailableError with the end of the log when the process ends or time is up."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise UnavailableError(f"ended before it was ready: {self.log_tail()}", subject=self.argv[0])
            if time.monotonic() > deadline:
                raise UnavailableError(f"not ready after {seconds:g} s: {self.log_tail()}", subject=self.argv[0])
            time.sleep(_POLL_SECONDS)

    def log_tail(self) -> str:
        """The last lines it wrote, safe to show."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return safe(" | ".join(text.strip().splitlines()[-3:]) or "it wrote nothing")

    def stop(self) -> None:
        """End it: politely, then surely. Does nothing when it is not running."""
        process, self._process = self._process, None
        word, self._word = self._word, -1
        if word >= 0:
            os.close(word)
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def let_go(self) -> int:
        """Forget a process that survives us, without stopping it; its pid."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.returncode = 0  # tells Popen that nobody waits any more, else it warns of a process left running
        return process.pid
