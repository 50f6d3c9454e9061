"""Instants, durations and percentages as people write them on a command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from cdctl.domain.duration import seconds
from cdctl.errors import UsageError

_AGO = re.compile(r"now(?:-(\d{1,9})([smhdw]))?")
_LONGEST = 366 * 86_400
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def instant(text: str, now: float, flag: str = "--at") -> int:
    """Epoch seconds of `now`, `now-1h` or an RFC 3339 time, which must name its offset. Raises UsageError."""
    if ago := _AGO.fullmatch(text):
        return int(now) - (int(ago[1]) * _SECONDS[ago[2]] if ago[1] else 0)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _no_instant(text, flag) from None
    if found.tzinfo is None:
        raise UsageError(f"{text!r} has no offset", subject=flag, hint=f"for UTC write {text}Z")
    if not 0 < found.timestamp() <= now:
        when = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
        raise UsageError(f"{text!r} is not in the past", subject=flag, hint=f"now is {when}")
    return int(found.timestamp())


def _no_instant(text: str, flag: str) -> UsageError:
    return UsageError(f"{text!r} is no instant", subject=flag, hint="write 2026-11-22T10:00:00Z, or now-1h")


def share(text: str) -> Decimal:
    """A ratio 0..1 out of `90%` or `0.9`. Raises UsageError."""
    try:
        value = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        value = Decimal(-1)
    value = value / 100 if text.endswith("%") else value
    if not 0 <= value <= 1:
        raise UsageError(f"{text!r} is not between 0 % and 100 %", subject="--min-coverage", hint="write 90%")
    return value


def span(text: str, flag: str) -> float:
    """Seconds of a duration such as `30s`, more than none. Raises UsageError."""
    try:
        found = seconds(text)
    except ValueError as error:
        raise UsageError(str(error), subject=flag, hint="write 30s") from None
    if not 0 < found <= _LONGEST:
        raise UsageError(f"{text} is no time to wait", subject=flag, hint="more than nothing and at most a year: 30s")
    return found
