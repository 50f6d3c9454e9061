"""The catalogue of multi-window burn pairs: which burn rates, over which windows, mean that a promise is at risk.

factor = share of the budget x period / long window, short window = long / 12; a pair fires when both windows exceed it.
Shares after the multiwindow, multi-burn-rate method of the Site Reliability Workbook (chapter "Alerting on SLOs") and,
for the day-long pairs and the 7-day period, after Sloth's published window catalogues. Between 7 and 28 days nothing is
published: there a factor lies on the straight line between its two neighbours, so that no day more makes it jump.
"""

from __future__ import annotations

from collections.abc import Mapping
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
_WEEK, _FOUR_WEEKS = 7 * DAY, 28 * DAY
_LEAST_FACTOR = Decimal("0.93")
MIN_BAD_EVENTS = 2


def _percent(shares: tuple[Decimal, ...]) -> str:
    return ", ".join(f"{(100 * share).normalize():f}" for share in shares)


PAIRS_RULE = (
    f"Burn pairs {', '.join('/'.join(pair) for pair in _LONG)}: factor = share of the budget x period / long window, "
    f"shares {_percent(_MONTHLY)} % from 28 d on, {_percent(_WEEKLY)} % up to 7 d, factors on a straight line between; "
    f"pairs below {_LEAST_FACTOR} are left out."
)
"""How factors are found, for the report."""

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

    def fires(self, rates: Mapping[str, float | None], bad: Mapping[str, float]) -> bool:
        """Whether the burn rates of both windows exceed the factor, on MIN_BAD_EVENTS in the long one or more.

        rates, bad: burn rate (None when not known) and bad events or slices by window name.
        """
        long, short = rates[self.long], rates[self.short]
        burns = long is not None and short is not None and min(long, short) > self.factor
        return burns and bad[self.long] >= MIN_BAD_EVENTS


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
    """The catalogue for a window; a factor is a continuous function of the window's length.

    Scaling monthly shares to a week would page for nothing, so short periods have their own. Left out are pairs that
    fire while the budget will last, and with them every pair whose long window is near the period or above it.
    """
    period = period_seconds(window)
    found = (
        BurnPair(long, short, _factor(period, BURN_WINDOWS[long], weekly, monthly).quantize(Decimal("0.001")))
        for (long, short), weekly, monthly in zip(_LONG, _WEEKLY, _MONTHLY, strict=True)
    )
    return tuple(pair for pair in found if pair.factor >= _LEAST_FACTOR)


def _factor(period: int, long: int, weekly: Decimal, monthly: Decimal) -> Decimal:
    low, high = weekly * _WEEK / long, monthly * _FOUR_WEEKS / long
    if period <= _WEEK:
        return low * period / _WEEK
    if period >= _FOUR_WEEKS:
        return high * period / _FOUR_WEEKS
    return low + (high - low) * (period - _WEEK) / (_FOUR_WEEKS - _WEEK)
