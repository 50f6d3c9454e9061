"""Plain lists of things (`plugin ls`, `config show`) in every format that a reading command has."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cdctl.domain import grid
from cdctl.domain.text import safe, unseen

_LONGEST = 32_000
"""Characters of a cell of CSV; spreadsheets take about as many."""
FORMATS = ("table", "wide", "json", "jsonl", "csv")

Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Column:
    """One key of the records as a column; a `wide` one is shown by `-o wide` only, a `data` one by CSV only.

    `text` says how a table shows it, where that is not the plain value. `shrinks`: a narrow terminal may shorten it.
    """

    key: str
    wide: bool = False
    data: bool = False
    text: Callable[[Record], str] | None = None
    shrinks: bool = False

    @property
    def title(self) -> str:
        """The head of the column in a table."""
        return self.key.upper().replace("_", " ")

    def shown(self, record: Record) -> str:
        """The cell of a table."""
        return safe(self.text(record) if self.text else _cell(record.get(self.key)))


def render(records: Sequence[Record], columns: Sequence[Column], form: str, width: int | None = None) -> str:
    """The records as text in one of FORMATS. Tables and CSV have the columns, JSON every key; a
    table leaves out a column in which nothing stands, and fits `width` cells where its columns can shrink."""
    if form == "json":
        return document(list(records))
    if form == "jsonl":
        return "".join(map(line, records))
    if form == "csv":
        return _csv(records, columns)
    return _table(
        records, [column for column in columns if not column.data and (form == "wide" or not column.wide)], width
    )


def document(value: object) -> str:
    """One JSON document, indented. What would act on a terminal is written as an escape: JSON itself escapes only what
    stands below the space, and a reader gets the very text back."""
    return unseen(json.dumps(value, indent=2, ensure_ascii=False)) + "\n"


def line(value: object) -> str:
    """One JSON object on a line, as `document`."""
    return unseen(json.dumps(value, ensure_ascii=False)) + "\n"


def _csv(records: Sequence[Record], columns: Sequence[Column]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.key for column in columns)
    writer.writerows([_plain(column, record) for column in columns] for record in records)
    return text.getvalue()


def _plain(column: Column, record: Record) -> str | int | float:
    """Numbers are numbers; what has parts is the text of a table."""
    value = record.get(column.key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return inert(column.text(record) if column.text and isinstance(value, Mapping | list) else _cell(value))


def inert(cell: str) -> str:
    """A cell of CSV that does nothing. A spreadsheet takes these beginnings for formulas (https://owasp.org/www-community/attacks/CSV_Injection)."""
    return safe(f"'{cell}" if cell[:1] in {"=", "+", "-", "@"} else cell, _LONGEST, lines=True)


def _table(records: Sequence[Record], columns: Sequence[Column], width: int | None) -> str:
    lines = [[column.shown(record) for column in columns] for record in records]
    kept = [i for i in range(len(columns)) if not lines or any(line[i] for line in lines)]
    grid_columns = [grid.Column(columns[i].title, shrinks=columns[i].shrinks) for i in kept]
    cells = [[line[i] or "-" for i in kept] for line in lines]
    return "".join(f"{line}\n" for line in grid.grid(grid_columns, cells, width))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ",".join(f"{key}={item}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
