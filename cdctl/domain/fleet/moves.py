"""Vehicles that turn up in another region: they moved, or two of them carry one id."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.arrays import Arrays
from cdctl.domain.fleet.layout import Counter
from cdctl.domain.fleet.presence import Flag

DUPLICATE_SECONDS = 10
"""Two moves within this time, and it is not one vehicle that travels."""


def move(columns: Arrays, rows: NDArray[np.int64], regions: NDArray[np.uint16], now_ms: int) -> None:
    """Rows that just spoke live from another region than theirs; the last word stays. A row may be there twice.

    What was never heard only gets its region. A move is counted and told; a second one within ten seconds marks the
    vehicle as a duplicate, and from then on every move is counted but told no more.
    """
    rows_once = np.unique(rows)
    before, heard = columns.region[rows_once], columns.link[rows_once] != 0
    columns.region[rows] = regions
    after = columns.region[rows_once]
    left = heard & (before != after)
    moved, before, after = rows_once[left], before[left], after[left]
    if not len(moved):
        return
    columns.count(Counter.MOVED, len(moved))
    now_s = now_ms // 1000
    soon = now_s - columns.moved_s[moved].astype(np.int64) <= DUPLICATE_SECONDS
    columns.moved_s[moved] = now_s
    marked = (columns.flags[moved] & np.uint8(Flag.DUPLICATE)) != 0
    new = soon & ~marked
    columns.count(Counter.DUPLICATES, int(new.sum()))
    columns.flags[moved[new]] |= np.uint8(Flag.DUPLICATE)
    names = columns.regions.texts()
    _tell(columns, now_ms, "duplicate", moved[new], before[new], after[new], names)
    _tell(columns, now_ms, "region.moved", moved[~soon], before[~soon], after[~soon], names)


def _tell(
    columns: Arrays,
    now_ms: int,
    kind: str,
    rows: NDArray[np.int64],
    before: NDArray[np.uint16],
    after: NDArray[np.uint16],
    names: list[str],
) -> None:
    for old, new in sorted(set(zip(before.tolist(), after.tolist(), strict=True))):
        alike = rows[(before == old) & (after == new)]
        columns.ring.add_many(now_ms, alike, kind, np.full(len(alike), new, np.uint16), f"{names[old]} -> {names[new]}")
