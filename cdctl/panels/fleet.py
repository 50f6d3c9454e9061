"""The table of vehicles. It asks for an order of rows and then reads what is in its window, however many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdctl.domain.boards.drawing import Line
from cdctl.domain.boards.panel import Binding, Key, Kind
from cdctl.domain.boards.snapshot import Arrange, Arranged, FleetSight, Missing, Snapshot
from cdctl.domain.duration import seconds
from cdctl.domain.fleet.tables import DEFAULT_COLUMNS
from cdctl.domain.text import safe
from cdctl.errors import UsageError
from cdctl.panels.fleet_cursor import Hand
from cdctl.panels.fleet_lines import Sheet, sheet
from cdctl.panels.fleet_prompt import Prompt

AGAIN = 1.0
"""Seconds between two orders of a table that is sorted or filtered: vehicles change while it is looked at."""
REST = 2.0
"""Seconds after a key during which nothing moves by itself."""


class FleetTable:
    """See the port. columns: fields to show. ask: what is shown at first. stale: seconds."""

    bindings: Sequence[Binding] = (
        Binding("up down pgup pgdn home end", "move"),
        Binding("/", "filter; Enter keeps it, Esc goes back to the one before"),
        Binding("space", "mark the vehicle; the mark stays with it"),
        Binding("shift+left shift+right", "choose a column"),
        Binding("O", "sort by that column; again for the other direction"),
        Binding("esc", "take the filter away, then the marks"),
    )

    def __init__(self, columns: Sequence[str], ask: Arrange, stale: float) -> None:
        self.fields: Sequence[str] = tuple(dict.fromkeys([*columns, "state", "age"]))
        self._columns = tuple(columns)
        self._stale = stale
        self._chosen = self._columns.index(ask.sort) if ask.sort in self._columns else 0
        self._wanted, self._asked = ask, False
        self._shown: Arranged | None = None
        self._error = ""
        self._prompt = Prompt()
        self.hand = Hand()
        self._snapshot: Snapshot | None = None
        self._touched, self._rest_until = False, 0.0
        self._sheet = Sheet((), ())

    @property
    def title(self) -> str:
        """How many match, what is marked, how it is sorted."""
        shown, parts = self._shown, ["vehicles"]
        if shown is not None:
            parts.append(f"{len(shown.rows):,} of {shown.of:,}" if shown.ask.where else f"{shown.of:,}")
        if self._wanted.where:
            parts.append("/" + safe(self._wanted.where, 60))
        if self.hand.marks:
            parts.append(f"{len(self.hand.marks):,} marked")
        if shown is not None and shown.left_out:
            parts.append("not judged: " + ", ".join(f"{n:,} without {name}" for name, n in shown.left_out.items()))
        return " · ".join(parts)

    def see(self, snapshot: Snapshot, letter: str) -> Arrange | None:
        """See the port. Orders come back later, and only the one that was asked for last is taken."""
        self._snapshot = snapshot
        if self._touched:
            self._touched, self._rest_until = False, snapshot.at + REST
        found = snapshot.arranged.get(letter)
        if found is not None and found.ask == self._wanted and found is not self._shown:
            self._take(found)
        if isinstance(snapshot.fleet, Missing):
            return None
        return self._wanted if self._due(snapshot) else None

    def _take(self, found: Arranged) -> None:
        self._error = found.error
        if not found.error:
            self._shown = found
            self.hand.follow(found.rows)

    def _due(self, snapshot: Snapshot) -> bool:
        if not self._asked:
            self._asked = True
            return True
        shown = self._shown
        if self._error or shown is None or snapshot.frozen_at is not None:
            return False
        resting = self._rest_until - REST <= snapshot.at < self._rest_until
        return not resting and not 0 <= snapshot.at - shown.at < AGAIN + 5 * shown.took

    def press(self, key: Key) -> bool:
        """See the port."""
        self._touched = True
        if self._prompt.open:
            return self._typed(key)
        if key.name == "slash":
            self._prompt.begin(self._wanted.where)
        elif key.name in {"shift+left", "shift+right"}:
            step = 1 if key.name == "shift+right" else -1
            self._chosen = min(max(self._chosen + step, 0), len(self._columns) - 1)
        elif key.char == "O":
            self._sort()
        elif key.name == "escape":
            return self._back()
        else:
            return self.hand.press(key)
        return True

    def _typed(self, key: Key) -> bool:
        self._prompt.press(key)
        self._want(Arrange(self._prompt.text, self._wanted.sort, self._wanted.descending))
        return True

    def _sort(self) -> None:
        name = self._columns[self._chosen]
        descending = self._wanted.sort == name and not self._wanted.descending
        self._want(Arrange(self._wanted.where, name, descending))

    def _back(self) -> bool:
        if self._wanted.where:
            self._want(Arrange("", self._wanted.sort, self._wanted.descending))
        elif self.hand.marks:
            self.hand.marks.clear()
        else:
            return False
        return True

    def _want(self, ask: Arrange) -> None:
        if ask != self._wanted:
            self._wanted, self._asked, self._error = ask, False, ""

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The prompt while it is open, what is wrong with it, the names of columns, the rows in the window."""
        snapshot = self._snapshot
        if snapshot is None:
            return []
        lines: list[Line] = [self._prompt.line(width)] if self._prompt.open else []
        lines += [((" " + safe(text, 400), "bad"),) for text in self._error.splitlines()]
        if isinstance(snapshot.fleet, Missing):
            told = f" {snapshot.fleet.reason}{f': {snapshot.fleet.hint}' if snapshot.fleet.hint else ''}"
            return [*lines, ((safe(told), "dim" if snapshot.fleet.waiting else "bad"),)]
        room = max(height - len(lines) - 1, 0)
        return [*lines, *self._rows(snapshot.fleet, width, room)]

    def _rows(self, sight: FleetSight, width: int, room: int) -> Sequence[Line]:
        shown = self._shown
        if shown is None:
            return [((" looking ...", "dim"),)]
        self.hand.fit(room)
        rows = shown.rows[self.hand.top : self.hand.top + room]
        self._sheet = sheet(sight.view.only(rows), rows.tolist(), self._columns, self._stale)
        return self._sheet.lines(width, self._columns[self._chosen], self._wanted, self.hand)

    def data(self) -> Mapping[str, object]:
        """The rows in the window, as `cdctl fleet ls -o json` has them."""
        shown = self._shown
        told: dict[str, object] = {"where": self._wanted.where, "sort": self._wanted.sort}
        if self._error:
            told["error"] = self._error
        if shown is not None:
            told |= {"matched": len(shown.rows), "vehicles": shown.of, "left_out": dict(shown.left_out)}
        return {**told, "rows": [dict(zip(self._columns, cells, strict=True)) for cells in self._sheet.cells]}


def make(settings: Mapping[str, object]) -> FleetTable:
    """See `Kind`."""
    columns = settings.get("columns", list(DEFAULT_COLUMNS))
    if not isinstance(columns, list) or not columns or not all(isinstance(name, str) for name in columns):
        raise UsageError("must be a list of columns", subject="columns", hint="columns: [vin, region, state, age]")
    where, order = _text(settings, "where"), _text(settings, "sort")
    if order.removeprefix("-") not in {"", *columns}:
        raise UsageError("must be one of the columns", subject="sort", hint=f"one of {', '.join(columns)}")
    try:
        stale = seconds(_text(settings, "stale") or "5m")
    except ValueError as error:
        raise UsageError(str(error), subject="stale", hint="stale: 5m") from None
    return FleetTable(columns, Arrange(where, order.removeprefix("-"), order.startswith("-")), stale)


def _text(settings: Mapping[str, object], key: str) -> str:
    found = settings.get(key, "")
    if not isinstance(found, str):
        raise UsageError("must be text", subject=key, hint="put it in quotes")
    return found


KIND = Kind(
    "fleet",
    "vehicles, one a row: filter, sort, mark",
    make,
    {
        "columns": "fields to show, in their order",
        "where": "which vehicles at first, in the selection language",
        "sort": "a column to sort by at first, with - before it for descending",
        "stale": "how old a row may be before it is dim, 5m unless told",
    },
)
