"""How far long work is: a bar on a terminal, a line every ten seconds in a pipe, nothing with --quiet."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cdctl.cli import exits
from cdctl.cli.options import Run
from cdctl.domain.text import safe

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from cdctl.domain.ports import Progress

EVERY_SECONDS = 10.0


def progress(run: Run) -> Progress:
    """The way of saying it that fits where stderr goes."""
    if run.quiet:
        return Silent()
    return Bar(run.color) if sys.stderr.isatty() else Lines(run)


@contextmanager
def long_work(run: Run, what: str, after: str) -> Iterator[Progress]:
    """Progress for the work inside; Ctrl-C says how far it was: `interrupted while {what}, 3 of 12 done; {after}`.

    `what` names the work until it gives itself a name by `Progress.start`.
    """
    counted = Counted(progress(run), what)
    with exits.in_flight(counted.said, after):
        try:
            yield counted
        finally:
            counted.stop()


class Counted:
    """Knows how far the work is that another progress shows."""

    def __init__(self, inner: Progress, what: str) -> None:
        self._inner = inner
        self._what, self._done, self._total = what, 0, 0

    def start(self, what: str, total: int) -> None:
        """Begin to count."""
        self._what, self._done, self._total = what, 0, total
        self._inner.start(what, total)

    def step(self, note: str = "") -> None:
        """Count one step."""
        self._done += 1
        self._inner.step(note)

    def stop(self) -> None:
        """End what is shown."""
        self._inner.stop()

    def said(self) -> str:
        """`testing specs, 3 of 12 done`."""
        return f"{self._what}, {self._done} of {self._total} done" if self._total > 1 else self._what


class Silent:
    """Says nothing."""

    def start(self, what: str, total: int) -> None:
        """Say nothing."""

    def step(self, note: str = "") -> None:
        """Say nothing."""

    def stop(self) -> None:
        """Say nothing."""


class Lines:
    """One line every so many seconds, from a thread of its own: work that hangs shows that, too."""

    def __init__(self, run: Run, every: float = EVERY_SECONDS) -> None:
        self._run = run
        self._every = every
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._what, self._done, self._total, self._note = "", 0, 0, ""

    def start(self, what: str, total: int) -> None:
        """Begin to report."""
        self.stop()
        self._what, self._done, self._total, self._note = what, 0, total, ""
        self._over.clear()
        self._thread = threading.Thread(target=self._report, name="progress", daemon=True)
        self._thread.start()

    def step(self, note: str = "") -> None:
        """Count one step."""
        self._done += 1
        self._note = note

    def stop(self) -> None:
        """End the reports."""
        self._over.set()
        if self._thread:
            self._thread.join()
            self._thread = None

    def _report(self) -> None:
        while not self._over.wait(self._every):
            note = f" ({self._note})" if self._note else ""
            exits.note(self._run, f"{self._what}: {self._done} of {self._total}{note}")


class Bar:
    """A bar that leaves no trace when the work is done."""

    def __init__(self, color: bool = True) -> None:
        self._color = color
        self._bar: RichProgress | None = None

    def start(self, what: str, total: int) -> None:
        """Draw the bar."""
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import Progress as RichProgress

        self.stop()
        self._bar = RichProgress(console=Console(stderr=True, no_color=not self._color), transient=True)
        self._bar.add_task(escape(safe(what)), total=total)
        self._bar.start()

    def step(self, note: str = "") -> None:
        """Move it on."""
        if self._bar:
            self._bar.advance(self._bar.task_ids[0])

    def stop(self) -> None:
        """Take it away."""
        if self._bar:
            self._bar.stop()
            self._bar = None
