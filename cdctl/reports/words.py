"""How reports for people write counts, lengths of time, instants and bars. Percentages and rates: `domain.figures`."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from cdctl.domain import figures
from cdctl.domain.slo.verdict import Row
from cdctl.domain.slo.window import Bounds

SHORT_BURNS = ("1h", "6h", "3d")
"""The burn windows shown where there is room for three: now, this shift, this week."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_COMPACT = ((1e15, "P"), (1e12, "T"), (1e9, "G"))


def interval(row: Row) -> str:
    """The 95 % interval of the SLI: `99.91% to 99.97%`."""
    if row.interval is None:
        return figures.UNKNOWN
    low, high = (figures.sli(end, row.target) for end in row.interval)
    return f"{low} to {high}"


def left_over(left: float | None) -> str:
    """The remaining budget in words: `17.4% of the budget left`, `budget overspent by 378.5%`; empty when not known."""
    if left is None or not math.isfinite(left):
        return ""
    return (
        f"budget overspent by {figures.percent(left)[1:]}"
        if left < 0
        else f"{figures.percent(left)} of the budget left"
    )


def count(value: float | None) -> str:
    """A number of events: exact with separators below a billion, then short (`24.57G`, `2.401T`)."""
    if value is None or not math.isfinite(value):
        return figures.UNKNOWN
    if abs(value) < 1e9:
        return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
    scale, unit = next(s for s in _COMPACT if abs(value) >= s[0])
    return f"{value / scale:.4g}{unit}" if abs(value) < 1e18 else f"{value:.3g}"


def duration(seconds: float) -> str:
    """The two largest units: `28d`, `30d 23h`, `2h 48m`."""
    left, parts = int(seconds), []
    for size, unit in _UNITS:
        if left >= size:
            parts.append(f"{left // size}{unit}")
            left %= size
    return " ".join(parts[:2]) or "0s"


def rfc3339(epoch: int) -> str:
    """`2026-11-22T16:10:00Z`."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(epoch: float) -> str:
    """`2026-11-22 16:10 UTC`."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M UTC")


def moment(epoch: float) -> str:
    """`16 Nov 03:00`, for places that have said the year and UTC."""
    when = datetime.fromtimestamp(epoch, UTC)
    return f"{when.day} {MONTHS[when.month - 1]} {when:%H:%M}"


def window(bounds: Bounds, at: int) -> str:
    """`last 28d`, or a calendar period with how much of it has passed."""
    if bounds.kind == "rolling":
        return f"last {duration(bounds.seconds)}"
    text = f"{instant(bounds.start)[:-4]} to {instant(bounds.end)}"
    share = (at - bounds.start) / max(bounds.seconds, 1)
    return f"{text}, {figures.percent(share, 0)} elapsed" if share < 1 else text


def bar(ratio: float | None, width: int) -> str:
    """A bar of `width` characters, filled by a ratio 0..1; a budget that is not known has no bar."""
    if ratio is None:
        return " " * width
    halves = math.ceil(min(max(ratio, 0.0), 1.0) * width * 2)
    return f"{'█' * (halves // 2)}{'▌' * (halves % 2)}".ljust(width, "░")
