"""Bucket series: the one array from which every window, burn rate and budget of an objective is computed."""

from __future__ import annotations

from collections.abc import Callable
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
class Sampled:
    """What stands behind weighted events, [n_groups, n_buckets] each: a span that was kept for twenty is one of these.

    kept, kept_bad: events that were really looked at, of the total and of the bad ones. squares, squares_bad: sums of
    their squared weights. unknown: events whose weight is not known; each was counted as one.
    """

    kept: Floats
    kept_bad: Floats
    squares: Floats
    squares_bad: Floats
    unknown: Floats

    def over(self, change: Callable[[Floats], Floats]) -> Sampled:
        """The same with every array changed in one way."""
        return Sampled(*(change(getattr(self, name)) for name in SAMPLED))


SAMPLED = ("kept", "kept_bad", "squares", "squares_bad", "unknown")
"""The arrays of `Sampled`, in their order."""


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """Good and total events per group and bucket, as a source answers.

    groups: label values in the order of the request's `group_by`, one tuple a group; `((),)` when not grouped.
    ends, widths: [n_buckets], epoch seconds and seconds, sorted and not overlapping; bucket i is (end - width, end].
    good, total, seen: [n_groups, n_buckets]. `seen` counts observations (scrapes) of the total, of the group's
    best-observed series, 0 where the total was absent; a source that cannot count gives width / 60 where it knows
    (as if looked at once a minute) and 0 where not. good and total are 0 where `seen` is 0.

    sampled: where good and total are sums of weights, what stands behind them; None where every event counts as one.
    watched: [n_buckets], for a source of single events (spans) rather than of counters: observations of the source as a
    whole. A group that has no event in some time was looked at nonetheless, and nothing is unknown about its first
    bucket. None for counters.
    """

    groups: tuple[tuple[str, ...], ...]
    ends: Ints
    widths: Ints
    good: Floats
    total: Floats
    seen: Floats
    sampled: Sampled | None = None
    watched: Floats | None = None

    def __post_init__(self) -> None:
        shape = (len(self.groups), len(self.ends))
        arrays = {name: getattr(self, name) for name in ("good", "total", "seen")}
        if self.sampled is not None:
            arrays |= {name: getattr(self.sampled, name) for name in SAMPLED}
        for name, values in arrays.items():
            if values.shape != shape:
                raise ValueError(f"{name} is {values.shape}, not {shape} (groups, buckets)")
        if self.watched is not None and self.watched.shape != shape[1:]:
            raise ValueError(f"watched is {self.watched.shape}, not {shape[1:]} (buckets)")

    @property
    def sample(self) -> Sampled:
        """What stands behind the events; where every event counts as one, that is the events themselves."""
        if self.sampled is not None:
            return self.sampled
        bad = np.maximum(self.total - self.good, 0.0)
        return Sampled(self.total, bad, self.total, bad, np.zeros_like(self.total))

    def rows(
        self, change: Callable[[Floats], Floats], groups: tuple[tuple[str, ...], ...], seen: Floats | None = None
    ) -> Buckets:
        """Other groups at the same times: every array changed in one way, `seen` as told."""
        return Buckets(
            groups,
            self.ends,
            self.widths,
            change(self.good),
            change(self.total),
            change(self.seen) if seen is None else seen,
            self.sampled.over(change) if self.sampled is not None else None,
            self.watched,
        )

    def columns(self, change: Callable[[Floats], Floats], ends: Ints, widths: Ints) -> Buckets:
        """The same groups at other times: every array changed in one way along its last axis."""
        return Buckets(
            self.groups,
            ends,
            widths,
            change(self.good),
            change(self.total),
            change(self.seen),
            self.sampled.over(change) if self.sampled is not None else None,
            change(self.watched) if self.watched is not None else None,
        )
