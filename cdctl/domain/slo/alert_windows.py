"""The catalogue of multi-window burn pairs: which burn rates, over which windows, mean that a promise is at risk.

factor = share of the budget x period / long window, short window = long / 12; a pair fires when both windows exceed it.
Shares after the multiwindow, multi-burn-rate method of the Site Reliability Workbook (chapter "Alerting on SLOs") and,
for the day-long pairs and the 7-day period, after Sloth's published window catalogues.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from cdctl.domain.slo.window import Calendar, Rolling, Unit

DAY = 86_400
BURN_WINDOWS = {"5m": 300, "30m": 1800, "1h": 3600, "2h": 7200, "6h": 21_600, "1d": DAY, "3d": 3 * DAY}
"""Every window a burn rate is reported for, seconds."""

_LONG = (("1h", "5m"), ("6h", "30m"), ("1d", "2h"), ("3d", "6h"))
_MONTHLY = (Decimal("0.02"), Decimal("0.05"), Decimal("0.10"), Decimal("0.10"))
_WEEKLY = (Decimal("0.08"), Decimal("0.125"), Decimal("0.20"), Decimal("0.42"))
_LEAST_FACTOR = Decimal("0.93")
_NOMINAL_DAYS = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30, Unit.QUARTER: 90, Unit.YEAR: 365}


@dataclass(frozen=True, slots=True)
class BurnPair:
    """Fires when the burn rates of both windows are above `factor`."""

    long: str
    short: str
    factor: Decimal

    def __str__(self) -> str:
        return f"{self.long}/{self.short} > {self.factor.normalize():f}"

    def can_fire(self, target: Decimal) -> bool:
        """Whether even a total outage burns fast enough: a burn rate never passes 1 / (1 - target)."""
        return self.factor * (1 - target) < 1


def period_seconds(window: Rolling | Calendar) -> int:
    """Length by which factors are scaled; a calendar month counts 30 days whichever month it is."""
    if isinstance(window, Rolling):
        return window.seconds
    days = _NOMINAL_DAYS.get(window.unit)
    if days is None:
        return window.count * {Unit.MINUTE: 60, Unit.HOUR: 3600}[window.unit]
    return days * DAY * window.count


@cache
def pairs(window: Rolling | Calendar) -> tuple[BurnPair, ...]:
    """The catalogue for a window. Scaling monthly shares to a week would page for nothing, so short periods have their
    own; left out are pairs whose long window is more than half the period, or that fire while the budget will last."""
    period = period_seconds(window)
    shares = _MONTHLY if period >= 28 * DAY else _WEEKLY
    found = (
        BurnPair(long, short, (share * period / BURN_WINDOWS[long]).quantize(Decimal("0.001")))
        for (long, short), share in zip(_LONG, shares, strict=True)
        if BURN_WINDOWS[long] * 2 <= period
    )
    return tuple(pair for pair in found if pair.factor >= _LEAST_FACTOR)
