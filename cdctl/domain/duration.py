"""Lengths of time as people write them: `30s`, `5m`, `1h30m`, `7d`, `4w`."""

from __future__ import annotations

import re

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"([0-9]+)(ms|[smhdw])")


def seconds(text: str) -> float:
    """Seconds in `text`: numbers with units, largest first or not. Raises ValueError that shows what is meant."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a duration such as 30s, 5m, 1h, 7d or 4w")
    return float(sum(int(number) * _SECONDS[unit] for number, unit in parts))


def brief(value: float) -> str:
    """A length of time for people, two units at most: `0.4s`, `12s`, `4m05s`, `3h12m`, `2d4h`."""
    if value < 10:
        return f"{value:.1f}".removesuffix(".0") + "s"
    whole = int(value)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86_400}d{whole % 86_400 // 3600}h"
