"""Judges promises again and again behind the live view."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.snapshot import SloSight
from cdctl.domain.slo.turning import Turn, turns
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.domain.ports import Clock
    from cdctl.domain.slo.verdict import SloReport

EVERY = 60.0
"""Seconds between two judgements of the promises."""
MOST_TURNS = 1_000


class Promising:
    """Judges promises again and again, in a thread of its own: a server may take its time, and nobody waits for it.
    turns: what changed from one judgement to the next, the last MOST_TURNS; since: epoch seconds of the first one."""

    def __init__(self, judge: Callable[[], SloReport], clock: Clock) -> None:
        self._judge = judge
        self._clock = clock
        self._stop = threading.Event()
        self.sight: SloSight | Missing = Missing("promises are being judged", waiting=True)
        self.turns: tuple[Turn, ...] = ()
        self.since: float | None = None

    def once(self) -> None:
        """Judge them now. A failure is kept with the last judgement there was."""
        before = self.sight
        try:
            self.sight = SloSight(self._judge(), self._clock.now())
            self._compare(before, self.sight)
        except CdctlError as error:
            if isinstance(self.sight, SloSight):
                self.sight = replace(self.sight, broken=error.message)
            else:
                self.sight = Missing(error.message, error.hint)

    def _compare(self, before: SloSight | Missing, after: SloSight) -> None:
        if self.since is None:
            self.since = after.judged_at
        if isinstance(before, SloSight):
            self.turns = (*self.turns, *turns(before.report, after.report, after.judged_at))[-MOST_TURNS:]

    def begin(self) -> None:
        """Go on until `end`. The thread is no reason to stay: a process that leaves does not wait for a server."""
        threading.Thread(target=self._run, name="promises", daemon=True).start()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.once()
            self._stop.wait(EVERY)

    def end(self) -> None:
        """No further judgement begins."""
        self._stop.set()
