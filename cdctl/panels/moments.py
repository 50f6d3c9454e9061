"""Moments as people read them, by the clock where they sit, and as programs do."""

from __future__ import annotations

from datetime import UTC, datetime

from cdctl.domain.duration import brief


def local(at: float) -> datetime:
    """A moment (epoch seconds) where whoever looks is. Raises what `datetime` does for one that no calendar has."""
    return datetime.fromtimestamp(at).astimezone()


def clock(at: float, now: float) -> str:
    """Eight cells: the time of a moment of the last day, the date of an older one. Epoch seconds."""
    try:
        told = local(at)
    except (OverflowError, ValueError, OSError):
        return "?" * 8
    return f"{told:%H:%M:%S}" if abs(now - at) < 86_400 else f"{told.strftime('%d %b'):>8}"


def fine(at: float, now: float) -> str:
    """The same with milliseconds, in twelve cells."""
    whole = clock(at, now)
    return f"{whole}.{int(at * 1000) % 1000:03}" if ":" in whole else f"{whole:<12}"


def ago(at: float, now: float) -> str:
    """How long ago it was."""
    return brief(max(now - at, 0.0))


def utc(at: float) -> str:
    """RFC 3339 with milliseconds, as the commands write it."""
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return ""
