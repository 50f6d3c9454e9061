"""Short rough histories: counters with resets, gaps, births, deaths and bursts, and what they tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from monthly import DAY, END

from cdctl.domain.slo.series import Floats, Ints
from cdctl.lab.history import Series


@dataclass(frozen=True, eq=False)
class Rough:
    series: list[Series]

    def events(self, region: str, ends: Ints, step: int) -> Floats:
        """Events that scrapes tell of, per bucket: what a counter grew by since the scrape before, and all of it after
        a birth or a restart. ends: [n_buckets]."""
        sums = np.zeros(len(ends))
        for one in self.series:
            if one.labels["region"] != region:
                continue
            before = np.concatenate([[0.0], one.values[:-1]])
            grown = np.where(one.values >= before, one.values - before, one.values)
            place = np.searchsorted(ends, one.times)
            inside = (place < len(ends)) & (one.times > ends[0] - step)
            np.add.at(sums, place[inside], grown[inside])
        return sums


def rough(name: str, seed: int, *, days: float = 4, interval: int = 60, pods: int = 6, restarts: float = 6) -> Rough:
    """Pods in two regions, each restarted about so many times; a counter that is reborn counts from zero."""
    rng = np.random.default_rng(seed)
    series = []
    for pod in range(pods):
        region = ("eu", "us")[pod % 2]
        start, end = END - days * DAY, float(END)
        if pod >= 2:  # the first of each region are there all the time
            start += rng.random() * days * DAY * 0.9
            end -= rng.choice([0, rng.random() * (end - start) * 0.5])
        times = np.round(np.arange(start + rng.random() * interval, end, interval) + rng.normal(0, 0.2), 3)
        events = rng.poisson(50, len(times)).astype(float)
        bursts = rng.random(len(times)) < 0.002
        events[bursts] += rng.integers(100, 10_000, int(bursts.sum()))
        value = np.cumsum(events)
        for at in np.sort(rng.integers(1, len(times), rng.poisson(restarts))):
            value[at:] -= value[at - 1]  # restarted since the last scrape: it counts from zero again
        seen = np.ones(len(times), bool)
        for gap in rng.integers(0, len(times), rng.poisson(3)):
            seen[gap : gap + rng.integers(1, 30)] = False
        series.append(Series(name, {"region": region, "pod": f"p{pod}"}, times[seen], value[seen]))
    return Rough(series)
