"""The arithmetic of a simulated platform: what its metrics count, as streams of independent events.

Every counter is a sum of Poisson streams ("atoms"): an outcome is one atom, a latency histogram one atom per bucket.
History draws all atoms at once; the live platform draws the same rates a moment at a time, from where history ended.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cdctl.domain.slo.series import Floats

Bools = npt.NDArray[np.bool_]
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the fleet. share: of all vehicles, 0..1; hours: its clock against UTC, for the daily curve."""

    name: str
    share: float
    hours: float


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Counters of one metric that tell events apart by a label. per_day: events per vehicle and day;
    shares: outcome -> share 0..1 of the events; labels: further fixed labels."""

    metric: str
    label: str
    per_day: float
    shares: Mapping[str, float]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Latencies:
    """A classic histogram of log-normal durations. median in seconds; spread: sigma of the logarithm; bounds: its
    buckets, seconds."""

    metric: str
    per_day: float
    median: float
    spread: float
    bounds: Sequence[float]
    labels: Mapping[str, str] = field(default_factory=dict)

    def shares(self) -> Floats:
        """Share of events per bucket, the one above the last bound too; [n_bounds + 1]."""
        scale = self.spread * math.sqrt(2)
        below = [0.5 * (1 + math.erf(math.log(bound / self.median) / scale)) for bound in self.bounds]
        return np.diff([0.0, *below, 1.0])


@dataclass(frozen=True, slots=True)
class Level:
    """A gauge around a usual value, log-normal."""

    metric: str
    usual: float
    spread: float


Metric = Outcomes | Latencies | Level


@dataclass(frozen=True, slots=True)
class Incident:
    """For a while, some outcomes of one metric in one region have other shares. begin and end: seconds relative to the
    end of history, negative before it; an `end` of infinity goes on. The first outcome of the metric gives way.

    software: the shares hold for the vehicles of that version, the others are well; empty: for all. traffic: how many
    times the usual events there are."""

    metric: str
    region: str
    begin: float
    end: float
    shares: Mapping[str, float]
    software: str = ""
    traffic: float = 1.0

    def during(self, ages: Floats) -> Bools:
        """When it is, [n]; `ages` are seconds relative to the end of history."""
        return np.asarray((ages > self.begin) & (ages <= self.end))


@dataclass(frozen=True, slots=True)
class VehicleModel:
    """A model of vehicles. share: weight among the models; range_km: with a full battery."""

    name: str
    share: float
    range_km: float


@dataclass(frozen=True, slots=True)
class Software:
    """A version that vehicles run. share: weight among the entries that fit a vehicle; no regions or models: any."""

    version: str
    share: float
    regions: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    def fits(self, region: str, model: str) -> bool:
        """Whether a vehicle of this region and model may run it."""
        return (not self.regions or region in self.regions) and (not self.models or model in self.models)


@dataclass(frozen=True, slots=True)
class Fault:
    """What the vehicles of one version in one region suffer. charge: usual state of charge in the beginning, %, None as
    all others; drain: % an hour beyond the usual; code: a trouble code that `share` (0..1) of them have. remedy: the
    parameter, as NAME=VALUE, that rids a vehicle of all of it, and of its version's incidents; empty when none does."""

    region: str
    software: str
    charge: float | None = None
    drain: float = 0.0
    code: str = ""
    share: float = 1.0
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """A share of a region's vehicles has no connection from `begin` to `end`, seconds as in Incident; with `every` only
    `lasts` seconds each time. together: they come back in the same second."""

    region: str
    begin: float
    end: float
    share: float = 1.0
    every: float = 0.0
    lasts: float = 0.0
    together: bool = False

    def holds(self, age: float) -> bool:
        """Whether it is an outage just then."""
        within = self.begin <= age < self.end
        return within and (not self.every or (age - self.begin) % self.every < self.lasts)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two messages of one vehicle, by what it does."""

    driving: float = 2.0
    charging: float = 5.0
    parked: float = 10.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the platform measures, where, who drives, and what goes wrong. `planned` is the (SLO, region) that must be
    found breached; None when all is well."""

    name: str
    title: str
    regions: Sequence[Region]
    models: Sequence[VehicleModel]
    software: Sequence[Software]
    metrics: Sequence[Metric]
    incidents: Sequence[Incident] = ()
    faults: Sequence[Fault] = ()
    outages: Sequence[Outage] = ()
    pace: Pace = field(default_factory=Pace)
    planned: tuple[str, str] | None = None

    def running(self, region: str, version: str) -> float:
        """Share of the region's vehicles that run this version, 0..1."""
        found = 0.0
        for model in self.models:
            fitting = [one for one in self.software if one.fits(region, model.name)]
            weight = sum(one.share for one in fitting)
            found += model.share * sum(one.share for one in fitting if one.version == version) / weight
        return found / sum(model.share for model in self.models)


def curve(times: Floats, region: Region) -> Floats:
    """Traffic against its daily mean, [n]: quiet nights, peaks on the way to and from work, calmer weekends."""
    local = times / DAY + region.hours / 24
    hour = (local % 1.0) * 24
    morning = np.exp(-(((hour - 8.0) / 2.2) ** 2))
    evening = np.exp(-(((hour - 17.5) / 2.8) ** 2))
    weekend = np.where((np.floor(local) + 3) % 7 < 5, 1.0, 0.8)  # day 0 of the epoch was a Thursday
    return np.asarray((0.3 + 1.3 * morning + 1.6 * evening) / 0.794 * weekend)


def outcome_shares(
    metric: Outcomes, region: Region, scenario: Scenario, ages: Floats, version: str | None = None
) -> Floats:
    """Share of every outcome at these times, [n_outcomes, n]; `ages` are seconds relative to the end of history.

    With a `version`, of the events of vehicles that run it; else of all.
    """
    names = list(metric.shares)
    shares = np.repeat(np.array([metric.shares[name] for name in names])[:, None], len(ages), axis=1)
    for incident in _incidents(metric.metric, region, scenario):
        part = 1.0
        if incident.software:
            known = version is not None
            part = float(incident.software == version) if known else scenario.running(region.name, incident.software)
        during = incident.during(ages)
        for name, share in incident.shares.items():
            shares[names.index(name), during] += part * (share - metric.shares[name])
    shares[0] = 1.0 - shares[1:].sum(axis=0)
    return shares


def traffic(metric: Metric, region: Region, scenario: Scenario, ages: Floats) -> Floats:
    """How many times the usual events there are at these times, [n]."""
    factors = np.ones(len(ages))
    for incident in _incidents(metric.metric, region, scenario):
        factors[incident.during(ages)] *= incident.traffic
    return factors


def _incidents(metric: str, region: Region, scenario: Scenario) -> list[Incident]:
    return [one for one in scenario.incidents if (one.metric, one.region) == (metric, region.name)]


@dataclass(frozen=True, slots=True, eq=False)
class Exposed:
    """One series as a sum of atoms. weights: [n_atoms of its metric], None for a gauge."""

    name: str
    labels: Mapping[str, str]
    kind: str
    family: str
    weights: Floats | None

    def of(self, atoms: Floats) -> Floats:
        """Its values out of those of the atoms, [n_atoms, ...].

        Rounded: the past multiplies matrices and the live platform vectors, and a last bit less is a counter reset.
        """
        return np.round(atoms[0] if self.weights is None else self.weights @ atoms, 3)


def exposed(metric: Metric, region: Region) -> list[Exposed]:
    """The series of one metric in one region, in the order of the text format."""
    where = {"region": region.name}
    if isinstance(metric, Level):
        return [Exposed(metric.metric, where, "gauge", metric.metric, None)]
    where = {**metric.labels, **where}
    if isinstance(metric, Outcomes):
        rows = np.eye(len(metric.shares))
        return [
            Exposed(metric.metric, {metric.label: name, **where}, "counter", metric.metric, rows[i])
            for i, name in enumerate(metric.shares)
        ]
    return _histogram(metric, where)


def _histogram(metric: Latencies, where: Mapping[str, str]) -> list[Exposed]:
    size = len(metric.bounds) + 1
    names = [*(f"{bound:g}" for bound in metric.bounds), "+Inf"]
    edges = np.array([0.0, *metric.bounds, metric.bounds[-1] * 2])
    series = [
        Exposed(f"{metric.metric}_bucket", {**where, "le": name}, "histogram", metric.metric, np.tri(size)[i])
        for i, name in enumerate(names)
    ]
    middles = (edges[:-1] + edges[1:]) / 2
    series.append(Exposed(f"{metric.metric}_sum", where, "histogram", metric.metric, middles))
    series.append(Exposed(f"{metric.metric}_count", where, "histogram", metric.metric, np.ones(size)))
    return series


def draw(
    metric: Metric,
    region: Region,
    scenario: Scenario,
    vehicles: int,
    ages: Floats,
    end: float,
    rng: np.random.Generator,
) -> Floats:
    """Events per atom and interval, or levels of a gauge; [n_atoms, n].

    ages: [n + 1] edges of the intervals, seconds relative to `end` (epoch seconds at which history ends).
    """
    middle, widths = (ages[:-1] + ages[1:]) / 2, np.diff(ages)
    if isinstance(metric, Level):
        return metric.usual * np.exp(rng.normal(0.0, metric.spread, (1, len(widths))))
    if isinstance(metric, Outcomes):
        shares = outcome_shares(metric, region, scenario, middle)
    else:
        shares = np.repeat(metric.shares()[:, None], len(widths), axis=1)
    events = vehicles * region.share * metric.per_day / DAY * curve(middle + end, region) * widths
    events = events * traffic(metric, region, scenario, middle)
    return rng.poisson(shares * events).astype(np.float64)
