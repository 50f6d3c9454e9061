"""Plain lists of things (`plugin ls`, `config show`) in every format that a reading command has."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdctl.domain.text import safe

FORMATS = ("table", "wide", "json", "jsonl", "csv")

Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Column:
    """One key of the records as a column; a `wide` one is shown by `-o wide` only."""

    key: str
    wide: bool = False


def render(records: Sequence[Record], columns: Sequence[Column], form: str) -> str:
    """The records as text in one of FORMATS. Tables and CSV have the columns, JSON every key; a
    table leaves out a column in which nothing stands."""
    if form == "json":
        return json.dumps(list(records), indent=2, ensure_ascii=False) + "\n"
    if form == "jsonl":
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    if form == "csv":
        return _csv(records, columns)
    return _table(records, [column for column in columns if form == "wide" or not column.wide])


def _csv(records: Sequence[Record], columns: Sequence[Column]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.key for column in columns)
    writer.writerows([_inert(_cell(record.get(column.key))) for column in columns] for record in records)
    return text.getvalue()


def _inert(cell: str) -> str:
    """A spreadsheet takes these beginnings for formulas (https://owasp.org/www-community/attacks/CSV_Injection)."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@"} else cell


def _table(records: Sequence[Record], columns: Sequence[Column]) -> str:
    columns = [c for c in columns if not records or any(_cell(record.get(c.key)) for record in records)]
    lines = [[column.key.upper().replace("_", " ") for column in columns]]
    lines += [[safe(_cell(record.get(column.key))) or "-" for column in columns] for record in records]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "".join(f"{line.rstrip()}\n" for line in padded)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={item}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
