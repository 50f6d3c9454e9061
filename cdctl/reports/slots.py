"""A row's history in few equal slots of time, for charts: thousands of buckets become a few hundred points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cdctl.domain.slo.series import Floats, Ints
from cdctl.domain.slo.verdict import History, Row
from cdctl.domain.slo.window import Bounds

MOST = 300
_STEPS = (60, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 28_800, 43_200, 86_400, 172_800, 604_800)


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """Sums per slot; `starts`, `ends`, `bad`, `total` are [n_slots], the edges cut to the window.

    `gaps` are the stretches (start, end] in which the total was not observed. `left` is the budget left at each slot's
    end, 1 when untouched; None when there is no budget. `used_up` is when it was first overspent.
    """

    window: Bounds
    at: int
    width: int
    starts: Ints
    ends: Ints
    bad: Floats
    total: Floats
    gaps: tuple[tuple[int, int], ...]
    left: Floats | None
    used_up: int | None
    rates: Floats
    """Burn rate of each slot, NaN where nothing happened."""


def slots(row: Row, at: int, most: int = MOST) -> Slots | None:
    """At most about `most` slots, aligned to the epoch and never narrower than a bucket; None without history."""
    past = row.history
    if past is None or len(past.ends) == 0:
        return None
    shortest = max(row.window.seconds / most, float(past.widths.max()))
    width = next((step for step in _STEPS if step >= shortest), int(shortest))
    first = row.window.start // width
    index = np.maximum((past.ends - 1) // width - first, 0)
    n = int(index[-1]) + 1
    total = np.bincount(index, past.total, n).astype(np.float64)
    bad = np.bincount(index, np.maximum(past.total - past.good, 0.0), n).astype(np.float64)
    edges = np.clip((first + np.arange(n + 1)) * width, row.window.start, min(at, row.window.end))
    allowed = row.error_budget.allowed if row.error_budget else 0.0
    share = np.divide(bad, total, out=np.full(n, np.nan), where=total > 0)
    return Slots(
        window=row.window,
        at=at,
        width=width,
        starts=edges[:-1],
        ends=edges[1:],
        bad=bad,
        total=total,
        gaps=_gaps(past, row.window.start, min(at, row.window.end), width),
        left=1 - np.cumsum(bad) / allowed if allowed > 0 else None,
        used_up=_used_up(past, allowed),
        rates=share / float(1 - row.target),
    )


def _used_up(past: History, allowed: float) -> int | None:
    spent = np.cumsum(np.maximum(past.total - past.good, 0.0))
    over = np.flatnonzero(spent > allowed * (1 + 1e-9))
    return int(past.ends[over[0]]) if allowed > 0 and len(over) else None


def _gaps(past: History, start: int, end: int, width: int) -> tuple[tuple[int, int], ...]:
    """Stretches without observation, those less than a slot apart joined; time outside the buckets is one, too."""
    blind = past.coverage < 0.5
    starts = np.concatenate([[start], (past.ends - past.widths)[blind], [past.ends[-1]]])
    ends = np.concatenate([[past.ends[0] - past.widths[0]], past.ends[blind], [end]])
    real = ends > starts
    starts, ends = starts[real], ends[real]
    if len(starts) == 0:
        return ()
    apart = starts[1:] - ends[:-1] >= width
    firsts, lasts = starts[np.concatenate([[True], apart])], ends[np.concatenate([apart, [True]])]
    return tuple((int(a), int(b)) for a, b in zip(firsts, lasts, strict=True))
