"""Maintenance windows: when a rollout may publish, by the clock on a wall somewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ONE_DAY = timedelta(days=1)
_MIDNIGHT = 24 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """Open from `begins` until before `ends`, on the days (0 is Monday) on which it begins.

    Both in minutes since midnight, `ends` up to 1440. One that ends no later than it begins goes on past midnight:
    22:00-05:00 on Friday is Friday night. zone: an IANA name.
    """

    begins: int
    ends: int
    days: frozenset[int] = frozenset(range(7))
    zone: str = "UTC"

    def __str__(self) -> str:
        days = "" if len(self.days) == 7 else " ".join(DAYS[day] for day in sorted(self.days)) + " "
        return f"{days}{_clock(self.begins)}-{_clock(self.ends)} {self.zone}"


def opened(hours: Sequence[Hours], at: int) -> bool:
    """Whether any is open at an instant (epoch milliseconds). No hours at all are always open."""
    return not hours or any(begin <= at < end for one in hours for begin, end in _around(one, at))


def opens(hours: Sequence[Hours], at: int) -> int | None:
    """When the next one opens, epoch milliseconds; now if one is open; None when none does within a week."""
    if opened(hours, at):
        return at
    found = [begin for one in hours for begin, end in _around(one, at) if begin > at and end > begin]
    return min(found, default=None)


def _around(one: Hours, at: int) -> list[tuple[int, int]]:
    """Begin and end of the windows of yesterday and the next eight days, as epoch milliseconds."""
    zone = ZoneInfo(one.zone)
    today = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).date()
    days = [today + number * _ONE_DAY for number in range(-1, 9)]
    overnight = one.ends <= one.begins
    return [
        (_instant(day, one.begins, zone), _instant(day + _ONE_DAY if overnight else day, one.ends, zone))
        for day in days
        if day.weekday() in one.days
    ]


def _instant(day: date, minutes: int, zone: ZoneInfo) -> int:
    if minutes == _MIDNIGHT:
        day, minutes = day + _ONE_DAY, 0
    wall = datetime.combine(day, time(minutes // 60, minutes % 60), zone)
    return int(wall.timestamp()) * 1000


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
