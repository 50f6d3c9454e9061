"""Maintenance windows, by the clock on the wall of a place."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cdctl.domain.orders.rollout.hours import Hours, opened, opens

NIGHT = Hours(22 * 60, 5 * 60, frozenset({0, 1, 2, 3, 4}), "Europe/Berlin")
DAY = Hours(9 * 60, 17 * 60)


def ms(text: str, zone: str = "Europe/Berlin") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-20T21:59:59", False),
        ("2026-11-20T22:00:00", True),
        ("2026-11-21T04:59:59", True),  # Saturday, but the night began on Friday
        ("2026-11-21T05:00:00", False),
        ("2026-11-21T23:00:00", False),  # Saturday night is not named
        ("2026-11-23T01:00:00", False),  # Monday before dawn belongs to Sunday night
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(at: str, expected: bool) -> None:
    assert opened((NIGHT,), ms(at)) is expected


def test_no_hours_are_always_open() -> None:
    assert opened((), 0)
    assert opens((), 12) == 12


def test_the_zone_decides() -> None:
    at = ms("2026-11-20T08:30:00", "UTC")
    assert not opened((DAY,), at)
    assert opened((Hours(9 * 60, 17 * 60, zone="Europe/Berlin"),), at)


def test_when_it_opens_next() -> None:
    assert opens((NIGHT,), ms("2026-11-21T12:00:00")) == ms("2026-11-23T22:00:00")
    assert opens((NIGHT, DAY), ms("2026-11-21T03:00:00", "UTC")) == ms("2026-11-21T03:00:00", "UTC")
    assert opens((NIGHT, DAY), ms("2026-11-21T12:00:00", "UTC")) == ms("2026-11-21T12:00:00", "UTC")
    assert opens((NIGHT, DAY), ms("2026-11-21T18:00:00", "UTC")) == ms("2026-11-22T09:00:00", "UTC")


def test_no_day_never_opens() -> None:
    assert opens((Hours(0, 60, frozenset()),), 0) is None


def test_a_whole_day_ends_at_midnight() -> None:
    sunday = Hours(0, 1440, frozenset({6}))
    assert opened((sunday,), ms("2026-11-22T23:59:59", "UTC"))
    assert not opened((sunday,), ms("2026-11-23T00:00:00", "UTC"))
    assert not opened((sunday,), ms("2026-11-21T23:59:59", "UTC"))


def test_the_clock_goes_back_and_the_hour_that_is_there_twice_is_open_twice() -> None:
    early = Hours(2 * 60, 3 * 60, zone="Europe/Berlin")
    first = ms("2026-10-25T02:30:00", "Europe/Berlin")
    assert opened((early,), first)
    assert opened((early,), first + 3_600_000), "02:30 comes again"
    assert not opened((early,), first + 5_400_000)


def test_the_clock_goes_forward_and_an_hour_that_is_not_there_does_not_open() -> None:
    early = Hours(2 * 60, 3 * 60, zone="Europe/Berlin")
    before = ms("2026-03-29T01:30:00", "Europe/Berlin")
    assert not any(opened((early,), before + minutes * 60_000) for minutes in range(0, 180, 10))
    assert opens((early,), before) == ms("2026-03-30T02:00:00", "Europe/Berlin")


def test_hours_as_a_person_reads_them() -> None:
    assert str(NIGHT) == "mon tue wed thu fri 22:00-05:00 Europe/Berlin"
    assert str(Hours(0, 1440)) == "00:00-24:00 UTC"
