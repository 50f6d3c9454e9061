"""How causes and their figures are said, the same in reports and on boards."""

from __future__ import annotations

import math

from cdctl.domain import figures
from cdctl.domain.text import safe
from cdctl.domain.why.explanation import Conjunction

LONG = 80
"""Characters of a name or a value that are shown."""
_SPOKEN = {"sw": "software", "vehicle.software": "software", "service.name": "service", "command.name": "command"}
_SURE = -9


def spoken(where: Conjunction) -> str:
    """`region eu with software 23-07.60`; safe for a terminal."""
    parts = [f"{_name(one.attribute)} {safe(one.value, LONG)}" for one in where]
    first, rest = parts[0], parts[1:]
    return f"{first} with {' and '.join(rest)}" if rest else first


def _name(attribute: str) -> str:
    return _SPOKEN.get(attribute, safe(attribute, LONG))


def p_value(log10_p: float) -> str:
    """`p < 1e-9` where it is smaller, else `p = 0.0004`."""
    return f"p < 1e{_SURE}" if log10_p < _SURE else f"p = {10**log10_p:.1g}"


def rate(value: float | None) -> str:
    """A share of bad events in two or three figures: `21%`, `0.2%`, `0.034%`; never rounded to nothing or to all."""
    if value is None:
        return figures.UNKNOWN
    percent = value * 100
    if percent in {0, 100} or 10 <= percent < 99:
        return f"{percent:.0f}%"
    if percent >= 99:
        return f"{math.floor(percent * 100) / 100:g}%"
    digits = max(0, 1 - math.floor(math.log10(percent)))
    return f"{percent:.{min(digits, 6)}f}".rstrip("0").rstrip(".") + "%"
