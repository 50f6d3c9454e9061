"""The viewer's side of what is followed: whole frames and differences become rows, ages go on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from cdctl.collector import wire
from cdctl.collector.reaching import CutError
from cdctl.domain.fleet.reading import Cell, FleetStatus

if TYPE_CHECKING:
    from cdctl.domain.ports import Clock  # not at run time: it brings numpy


class Following:
    """What a viewer shows. `rows` and `status` are as of now: ages are counted on, by the collector's clock, and a cut
    is said with its age."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: list[list[Cell]] = []
        self._moments: list[int] = []
        self._told: FleetStatus | None = None
        self._heard = 0.0
        self._cut = ""
        self.columns: list[str] = []
        self.matched = 0
        self.skipped = 0
        self.left_out: dict[str, int] = {}

    def take(self, frame: wire.Frame) -> None:
        """The next frame. Raises CutError when it does not fit what was before: then the whole is needed."""
        if frame.whole:
            self._rows, self.columns, self._moments = frame.rows, frame.columns, frame.moments
        elif not self.columns:
            raise CutError("it began in the middle")
        for place, row in frame.changed:
            if place > len(self._rows):
                raise CutError("rows are missing")
            if place == len(self._rows):
                self._rows.append(row)
            else:
                self._rows[place] = row
        del self._rows[frame.count :]
        if len(self._rows) != frame.count:
            raise CutError("rows are missing")
        self.matched, self.left_out, self._told = frame.matched, frame.left_out, frame.status
        self.skipped += frame.skipped
        self._heard, self._cut = self._clock.now(), ""

    def cut(self, why: str) -> None:
        """Nothing comes any more."""
        self._cut = why

    @property
    def age(self) -> float:
        """Seconds since the collector was last heard."""
        return max(self._clock.now() - self._heard, 0.0)

    @property
    def rows(self) -> list[list[Cell]]:
        """Rows with ages as of now."""
        if not self._moments or self._told is None:
            return list(self._rows)
        now = self._told.at + self.age
        found = [list(row) for row in self._rows]
        for row in found:
            for place in self._moments:
                moment = row[place]
                row[place] = max(now - moment, 0.0) if isinstance(moment, int | float) else None
        return found

    @property
    def status(self) -> FleetStatus:
        """How fresh and whole the picture is; while cut the first note says so."""
        told = self._told or FleetStatus(0.0)
        if not self._cut:
            return told
        note = f"the collector is not heard since {self.age:.0f} s, what is shown is as old as that ({self._cut})"
        return dataclasses.replace(told, rate=0.0, notes=(note, *told.notes), stalled=True)
