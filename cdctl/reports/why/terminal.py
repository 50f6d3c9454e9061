"""An explanation for a terminal: the answer first, then tables with small bars."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from cdctl.domain import figures, grid
from cdctl.domain.slo.series import Floats
from cdctl.domain.text import safe
from cdctl.domain.why import wording
from cdctl.domain.why.explanation import Cause, Explanation
from cdctl.reports import words
from cdctl.reports.why import telling

_TICKS = "▁▂▃▄▅▆▇█"
_BAR = 10
_SPARK = 30


def text(told: Explanation, width: int | None = None, *, show_vins: bool = False) -> str:
    """The whole answer; `width` in cells where a terminal shows it."""
    parts = [[telling.headline(told)], list(telling.lines(told)), list(_burn(told))]
    parts += [_causes(told, width), _near(told, width), _heavy(told, width, show_vins=show_vins)]
    parts += [_examples(told), _next(told), list(telling.remarks(told, show_vins=show_vins))]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _causes(told: Explanation, width: int | None) -> list[str]:
    if not told.causes:
        return []
    columns = [
        grid.Column("CAUSE", shrinks=True),
        grid.Column("BAD EVENTS"),
        grid.Column("INSIDE", "point"),
        grid.Column("OUTSIDE", "point"),
        grid.Column("BEFORE", "point"),
        grid.Column("BURN", "point"),
        grid.Column("BUDGET", "point"),
        grid.Column("P", "right"),
        grid.Column("VEHICLES", "right"),
        grid.Column("SINCE"),
    ]
    return grid.grid(columns, [_row(cause, told) for cause in told.causes], width)


def _row(cause: Cause, told: Explanation) -> list[str]:
    mark = " (as before)" if cause in told.standing else ""
    return [
        wording.spoken(cause.where) + mark,
        f"{_bar(cause.share)} {wording.rate(cause.share)}",
        wording.rate(cause.inside.rate),
        wording.rate(cause.outside.rate),
        wording.rate(cause.before.rate) if cause.before else figures.UNKNOWN,
        figures.burn(cause.burn),
        wording.rate(cause.budget),
        wording.p_value(cause.log10_p).removeprefix("p ").removeprefix("= "),
        f"{cause.vehicles:,}" if cause.vehicles else "",
        _since(cause),
    ]


def _since(cause: Cause) -> str:
    if cause.vague:
        return " to ".join(map(words.moment, cause.vague))
    return words.moment(cause.since) if cause.since is not None else ""


def _bar(share: float) -> str:
    """A bar that is full for all of it only."""
    halves = int(min(max(share, 0.0), 1.0) * _BAR * 2)
    return f"{'█' * (halves // 2)}{'▌' * (halves % 2)}".ljust(_BAR, "░")


def _burn(told: Explanation) -> Iterator[str]:
    """The burn over the window, and what it would have been without its causes."""
    if told.events.bad <= 0:
        return
    bad, total = told.timeline.bad, told.timeline.total
    rest_bad = bad - sum((cause.timeline.bad for cause in told.fresh), np.zeros(len(bad)))
    rest_total = total - sum((cause.timeline.total for cause in told.fresh), np.zeros(len(bad)))
    whole, rest = _rates(bad, total), _rates(rest_bad, rest_total)
    top = max(float(np.nanmax(whole, initial=0.0)), 1e-12)
    allowed = 1 - told.target
    yield f"burn     {_spark(whole, top)}  at most {figures.burn(top / allowed)}"
    if told.fresh:
        yield f"without  {_spark(rest, top)}  at most {figures.burn(float(np.nanmax(rest, initial=0.0)) / allowed)}"


def _rates(bad: Floats, total: Floats) -> Floats:
    """Shares of bad events in at most _SPARK slices, NaN where nothing happened."""
    edges = np.unique(np.linspace(0, len(bad), min(_SPARK, len(bad)) + 1).astype(np.int64))[:-1]
    sums = np.add.reduceat(np.maximum(bad, 0.0), edges), np.add.reduceat(np.maximum(total, 0.0), edges)
    return np.where(sums[1] > 0, sums[0] / np.maximum(sums[1], 1e-12), np.nan)


def _spark(rates: Floats, top: float) -> str:
    marks = []
    for rate in rates.tolist():
        known = math.isfinite(rate)
        marks.append(_TICKS[min(len(_TICKS) - 1, int(rate / top * len(_TICKS)))] if known else " ")
    return "".join(marks)


def _near(told: Explanation, width: int | None) -> list[str]:
    if not told.near:
        return []
    columns = [
        grid.Column("NEARLY", shrinks=True),
        grid.Column("BAD EVENTS", "point"),
        grid.Column("INSIDE", "point"),
        grid.Column("OUTSIDE", "point"),
        grid.Column("P", "right"),
        grid.Column("BUT", shrinks=True),
    ]
    rows = [
        [
            wording.spoken(miss.where), wording.rate(miss.share), wording.rate(miss.inside), wording.rate(miss.outside),
            wording.p_value(miss.log10_p).removeprefix("p ").removeprefix("= "), miss.reason,
        ]
        for miss in told.near
    ]  # fmt: skip
    return grid.grid(columns, rows, width)


def _heavy(told: Explanation, width: int | None, *, show_vins: bool) -> list[str]:
    if not told.heavy:
        return []
    columns = [
        grid.Column("HEAVY HITTER"), grid.Column("", shrinks=True), grid.Column("BAD", "right"),
        grid.Column("OF", "right"), grid.Column("SHARE", "point"),
    ]  # fmt: skip
    rows = [
        [
            safe(hit.attribute, 40), telling.named(hit, show_vins=show_vins), words.count(hit.bad),
            words.count(hit.total), wording.rate(hit.share),
        ]
        for hit in told.heavy
    ]  # fmt: skip
    return grid.grid(columns, rows, width)


def _examples(told: Explanation) -> list[str]:
    found = [f"  {trace}" for cause in told.fresh for trace in cause.traces]
    return ["examples (cdctl trace show ID):", *found] if found else []


def _next(told: Explanation) -> list[str]:
    found: Sequence[str] = telling.commands(told)
    return ["next:", *(f"  {line}" for line in found)] if found else []
