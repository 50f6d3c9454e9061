"""What is legal in a promise and still cannot work as its author thinks."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal

from cdctl.domain.slo.alert_windows import pairs, period_seconds
from cdctl.domain.slo.objective import Indicator, QueryFault, Threshold
from cdctl.domain.slo.window import Calendar, Rolling, inexact, premature
from cdctl.files.faults import Faults, Located

_NOT_CODE = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|#.*""")
_STANDS_IN = re.compile(r"\bor\s+(?:on\s*\(\s*\)\s*)?vector\s*\(\s*([0-9.]+)\s*\)", re.IGNORECASE)


def idle_pairs(window: Rolling | Calendar, target: Decimal, where: Located, faults: Faults) -> None:
    """Warn when a burn pair can never fire: even a total outage burns no faster than 1 / (1 - target)."""
    idle = [pair for pair in pairs(window) if not pair.can_fire(target)]
    if not idle:
        return
    most = 1 / (1 - target)
    needed = (1 - 1 / max(pair.factor for pair in idle)).quantize(Decimal("0.0001"), ROUND_CEILING)
    names = ", ".join(map(str, idle))
    faults.warn(
        where,
        f"with target {target:f} the burn rate never passes {float(most):.4g}, so it is never at risk by {names}",
        f"all burn pairs work from target {needed} on",
    )


def slice_fits(window: Rolling | Calendar, slice_seconds: int | None, where: Located, faults: Faults) -> None:
    """A slice longer than half the window leaves nothing to count."""
    if slice_seconds and slice_seconds * 2 > period_seconds(window):
        faults.error(where, "a time slice is longer than half the time window", "write a shorter one, such as 5m")


def window_fits(window: Rolling | Calendar, where: Located, faults: Faults) -> None:
    """Warn of a window that is not a whole number of the finest buckets."""
    said = inexact(window)
    if said:
        faults.warn(where, said, "write a multiple of 5m")


def has_begun(calendar: Calendar, where: Located, faults: Faults) -> None:
    """Warn of a calendar whose first period lies in the future."""
    said = premature(calendar, int(time.time()))
    if said:
        faults.warn(where, said, "write a startTime that has passed")


def silence_passes(indicator: Indicator) -> Iterator[QueryFault]:
    """Constants that stand in where a threshold's query finds nothing, and then say success: `or vector(0)`, say.

    In ratios they do no harm: the source looks at the series themselves.
    """
    if not isinstance(indicator, Threshold):
        return
    query = indicator.metric
    for found in _STANDS_IN.finditer(_NOT_CODE.sub(lambda text: " " * len(text[0]), query.text)):
        try:
            value = float(found[1])
        except ValueError:
            continue
        if indicator.holds(value):
            said = f"`or vector({found[1]})` answers for series that are gone, or misspelt, as if all were well"
            yield QueryFault(query, said, "delete it: time without data is not covered then", found.start())
