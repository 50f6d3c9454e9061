"""OpenSLO time windows as values."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from cdctl.domain.slo.window import Calendar, Rolling, Unit
from cdctl.files.durations import DAY, seconds
from cdctl.files.faults import Faults
from cdctl.files.lints import has_begun, window_fits
from cdctl.files.nearest import shown, suggestion
from cdctl.files.nodes import Mapping, Node

_LONGEST = 3660 * DAY
_MONTHLIKE = {"M": 30, "Q": 90, "Y": 365}


def window(item: Mapping, faults: Faults) -> Rolling | Calendar | None:
    """The window that a well-formed entry of timeWindow means; None with the reason in `faults`."""
    duration = item.at("duration")
    text = item.text("duration")
    length = seconds(text)
    if length > _LONGEST:
        faults.error(duration, f"duration {text} is longer than ten years", "choose a shorter window")
        return None
    if text[-1] == "m" and length <= 12 * 60:
        faults.warn(duration, f"{text} is {text[:-1]} min", f"for months write {text[:-1]}M")
    calendar = item.mapping("calendar")
    if calendar:
        found = _calendar(calendar, text, faults)
        if found:
            window_fits(found, duration, faults)
            has_begun(found, calendar.at("startTime"), faults)
        return found
    if text[-1] in _MONTHLIKE:
        days = length // DAY
        faults.warn(duration, f"a rolling {text} is taken as {days} days", f"write {days}d, or use a calendar")
    rolling = Rolling(length)
    window_fits(rolling, duration, faults)
    return rolling


def _calendar(node: Mapping, duration: str, faults: Faults) -> Calendar | None:
    start = _start(node.text("startTime"), node.at("startTime"), faults)
    zone = node.text("timeZone")
    if not _known(zone):
        from zoneinfo import available_timezones

        fix = suggestion(zone, available_timezones(), otherwise="write an IANA name such as Europe/Berlin")
        faults.error(node.at("timeZone"), f"there is no time zone {shown(zone)}", fix)
        return None
    return Calendar(int(duration[:-1]), Unit(duration[-1]), start, zone) if start else None


def _start(text: str, where: Node, faults: Faults) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        faults.error(where, f"startTime {shown(text)} is no date: {error}", "write a date that exists")
        return None


@cache
def _known(zone: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # unknown; not a relative path; a folder of zones
        return False
    return True
