"""Periods that Grafana has a word for."""

from __future__ import annotations

from datetime import datetime

import pytest

from cdctl.domain.slo.window import Calendar, Rolling, Unit
from cdctl.reports.grafana.calendars import began, zone


def calendar(unit: Unit, start: str = "2026-01-01 00:00:00", count: int = 1, where: str = "UTC") -> Calendar:
    return Calendar(count, unit, datetime.fromisoformat(start), where)


@pytest.mark.parametrize(
    ("window", "word"),
    [
        (calendar(Unit.DAY), "now/d"),
        (calendar(Unit.WEEK, "2026-01-05"), "now/w"),
        (calendar(Unit.WEEK, "2026-01-06"), ""),
        (calendar(Unit.MONTH), "now/M"),
        (calendar(Unit.MONTH, "2026-07-01"), "now/M"),
        (calendar(Unit.MONTH, "2026-01-02"), ""),
        (calendar(Unit.MONTH, "2026-01-01 01:00:00"), ""),
        (calendar(Unit.MONTH, count=2), ""),
        (calendar(Unit.QUARTER), ""),
        (calendar(Unit.YEAR), "now/y"),
        (calendar(Unit.YEAR, "2026-04-01"), ""),
        (calendar(Unit.HOUR), ""),
    ],
)
def test_when_a_period_began(window: Calendar, word: str) -> None:
    assert began(window) == word


def test_a_dashboard_has_one_time_zone() -> None:
    berlin, york = calendar(Unit.DAY, where="Europe/Berlin"), calendar(Unit.DAY, where="America/New_York")
    assert zone([Rolling(1), berlin, berlin]) == "Europe/Berlin"
    assert zone([berlin, york]) == zone([Rolling(1)]) == ""
