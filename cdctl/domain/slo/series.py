"""Bucket series: the one array from which every window, burn rate and budget of an objective is computed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LOOKBACK = 86_400
"""Seconds a counter may be out of sight and still be the same counter when it returns."""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of equal buckets: (start, start + step], ... up to `end`; epoch seconds, multiples of `step`."""

    start: int
    end: int
    step: int

    @property
    def ends(self) -> Ints:
        """End instant of every bucket, [n_buckets]."""
        return np.arange(self.start + self.step, self.end + 1, self.step, dtype=np.int64)

    def __len__(self) -> int:
        return max(0, (self.end - self.start) // self.step)


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """Good and total events per group and bucket, as a source answers.

    groups: label values in the order of the request's `group_by`, one tuple a group; `((),)` when not grouped.
    ends, widths: [n_buckets], epoch seconds and seconds, sorted and not overlapping; bucket i is (end - width, end].
    good, total, seen: [n_groups, n_buckets]. `seen` counts observations (scrapes) of the total, of the group's
    best-observed series, 0 where the total was absent; a source that cannot count gives width / 60 where it knows
    (as if looked at once a minute) and 0 where not. good and total are 0 where `seen` is 0.
    """

    groups: tuple[tuple[str, ...], ...]
    ends: Ints
    widths: Ints
    good: Floats
    total: Floats
    seen: Floats

    def __post_init__(self) -> None:
        shape = (len(self.groups), len(self.ends))
        for name in ("good", "total", "seen"):
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} is {getattr(self, name).shape}, not {shape} (groups, buckets)")
