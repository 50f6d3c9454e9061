"""The picture of `cdctl broker top` while it listens: on a terminal only, gone when the answer is there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from cdctl.cli import broker_tops, exits
from cdctl.cli.progress import EVERY_SECONDS

if TYPE_CHECKING:
    from rich.live import Live

    from cdctl.application.broker_top import Heard
    from cdctl.cli.options import Run

_BESIDES = 9
"""Lines of the picture that are not of a list: heads, gaps, what is under it."""


class Screen:
    """Redraws itself each second; in a pipe it says a line every ten."""

    def __init__(self, run: Run, seconds: float, limit: int) -> None:
        self._run, self._seconds, self._limit = run, seconds, limit
        self._live: Live | None = None
        self._told = 0.0

    def __enter__(self) -> Screen:
        if sys.stderr.isatty() and not self._run.quiet:
            from rich.console import Console
            from rich.live import Live

            console = Console(stderr=True, no_color=not self._run.color)
            self._live = Live(console=console, transient=True, auto_refresh=False)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def look(self, heard: Sequence[Heard]) -> None:
        """Show what is known so far."""
        passed = max((one.seconds for one in heard), default=0.0)
        said = f"{sum(one.count for one in heard):,} messages in {passed:.0f} of {self._seconds:.0f} s"
        if self._live:
            from rich.text import Text

            width, height = self._live.console.size
            lines = min(self._limit, max(1, (height - _BESIDES) // 3))
            text = f"{broker_tops.tops(heard, lines, 'table', width)}\n{said}; Ctrl-C ends it"
            self._live.update(Text(text, no_wrap=True, overflow="ellipsis"), refresh=True)
        elif passed - self._told >= EVERY_SECONDS:
            self._told = passed
            exits.note(self._run, said)
