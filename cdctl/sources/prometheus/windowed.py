"""Buckets added up over a window, by the server: the tiling of `domain.slo.tiling` as expressions.

A window of weeks is a sum over hours, with five-minute buckets at both of its ends: at every instant the very window
that the evaluation takes. Subqueries are asked at multiples of their step since 1970, where buckets end. A range is one
millisecond short of the window: servers before Prometheus 3 count what stands on the left edge, too.
"""

from __future__ import annotations

from collections.abc import Callable

from cdctl.domain.slo.alert_windows import DAY
from cdctl.domain.slo.tiling import COARSE, FINE
from cdctl.sources.prometheus.counted import added

Buckets = Callable[[int], str]
"""PromQL for buckets of so many seconds."""

SUM, COUNT = "sum_over_time", "count_over_time"
_SHORT = 3 * DAY
"""Seconds up to which a window is a sum of fine buckets alone."""


def recent(buckets: Buckets, seconds: int, step: int = FINE, function: str = SUM) -> str:
    """The sum (or the number) of the buckets of the last so many seconds, at any instant of a graph."""
    return _over(buckets(step), seconds, step, function)


def rolling(buckets: Buckets, seconds: int, by: str) -> str:
    """The sum over a whole window, at the one instant that is asked for."""
    seconds = -(-seconds // FINE) * FINE
    if seconds <= _SHORT or seconds % COARSE:
        return recent(buckets, seconds)
    fine = buckets(FINE)
    before = _over(_from(fine, f"time() + {seconds}"), COARSE, FINE, shift=f" offset {seconds}s")
    return added([(1, _over(buckets(COARSE), seconds, COARSE)), (1, _tail(fine)), (-1, before)], by)


def since(buckets: Buckets, elapsed_ms: str, by: str) -> str:
    """The sum over the period of a calendar window that began on a full hour (UTC), at the one instant asked for.

    elapsed_ms: what stands for the milliseconds since then.
    """
    return added([(1, began(buckets, elapsed_ms, COARSE)), (1, _tail(buckets(FINE)))], by)


def began(buckets: Buckets, elapsed_ms: str, step: int, function: str = SUM) -> str:
    """The sum (or the number) of whole buckets of `step` seconds since a period began."""
    # Whether a bucket on the left edge is in the range depends on the server. The last multiple of `fine` less the time
    # elapsed lies within `fine` before the beginning, so that one more tells the edge from what comes after it.
    fine = min(step, FINE)
    inside = f"({buckets(step)}) and on () (vector(time()) >= {_last(fine)} - {elapsed_ms} / 1000 + {fine})"
    return f"{function}(({inside})[{elapsed_ms}ms:{step}s])"


def _tail(fine: str) -> str:
    """The fine buckets after the last full hour."""
    return _over(_from(fine, "time()"), COARSE, FINE)


def _from(fine: str, moment: str) -> str:
    """The buckets for which `moment` is after the last full hour."""
    return f"({fine}) and on () (vector({moment}) > {_last(COARSE)})"


def _last(step: int) -> str:
    """The last multiple of `step` that is not after the instant asked for, as a number."""
    return f"scalar(max_over_time(vector(time())[{step}s:{step}s] @ end()))"


def _over(text: str, seconds: int, step: int, function: str = SUM, *, shift: str = "") -> str:
    return f"{function}(({text})[{seconds * 1000 - 1}ms:{step}s]{shift})"
