"""Charts as inline SVG: budget burn-down, burn rate, and a sparkline. Colours and fonts are the page's, by class.

A chart is as wide as its place and 168 pixels high: lines live in an inner SVG that stretches; text and marks are
placed in percent and do not. Gridline labels stand right of the plot, so the page leaves 3.5 em there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape

import numpy as np

from cdctl.domain.slo.series import Floats
from cdctl.domain.slo.window import Bounds
from cdctl.reports.slots import Slots
from cdctl.reports.words import MONTHS

HEIGHT = 168
_TOP, _PLOT = 8, 132
_DAY = 86_400
_TICKS = (300, 900, 3600, 10_800, 21_600, 43_200, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 28 * _DAY, 91 * _DAY)

GAP_PATTERN = (
    '<svg width="0" height="0" class="defs" aria-hidden="true"><defs><pattern id="gap" width="6" height="6" '
    'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="gap-ground" width="6" height="6"/>'
    '<path class="gap-line" d="M0 0V6"/></pattern></defs></svg>'
)
"""Put once into a page that holds charts: the hatching of time that was not observed."""


def burn_down(slots: Slots, left: Floats, label: str) -> str:
    """Error budget left over the window: the line, the zero line, and the even pace that spends it exactly."""
    low = min(0.0, float(left[-1]))
    step = next(s for s in (0.5, 1, 2, 2.5, 5, 10, 20, 50, 100, 1e3, 1e4, 1e9) if (1 - low) / s <= 5)
    bottom = -math.ceil(-low / step - 1e-9) * step
    scale = _Scale(bottom, 1.0)
    ticks = [(value, f"{value:,.0%}") for value in [1.0, *_down(0.5 if low == 0 else 0.0, bottom, step)]]
    x = [0.0, *_x(slots.window, slots.ends)]
    y = [1.0, *map(float, left)]
    points = _thin(list(zip(x, y, strict=True)))
    good, bad = _split(points)
    marks = [f'<path class="pace" d="M0 {scale(1)}L1000 {scale(0)}"/>']
    for name, part in (("fine", good), ("over", bad)):
        if len(part) > 1:
            path = _polyline(part, scale)
            marks.append(f'<path class="area {name}" d="{path}V{scale(0)}H{_n(part[0][0])}Z"/>')
            marks.append(f'<path class="line {name}" d="{path}"/>')
    place = f'cx="{_percent(x[-1])}" cy="{_TOP + scale(y[-1])}"'
    dot = f'<circle class="dot {"over" if y[-1] < 0 else "fine"}" {place} r="3.5"/>'
    return _chart(slots, label, _grid(scale, ticks, 0.0), "".join(marks), dot)


def burn_rate(slots: Slots, label: str) -> str:
    """Burn rate of every slot on a logarithmic scale that has a zero; what is faster than 1 is marked."""
    top = max(2.0, float(np.nanmax(slots.rates, initial=0.0)) * 1.1)
    scale = _Scale(0.0, math.log10(1 + top))
    values = [0, 1, *(10**power for power in range(1, 8) if 10**power <= top)] if top >= 5 else [0, 1, 2, 4]
    ticks = [(math.log10(1 + value), f"{value:,}") for value in values if value <= top]
    x0, x1 = _x(slots.window, slots.starts), _x(slots.window, slots.ends)
    rates = np.nan_to_num(slots.rates)
    calm = _steps(x0, x1, np.minimum(rates, 1.0), 0.0, scale)
    hot = _steps(x0, x1, rates, 1.0, scale)
    marks = f'<path class="calm" d="{calm}"/><path class="hot" d="{hot}"/>'
    return _chart(slots, label, _grid(scale, ticks, math.log10(2)), marks, "")


def sparkline(slots: Slots, left: Floats) -> str:
    """The burn-down in the size of a word, for a table that says the number, too."""
    low = min(0.0, float(left[-1]))
    scale = _Scale(low, 1.0, 24)
    good, bad = _split(_thin([(0.0, 1.0), *zip(_x(slots.window, slots.ends), map(float, left), strict=True)]))
    paths = [f'<path class="zero" d="M0 {scale(0)}H1000"/>']
    for name, part in (("fine", good), ("over", bad)):
        if len(part) > 1:
            path = _polyline(part, scale)
            paths.append(f'<path class="area {name}" d="{path}V{scale(0)}H{_n(part[0][0])}Z"/>')
            paths.append(f'<path class="line {name}" d="{path}"/>')
    return (
        '<svg class="spark" aria-hidden="true" viewBox="0 -1 1000 26" preserveAspectRatio="none">'
        f"{''.join(paths)}</svg>"
    )


class _Scale:
    """From a value to the distance below the plot's top, one decimal."""

    def __init__(self, low: float, high: float, height: float = _PLOT) -> None:
        self.low, self.high, self.height = low, high, height

    def __call__(self, value: float) -> float:
        return round((self.high - value) / (self.high - self.low) * self.height, 1)


def _down(first: float, last: float, step: float) -> Iterable[float]:
    while first >= last - 1e-9:
        yield first
        first -= step


def _x(window: Bounds, instants: Iterable[int]) -> list[int]:
    """Positions 0..1000 of instants in a window; a thousandth of a chart is less than a pixel."""
    return [round((int(t) - window.start) / window.seconds * 1000) for t in instants]


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _percent(x: float) -> str:
    return f"{x / 10:.4g}%"


def _steps(starts: Sequence[int], ends: Sequence[int], rates: Floats, base: float, scale: _Scale) -> str:
    """Bars from `base` up, as one outline for each run of slots whose rate is above it."""
    path: list[str] = []
    ground = height = scale(math.log10(1 + base))
    last = -1
    for start, end, rate in zip(starts, ends, rates, strict=True):
        if rate <= base:
            continue
        top = scale(math.log10(1 + rate))
        if start != last:
            path.append(f"{f'V{ground}' if path else ''}M{start} {ground}V{top}H{end}")
        elif top == height:
            path.append(f"H{end}")
        else:
            path.append(f"V{top}H{end}")
        last, height = end, top
    return "".join(path) + (f"V{ground}" if path else "")


def _thin(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without the points inside level stretches, which add nothing to a line."""
    inner = (b for a, b, c in zip(points, points[1:], points[2:], strict=False) if not a[1] == b[1] == c[1])
    return [points[0], *inner, points[-1]]


def _split(points: list[tuple[float, float]]) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """A falling line cut where it crosses zero: the part above, and the part below."""
    over = next((i for i, (_, y) in enumerate(points) if y < 0), None)
    if over is None:
        return points, []
    (x0, y0), (x1, y1) = points[over - 1], points[over]
    crossing = (x0 + (x1 - x0) * y0 / (y0 - y1), 0.0)
    return [*points[:over], crossing], [crossing, *points[over:]]


def _polyline(points: Sequence[tuple[float, float]], scale: _Scale) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(scale(y))}" for x, y in points)


def _grid(scale: _Scale, ticks: Sequence[tuple[float, str]], strong: float) -> str:
    """Lines with labels right of the plot; a label that would touch the one before it is left out."""
    parts, last = [], -99.0
    for value, text in sorted(ticks, key=lambda tick: (tick[0] != strong, -tick[0])):
        y = _TOP + scale(value)
        kind = "strong" if value == strong else "thin"
        parts.append(f'<line class="{kind}" x1="0" x2="100%" y1="{y}" y2="{y}"/>')
        if abs(y - last) >= 13:
            parts.append(f'<text x="100%" dx="6" y="{y + 4}">{text}</text>')
            last = y if kind == "strong" else last
    return "".join(parts)


def _times(window: Bounds) -> list[tuple[float, str]]:
    """Round instants in UTC, at most six: days on Mondays when they are weeks apart."""
    step = next((s for s in _TICKS if window.seconds / s <= 6), _TICKS[-1])
    anchor = 4 * _DAY if step >= _DAY else 0
    tick = -(-(window.start - anchor) // step) * step + anchor
    found = []
    while tick <= window.end:
        when = datetime.fromtimestamp(tick, UTC)
        text = f"{when.day} {MONTHS[when.month - 1]}" if step >= _DAY else f"{when:%H:%M}"
        found.append(((tick - window.start) / window.seconds * 1000, text))
        tick += step
    return [(x, text) for x, text in found if 30 <= x <= 970]


def _chart(slots: Slots, label: str, grid: str, marks: str, over: str) -> str:
    times = "".join(
        f'<text class="time" x="{_percent(x)}" y="{HEIGHT - 8}">{text}</text>'
        f'<line class="tick" x1="{_percent(x)}" x2="{_percent(x)}" y1="{_TOP + _PLOT}" y2="{_TOP + _PLOT + 4}"/>'
        for x, text in _times(slots.window)
    )
    gaps = "".join(_gap(slots.window, *gap) for gap in slots.gaps)
    if slots.at < slots.window.end:
        x = _percent(_x(slots.window, [slots.at])[0])
        over = f'<line class="now" x1="{x}" x2="{x}" y1="{_TOP}" y2="{_TOP + _PLOT}"/>{over}'
    return (
        f'<svg class="chart" role="img" aria-label="{escape(label)}" width="100%" height="{HEIGHT}">{grid}'
        f'<svg y="{_TOP}" width="100%" height="{_PLOT}" viewBox="0 0 1000 {_PLOT}" preserveAspectRatio="none">'
        f"{marks}</svg>{gaps}{over}{times}</svg>"
    )


def _gap(window: Bounds, start: int, end: int) -> str:
    left, right = _x(window, (start, end))
    width = max(right - left, 2.0)
    return f'<rect class="gap" x="{_percent(left)}" width="{_percent(width)}" y="{_TOP}" height="{_PLOT}"/>'
