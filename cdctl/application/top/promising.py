"""Judges promises again and again behind the live view."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from cdctl.application.top.faults import fault
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.snapshot import SloSight
from cdctl.domain.slo.turning import Turn, turns
from cdctl.domain.slo.verdict import Verdict
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.domain.ports import Clock
    from cdctl.domain.slo.verdict import Row, SloReport

EVERY = 60.0
"""Seconds between two judgements of the promises."""
MOST_TURNS = 1_000


class Promising:
    """Judges promises again and again, in a thread of its own: a server may take its time, and nobody waits for it.
    turns: what changed from one judgement to the next, the last MOST_TURNS; since: epoch seconds of the first one."""

    def __init__(self, judge: Callable[[], SloReport | Missing], clock: Clock) -> None:
        self._judge = judge
        self._clock = clock
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.sight: SloSight | Missing = Missing("promises are being judged", waiting=True)
        self.turns: tuple[Turn, ...] = ()
        self.since: float | None = None

    def once(self) -> None:
        """Judge them now. A failure is kept with the last judgement there was."""
        try:
            report = self._judge()
        except CdctlError as error:
            self._fail(Missing(error.message, error.hint, bad=True))
        except Exception as error:  # they are judged again in a minute
            failed = fault("judging", error)
            self._fail(Missing(failed.message, failed.hint, bad=True))
        else:
            self._know(report if isinstance(report, Missing) else SloSight(report, self._clock.now()))

    def _know(self, found: SloSight | Missing) -> None:
        with self._lock:
            before = self.sight
            if isinstance(before, SloSight) and isinstance(found, SloSight):
                found = _kept(before, found)
            self.sight = found
        if isinstance(found, SloSight):
            self._compare(before, found)

    def _fail(self, why: Missing) -> None:
        with self._lock:
            sight = self.sight
            self.sight = replace(sight, broken=why.reason) if isinstance(sight, SloSight) else why

    def seen(self, now: float) -> SloSight | Missing:
        """The judgement as it is at this instant (epoch seconds): of a clock that was set back none is from later."""
        with self._lock:
            if isinstance(self.sight, SloSight) and self.sight.judged_at > now:
                self.sight = replace(self.sight, judged_at=now)
            return self.sight

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


def _kept(before: SloSight, after: SloSight) -> SloSight:
    """What is judged now, and of what cannot be, by no fault of its spec, what was judged last, with its age: a source
    that is away takes nothing away that is known."""
    known: dict[tuple[str, str], list[Row]] = {}
    for row in before.report.rows:
        if row.verdict is not Verdict.ERROR:
            known.setdefault((row.name, row.objective), []).append(row)
    rows: list[Row] = []
    lost: dict[tuple[str, str], str] = {}
    for row in after.report.rows:
        key = (row.name, row.objective)
        if row.verdict is not Verdict.ERROR or row.spec_at_fault or key not in known:
            rows.append(row)
        elif key not in lost:
            rows += known[key]
            lost[key] = row.reason or "a source does not answer"
    if not lost:
        return after
    return SloSight(replace(after.report, rows=tuple(rows)), before.judged_at, next(iter(lost.values())))
