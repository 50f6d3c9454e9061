"""The state of every vehicle, as columns, and how they are when the lab starts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from cdctl.lab.model import Bools, Fault, Scenario
from cdctl.lab.vehicles.population import Codes, Population

Reals = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

USUAL_CODES = ("P0A9B", "P0AA6", "P0A80", "U0100", "C1095", "B1342", "P0562", "U0293")
"""Trouble codes that any vehicle may raise."""


class Doing(IntEnum):
    """What a vehicle does."""

    PARKED = 0
    DRIVING = 1
    CHARGING = 2
    ASLEEP = 3


SHARES = (0.48, 0.24, 0.13, 0.15)
"""Of the fleet, by what it does; plausible for a working day."""
LASTS = ((240.0, 2400.0), (180.0, 1500.0), (600.0, 3600.0), (900.0, 5400.0))
"""Seconds that each lasts, at least and at most."""
FLAPPING = 0.01
"""Share of vehicles with a modem that lets go again and again."""


@dataclass(slots=True, eq=False)
class Columns:
    """One entry a vehicle, [n] each.

    doing: a Doing. until: second in which it ends. back: second in which coverage is there again. linked: has a
    connection. out: cut off by an outage. charge: %. speed and target: km/h. odometer: m. tyres: kPa, [n, 4]. battery:
    V of the low-voltage one. codes: a bit for each of `known`. software: places in the versions. healed: of what its
    version suffers, until it gets another.
    seq: connects so far. flapping: loses coverage all the time. drain: % an hour beyond the usual.
    """

    doing: Ints
    until: Ints
    back: Ints
    linked: Bools
    out: Bools
    charge: Reals
    speed: Reals
    target: Reals
    odometer: Reals
    tyres: Reals
    battery: Reals
    codes: npt.NDArray[np.uint32]
    software: Codes
    seq: npt.NDArray[np.uint32]
    flapping: Bools
    drain: Reals
    healed: Bools
    range_m: Reals
    known: tuple[str, ...]

    def bit(self, code: str) -> int:
        """The bit of a trouble code."""
        return 1 << self.known.index(code)

    def standing(self, row: int) -> tuple[str, ...]:
        """The trouble codes of a vehicle."""
        bits = int(self.codes[row])
        return tuple(code for number, code in enumerate(self.known) if bits >> number & 1)


def beginning(who: Population, scenario: Scenario, seed: int) -> Columns:
    """How the fleet is when the lab starts. The same arguments give the same state."""
    rng = np.random.default_rng([seed, 12])
    size = who.size
    doing = rng.choice(len(SHARES), size=size, p=SHARES).astype(np.int64)
    least, most = np.array(LASTS).T
    columns = Columns(
        doing=doing,
        until=(rng.random(size) * (least + (most - least) / 2)[doing]).astype(np.int64) + 1,
        back=np.zeros(size, dtype=np.int64),
        linked=np.zeros(size, dtype=bool),
        out=np.zeros(size, dtype=bool),
        charge=22.0 + 75.0 * rng.beta(2.2, 1.6, size),
        speed=np.zeros(size),
        target=rng.uniform(20, 120, size),
        odometer=np.round(rng.lognormal(17.0, 0.9, size)),
        tyres=rng.normal(250, 9, (size, 4)),
        battery=rng.normal(12.6, 0.15, size),
        codes=np.zeros(size, dtype=np.uint32),
        software=who.software.copy(),
        seq=np.ones(size, dtype=np.uint32),
        flapping=rng.random(size) < FLAPPING,
        drain=np.zeros(size),
        healed=np.zeros(size, dtype=bool),
        range_m=1000.0 * np.array([one.range_km for one in scenario.models])[who.model],
        known=tuple(dict.fromkeys([*USUAL_CODES, *(one.code for one in scenario.faults if one.code)])),
    )
    driving = doing == Doing.DRIVING
    columns.speed[driving] = columns.target[driving]
    leaking = rng.random(size) < 0.02
    columns.tyres[leaking, 0] = rng.uniform(150, 209, int(leaking.sum()))
    columns.battery[driving] += 1.4
    troubled = rng.random(size) < 0.03
    columns.codes[troubled] = 1 << rng.integers(0, len(USUAL_CODES), int(troubled.sum()))
    for number, fault in enumerate(scenario.faults):
        _afflict(columns, who, scenario, fault, np.random.default_rng([seed, 13, number]))
    return columns


def _afflict(columns: Columns, who: Population, scenario: Scenario, fault: Fault, rng: np.random.Generator) -> None:
    rows = np.flatnonzero(suffering(who, scenario, columns.software, fault))
    columns.drain[rows] += fault.drain
    if fault.charge is not None:
        columns.charge[rows] = rng.normal(fault.charge, 9.0, len(rows)).clip(3.0, 100.0)
    if fault.code:
        marked = rows[rng.random(len(rows)) < fault.share]
        columns.codes[marked] |= columns.bit(fault.code)


def suffering(who: Population, scenario: Scenario, software: Codes, fault: Fault) -> Bools:
    """Which vehicles a fault is about, [n]."""
    region = [one.name for one in scenario.regions].index(fault.region)
    return np.asarray((who.region == region) & (software == who.versions.index(fault.software)))
