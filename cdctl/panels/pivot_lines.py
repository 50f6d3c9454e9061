"""Groups of a fleet as lines of a table: fixed widths, and of columns that find no room none is cut in two."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cdctl.domain import grid
from cdctl.domain.boards.drawing import Line, Piece, with_role
from cdctl.domain.boards.pivoting import CHANGE, RATE, Aggregate, Aggregated
from cdctl.domain.text import safe

NOT_TOLD = "(not told)"
_WIDEST = 24
_BAR = 20
_MANY = 0.05
"""Share of the vehicles that were online: when more are gone, it is red."""


def count(value: float) -> str:
    """A number of vehicles."""
    return "-" if math.isnan(value) else f"{int(value):,}"


def percent(value: float) -> str:
    """A share: none and all are said of none and all alone."""
    if math.isnan(value):
        return "-"
    if 0 < value < 0.001:
        return "<0.1%"
    return f"{min(100 * value, 99.9) if value < 1 else 100:.1f}%"


def change(value: float) -> str:
    """More, or fewer."""
    if math.isnan(value):
        return "-"
    return f"{'▲' if value > 0 else '▼'}{abs(int(value)):,}" if value else "·"


def rate(value: float) -> str:
    """A number a second."""
    if math.isnan(value):
        return "-"
    return f"{value:.1f}" if 0 < value < 10 else f"{value:,.0f}"


@dataclass(frozen=True, slots=True)
class _Column:
    head: str
    width: int
    text: Callable[[float], str]


COLUMNS = {
    "vehicles": _Column("VEHICLES", 9, count),
    "online": _Column("ONLINE", 9, count),
    "online_share": _Column("ONLINE%", 8, percent),
    CHANGE: _Column("CHANGE", 8, change),
    "unknown": _Column("UNKNOWN", 8, count),
    "faulty": _Column("TROUBLE", 8, count),
    "faulty_share": _Column("TROUBLE%", 9, percent),
    RATE: _Column("MSG/S", 7, rate),
}
"""What is shown of a group, by its name."""


@dataclass(slots=True)
class Sheet:
    """How the table is laid out. by: the fields of groups; widths: of these, they never shrink while they stay the
    same. visible: columns that found room, these fields among them."""

    by: Sequence[str] = ()
    widths: list[int] = field(default_factory=list)
    visible: Sequence[str] = ()

    def take(self, ask: Aggregate, found: Aggregated) -> None:
        """Other groups."""
        before = self.widths if self.by == ask.by else [0] * len(ask.by)
        values = [{group[place] for group in found.groups} for place in range(len(ask.by))]
        longest = [max([len(name) + 1, *map(_wide, own)]) for name, own in zip(ask.by, values, strict=True)]
        self.by = ask.by
        self.widths = [max(old, min(new, _WIDEST)) for old, new in zip(before, longest, strict=True)]

    def lay(self, ask: Aggregate, width: int) -> None:
        """Find room on a screen of so many cells."""
        left = width - 3 - sum(self.widths) - 2 * len(self.widths)
        shown = []
        for name, column in COLUMNS.items():
            left -= column.width + 1
            if left < 0:
                break
            shown.append(name)
        self.visible = (*ask.by, *shown)

    def head(self, ask: Aggregate, chosen: str, width: int) -> Line:
        """The names of the columns; `chosen` is the one that a key would sort by."""
        pieces: list[Piece] = [("   ", "head")]
        for name, own, text in self._placed(ask):
            arrow = ("▼" if ask.descending else "▲") if name == ask.sort else ""
            title = safe(text, own - len(arrow)) + arrow
            placed = f"{title:<{own}}  " if name in ask.by else f"{title:>{own}} "
            pieces.append((placed, "head strong" if name == chosen else "head"))
        return (*pieces, (" " * width, "head"))

    def row(self, ask: Aggregate, found: Aggregated, row: int, width: int, *, under: bool) -> Line:
        """One group."""
        pieces: list[Piece] = [("   ", "")]
        for value, own in zip(found.groups[row], self.widths, strict=True):
            text = NOT_TOLD if value is None else safe(value, 200)
            short = grid.shorten(text, own)
            pieces.append((short + " " * (own - grid.cells(short) + 2), "dim" if value is None else ""))
        told = {name: float(found.numbers[name][row]) for name in COLUMNS}
        for name in self.visible[len(ask.by) :]:
            column = COLUMNS[name]
            pieces.append((f"{column.text(told[name]):>{column.width}} ", _role(name, told)))
        if len(self.visible) == len(ask.by) + len(COLUMNS) and self._used + _BAR + 2 <= width:
            pieces += bar(told["online_share"], _BAR)
        line = (*pieces, (" " * width, ""))
        return with_role(line, "cursor") if under else line

    def column_at(self, ask: Aggregate, at: int) -> str:
        """The column that stands at a place of the screen, empty when none does."""
        left = 3
        for name, own, _ in self._placed(ask):
            begin, left = left, left + own + (2 if name in ask.by else 1)
            if begin <= at < left:
                return name
        return ""

    def _placed(self, ask: Aggregate) -> list[tuple[str, int, str]]:
        by = [(name, own, name.upper()) for name, own in zip(ask.by, self.widths, strict=True)]
        return by + [(name, COLUMNS[name].width, COLUMNS[name].head) for name in self.visible[len(ask.by) :]]

    @property
    def _used(self) -> int:
        return 3 + sum(self.widths) + 2 * len(self.widths) + sum(column.width + 1 for column in COLUMNS.values())


def bar(share: float, width: int) -> list[Piece]:
    """How much of it, as a bar; nothing where it is not known."""
    if math.isnan(share):
        return [(" " * width, "")]
    whole, half = divmod(round(min(max(share, 0.0), 1.0) * width * 2), 2)
    filled = "━" * whole + "╸" * half
    return [(filled, "good"), ("─" * (width - len(filled)), "frame")]


def _wide(value: str | None) -> int:
    return len(NOT_TOLD) if value is None else grid.cells(safe(value, 60))


def _role(name: str, told: dict[str, float]) -> str:
    value = told[name]
    if name == CHANGE and value < 0:
        return "bad" if -value > _MANY * (told["online"] - value) else "warn"
    if name == CHANGE:
        return "good" if value > 0 else "dim"
    if name in {"faulty", "faulty_share"}:
        return "warn" if value > 0 else "dim"
    return "dim" if math.isnan(value) or (name == "unknown" and not value) else ""
