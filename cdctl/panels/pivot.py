"""Vehicles by any of their fields: how many, how they are, and how that changed. A group leads to its vehicles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.boards.drawing import Line
from cdctl.domain.boards.keys import MOVES, Binding, Key
from cdctl.domain.boards.pivoting import NUMBERS, Aggregate, Aggregated, filter_of, misnamed, records
from cdctl.domain.boards.prompt import Prompt
from cdctl.domain.boards.requests import DONE, Copy, Narrow, Reply, Say
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.duration import brief
from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe
from cdctl.errors import UsageError
from cdctl.panels.inquiry import Inquiry
from cdctl.panels.list_cursor import ListCursor
from cdctl.panels.pivot_lines import COLUMNS, NOT_TOLD, Sheet

_OLD = 5.0
"""Seconds after which it is said how old the counts are."""


class PivotTable:
    """See the port. ask: what is counted at first."""

    fields: Sequence[str] = ()
    bindings: Sequence[Binding] = (
        Binding("group", ("g",), "count by other fields, such as: region sw", "group"),
        Binding("filter", ("/",), "which vehicles are counted", "filter"),
        Binding("open", ("enter",), "the vehicles of this group", "vehicles"),
        Binding("left", ("shift+left",), "choose the column at the left"),
        Binding("right", ("shift+right",), "choose the column at the right"),
        Binding("sort", ("O",), "sort by the chosen column; again for the other direction", "sort"),
        Binding("copy", ("y",), "copy the filter of the group"),
        Binding("copy-row", ("Y",), "copy the row"),
        Binding("back", ("escape",), "take the filter away"),
        *MOVES,
    )

    def __init__(self, ask: Aggregate) -> None:
        self._first, self._wanted = ask, ask
        self._inquiry = Inquiry(ask)
        self._found: Aggregated | None = None
        self._of = ask
        self._cursor = ListCursor()
        self._chosen = ""
        self._prompt, self._writes = Prompt("by"), "by"
        self._error = ""
        self._missing: Missing | None = None
        self._snapshot: Snapshot | None = None
        self._sheet = Sheet()

    @property
    def writing(self) -> bool:
        """See the port."""
        return self._prompt.open

    @property
    def title(self) -> str:
        """By what, how many groups, of which vehicles, over how long the change is."""
        parts, found = [f"vehicles by {', '.join(self._of.by)}"], self._found
        if found is not None:
            of = f" of {len(found.groups) + found.more:,}" if found.more else ""
            parts.append(f"{len(found.groups):,}{of} group{'s' * (len(found.groups) != 1)}")
            parts += [f"/{safe(self._of.where, 60)}"] if self._of.where else []
            over = found.change_over
            parts.append("change not known yet" if over is None else f"change over {_length(over)}")
            if found.left_out:
                told = ", ".join(f"{n:,} without {safe(name, 40)}" for name, n in found.left_out.items())
                parts.append(f"not judged: {told}")
            parts += [f"counted {brief(self._age)} ago"] if self._age > _OLD else []
        return " · ".join(parts)

    @property
    def _age(self) -> float:
        answer, seen = self._inquiry.answer, self._snapshot
        return max(seen.at - answer.at, 0.0) if answer is not None and seen is not None else 0.0

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """See the port."""
        self._snapshot = snapshot
        before = self._inquiry.answer
        ask = self._inquiry.see(snapshot, letter)
        if self._inquiry.answer is not before and self._inquiry.answer is not None:
            self._take(self._inquiry.answer.value)
        return None if isinstance(snapshot.fleet, Missing) else ask

    def _take(self, found: object) -> None:
        self._missing = found if isinstance(found, Missing) else None
        if isinstance(found, Aggregated):
            self._error = found.error
            if not found.error:
                self._found, self._of = found, self._wanted
                self._cursor.follow(found.groups)
                self._sheet.take(self._of, found)

    def press(self, action: str, key: Key) -> Reply:
        """See the port."""
        self._inquiry.touch()
        if self._prompt.open:
            self._prompt.press(key)
            return DONE if self._prompt.open or key.name == "escape" else self._written()
        match action:
            case "group" | "filter":
                self._writes = "by" if action == "group" else "where"
                self._prompt = Prompt("by" if action == "group" else "/")
                self._prompt.begin(" ".join(self._wanted.by) if action == "group" else self._wanted.where)
            case "left" | "right":
                self._choose(1 if action == "right" else -1)
            case "sort":
                self._sort(self._column)
            case "back" if self._wanted.where != self._first.where:
                self._want(replace(self._wanted, where=self._first.where))
            case "click" if self._found is not None:
                self._click(key)
            case "open" | "copy" | "copy-row":
                return self._requested(action)
            case _:
                return DONE if self._cursor.press(action) else None
        return DONE

    def _written(self) -> Reply:
        """What was written into the prompt is what is wanted, when it can be."""
        if self._writes == "where":
            self._want(replace(self._wanted, where=self._prompt.text.strip()))
            return DONE
        by = tuple(dict.fromkeys(self._prompt.text.replace(",", " ").split()))
        self._error = misnamed(by)
        if not self._error:
            sort = self._wanted.sort if self._wanted.sort in {*by, *NUMBERS} else ""
            self._want(replace(self._wanted, by=by, sort=sort))
        return DONE

    def _want(self, ask: Aggregate) -> None:
        if ask != self._wanted:
            self._wanted, self._error = ask, ""
            self._inquiry.want(ask)

    @property
    def _column(self) -> str:
        columns = self._sheet.visible or (*self._of.by, *COLUMNS)
        return self._chosen if self._chosen in columns else columns[0]

    def _choose(self, step: int) -> None:
        columns = self._sheet.visible or (*self._of.by, *COLUMNS)
        place = columns.index(self._column) + step
        self._chosen = columns[min(max(place, 0), len(columns) - 1)]

    def _sort(self, name: str) -> None:
        """Numbers are sorted from the largest at first, names from the first."""
        same = self._wanted.sort == name
        descending = not self._wanted.descending if same else name not in self._of.by
        self._want(replace(self._wanted, sort=name, descending=descending))

    def _click(self, key: Key) -> None:
        head = len(self._notes(1))
        if key.at[1] > head:
            self._cursor.point(key.at[1] - head - 1)
        elif key.at[1] == head and (name := self._sheet.column_at(self._of, key.at[0])):
            self._chosen = name
            self._sort(name)

    def _requested(self, action: str) -> Reply:
        found = self._found
        if found is None or not found.groups:
            return (Say("there is no group here", bad=True),)
        group = found.groups[self._cursor.place]
        where, beyond = filter_of(self._of, group)
        if action == "copy-row":
            numbers = [COLUMNS[name].text(float(found.numbers[name][self._cursor.place])) for name in COLUMNS]
            return (Copy("\t".join([*(value or NOT_TOLD for value in group), *numbers]), "row"),)
        told: tuple[Say, ...] = ()
        if beyond:
            told = (Say(f"no filter picks vehicles that did not tell their {' and '.join(beyond)}", bad=True),)
        if not where:
            return told
        return (Copy(where, "filter") if action == "copy" else Narrow(where), *told)

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The prompt while it is open, what is wrong, the names of columns, the groups in the window."""
        snapshot = self._snapshot
        if snapshot is None:
            return []
        lines, fleet = self._notes(width), snapshot.fleet
        missing = fleet if isinstance(fleet, Missing) else self._missing
        if missing is not None:
            told = f" {missing.reason}{f': {missing.hint}' if missing.hint else ''}"
            lines.append(((safe(told, 400), "dim" if missing.waiting else "bad"),))
        if isinstance(fleet, Missing) or self._found is None:
            return lines or [((" counting ...", "dim"),)]
        self._sheet.lay(self._of, width)
        shown = self._cursor.fit(height - len(lines) - 1)
        rows = range(len(self._found.groups))[shown]
        if not rows:
            return [*lines, ((" no vehicle matches" if self._of.where else " there is no vehicle yet", "dim"),)]
        under = self._cursor.place
        table = [self._sheet.row(self._of, self._found, row, width, under=row == under) for row in rows]
        return [*lines, self._sheet.head(self._of, self._column, width), *table]

    def _notes(self, width: int) -> list[Line]:
        lines: list[Line] = [self._prompt.line(width)] if self._prompt.open else []
        return lines + [((" " + safe(text, 400), "bad"),) for text in self._error.splitlines()]

    def data(self) -> Mapping[str, object]:
        """Every group, with the numbers of `cdctl fleet stats -o json`."""
        found, told = self._found, {"by": list(self._of.by), "where": self._of.where}
        wrong = self._error or (self._missing.reason if self._missing else "")
        if found is None:
            return {**told, "error": wrong, "rows": []} if wrong else {**told, "rows": []}
        over = {"change_over_s": found.change_over, "rate_over_s": found.rate_over}
        more = {"matched": found.matched, "more_groups": found.more, "left_out": dict(found.left_out)}
        return {**told, **({"error": wrong} if wrong else {}), **more, **over, "rows": records(self._of, found)}


def _length(seconds: float) -> str:
    """A length of time; what is meant to be whole minutes is told in minutes."""
    return f"{int(seconds) // 60}m" if seconds >= 900 else brief(seconds)


def make(settings: Mapping[str, object]) -> PivotTable:
    """A panel of these settings. Raises UsageError."""
    by = settings.get("by", ["region"])
    if not isinstance(by, list) or not by or not all(isinstance(name, str) for name in by):
        raise UsageError("must be a list of fields", subject="by", hint="by: [region, sw]")
    names = tuple(dict.fromkeys(by))
    if wrong := misnamed(names):
        raise UsageError(wrong, subject="by", hint="by: [region, sw]")
    where, order = _text(settings, "where"), _text(settings, "sort")
    sort = order.removeprefix("-")
    if sort not in {"", *names, *COLUMNS}:
        known = ", ".join([*names, *COLUMNS])
        raise UsageError("must be one of its columns", subject="sort", hint=f"one of {known}; - before it: descending")
    return PivotTable(Aggregate(names, where, sort, order.startswith("-")))


def _text(settings: Mapping[str, object], key: str) -> str:
    found = settings.get(key, "")
    if not isinstance(found, str):
        raise UsageError("must be text", subject=key, hint="put it in quotes")
    return found


PLUGIN = Plugin(
    API,
    "panels",
    "pivot",
    "1",
    "vehicles by any fields: online, trouble, messages, change over 15 minutes",
    make,
    {
        "by": "fields to count by, such as [region, sw]",
        "where": "which vehicles are counted, in the selection language",
        "sort": "a column to sort by at first, with - before it for descending",
    },
)
