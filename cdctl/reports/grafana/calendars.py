"""Calendar windows, as far as Grafana knows their periods."""

from __future__ import annotations

from collections.abc import Iterable

from cdctl.domain.slo.window import Calendar, Rolling, Unit

_KNOWN = {Unit.DAY: "now/d", Unit.WEEK: "now/w", Unit.MONTH: "now/M", Unit.YEAR: "now/y"}
_MONDAY = 0


def began(window: Calendar) -> str:
    """When the period began that is under way, as Grafana writes it; empty where it has no such period."""
    start = window.start
    begins = {
        Unit.DAY: True,
        Unit.WEEK: start.weekday() == _MONDAY,
        Unit.MONTH: start.day == 1,
        Unit.YEAR: (start.month, start.day) == (1, 1),
    }
    midnight = (start.hour, start.minute, start.second) == (0, 0, 0)
    return _KNOWN[window.unit] if window.count == 1 and midnight and begins.get(window.unit, False) else ""


def zone(windows: Iterable[Rolling | Calendar]) -> str:
    """The time zone of a dashboard, of which there is one: that of its calendars when they agree; else empty."""
    zones = {window.zone for window in windows if isinstance(window, Calendar)}
    return zones.pop() if len(zones) == 1 else ""
