"""The table of vehicles. It asks for an order of rows and then reads what is in its window, however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from cdctl.domain.boards.asking import Arrange, Arranged, Ask, Missing
from cdctl.domain.boards.drawing import Line
from cdctl.domain.boards.keys import MOVES, Binding, Key
from cdctl.domain.boards.prompt import Prompt
from cdctl.domain.boards.requests import DONE, About, Copy, Open, Prepare, Reply, Say
from cdctl.domain.boards.snapshot import FleetSight, Snapshot
from cdctl.domain.boards.vehicles import Handle
from cdctl.domain.duration import seconds
from cdctl.domain.fleet.reading import Cell
from cdctl.domain.fleet.tables import DEFAULT_COLUMNS
from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe
from cdctl.errors import UsageError
from cdctl.panels import fleet_whole
from cdctl.panels.fleet_cursor import Hand
from cdctl.panels.fleet_lines import Sheet, sheet, text_of
from cdctl.panels.inquiry import Inquiry

STEP = 250
"""Places between two questions for what is far away in an order."""
MOST_AHEAD = 200
"""Places about the middle of the window that should be known before they are shown."""


class FleetTable:
    """See the port. columns: fields to show. ask: what is shown at first. stale: seconds."""

    bindings: Sequence[Binding] = (
        Binding("filter", ("/",), "filter; Enter keeps it, Esc goes back to the one before", "filter"),
        Binding("open", ("enter",), "this vehicle: what it is, what happened to it", "vehicle"),
        Binding("mark", ("space",), "mark the vehicle; the mark stays with it", "mark"),
        Binding("command", ("x",), "prepare a command: to the marked, else to all that match", "command"),
        Binding("left", ("shift+left",), "choose the column at the left"),
        Binding("right", ("shift+right",), "choose the column at the right"),
        Binding("sort", ("O",), "sort by the chosen column; again for the other direction", "sort"),
        Binding("copy", ("y",), "copy the VIN"),
        Binding("copy-row", ("Y",), "copy the row"),
        Binding("back", ("escape",), "take the filter away, then the marks"),
        *MOVES,
    )

    def __init__(self, columns: Sequence[str], ask: Arrange, stale: float) -> None:
        self.fields: Sequence[str] = tuple(dict.fromkeys([*columns, "state", "age"]))
        self._columns = tuple(columns)
        self._stale = stale
        self._chosen = self._columns.index(ask.sort) if ask.sort in self._columns else 0
        self._wanted = replace(ask, columns=self._columns)
        self._inquiry = Inquiry(self._wanted)
        self._shown: Arranged | None = None
        self._error = ""
        self._prompt = Prompt("/")
        self.hand = Hand()
        self._snapshot: Snapshot | None = None
        self._sheet = Sheet((), ())

    @property
    def writing(self) -> bool:
        """See the port."""
        return self._prompt.open

    @property
    def title(self) -> str:
        """How many match, what is marked, how it is sorted."""
        shown, parts = self._shown, ["vehicles"]
        if shown is not None:
            parts.append(f"{shown.matched:,} of {shown.of:,}" if self._wanted.where else f"{shown.of:,}")
        if self._wanted.where:
            parts.append("/" + safe(self._wanted.where, 60))
        if self.hand.marks:
            parts.append(f"{len(self.hand.marks):,} marked")
        if shown is not None and shown.left_out:
            parts.append("not judged: " + ", ".join(f"{n:,} without {name}" for name, n in shown.left_out.items()))
        return " · ".join(parts)

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """See the port."""
        self._snapshot = snapshot
        if isinstance(snapshot.fleet, Missing):
            return None  # what is asked for now would count as asked
        before = self._inquiry.answer
        self._look_ahead()
        ask = self._inquiry.see(snapshot, letter)
        if self._inquiry.answer is not before and self._inquiry.answer is not None:
            self._take(self._inquiry.answer.value)
        return ask

    def _take(self, found: object) -> None:
        if isinstance(found, Missing):
            self._error = f"{found.reason}{f'; {found.hint}' if found.hint else ''}"
        elif isinstance(found, Arranged):
            self._error = found.error
            if not found.error:
                self._shown, self._error = found, found.remark
                self.hand.follow(found.order)

    def _look_ahead(self) -> None:
        """Ask for what the window will show next, where it is not known yet."""
        begin, end = self.hand.window
        middle, ahead = (begin + end) // 2, max(MOST_AHEAD - (end - begin) // 2, 0)
        ahead = min(end - begin, ahead)
        known = self._shown is None or self._shown.order.holds(begin - ahead, end + ahead)
        if self._inquiry.current and not known:
            self._want(replace(self._wanted, near=middle // STEP * STEP))

    @property
    def where(self) -> str:
        """The filter."""
        return self._wanted.where

    @property
    def columns(self) -> Sequence[str]:
        """What is shown."""
        return self._columns

    def show(self, columns: Sequence[str]) -> None:
        """Show other fields; what it is sorted by stays."""
        self._columns = tuple(columns)
        self.fields = tuple(dict.fromkeys([*columns, "state", "age"]))
        self._chosen = 0
        self._sheet = Sheet((), ())
        self._want(replace(self._wanted, columns=self._columns))

    @property
    def matched(self) -> int:
        """How many match."""
        return len(self._shown.order) if self._shown is not None else 0

    def whole(self) -> Iterator[Sequence[Cell]]:
        """All that match."""
        sight = self._snapshot.fleet if self._snapshot is not None else None
        return fleet_whole.rows(sight, self._shown, self._columns)

    def narrow(self, where: str) -> None:
        """Put a filter into the prompt, kept at once."""
        self._want(replace(self._wanted, where=where, near=0))

    def press(self, action: str, key: Key) -> Reply:
        """See the port."""
        self._inquiry.touch()
        if self._prompt.open:
            self._prompt.press(key)
            self.narrow(self._prompt.text)
            return DONE
        match action:
            case "filter":
                self._prompt.begin(self._wanted.where)
            case "left" | "right":
                step = 1 if action == "right" else -1
                self._chosen = min(max(self._chosen + step, 0), len(self._columns) - 1)
            case "sort":
                self._sort()
            case "back":
                return self._back()
            case "click":
                return self._clicked(key)
            case "open" | "copy" | "copy-row" | "command":
                return self._requested(action)
            case _:
                return DONE if self.hand.press(action) else None
        return DONE

    def _requested(self, action: str) -> Reply:
        """What is asked of others: about the vehicle under the cursor, or about all that are meant."""
        if action == "command":
            return self._meant()
        vin = self._vin(self.hand.cursor)
        if not vin:
            return (Say("there is no vehicle here", bad=True),)
        if action == "open":
            return (Open("vehicle", About(vin=vin)),)
        if action == "copy":
            return (Copy(vin, "VIN"),)
        place = list(self._sheet.rows).index(self.hand.cursor) if self.hand.cursor in self._sheet.rows else -1
        cells = self._sheet.cells[place] if place >= 0 else ()
        told = [text_of(name, value) for name, value in zip(self._columns, cells, strict=False)]
        return (Copy("\t".join(told) if told else vin, "row"),)

    def _meant(self) -> Reply:
        """The marked vehicles; without marks all that match the filter; without a filter the one under the cursor."""
        if self.hand.marks or not self._wanted.where:
            vins = tuple(sorted(filter(None, map(self._vin, self.hand.marks or [self.hand.cursor]))))
            return (Prepare(vins),) if vins else (Say("there is no vehicle here", bad=True),)
        return (Prepare(where=self._wanted.where),)

    def _vin(self, handle: Handle | None) -> str:
        sight = self._snapshot.fleet if self._snapshot is not None else None
        return sight.vehicles.vin(handle) if isinstance(sight, FleetSight) and handle is not None else ""

    def _clicked(self, key: Key) -> Reply:
        """On the name of a column: sort by it; on a row: go there."""
        head = len(self._notes(1))
        if key.at[1] == head:
            name = self._sheet.column_at(key.at[0])
            if name:
                self._chosen = self._columns.index(name)
                self._sort()
        elif key.at[1] > head:
            self.hand.point(key.at[1] - head - 1)
        return DONE

    def _sort(self) -> None:
        name = self._columns[self._chosen]
        descending = self._wanted.sort == name and not self._wanted.descending
        self._want(replace(self._wanted, sort=name, descending=descending, near=0))

    def _back(self) -> Reply:
        if self._wanted.where:
            self.narrow("")
        elif self.hand.marks:
            self.hand.marks.clear()
        else:
            return None
        return DONE

    def _want(self, ask: Arrange) -> None:
        if ask != self._wanted:
            self._wanted, self._error = ask, ""
            self._inquiry.want(ask)

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The prompt while it is open, what is wrong with it, the names of columns, the rows in the window."""
        snapshot = self._snapshot
        if snapshot is None:
            return []
        lines = self._notes(width)
        if isinstance(snapshot.fleet, Missing):
            told = f" {snapshot.fleet.reason}{f': {snapshot.fleet.hint}' if snapshot.fleet.hint else ''}"
            return [*lines, ((safe(told), "dim" if snapshot.fleet.waiting else "bad"),)]
        room = max(height - len(lines) - 1, 0)
        return [*lines, *self._rows(snapshot.fleet, width, room)]

    def _notes(self, width: int) -> list[Line]:
        lines: list[Line] = [self._prompt.line(width)] if self._prompt.open else []
        return lines + [((" " + safe(text, 400), "bad"),) for text in self._error.splitlines()]

    def _rows(self, sight: FleetSight, width: int, room: int) -> Sequence[Line]:
        shown = self._shown
        if shown is None:
            return [((" looking ...", "dim"),)]
        self.hand.fit(room)
        places = (self.hand.top, self.hand.top + room)
        self._sheet = sheet(sight.vehicles, shown.order, places, self._columns, self._stale)
        return self._sheet.lines(width, self._columns[self._chosen], self._wanted, self.hand)

    def data(self) -> Mapping[str, object]:
        """The rows in the window, as `cdctl fleet ls -o json` has them."""
        shown = self._shown
        told: dict[str, object] = {"where": self._wanted.where, "sort": self._wanted.sort}
        if self._error:
            told["error"] = self._error
        if shown is not None:
            told |= {"matched": shown.matched, "vehicles": shown.of, "left_out": dict(shown.left_out)}
        rows = [dict(zip(self._columns, cells, strict=True)) for cells in self._sheet.cells if cells]
        return {**told, "rows": rows}


def make(settings: Mapping[str, object]) -> FleetTable:
    """A panel of these settings. Raises UsageError."""
    columns = settings.get("columns", list(DEFAULT_COLUMNS))
    if not isinstance(columns, list) or not columns or not all(isinstance(name, str) for name in columns):
        raise UsageError("must be a list of columns", subject="columns", hint="columns: [vin, region, state, age]")
    where, order = text(settings, "where"), text(settings, "sort")
    if order.removeprefix("-") not in {"", *columns}:
        raise UsageError("must be one of the columns", subject="sort", hint=f"one of {', '.join(columns)}")
    try:
        stale = seconds(text(settings, "stale") or "5m")
    except ValueError as error:
        raise UsageError(str(error), subject="stale", hint="stale: 5m") from None
    return FleetTable(columns, Arrange(where, order.removeprefix("-"), order.startswith("-")), stale)


def text(settings: Mapping[str, object], key: str) -> str:
    """A setting that is a text, empty when it is not there. Raises UsageError."""
    found = settings.get(key, "")
    if not isinstance(found, str):
        raise UsageError("must be text", subject=key, hint="put it in quotes")
    return found


PLUGIN = Plugin(
    API,
    "panels",
    "fleet",
    "1",
    "vehicles, one a row: filter, sort, mark",
    make,
    {
        "columns": "fields to show, in their order",
        "where": "which vehicles at first, in the selection language",
        "sort": "a column to sort by at first, with - before it for descending",
        "stale": "how old a row may be before it is dim, 5m unless told",
    },
)
