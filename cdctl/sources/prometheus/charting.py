"""The questions that a dashboard asks about an objective: what the evaluation computes from buckets, as PromQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cdctl.domain.slo.alert_windows import BURN_WINDOWS, pairs
from cdctl.domain.slo.chart import Blanks, Chart
from cdctl.domain.slo.objective import Objective, Slo
from cdctl.domain.slo.tiling import FINE
from cdctl.domain.slo.window import Calendar
from cdctl.sources.prometheus.counted import Counted
from cdctl.sources.prometheus.legs import EventLeg, Leg, WindowLeg
from cdctl.sources.prometheus.plan import plan
from cdctl.sources.prometheus.sliced import Sliced
from cdctl.sources.prometheus.windowed import Buckets, recent, rolling, since
from cdctl.sources.promql.parsing import parse, walk


def chart(slo: Slo, objective: Objective, blanks: Blanks) -> Chart:
    """The questions of an objective. Raises QueryError when a query cannot be used."""
    todo = plan(objective.indicator, slo.group_by)
    counted = Counted(todo, slo.group_by, blanks.groups)
    asked = (
        Sliced(slo, objective, counted, blanks) if objective.slice_seconds else _Events(slo, objective, counted, blanks)
    )
    width = objective.slice_seconds or FINE
    return Chart(
        slo,
        objective,
        sli=asked.sli(),
        budget=asked.budget(),
        burn={name: asked.burn(seconds) for name, seconds in _windows(slo)},
        bad=asked.bad(),
        total=counted.total(width),
        width=width,
        metrics=tuple(sorted({name for leg in todo.legs for name in _metrics(leg)})),
    )


def _windows(slo: Slo) -> Iterator[tuple[str, int]]:
    """The windows of the burn pairs that are watched, the shortest first."""
    names = {name for pair in pairs(slo.window) for name in (pair.long, pair.short)}
    return ((name, seconds) for name, seconds in BURN_WINDOWS.items() if name in names)


def _metrics(leg: Leg) -> Iterator[str]:
    if isinstance(leg, EventLeg):
        yield leg.counter.metric
        return
    text = leg.query.text if isinstance(leg, WindowLeg) else leg.text
    yield from (part.name or "" for part in walk(parse(text)) if type(part).__name__ == "VectorSelector")


@dataclass(frozen=True, slots=True)
class _Events:
    """Budgets counted by events. Where there were none, there is no answer."""

    slo: Slo
    objective: Objective
    counted: Counted
    blanks: Blanks

    def sli(self) -> str:
        total, part = self._whole(self.counted.total), self._whole(self.counted.part)
        return self._share(total, part, good=True)

    def budget(self) -> str:
        total, part = self._whole(self.counted.total), self._whole(self.counted.part)
        return f"1 - {self._share(total, part)} / {1 - self.objective.target:f}"

    def burn(self, seconds: int) -> str:
        total, part = recent(self.counted.total, seconds), recent(self.counted.part, seconds)
        return f"{self._share(total, part)} / {1 - self.objective.target:f}"

    def bad(self) -> str:
        return self.counted.bad(FINE)

    def _whole(self, buckets: Buckets) -> str:
        window = self.slo.window
        if isinstance(window, Calendar):
            return since(buckets, self.blanks.elapsed_ms, self.counted.by)
        return rolling(buckets, window.seconds, self.counted.by)

    def _share(self, total: str, part: str, *, good: bool = False) -> str:
        """The share of the bad events, or of the good ones."""
        share = f"clamp({part} / ({total} > 0), 0, 1)"
        return share if good is self.counted.good else f"(1 - {share})"
