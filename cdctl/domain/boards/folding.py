"""Many of the same within seconds as one: where a run of them begins and ends."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

GAP_MS = 2_000
"""A longer pause ends a run."""
LONGEST_MS = 60_000
"""A run ends with the minute of the clock, too: what goes on all day is a line a minute, which stays as it was told."""
FEW = 3
"""So many of the same are told one by one."""

Ints = NDArray[np.int64]


def runs(at_ms: Ints, what: NDArray[Any], gap_ms: int = GAP_MS, longest_ms: int = LONGEST_MS) -> tuple[Ints, Ints]:
    """Runs of the same. at_ms [n]: moments, about in order; what [n]: a number for what is the same. Returns an order
    [n] in which each run stands together, oldest first, and where in it runs begin [r]; the last ends with it."""
    order = np.lexsort((np.arange(len(at_ms)), what))
    at, same = at_ms[order], what[order]
    apart = np.diff(at)
    cut = (same[1:] != same[:-1]) | (apart > gap_ms) | (apart < -gap_ms)
    cut |= at[1:] // longest_ms != at[:-1] // longest_ms
    begins = np.concatenate([np.zeros(min(len(at), 1), np.int64), np.flatnonzero(cut) + 1])
    return order, begins
