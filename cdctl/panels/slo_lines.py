"""A promise on one line: verdict, name, what was measured, what is left, how fast it burns, how it went."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cdctl.domain import grid
from cdctl.domain.boards.drawing import Line, Piece
from cdctl.domain.slo.verdict import History, Row, Verdict
from cdctl.domain.text import safe

PAIRS = (("1h", "5m"), ("6h", "30m"), ("3d", "6h"))
"""Windows of burn rates that are shown side by side, the long one first."""
_ROLES = {Verdict.MET: "good", Verdict.AT_RISK: "warn", Verdict.BREACHED: "bad", Verdict.NO_DATA: "dim"}
_BARS = " ▁▂▃▄▅▆▇█"
_BAR, _SPARK, _PAIR = 10, 16, 13
_NAME, _LEAST, _MOST = 40, 24, 60
"""Cells of a name: what most need, the fewest, the most."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands in a line. name: cells of the promise and its group. pairs: of PAIRS, how many. target, spark:
    whether they are there."""

    name: int
    pairs: int
    target: bool = True
    spark: bool = True


def layout(width: int) -> Layout:
    """Names are read first, then how fast it burns; how it went, and what was promised, give way on narrow screens."""
    for target, spark, pairs, least in (
        (True, True, 3, _NAME), (True, True, 2, _NAME), (True, True, 1, _NAME), (True, False, 1, _LEAST),
        (False, False, 1, _LEAST),
    ):  # fmt: skip
        name = width - 39 - 9 * target - (_PAIR + 1) * pairs - (_SPARK + 2) * spark
        if name >= least:
            return Layout(min(name, _MOST), pairs, target, spark)
    return Layout(_LEAST, 1, target=False, spark=False)


def head(form: Layout) -> str:
    """Names of the columns."""
    target = f" {'TARGET':>8}" if form.target else ""
    pairs = "".join(f" {f'{long}/{short}':>{_PAIR}}" for long, short in PAIRS[: form.pairs])
    spark = "  BAD OVER WINDOW" if form.spark else ""
    return f" {'':10} {'PROMISE':{form.name}} {'SLI':>8}{target} {'BUDGET LEFT':{_BAR + 6}}{pairs}{spark}"


def line(row: Row, form: Layout) -> Line:
    """One row."""
    role = _ROLES.get(row.verdict, "bad")
    short = grid.shorten(safe(f"{row.name} {row.group_text}".strip(), 200), form.name)
    left = row.error_budget.remaining_ratio if row.error_budget else None
    budget: Piece = ("-" + " " * (_BAR + 5), "dim") if left is None else (_bar(left) + _share(left), _left(left))
    target = f" {float(100 * row.target):>8.7g}" if form.target else ""
    pieces: list[Piece] = [
        (f" {row.verdict.value.replace('_', ' '):10} ", f"{role} strong"),
        (short + " " * (form.name - grid.cells(short) + 1), ""),
        (f"{'-' if row.sli is None else f'{100 * row.sli:.3f}':>8}{target} ", ""),
        budget,
    ]
    if row.reason and row.sli is None:
        return (*pieces, (" " + safe(row.reason, 200), "dim"))
    for pair in PAIRS[: form.pairs]:
        fires = any(text.startswith("/".join(pair)) for text in row.firing)
        rates = "/".join(_rate(row.burn_rates.get(window)) for window in pair)
        pieces.append((f" {rates:>{_PAIR}}", "bad strong" if fires else ""))
    if form.spark:
        pieces.append(("  " + _spark(row.history, float(1 - row.target)), role))
    return tuple(pieces)


def _rate(rate: float | None) -> str:
    if rate is None:
        return "-"
    return f"{rate:.0f}x" if rate >= 10 else f"{rate:.1f}x"


def _bar(left: float) -> str:
    filled = round(_BAR * min(max(left, 0.0), 1.0))
    return "█" * filled + "░" * (_BAR - filled)


def _share(left: float) -> str:
    return f"{left:>6.0%}" if left > -9.995 else "<-999%"


def _left(left: float) -> str:
    return "bad" if left <= 0 else "warn" if left < 0.1 else "good"


def _spark(history: History | None, allowed: float) -> str:
    """Shares of bad events over the window, in equal parts. The highest part is a full bar, unless even that is below
    four times what is allowed: a calm past looks calm. A part without events is a dot."""
    if history is None or not len(history.ends):
        return ""
    begin, end = float(history.ends[0] - history.widths[0]), float(history.ends[-1])
    part = np.minimum(((history.ends - begin) / max(end - begin, 1) * _SPARK - 1e-9).astype(int), _SPARK - 1)
    total = np.bincount(part, np.nan_to_num(history.total), _SPARK)
    bad = total - np.bincount(part, np.nan_to_num(history.good), _SPARK)
    share = np.divide(np.maximum(bad, 0), total, out=np.zeros(_SPARK), where=total > 0)
    levels = np.ceil(share / max(share.max(), 4 * allowed, 1e-12) * 8).astype(int)
    return "".join("·" if not n else "▁" if not level else _BARS[level] for n, level in zip(total, levels, strict=True))
