"""Cells of vehicles as lines of a table: fixed widths, so that nothing moves sideways while values change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdctl.domain import grid
from cdctl.domain.boards.asking import Arrange
from cdctl.domain.boards.drawing import Line, Piece, with_role
from cdctl.domain.boards.vehicles import Handle, Order, Vehicles
from cdctl.domain.duration import brief
from cdctl.domain.fleet.reading import Cell
from cdctl.domain.text import safe

if TYPE_CHECKING:
    from cdctl.panels.fleet_cursor import Hand

_WIDTHS = {"vin": 17, "region": 10, "model": 12, "sw": 12, "state": 8, "dtc": 20, "caps": 24}
_USUAL = 10
_LENGTHS = frozenset({"age", "since"})
_ROLES = {"online": "good", "offline": "warn", "unknown": "dim", "never": "dim"}
_LEFT = frozenset({"vin", "region", "model", "sw", "state", "dtc", "caps"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is in the window. rows: vehicles; None where it is not known yet who is there. cells: values,
    [rows][columns]; none of such a row. dim: whether a row is stale."""

    rows: Sequence[Handle | None]
    cells: Sequence[Sequence[Cell]]
    columns: Sequence[str] = ()
    dim: Sequence[bool] = ()

    def lines(self, width: int, chosen: str, order: Arrange, hand: Hand) -> list[Line]:
        """The names of the columns, then the rows. `chosen` is the column that a key would sort by."""
        widths = [_width(name) for name in self.columns]
        head: list[Piece] = [("   ", "head")]
        for name, own in zip(self.columns, widths, strict=True):
            arrow = ("▼" if order.descending else "▲") if name == order.sort else ""
            title = safe(name.upper(), own - len(arrow)) + arrow
            head += [(_placed(title, own, name), "head strong" if name == chosen else "head"), (" ", "head")]
        lines: list[Line] = [(*head, (" " * width, "head"))]
        for row, values, dim in zip(self.rows, self.cells, self.dim, strict=True):
            if row is None:
                lines.append((("   …", "dim"),))
                continue
            line = self._line(row, values, widths, hand.marks)
            line = with_role(line, "dim") if dim else line
            lines.append(with_role((*line, (" " * width, "")), "cursor") if row == hand.cursor else line)
        return lines

    def column_at(self, column: int) -> str:
        """The column that stands at a place of the screen, empty when none does."""
        left = 3
        for name in self.columns:
            left += _width(name) + 1
            if 3 <= column < left:
                return name
        return ""

    def _line(self, row: Handle, values: Sequence[Cell], widths: Sequence[int], marks: set[Handle]) -> Line:
        pieces: list[Piece] = [(" ● " if row in marks else "   ", "mark")]
        for name, value, own in zip(self.columns, values, widths, strict=True):
            role = _ROLES.get(str(value), "") if name == "state" else ""
            pieces += [(_placed(text_of(name, value), own, name), role), (" ", "")]
        return tuple(pieces)


def sheet(vehicles: Vehicles, order: Order, places: tuple[int, int], columns: Sequence[str], stale: float) -> Sheet:
    """What is at some places of an order. stale: seconds without a word after which a row is old; one whose state
    nobody can tell is, too."""
    rows = order.handles(*places)
    known = [row for row in rows if row is not None]
    told = vehicles.told(order, known, [*columns, "state", "age"])
    found = iter(zip(*told, strict=True))
    whole = [(None,) * (len(columns) + 2) if row is None else next(found) for row in rows]
    dim = [values[-2] != "online" or not isinstance(values[-1], float) or values[-1] > stale for values in whole]
    cells = [() if row is None else values[:-2] for row, values in zip(rows, whole, strict=True)]
    return Sheet(rows, cells, columns, dim)


def text_of(name: str, value: Cell) -> str:
    """A value as people read it, safe for a terminal."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return brief(value) if name in _LENGTHS else f"{value:,.5g}"
    return f"{value:,}" if isinstance(value, int) else safe(value, 200)


def _width(name: str) -> int:
    return _WIDTHS.get(name, max(_USUAL, min(len(name) + 1, 20)))


def _placed(text: str, width: int, name: str) -> str:
    short = grid.shorten(text, width)
    blank = " " * (width - grid.cells(short))
    return short + blank if name in _LEFT else blank + short
