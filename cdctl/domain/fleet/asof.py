"""What vehicles were at a moment of the past: facts of today, taken back through what changed since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.reading import Happening
from cdctl.domain.traces.batch import Coded

COLUMNS = ("region", "model", "sw")
"""What is known of a vehicle by time; all else of a fleet is only known of now."""
_ARROW = " -> "
UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a vehicle is now; empty texts are not known."""

    region: str = ""
    model: str = ""
    sw: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Then:
    """Facts at the moments asked for, by column, without a value where nobody knows. named: whether there is such a
    vehicle. assumed: where a fact is the earliest that is known, because nothing is known of that time. All [n]."""

    columns: Mapping[str, Coded]
    named: NDArray[np.bool_]
    assumed: NDArray[np.bool_]


@dataclass(slots=True)
class _Line:
    """Values of one fact, each from its moment on; `first` is what was before the earliest of them."""

    first: str
    since: list[float] = field(default_factory=list)
    values: list[str] = field(default_factory=list)

    def at(self, moments: NDArray[np.float64]) -> list[str]:
        places = np.searchsorted(np.array(self.since), moments, side="right").tolist()
        return [self.values[place - 1] if place else self.first for place in places]


class AsOf:
    """A fleet through time. now: facts of today, by vehicle. happenings: what changed, in order of time. since: epoch
    seconds from which on every change is among them; None when nothing was kept, then all is assumed."""

    def __init__(self, now: Mapping[str, Facts], happenings: Iterable[Happening], since: float | None) -> None:
        self._now = now
        self._since = since
        self._lines: dict[tuple[str, str], _Line] = {}
        for one in happenings:
            if one.kind == "sw.changed" and one.detail and one.vin in now:
                self._turn(one.vin, "sw", one.at, UNKNOWN, one.detail)
            elif one.kind == "region.moved" and one.vin in now:
                before, arrow, after = one.detail.partition(_ARROW)
                if arrow:
                    self._turn(one.vin, "region", one.at, before, after)

    def _turn(self, vin: str, column: str, at: float, before: str, after: str) -> None:
        line = self._lines.setdefault((vin, column), _Line(before))
        line.since.append(at)
        line.values.append(after)

    def __len__(self) -> int:
        return len(self._now)

    def then(self, vins: Sequence[str], which: NDArray[np.int32], at: NDArray[np.int64]) -> Then:
        """Facts of vehicle `vins[which[i]]` at epoch second `at[i]`; -1 is no vehicle."""
        known = [self._now.get(vin) for vin in vins]
        there = np.array([*(one is not None for one in known), False])
        named = there[which]
        columns = {column: self._column(column, vins, known, which, at) for column in COLUMNS}
        assumed = named & (at < self._since) if self._since is not None else named.copy()
        return Then(columns, named, assumed)

    def _column(
        self,
        column: str,
        vins: Sequence[str],
        known: Sequence[Facts | None],
        which: NDArray[np.int32],
        at: NDArray[np.int64],
    ) -> Coded:
        numbers: dict[str, int] = {UNKNOWN: -1}

        def code(text: str) -> int:
            return numbers.setdefault(text, len(numbers) - 1)

        table = [code(getattr(one, column)) if one else -1 for one in known]
        codes = np.array([*table, -1], np.int32)[which]
        places = {vin: number for number, vin in enumerate(vins)} if self._lines else {}
        for (vin, name), line in self._lines.items():
            if name != column or vin not in places:
                continue
            rows = np.flatnonzero(which == places[vin])
            codes[rows] = [code(text) for text in line.at(at[rows].astype(np.float64))]
        return Coded(codes, list(numbers)[1:])
