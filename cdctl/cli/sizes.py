"""Sizes and times that options take."""

from __future__ import annotations

import re

from cdctl.errors import UsageError

_BYTES = {"": 1, "B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}


def byte_count(text: str, option: str, least: int) -> int:
    """Bytes of `2GB`, `500MB` (powers of 1024). Raises UsageError."""
    match = re.fullmatch(r"(\d{1,9})\s*([A-Za-z]*)", text)
    unit = _BYTES.get(match[2].upper()) if match else None
    if match is None or unit is None:
        raise UsageError(f"{text!r} is no size", subject=option, hint="write 2GB or 500MB")
    found = int(match[1]) * unit
    if found < least:
        raise UsageError(f"{text} is too little", subject=option, hint=f"{least >> 20}MB is the least")
    return found


def least_seconds(text: str, option: str, least: float) -> float:
    """Seconds of `3d`. Raises UsageError."""
    from cdctl.domain.duration import seconds

    try:
        found = seconds(text)
    except ValueError as error:
        raise UsageError(str(error), subject=option, hint="write 3d") from None
    if found < least:
        said = f"{least / 3600:g}h" if least >= 3600 else f"{least / 60:g}m"
        raise UsageError(f"{text} is too short", subject=option, hint=f"{said} is the least")
    return found
