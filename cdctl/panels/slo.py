"""The strip of promises: each with its verdict, what is left of its budget, how fast it burns, and how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cdctl.domain import grid
from cdctl.domain.boards.drawing import Line, Piece, with_role
from cdctl.domain.boards.panel import Binding, Key, Kind
from cdctl.domain.boards.snapshot import Arrange, Missing, Snapshot
from cdctl.domain.slo.verdict import History, Row, SloReport, Verdict
from cdctl.domain.text import safe

PAIRS = (("1h", "5m"), ("6h", "30m"), ("3d", "6h"))
"""Windows of burn rates that are shown side by side, the long one first."""
_ROLES = {Verdict.MET: "good", Verdict.AT_RISK: "warn", Verdict.BREACHED: "bad", Verdict.NO_DATA: "dim"}
_GRAVEST = (Verdict.BREACHED, Verdict.AT_RISK, Verdict.ERROR, Verdict.NO_DATA, Verdict.MET)
_BARS = " ▁▂▃▄▅▆▇█"
_BAR, _SPARK, _PAIR = 10, 16, 13
_REST = 114
"""Cells of everything but the name."""


class Promises:
    """See the port."""

    fields: Sequence[str] = ()
    bindings: Sequence[Binding] = (Binding("up down pgup pgdn home end", "move"),)

    def __init__(self) -> None:
        self._snapshot: Snapshot | None = None
        self._place, self._top, self._room = 0, 0, 1
        self._sorted: list[Row] = []
        self._sorted_of: SloReport | None = None

    @property
    def title(self) -> str:
        """How many promises are how."""
        rows = self._rows()
        counts = {verdict: sum(row.verdict is verdict for row in rows) for verdict in _GRAVEST}
        said = ", ".join(f"{count} {verdict.value.replace('_', ' ')}" for verdict, count in counts.items() if count)
        return f"promises{' · ' if said else ''}{said}"

    def see(self, snapshot: Snapshot, letter: str) -> Arrange | None:
        """See the port."""
        self._snapshot = snapshot
        return None

    def press(self, key: Key) -> bool:
        """See the port."""
        page, last = max(self._room - 1, 1), len(self._rows()) - 1
        places = {
            "up": self._place - 1, "down": self._place + 1, "pageup": self._place - page,
            "pagedown": self._place + page, "home": 0, "end": last,
        }  # fmt: skip
        if key.name not in places:
            return False
        self._place = max(min(places[key.name], last), 0)
        return True

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The names of the columns, then a line for each promise and group."""
        if self._snapshot is None:
            return []
        slo = self._snapshot.slo
        if isinstance(slo, Missing):
            told = f" {slo.reason}{f': {slo.hint}' if slo.hint else ''}"
            return [((safe(told), "dim" if slo.waiting else "bad"),)]
        self._room = max(height - 1, 1)
        rows = self._rows()
        self._place = max(min(self._place, len(rows) - 1), 0)
        self._top = min(max(self._top, self._place - self._room + 1), self._place)
        shown = rows[self._top : self._top + self._room]
        blank: Piece = (" " * width, "")
        name = min(max(width - _REST, 16), 60)
        lines = [with_role((*_line(row, name), blank), "cursor" if row is rows[self._place] else "") for row in shown]
        return [((_head(name), "head"), (" " * width, "head")), *lines]

    def data(self) -> Mapping[str, object]:
        """Every promise, with the numbers of `cdctl slo report -o json`."""
        slo = None if self._snapshot is None else self._snapshot.slo
        if slo is None or isinstance(slo, Missing):
            return {"missing": slo.reason if slo else "nothing was seen", "slos": []}
        return {"at": slo.report.at, "slos": [_record(row) for row in self._rows()]}

    def _rows(self) -> list[Row]:
        slo = None if self._snapshot is None else self._snapshot.slo
        if slo is None or isinstance(slo, Missing):
            return []
        if slo.report is not self._sorted_of:
            self._sorted_of = slo.report
            self._sorted = sorted(slo.report.rows, key=lambda row: _GRAVEST.index(row.verdict))
        return self._sorted


def _head(name: int) -> str:
    pairs = "".join(f"{f'{long}/{short}':>{_PAIR}} " for long, short in PAIRS)
    return f" {'':10} {'PROMISE':{name}} {'SLI':>8} {'TARGET':>8} {'BUDGET LEFT':{_BAR + 6}} {pairs} BAD OVER WINDOW"


def _line(row: Row, width: int) -> Line:
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


def _record(row: Row) -> dict[str, object]:
    budget = row.error_budget
    return {
        "name": row.name,
        "group": dict(row.group),
        "objective": row.objective,
        "verdict": row.verdict.value,
        "sli": row.sli,
        "target": float(row.target),
        "remaining_ratio": budget.remaining_ratio if budget else None,
        "burn_rates": dict(row.burn_rates),
        "firing": list(row.firing),
        "reason": row.reason,
    }


KIND = Kind("slo", "promises: verdict, budget, burn rates, how it went", lambda _: Promises())
