"""Reads the ring of happenings as arrays: a storm of a hundred thousand a second is counted, not made into objects."""

from __future__ import annotations

import numpy as np

from cdctl.domain.fleet.archive import Told
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.strings import Strings


class RingReader:
    """Goes along the ring of one fleet. boot: names this memory. at: number of the last happening that was read; lost:
    how many came round before they were read, in all."""

    def __init__(self, columns: Columns, boot: str) -> None:
        self._columns = columns
        self._records = columns.parts["happenings"]
        self._kinds = Strings(columns.parts["kinds"], columns.header["kinds"])
        self._regions = Strings(columns.parts["regions"], columns.header["regions"])
        self.boot = boot
        self.at = self.last
        self.lost = 0

    @property
    def last(self) -> int:
        """Number of the last happening that there is."""
        return int(self._columns.header["happened"][0])

    def read(self) -> tuple[Told, int]:
        """What happened since the last time, and how much of it is lost."""
        told, lost = self.since(self.at)
        self.at += len(told) + lost
        self.lost += lost
        return told, lost

    def since(self, after: int) -> tuple[Told, int]:
        """What happened after the happening number `after`, and how much of it is lost."""
        last = self.last
        numbers = np.arange(max(after, last - len(self._records)) + 1, last + 1)
        found = self._records[numbers % len(self._records)]
        fresh = found[found["number"] == numbers]  # the writer may have come round meanwhile
        rows = fresh["row"].astype(np.int32)
        vins = self._columns.ids[np.maximum(rows, 0)]
        vins[rows < 0] = b""
        told = Told(
            self.boot,
            fresh["at_ms"].astype(np.int64),
            rows,
            vins,
            fresh["kind"].astype(np.uint16),
            fresh["region"].astype(np.uint16),
            fresh["detail"],
            list(self._kinds.texts()),
            list(self._regions.texts()),
        )
        return told, max(last - min(after, last) - len(told), 0)
