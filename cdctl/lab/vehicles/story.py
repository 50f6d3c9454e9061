"""What the vehicles of a scenario do, second by second: a pure function of the seed, told to nobody yet.

Every draw comes from a generator of its own second, so that the same seed tells the same story; the clock on the wall
only paces it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from cdctl.lab.model import Outage, Scenario
from cdctl.lab.vehicles.columns import LASTS, USUAL_CODES, Columns, Doing, Ints, beginning, suffering
from cdctl.lab.vehicles.population import Population, draw_software, population

_NEXT = (
    (Doing.DRIVING, Doing.CHARGING, Doing.ASLEEP),  # after parking
    (Doing.PARKED, Doing.CHARGING, Doing.PARKED),  # after driving
    (Doing.PARKED, Doing.DRIVING, Doing.PARKED),  # after charging
    (Doing.DRIVING, Doing.PARKED, Doing.DRIVING),  # after sleeping
)
_CHOICE = (0.62, 0.80)
"""Below the first the first of them comes next, below the second the second, else the third."""
_LOSES_COVERAGE = 1 / 1500  # a second of driving
_FLAPS = 1 / 45
_RAISES_CODE = 1 / 150_000
_CLEARS_CODE = 1 / 900
_UPDATES = 1 / 200_000
_CHARGES = 60.0 / 3600  # % a second
_EMPTY, _LOW = 3.0, 15.0
_RETURNS_WITHIN = 30


class Told(NamedTuple):
    """Something that a vehicle tells as an event. kind: "dtc.set", "dtc.cleared" (with codes) or "sw.changed"."""

    row: int
    kind: str
    codes: tuple[str, ...] = ()
    software: str = ""


@dataclass(slots=True)
class Second:
    """What happened in one second. Rows: came (a connection, numbered by its seq), left (said goodbye), cut (no
    goodbye), spoke (telemetry)."""

    number: int
    came: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)
    spoke: list[int] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    @property
    def reborn(self) -> list[int]:
        """Vehicles whose codes or software changed."""
        return sorted({one.row for one in self.told})


class Story:
    """A fleet and its next second. `columns` may be read between two seconds; `columns.seq` may be grown by a carrier
    whose connections break for reasons that the story does not know."""

    def __init__(self, scenario: Scenario, vehicles: int, seed: int) -> None:
        self.scenario = scenario
        self.who: Population = population(scenario, vehicles, seed)
        self.columns: Columns = beginning(self.who, scenario, seed)
        self.number = -1
        self._seed = seed
        self._held = [False] * len(scenario.outages)
        self._due: list[tuple[int, Told]] = []
        rng = np.random.default_rng([seed, 14])
        self._phase = rng.integers(0, 3600, vehicles)
        pace = scenario.pace
        self._pace = np.array([pace.parked, pace.driving, pace.charging, 1.0]).astype(np.int64)

    def expect(self, told: Told, seconds: int) -> None:
        """Something that the story does not know of itself: trouble codes that come, or go, in so many seconds."""
        self._due.append((self.number + seconds, told))

    def configured(self, row: int, name: str, value: str) -> None:
        """A parameter was set: what its version suffers is over where that is the remedy, and begins again when it is
        taken back."""
        now = self.columns
        place = self.scenario.regions[self.who.region[row]].name, self.who.versions[now.software[row]]
        for fault in self.scenario.faults:
            if (fault.region, fault.software) != place or fault.remedy.partition("=")[0] != name:
                continue
            now.healed[row] = fault.remedy == f"{name}={value}"
            self._suffer()
            if now.healed[row] and fault.code in now.standing(row):
                self.expect(Told(row, "dtc.cleared", (fault.code,)), 1)

    def healed(self) -> list[float]:
        """Share of the vehicles that each fault is about, 0..1."""
        now = self.columns
        about = [suffering(self.who, self.scenario, now.software, fault) for fault in self.scenario.faults]
        return [float(now.healed[rows].mean()) if rows.any() else 0.0 for rows in about]

    def advance(self) -> Second:
        """Live through the next second; the first one has number 0."""
        self.number += 1
        rng = np.random.default_rng([self._seed, 15, self.number])
        second = Second(self.number)
        self._move(rng)
        self._change(rng)
        self._lose(rng)
        self._outages()
        self._connect(second)
        self._trouble(rng, second)
        self._update(rng, second)
        self._speak(second)
        return second

    def _move(self, rng: np.random.Generator) -> None:
        now = self.columns
        driving = np.flatnonzero(now.doing == Doing.DRIVING)
        speed = now.speed[driving]
        speed += 0.08 * (now.target[driving] - speed) + rng.normal(0, 1.5, len(driving))
        now.speed[driving] = speed.clip(0, 210)
        metres = now.speed[driving] / 3.6
        now.odometer[driving] += metres
        now.charge[driving] -= 100.0 * metres / now.range_m[driving]
        now.charge[now.doing == Doing.CHARGING] += _CHARGES
        now.charge -= now.drain / 3600.0
        np.clip(now.charge, _EMPTY, 100.0, out=now.charge)

    def _change(self, rng: np.random.Generator) -> None:
        """What they were doing ends, or has to: nothing left to drive on, nothing more to charge."""
        now = self.columns
        full = (now.doing == Doing.CHARGING) & (now.charge >= 95.0)
        stranded = (now.doing == Doing.DRIVING) & (now.charge <= _EMPTY)
        rows = np.flatnonzero((now.until <= self.number) | full | stranded)
        before = now.doing[rows]
        choice = np.searchsorted(_CHOICE, rng.random(len(rows)), side="right")
        after = np.array(_NEXT)[before, choice]
        low = (now.charge[rows] < _LOW) & (after == Doing.DRIVING)
        after[low] = Doing.CHARGING
        now.doing[rows] = after
        now.until[rows] = self.number + _spans(after, rng)
        now.speed[rows] = 0.0
        now.target[rows] = rng.uniform(20, 120, len(rows))
        now.battery[rows] = rng.normal(12.6, 0.15, len(rows)) + 1.4 * np.isin(after, (Doing.DRIVING, Doing.CHARGING))

    def _lose(self, rng: np.random.Generator) -> None:
        """Coverage: on the road now and then, with a bad modem all the time."""
        now = self.columns
        odds = np.where(now.flapping, _FLAPS, np.where(now.doing == Doing.DRIVING, _LOSES_COVERAGE, 0.0))
        rows = np.flatnonzero(now.linked & (rng.random(len(odds)) < odds))
        gone = np.where(now.flapping[rows], rng.integers(2, 9, len(rows)), rng.integers(10, 120, len(rows)))
        now.back[rows] = self.number + gone

    def _outages(self) -> None:
        for number, outage in enumerate(self.scenario.outages):
            holds = outage.holds(self.number)
            if holds != self._held[number]:
                self._held[number] = holds
                self._turn(number, outage, holds)

    def _turn(self, number: int, outage: Outage, holds: bool) -> None:
        now = self.columns
        region = [one.name for one in self.scenario.regions].index(outage.region)
        rows = np.flatnonzero((self.who.region == region) & (self.who.luck < outage.share))
        now.out[rows] = holds
        if not holds and not outage.together:
            wait = np.random.default_rng([self._seed, 16, number, self.number]).integers(0, _RETURNS_WITHIN, len(rows))
            now.back[rows] = np.maximum(now.back[rows], self.number + wait)

    def _connect(self, second: Second) -> None:
        now = self.columns
        asleep = now.doing == Doing.ASLEEP
        wanted = ~asleep & (now.back <= self.number) & ~now.out
        came, gone = wanted & ~now.linked, now.linked & ~wanted
        now.seq[came] += 1
        now.linked = wanted
        second.came = np.flatnonzero(came).tolist()
        second.left = np.flatnonzero(gone & asleep).tolist()
        second.cut = np.flatnonzero(gone & ~asleep).tolist()

    def _trouble(self, rng: np.random.Generator, second: Second) -> None:
        now = self.columns
        drawn = rng.random(len(now.codes))
        for row in np.flatnonzero(now.linked & (drawn < _RAISES_CODE)).tolist():
            code = USUAL_CODES[int(rng.integers(len(USUAL_CODES)))]
            if not now.codes[row] & now.bit(code):
                now.codes[row] |= now.bit(code)
                second.told.append(Told(row, "dtc.set", (code,)))
        standing = now.linked & (now.codes > 0) & (now.drain == 0)
        for row in np.flatnonzero(standing & (drawn > 1 - _CLEARS_CODE)).tolist():
            second.told.append(Told(row, "dtc.cleared", now.standing(row)))
            now.codes[row] = 0
        self._expected(second)

    def _expected(self, second: Second) -> None:
        due = [told for at, told in self._due if at <= self.number]
        self._due = [one for one in self._due if one[0] > self.number]
        for told in due:
            bits = sum(self.columns.bit(code) for code in told.codes)
            standing = int(self.columns.codes[told.row])
            changed = standing | bits if told.kind == "dtc.set" else standing & ~bits
            if changed != standing:
                self.columns.codes[told.row] = changed
                second.told.append(told)

    def _update(self, rng: np.random.Generator, second: Second) -> None:
        """New software, drawn from what vehicles of this region and model run."""
        now, who = self.columns, self.who
        rows = np.flatnonzero(now.linked & (now.doing == Doing.PARKED) & (rng.random(who.size) < _UPDATES))
        drawn = draw_software(self.scenario, who.versions, who.region[rows], who.model[rows], rng)
        for row, version in zip(rows.tolist(), drawn.tolist(), strict=True):
            if version != now.software[row]:
                now.software[row], now.healed[row] = version, False
                second.told.append(Told(row, "sw.changed", software=who.versions[version]))
        if len(rows):
            self._suffer()

    def _suffer(self) -> None:
        now = self.columns
        now.drain[:] = 0.0
        for fault in self.scenario.faults:
            now.drain[suffering(self.who, self.scenario, now.software, fault) & ~now.healed] += fault.drain

    def _speak(self, second: Second) -> None:
        now = self.columns
        due = (self._phase + self.number) % self._pace[now.doing] == 0
        second.spoke = np.flatnonzero(due & now.linked).tolist()


def _spans(doing: Ints, rng: np.random.Generator) -> Ints:
    """How many seconds each of these will last, [n]."""
    least, most = np.array(LASTS).T
    return np.asarray(least[doing] + (most - least)[doing] * rng.random(len(doing)), dtype=np.int64)
