"""The same questions where budgets are counted by slices of time: a slice is bad, or is worth its ratio."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from cdctl.domain.slo.chart import Blanks
from cdctl.domain.slo.objective import Budgeting, Objective, Slo
from cdctl.domain.slo.tiling import FINE
from cdctl.domain.slo.window import Calendar
from cdctl.sources.prometheus.counted import Counted, added
from cdctl.sources.prometheus.windowed import COUNT, SUM, Buckets, began, recent


@dataclass(frozen=True, slots=True)
class Sliced:
    """Budgets counted by slices. A slice without events had nothing go wrong; one that was not seen counts nothing."""

    slo: Slo
    objective: Objective
    counted: Counted
    blanks: Blanks

    def sli(self) -> str:
        """The share of slices, or of their worth, that was kept."""
        return f"1 - {self._lost(self._whole(self._flaw, SUM), self._whole(self.counted.seen, COUNT))}"

    def budget(self) -> str:
        """Of all slices of the window, past and to come; empty where their number changes with the calendar."""
        window = self.slo.window
        if isinstance(window, Calendar):
            return ""
        slices = Decimal(-(-window.seconds // FINE) * FINE) / self._step
        lost, seen = self._whole(self._flaw, SUM), self._whole(self.counted.seen, COUNT)
        return f"1 - {self._sum(lost, seen)} / {(1 - self.objective.target) * slices:f}"

    def burn(self, seconds: int) -> str:
        """The burn rate over the last so many seconds, at any instant."""
        lost = recent(self._flaw, seconds, self._step)
        return (
            f"{self._lost(lost, recent(self.counted.seen, seconds, self._step, COUNT))} / {1 - self.objective.target:f}"
        )

    def bad(self) -> str:
        """What of each slice is lost, 0..1."""
        return self._sum(self._flaw(self._step), self.counted.seen(self._step))

    @property
    def _step(self) -> int:
        return self.objective.slice_seconds or FINE

    def _flaw(self, step: int) -> str:
        """What of a slice with events is lost, 0..1."""
        share = f"({self.counted.part(step)}) / (({self.counted.total(step)}) > 0)"
        if self.slo.budgeting is Budgeting.RATIO_TIMESLICES:
            return f"1 - clamp({share}, 0, 1)" if self.counted.good else f"clamp({share}, 0, 1)"
        least = self.objective.slice_target or self.objective.target
        return f"{share} < bool {least:f}" if self.counted.good else f"{share} > bool {1 - least:f}"

    def _whole(self, buckets: Buckets, function: str) -> str:
        window = self.slo.window
        if isinstance(window, Calendar):
            return began(buckets, self.blanks.elapsed_ms, self._step, function)
        return recent(buckets, window.seconds, self._step, function)

    def _lost(self, lost: str, seen: str) -> str:
        return f"({self._sum(lost, seen)} / {seen})"

    def _sum(self, lost: str, seen: str) -> str:
        """What is lost, and 0 where something was seen and nothing lost."""
        return added([(1, lost), (1, f"0 * ({seen})")], self.counted.by)
