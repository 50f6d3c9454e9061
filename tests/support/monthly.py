"""A month of hostile history with its truth, and promises about it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from cdctl.application.evaluate import Options, evaluate
from cdctl.domain.ports import Ledger
from cdctl.domain.slo.objective import Budgeting, Indicator, Objective, Query, Ratio, Slo
from cdctl.domain.slo.verdict import SloReport
from cdctl.domain.slo.window import Rolling
from cdctl.errors import Place
from cdctl.lab.history import Series
from cdctl.sources.prometheus import PLUGIN

DAY = 86_400
REGIONS = ("eu", "us", "cn")
END = int(time.time()) // 3600 * 3600 - 3600


@dataclass(frozen=True, eq=False)
class Truth:
    """Every event of every series: times [n] and counts [n] by (region, code)."""

    events: dict[tuple[str, str], list[tuple[np.ndarray, np.ndarray]]]

    def count(self, region: str, start: int, end: int, codes: tuple[str, ...] = ("200", "500")) -> float:
        """Events of a region in (start, end]."""
        parts = (part for code in codes for part in self.events[region, code])
        return float(sum(counts[(times > start) & (times <= end)].sum() for times, counts in parts))


def simulate(seed: int, days: int = 28, interval: int = 60) -> tuple[list[Series], Truth]:
    """Counters with random scrape phase and jitter, bursts inside one scrape, resets, gaps and late births."""
    rng = np.random.default_rng(seed)
    series: list[Series] = []
    events: dict[tuple[str, str], list[tuple[np.ndarray, np.ndarray]]] = {}
    start = END - days * DAY - 4 * 3600
    for region in REGIONS:
        for pod in range(3):
            born = start if pod < 2 else start + rng.random() * days * DAY * 0.8
            phase = rng.random() * interval
            times = np.arange(start + phase, END, interval)
            times = times[times > born] + rng.normal(0, 0.02, int((times > born).sum()))
            restarts = np.sort(rng.integers(0, len(times), rng.poisson(4)))
            seen = np.ones(len(times), bool)
            for gap in rng.integers(0, len(times), rng.poisson(2)):
                seen[gap : gap + rng.integers(2, 60)] = False
            for code, rate in (("200", 200.0), ("500", 0.3)):
                happened = rng.poisson(rate * (1 + 0.8 * np.sin(times / DAY * 2 * np.pi))).astype(float)
                burst = rng.random(len(times)) < 0.0005
                happened[burst] += rng.integers(1, 100, int(burst.sum())) * rate
                value = np.cumsum(happened)
                for at in restarts:
                    value[at:] -= value[at - 1] if at else 0.0
                labels = {"region": region, "pod": f"p{pod}", "code": code}
                series.append(Series("commands_total", labels, np.round(times[seen], 3), value[seen]))
                events.setdefault((region, code), []).append((times, happened))
    return series, Truth(events)


def promise(
    indicator: Indicator, *, target: str = "0.99", group_by: tuple[str, ...] = ("region",), **more: object
) -> Slo:
    """A rolling 28 d promise on one indicator; `more` are fields of Slo or of Objective."""
    slices = {name: more.pop(name) for name in ("slice_seconds", "slice_target") if name in more}
    objective = Objective("ok", indicator, Decimal(target), **slices)
    fields: dict[str, object] = {
        "budgeting": Budgeting.OCCURRENCES,
        "window": Rolling(28 * DAY),
        "place": Place("t.yaml"),
    }
    return Slo("commands", "remote-command", (objective,), group_by=group_by, **{**fields, **more})


AVAILABILITY = Ratio(Query("commands_total"), bad=Query('commands_total{code="500"}'))


class WallClock:
    """The real time."""

    def now(self) -> float:
        return time.time()


class Silent:
    """No progress shown."""

    def start(self, what: str, total: int) -> None: ...

    def step(self, note: str = "") -> None: ...

    def stop(self) -> None: ...


def judged(url: str, slos: list[Slo], ledger: Ledger | None = None, **settings: object) -> SloReport:
    """Evaluate against a server, as of END unless `at` says otherwise; `settings` are the source's."""
    at = settings.pop("at", END)
    found: list[SloReport] = []

    async def run() -> None:
        source = PLUGIN.make({"url": url, **settings})
        try:
            options = Options(at=at)
            report = await evaluate(
                slos, {"prometheus": source}, clock=WallClock(), progress=Silent(), ledger=ledger, options=options
            )
            found.append(report)  # not the task's result, of which asyncio makes text as it ends: that takes seconds
        finally:
            await source.aclose()

    asyncio.run(run())
    return found[0]
