"""Pictures of an explanation as inline SVG and HTML bars; colours are the page's, by class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

import numpy as np

from cdctl.domain import figures
from cdctl.domain.changes import Change
from cdctl.domain.slo.series import Floats
from cdctl.domain.why.explanation import Explanation, Timeline

HEIGHT = 230
_TOP, _PLOT = 20, 176
_MOST_MARKS = 9
"""Changes that are marked: of more, those that came nearest to a beginning."""
_CLOSE = 3.5
"""Percent of the width within which marks share a label."""
_LINE = 13
"""Pixels between two labels at least; that of 1, which spends the budget exactly, goes first."""
_STEPS = (1, 2, 2.5, 5, 10)
_TICKS = (60, 300, 600, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800)


def burn(told: Explanation, label: str) -> str:
    """The burn rate over the window (area), and what it would have been without its causes (line)."""
    allowed = 1 - told.target
    without = [told.timeline, *(cause.timeline for cause in told.fresh)]
    whole = _rates(told.timeline.bad, told.timeline.total) / allowed
    rest = _rates(_less(without, "bad"), _less(without, "total")) / allowed
    top = max(2.0, float(np.nanmax(whole, initial=0.0)) * 1.05)
    ticks = _ticks(top)
    parts = [_grid(ticks, top)]
    parts.append(
        f'<svg y="{_TOP}" width="100%" height="{_PLOT}" viewBox="0 0 1000 {_PLOT}" preserveAspectRatio="none">'
        f'<path class="area over" d="{_area(whole, top)}"/><path class="line over" d="{_line(whole, top)}"/>'
    )
    if told.fresh:
        parts.append(f'<path class="line fine" d="{_line(rest, top)}"/>')
    parts.append("</svg>" + _gaps(told.timeline.total) + _times(told) + _onsets(told) + _marks(told))
    return (
        f'<svg class="chart" role="img" aria-label="{escape(label)}" width="100%" height="{HEIGHT}">'
        f"{''.join(parts)}</svg>"
    )


def _less(timelines: Sequence[Timeline], what: str) -> Floats:
    first, *others = (np.asarray(getattr(one, what), np.float64) for one in timelines)
    return np.maximum(first - sum(others, np.zeros(len(first))), 0.0)


def _rates(bad: Floats, total: Floats) -> Floats:
    return np.where(total > 0, bad / np.maximum(total, 1e-12), np.nan)


def _ticks(top: float) -> list[float]:
    """Zero, round values up to the top, and 1, which spends the budget exactly."""
    power = 10.0 ** math.floor(math.log10(top / 4))
    step = next(power * factor for factor in _STEPS if top / (power * factor) <= 5)
    found = [step * number for number in range(int(top / step) + 1)]
    return sorted({*found, 1.0})


def _y(value: float, top: float) -> float:
    return round((1 - value / top) * _PLOT, 1)


def _grid(ticks: Sequence[float], top: float) -> str:
    parts = []
    for value in ticks:
        y = _TOP + _y(value, top)
        kind = "strong" if value in {0, 1} else "thin"
        parts.append(f'<line class="{kind}" x1="0" x2="100%" y1="{y}" y2="{y}"/>')
        if value == 1 or abs(value - 1) * _PLOT / top >= _LINE:
            parts.append(f'<text x="100%" dx="6" y="{y + 4}">{value:,.6g}</text>')
    return "".join(parts)


def _runs(rates: Floats) -> list[list[tuple[float, float, float]]]:
    """(left, right, value) of slices in which something happened, a list for each run without a gap."""
    width = 1000 / len(rates)
    found: list[list[tuple[float, float, float]]] = [[]]
    for number, value in enumerate(rates.tolist()):
        if math.isfinite(value):
            found[-1].append((round(number * width, 1), round((number + 1) * width, 1), value))
        elif found[-1]:
            found.append([])
    return [run for run in found if run]


def _line(rates: Floats, top: float) -> str:
    return "".join(
        f"M{run[0][0]:g} {_y(run[0][2], top)}" + "".join(f"V{_y(value, top)}H{right:g}" for _, right, value in run)
        for run in _runs(rates)
    )


def _area(rates: Floats, top: float) -> str:
    return "".join(
        f"M{run[0][0]:g} {_PLOT}" + "".join(f"V{_y(value, top)}H{right:g}" for _, right, value in run) + f"V{_PLOT}Z"
        for run in _runs(rates)
    )


def _gaps(total: Floats) -> str:
    """Hatching where nothing happened, a piece for each run of slices."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], total <= 0, [False]]).astype(np.int8)))
    return "".join(
        f'<rect class="gap" x="{start / len(total) * 100:.4g}%" width="{(end - start) / len(total) * 100:.4g}%" '
        f'y="{_TOP}" height="{_PLOT}"/>'
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    )


def _times(told: Explanation) -> str:
    start, end = told.window.start, told.window.end
    step = next((step for step in _TICKS if (end - start) / step <= 6), _TICKS[-1])
    tick = math.ceil(start / step) * step
    parts = []
    while tick <= end:
        x = (tick - start) / (end - start) * 100
        when = datetime.fromtimestamp(tick, UTC)
        text = f"{when:%d.%m.}" if step >= 86_400 else f"{when:%H:%M}"
        if 3 <= x <= 97:
            parts.append(f'<text class="time" x="{x:.4g}%" y="{HEIGHT - 10}">{text}</text>')
        y = _TOP + _PLOT
        parts.append(f'<line class="tick" x1="{x:.4g}%" x2="{x:.4g}%" y1="{y}" y2="{y + 4}"/>')
        tick += step
    return "".join(parts)


def _onsets(told: Explanation) -> str:
    """A dashed line where a cause began, or a band where that is not known well."""
    parts = []
    for first, last in sorted({cause.vague for cause in told.fresh if cause.vague}):
        left, right = max(_across(told, first), 0.0), min(_across(told, last), 100.0)
        parts.append(f'<rect class="began" x="{left:.4g}%" width="{right - left:.4g}%" y="{_TOP}" height="{_PLOT}"/>')
    moments = sorted({cause.since for cause in told.fresh if cause.since is not None})
    return "".join([*parts, *(_upright("now", _across(told, since), _TOP) for since in moments)])


def _across(told: Explanation, moment: float) -> float:
    """Where a moment is, in percent of the width."""
    return (moment - told.window.start) / (told.window.end - told.window.start) * 100


def _upright(kind: str, x: float, top: int) -> str:
    return f'<line class="{kind}" x1="{x:.4g}%" x2="{x:.4g}%" y1="{top}" y2="{_TOP + _PLOT}"/>'


def changes(told: Explanation) -> list[Change]:
    """Those that came near a beginning and may be its reason, in order of time; the number of each is its place from 1
    on. Those before the window are among them."""
    ranked = [(rank, one.change) for cause in told.fresh for rank, one in enumerate(cause.after)]
    found: list[Change] = []
    for _, change in sorted(ranked, key=lambda one: one[0]):
        if change not in found:
            found.append(change)
    return sorted(found[:_MOST_MARKS], key=lambda one: (one.at, one.title))


def _marks(told: Explanation) -> str:
    """A line with its number where something was changed; numbers too close to each other share a label: `2–4`."""
    places = [(_across(told, one.at), number) for number, one in enumerate(changes(told), 1)]
    parts: list[str] = []
    labels: list[list[tuple[float, int]]] = []
    for x, number in places:
        if not 0 <= x <= 100:
            continue
        parts.append(_upright("mark", x, _TOP - 4))
        if labels and x - labels[-1][0][0] <= _CLOSE:
            labels[-1].append((x, number))
        else:
            labels.append([(x, number)])
    for group in labels:
        first, last = group[0][1], group[-1][1]
        text = f"{first}" if first == last else f"{first}–{last}"
        x = (group[0][0] + group[-1][0]) / 2
        parts.append(f'<text class="label" x="{min(max(x, 1), 99):.4g}%" y="{_TOP - 8}">{text}</text>')
    return "".join(parts)


def bar(share: float, kind: str, text: str) -> str:
    """A horizontal bar with its figure; `kind` is a class."""
    width = min(max(share, 0.0), 1.0) * 100
    return (
        f'<span class="bar"><span class="{kind}" style="width:{width:.4g}%"></span></span>'
        f'<span class="figure">{escape(text)}</span>'
    )


def burned(value: float | None) -> str:
    """A burn rate as a figure."""
    return figures.burn(value)
