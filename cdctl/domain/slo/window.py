"""Time windows: rolling ones and calendar ones, with their bounds at an instant.

A calendar window has its bounds in local time and its length in UTC: March 2025 in Berlin is 743 h long.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

EDGE = 300
"""Seconds between two instants at which a window may begin: the width of the finest bucket."""


class Unit(StrEnum):
    """Units a calendar window may count in; `1m` is a minute, `1M` a month (OpenSLO durations)."""

    MINUTE = "m"
    HOUR = "h"
    DAY = "d"
    WEEK = "w"
    MONTH = "M"
    QUARTER = "Q"
    YEAR = "Y"


_MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}
_DAYS = {Unit.DAY: 1, Unit.WEEK: 7}
_SECONDS = {Unit.MINUTE: 60, Unit.HOUR: 3600}


@dataclass(frozen=True, slots=True)
class Rolling:
    """The last so many seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """Periods of `count` units, one after the other, from a local start in a time zone.

    `start` is naive local time. A start on the 31st means the last day in shorter months.
    """

    count: int
    unit: Unit
    start: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """The instants of one window, epoch seconds; events at `start` are outside, events at `end` inside."""

    kind: str
    start: int
    end: int

    @property
    def seconds(self) -> int:
        """Length in real (UTC) seconds."""
        return self.end - self.start


@lru_cache(maxsize=1024)
def bounds(window: Rolling | Calendar, at: int) -> Bounds:
    """The window that holds the instant `at` (epoch seconds). A calendar window may end after `at`.

    Bounds are floored to EDGE, because nothing finer is measured.
    """
    if isinstance(window, Rolling):
        return Bounds("rolling", _floored(at - window.seconds), at)
    index = _index_near(window, at)
    while _edge(window, index) >= at:
        index -= 1
    while _edge(window, index + 1) < at:
        index += 1
    return Bounds("calendar", _floored(_edge(window, index)), _floored(_edge(window, index + 1)))


def inexact(window: Rolling | Calendar) -> str:
    """How the length of a window is not judged to the letter, in words; empty when it is."""
    if isinstance(window, Rolling):
        whole = -(-window.seconds // EDGE) * EDGE
        if whole != window.seconds:
            return f"the window of {_minutes(window.seconds)} is judged as {_minutes(whole)}{_FINEST}"
    elif window.unit is Unit.MINUTE and window.count * 60 % EDGE:
        return f"periods of {window.count} min begin and end at multiples of {EDGE // 60} min{_FINEST}"
    return ""


_FINEST = f": nothing finer than {EDGE // 60} min is measured"


def _minutes(seconds: int) -> str:
    return f"{seconds / 60:.4g} min"


def premature(window: Rolling | Calendar, at: int) -> str:
    """That a calendar begins after the instant `at`, in words; empty when it does not."""
    if isinstance(window, Rolling) or instant(window.start, window.zone) <= at:
        return ""
    said = f"the calendar begins only on {window.start:%Y-%m-%d %H:%M} {window.zone}"
    return f"{said}: judged as if its periods had come before that, too"


def _floored(instant: int) -> int:
    return instant // EDGE * EDGE


def _index_near(window: Calendar, at: int) -> int:
    local = datetime.fromtimestamp(at, ZoneInfo(window.zone)).replace(tzinfo=None)
    if window.unit in _MONTHS:
        months = (local.year - window.start.year) * 12 + local.month - window.start.month
        return months // (_MONTHS[window.unit] * window.count)
    length = timedelta(days=_DAYS.get(window.unit, 0), seconds=_SECONDS.get(window.unit, 0)) * window.count
    return int((local - window.start) // length)


def _edge(window: Calendar, index: int) -> int:
    """Epoch second at which period number `index` begins."""
    steps = index * window.count
    if window.unit in _SECONDS:
        start = instant(window.start, window.zone)
        return start + steps * _SECONDS[window.unit]
    if window.unit in _MONTHS:
        return instant(_add_months(window.start, steps * _MONTHS[window.unit]), window.zone)
    return instant(window.start + timedelta(days=steps * _DAYS[window.unit]), window.zone)


def _add_months(start: datetime, months: int) -> datetime:
    """The same day so many months on, clamped to the month's last day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return start.replace(year=year, month=month + 1, day=min(start.day, calendar.monthrange(year, month + 1)[1]))


def instant(local: datetime, zone: str) -> int:
    """Epoch seconds of a naive local time; the first of two (fold 0), and after the gap when it does not exist.

    PEP 495: a time inside a spring-forward gap read with fold 0 takes the offset from before the gap, so 02:30 becomes
    03:30 on the new offset.
    """
    return int(local.replace(tzinfo=ZoneInfo(zone)).timestamp())
