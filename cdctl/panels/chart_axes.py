"""Axes of a chart: round numbers and round moments, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cdctl.domain.duration import brief

SHARE, TIME, BYTES = "ratio", "s", "B"
"""Units that are written in their own way: a share of one as percent, seconds, bytes."""
_NICE = (1.0, 2.0, 2.5, 5.0)
_TICKS = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
    1_209_600, 2_592_000,
)  # fmt: skip
_DAY = 86_400
HUGE, _TINY = 1e300, 1e-250
"""Beyond these nothing can be reckoned with: what is larger is drawn at the edge, what is smaller is nothing."""
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))
_BINARY = ((2.0**40, "Ti"), (2.0**30, "Gi"), (2.0**20, "Mi"), (2.0**10, "Ki"), (1.0, ""))
_SMALL = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"))


@dataclass(frozen=True, slots=True)
class Scale:
    """The axis of values. low, high: at its ends; ticks: round values between them, `step` apart."""

    low: float
    high: float
    step: float
    unit: str = ""

    @property
    def ticks(self) -> Sequence[float]:
        """The lowest first."""
        return [place * self.step for place in range(*_places(self.low, self.high, self.step))]

    def labels(self) -> list[str]:
        """The ticks as they are written: all with as many digits."""
        return [self._text(tick) for tick in self.ticks]

    def _text(self, value: float) -> str:
        factor, prefix = _prefix(max(abs(self.low), abs(self.high)), self.unit, self.step)
        if abs(value) < self.step / 1000:
            return "0%" if self.unit == SHARE else "0"
        step = self.step / factor
        digits = next((digits for digits in range(6) if abs(round(step, digits) - step) < step / 1000), 6)
        return f"{value / factor:,.{digits}f}{prefix}" if abs(value) < 1e15 else f"{value:.3g}"


def scale(low: float, high: float, most: int, unit: str = "") -> Scale:
    """An axis that holds these finite values: two ticks at least, and about `most`. Zero is on it when that costs less
    than half of the room. Its ends are round, too: it stays as it is while values change a little."""
    low, high = (min(max(value, -HUGE), HUGE) for value in (low, high))
    if low > 0 and low <= 0.6 * high:
        low = 0.0
    elif high < 0 and high >= 0.6 * low:
        high = 0.0
    if high - low <= max(1e-9 * max(abs(low), abs(high)), _TINY):
        low, high = (0.0, 1.0) if abs(low) <= _TINY else sorted((0.0, 2 * low))
    whole = _prefix(max(abs(low), abs(high)), unit)[0] if unit == BYTES else 1.0
    power = whole * 10.0 ** math.floor(math.log10((high - low) / whole / max(most, 2)))
    steps = [nice * factor * power for factor in (0.1, 1, 10, 100) for nice in _NICE]
    able = [step for step in steps if len(range(*_places(low, high, step))) >= 2]
    step = next((step for step in able if len(range(*_places(low, high, step))) <= most), able[-1])
    part = step / 4
    return Scale(math.floor(low / part + 1e-9) * part, math.ceil(high / part - 1e-9) * part, step, unit)


def _places(low: float, high: float, step: float) -> tuple[int, int]:
    """The first multiple of the step that is not below, and the first one that is above."""
    return math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1


def written(value: float, unit: str) -> str:
    """One value with its unit, three digits of it."""
    if not math.isfinite(value):
        return "no number"
    if unit == TIME and abs(value) >= 120:
        return ("-" if value < 0 else "") + brief(abs(value))
    factor, prefix = _prefix(abs(value), unit)
    scaled = value / factor
    text = f"{scaled:,.0f}" if abs(scaled) >= 100 else f"{scaled:.3g}"
    plain = unit and unit not in {SHARE, TIME, BYTES}
    return f"{text}{prefix}{f' {unit}' if plain and unit.isalnum() else unit if plain else ''}"


def _prefix(most: float, unit: str, step: float = math.inf) -> tuple[float, str]:
    """What numbers of this size are divided by, and what is written behind them. step: between two of them; they are
    not divided so that it takes more than two digits behind the point."""
    if unit == SHARE:
        return 0.01, "%"
    if unit == TIME:
        return next(((factor, f"{name}s") for factor, name in _SMALL if most >= factor), (1.0, "s"))
    names, behind = (_BINARY, "B") if unit == BYTES else (_PREFIXES, "")
    fitting = ((factor, f"{name}{behind}") for factor, name in names if most >= factor and step >= 0.01 * factor)
    return next(fitting, (1.0, behind))


def moments(begin: float, end: float, most: int) -> list[tuple[float, str]]:
    """Round instants (epoch seconds) by the clock of whoever looks, about `most`, and how they are written."""
    span = max(end - begin, 1.0)
    step = next((step for step in _TICKS if span / step <= max(most, 1)), _TICKS[-1])
    offset = (_local(end).utcoffset() or timedelta(0)).total_seconds()
    place = math.ceil((begin + offset) / step) * step - offset
    found = []
    while place <= end:
        found.append((place, _moment(place, step)))
        place += step
    return found


def _moment(at: float, step: int) -> str:
    when = _local(at)
    if step >= _DAY:
        return f"{when.day} {when:%b}"
    return f"{when:%H:%M:%S}" if step < 60 else f"{when:%H:%M}"


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(at).astimezone()
