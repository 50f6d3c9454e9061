"""A promise on one line: verdict, name, what was measured, what is left, how fast it burns, how it went."""

from __future__ import annotations

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
REST = 114
"""Cells of everything but the name."""


def head(width: int) -> str:
    """Names of the columns; `width` cells are for the promise's own."""
    pairs = "".join(f"{f'{long}/{short}':>{_PAIR}} " for long, short in PAIRS)
    return f" {'':10} {'PROMISE':{width}} {'SLI':>8} {'TARGET':>8} {'BUDGET LEFT':{_BAR + 6}} {pairs} BAD OVER WINDOW"


def line(row: Row, width: int) -> Line:
    """One row; `width` cells are for its name."""
    role = _ROLES.get(row.verdict, "bad")
    short = grid.shorten(safe(f"{row.name} {row.group_text}".strip(), 200), width)
    left = row.error_budget.remaining_ratio if row.error_budget else None
    budget: Piece = ("-" + " " * (_BAR + 5), "dim") if left is None else (_bar(left) + _share(left), _left(left))
    pieces: list[Piece] = [
        (f" {row.verdict.value.replace('_', ' '):10} ", f"{role} strong"),
        (short + " " * (width - grid.cells(short) + 1), ""),
        (f"{'-' if row.sli is None else f'{100 * row.sli:.3f}':>8} {float(100 * row.target):>8.7g} ", ""),
        budget,
        (" ", ""),
    ]
    if row.reason and row.sli is None:
        return (*pieces, (safe(row.reason, 200), "dim"))
    for pair in PAIRS:
        fires = any(text.startswith("/".join(pair)) for text in row.firing)
        rates = "/".join(_rate(row.burn_rates.get(window)) for window in pair)
        pieces.append((f"{rates:>{_PAIR}} ", "bad strong" if fires else ""))
    return (*pieces, (" " + _spark(row.history, float(1 - row.target)), role))


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
