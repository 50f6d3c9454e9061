"""The simulated platform's past: every series of a scenario over some weeks, and where its counters ended."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np

from cdctl.domain.slo.series import Floats
from cdctl.lab.history import Series, make_blocks, write_openmetrics
from cdctl.lab.model import DAY, Level, Scenario, draw, exposed
from cdctl.lab.scenarios import scenario as scenario_named

DAYS = 32
"""Covers 28 rolling days and any calendar month so far."""
STEP = 100
"""Seconds between two samples: three in every five-minute bucket, and small enough to write in a few seconds."""
LEAST_VEHICLES = 200_000
"""A smaller fleet is made busier: below this traffic some promises have too few events to judge by."""
RECENT = 9
"""Steps of the past whose remote commands the platform itself tells in spans: a quarter of an hour."""
TRACED = "remote_command_total"
SPAN_DAYS = 29
"""Days of the past that have spans: those of a rolling window of 28 days."""
JOB = {"job": "platform", "instance": "simulated"}
"""Labels that a scrape adds; the past has them too, so that the live series continue it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the past ended, for the live platform to go on from. end: epoch seconds;
    atoms: "metric region" -> running sums of its atoms. fleet: vehicles that there really are; traffic is that of
    `vehicles`. recent: the same keys -> what was drawn in the last `RECENT` steps, [n_atoms, n], of remote commands."""

    scenario: str
    seed: int
    vehicles: int
    end: int
    atoms: Mapping[str, list[float]]
    fleet: int
    recent: Mapping[str, list[list[float]]]

    def write(self, path: Path) -> None:
        """As a JSON file."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Self:
        """From such a file."""
        return cls(**json.loads(path.read_text()))


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """Series and the standing at their end. commands: region -> remote commands as they were drawn, [n_outcomes, n], in
    the intervals between `ages` ([n + 1], seconds relative to the end)."""

    series: list[Series]
    standing: Standing
    commands: Mapping[int, Floats]
    ages: Floats


def past(name: str, *, seed: int, vehicles: int, end: int, days: float = DAYS, step: int = STEP) -> Past:
    """The past of the scenario `name` up to `end` (epoch seconds); the same arguments give the same numbers."""
    scenario = scenario_named(name)
    busy = max(vehicles, LEAST_VEHICLES)
    rng = np.random.default_rng(seed)
    ages = np.arange(-int(days * DAY) // step * step, 1, step, dtype=np.float64)
    series: list[Series] = []
    atoms: dict[str, list[float]] = {}
    recent: dict[str, list[list[float]]] = {}
    commands: dict[int, Floats] = {}
    for key, place, one, values, drawn in _draw_all(scenario, busy, ages, end, rng):
        series.extend(one)
        atoms[key] = values[:, -1].tolist()
        if key.startswith(f"{TRACED} "):
            recent[key] = drawn[:, -RECENT:].tolist()
            commands[place] = drawn
    return Past(series, Standing(name, seed, busy, end, atoms, vehicles, recent), commands, ages)


def _draw_all(
    scenario: Scenario, vehicles: int, ages: Floats, end: int, rng: np.random.Generator
) -> Iterator[tuple[str, int, list[Series], Floats, Floats]]:
    times = ages[1:] + end
    for metric in scenario.metrics:
        for place, region in enumerate(scenario.regions):
            drawn = draw(metric, region, scenario, vehicles, ages, end, rng)
            values = drawn if isinstance(metric, Level) else np.cumsum(drawn, axis=1)
            series = [Series(one.name, {**one.labels, **JOB}, times, one.of(values)) for one in exposed(metric, region)]
            yield f"{metric.metric} {region.name}", place, series, values, drawn


def write_past(series: list[Series], data: Path, parts: int = 4) -> int:
    """Blocks for a Prometheus, part by part in time: while promtool reads one, the next is written. Returns the number
    of samples."""
    times = series[0].times
    edges = np.linspace(0, len(times), parts + 1).astype(int)
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data.parent) as folder, ThreadPoolExecutor(parts) as pool:
        made = []
        for number, (low, high) in enumerate(pairwise(edges)):
            part = times[low:high]
            text = Path(folder) / f"{number}.om"
            with text.open("w") as out:
                write_openmetrics([Series(one.name, one.labels, part, one.values[low:high]) for one in series], out)
            made.append(pool.submit(make_blocks, text, data))
        for future in made:
            future.result()
    return len(series) * len(times)
