"""Seeded cases for `why`: fleets with planted faults, and calm ones whose bad events come in crowds all the same.

Eleven attributes: region, model and software of a vehicle (software follows the model for half of them), and eight of
an event, of which one refines the region and one repeats the software four times out of five. Values are uneven; some
vehicles are much busier than others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.why.rows import Rows

Truth = frozenset[frozenset[tuple[int, int]]]
REGION, MODEL, SOFTWARE, CELL, GATEWAY = 0, 1, 2, 4, 5
FREE = (0, 1, 2, 3, 6, 7, 8, 9, 10)
"""Attributes in which a fault is planted: not those that repeat another."""
PLANTED = ("one", "two", "three", "pair", "pair", "confounded", "small")
CALM = ("plain", "vehicles", "heavy", "outage", "mixed", "retries")


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Events, and which conjunctions are at fault: sets of (attribute, value)."""

    kind: str
    rows: Rows
    truth: Truth


@dataclass(slots=True, eq=False)
class Fleet:
    """Events without an outcome."""

    columns: list[NDArray[np.int32]]
    sizes: list[int]
    slice: NDArray[np.int32]
    vehicle: NDArray[np.int32]
    vehicles: int

    def rows(self, bad: NDArray[np.bool_]) -> Rows:
        """With an outcome."""
        total = np.ones(len(bad))
        return Rows(tuple(self.columns), tuple(self.sizes), bad.astype(float), total, self.slice, self.vehicle)


def fleet(rng: np.random.Generator, events: int, vehicles: int) -> Fleet:
    """Eleven attributes of events of some vehicles."""

    def uneven(size: int) -> NDArray[np.float64]:
        shares = rng.dirichlet(np.ones(size) * rng.choice([0.7, 2, 20])) + 0.002
        return np.asarray(shares / shares.sum())

    ranges = [(3, 6), (4, 13), (5, 15), (3, 8), (0, 1), (0, 1), (2, 6), (5, 31), (2, 5), (3, 12), (4, 25)]
    sizes = [int(rng.integers(low, high)) for low, high in ranges]
    sizes[CELL], sizes[GATEWAY] = 2 * sizes[REGION], sizes[SOFTWARE]
    own = [rng.choice(sizes[number], vehicles, p=uneven(sizes[number])) for number in (REGION, MODEL, SOFTWARE)]
    own[SOFTWARE] = (own[SOFTWARE] + (rng.random(vehicles) < 0.5) * own[MODEL]) % sizes[SOFTWARE]
    busy = rng.gamma(1.0, 1.0, vehicles)
    which = rng.choice(vehicles, events, p=busy / busy.sum())
    columns = [column[which] for column in own]
    for number in range(3, 11):
        if number == CELL:
            column = columns[REGION] * 2 + (rng.random(events) < 0.5)
        elif number == GATEWAY:
            guessed = rng.integers(0, sizes[GATEWAY], events)
            column = np.where(rng.random(events) < 0.8, columns[SOFTWARE], guessed)
        else:
            column = rng.choice(sizes[number], events, p=uneven(sizes[number]))
        columns.append(column)
    times = np.sort(rng.integers(0, 60, events)).astype(np.int32)
    return Fleet([column.astype(np.int32) for column in columns], sizes, times, which.astype(np.int32), vehicles)


def planted(seed: int, kind: str = "", events: int = 0) -> Case:
    """One fault or two; half of the cases have vehicles that differ from each other, too. `events`: as many as that,
    instead of 20,000 to 150,000."""
    rng = np.random.default_rng(seed)
    kind = kind or PLANTED[seed % len(PLANTED)]
    many = int(rng.choice([20_000, 60_000, 150_000]))
    made = fleet(rng, events or many, int(rng.choice([500, 3000, 10_000])))
    n = len(made.slice)
    base = float(rng.choice([0.0005, 0.002, 0.01]))
    chance = np.full(n, base)
    depths = {"one": [1], "two": [2], "three": [3], "confounded": [1 + seed % 2], "small": [1 + seed % 3]}
    truth: list[frozenset[tuple[int, int]]] = []
    masks: list[NDArray[np.bool_]] = []
    for depth in depths.get(kind, [int(rng.integers(1, 4)), int(rng.integers(1, 4))]):
        found = _fault(rng, made, depth, base, (40, 0.15) if kind != "small" else (25, 0.08))
        if found is None:
            continue
        mask, rate, where = found
        if any(where <= other or other <= where for other in truth):
            continue
        if masks and ((mask & masks[0]).sum() > 0.2 * min(mask.sum(), masks[0].sum())):
            continue
        masks.append(mask)
        truth.append(where)
        chance[mask] = np.maximum(chance[mask], rate)
    if kind == "confounded" and truth:
        # A bystander: one value of an attribute is far more frequent inside the fault, and does nothing.
        used = {attribute for where in truth for attribute, _ in where}
        number = next(number for number in (6, 8, 3, 9) if number not in used)
        often = masks[0] & (rng.random(n) < 0.7)
        made.columns[number] = np.where(often, 0, made.columns[number]).astype(np.int32)
    if rng.random() < 0.5:
        chance = np.clip(chance * rng.gamma(2, 0.5, made.vehicles)[made.vehicle], 0, 1)
    return Case(kind, made.rows(rng.random(n) < chance), frozenset(truth))


def _fault(
    rng: np.random.Generator, made: Fleet, depth: int, base: float, least: tuple[float, float]
) -> tuple[NDArray[np.bool_], float, frozenset[tuple[int, int]]] | None:
    """Where a fault is, and how often it strikes; every one of its attributes narrows it."""
    n = len(made.slice)
    for _ in range(500):
        at = rng.choice(FREE, depth, replace=False)
        row = int(rng.integers(n))
        parts = [made.columns[number] == made.columns[number][row] for number in at]
        mask = np.logical_and.reduce(parts)
        rate = float(rng.choice([0.05, 0.1, 0.3, 0.8]))
        if not 0.002 < mask.mean() < 0.35 or len(np.unique(made.vehicle[mask])) < 8:
            continue
        if rate < 3 * base or rate * mask.sum() < max(least[0], least[1] * base * n):
            continue
        wider = (np.logical_and.reduce([*parts[:i], *parts[i + 1 :]]) for i in range(depth) if depth > 1)
        if any(mask.sum() > 0.8 * other.sum() for other in wider):
            continue
        return mask, rate, frozenset((int(number), int(made.columns[number][row])) for number in at)
    return None


def calm(seed: int, kind: str = "", events: int = 0) -> Case:
    """No fault of a group: everywhere the same, or crowds of bad events that are of no group."""
    rng = np.random.default_rng(10_000 + seed)
    kind = kind or CALM[seed % len(CALM)]
    many = int(rng.choice([20_000, 60_000, 150_000]))
    made = fleet(rng, events or many, int(rng.choice([500, 3000, 10_000])))
    n, vehicle = len(made.slice), made.vehicle
    chance = np.full(n, float(rng.choice([0.0005, 0.002, 0.01, 0.1])))
    crowds: dict[str, Callable[[], NDArray[np.float64]]] = {
        "vehicles": lambda: np.asarray(rng.gamma(0.3, 1 / 0.3, made.vehicles)),
        "heavy": lambda: np.asarray(rng.pareto(1.1, made.vehicles)),
    }
    if kind in crowds:
        chance = np.clip(chance * crowds[kind]()[vehicle], 0, 1)
    if kind in {"outage", "mixed"}:
        for _ in range(int(rng.integers(1, 4))):
            start = int(rng.integers(0, 60))
            inside = (made.slice >= start) & (made.slice < start + int(rng.integers(1, 6)))
            chance[inside] = rng.choice([0.1, 0.5])
    if kind == "mixed":  # who is busy follows the time of day, and so does what fails
        number, half = 9, rng.random(n) < 0.5
        day = (made.slice / 60 * made.sizes[number]).astype(np.int32)
        made.columns[number] = np.where(half, day, made.columns[number]).astype(np.int32)
    bad = rng.random(n) < chance
    if kind == "retries":
        bad = _repeated(rng, bad, vehicle)
    return Case(kind, made.rows(bad), frozenset())


def _repeated(rng: np.random.Generator, bad: NDArray[np.bool_], vehicle: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Where an event fails, up to thirty of the next of the same vehicle fail as well."""
    order = np.argsort(vehicle, kind="stable")
    sorted_bad, whose = bad[order].copy(), vehicle[order]
    for place in np.flatnonzero(sorted_bad):
        end = min(len(bad), place + int(rng.integers(1, 30)))
        sorted_bad[place:end] |= whose[place:end] == whose[place]
    found = np.zeros(len(bad), np.bool_)
    found[order] = sorted_bad
    return found
