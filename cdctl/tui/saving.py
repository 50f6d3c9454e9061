"""What is shown, in files: the screen as an image, rows as a table. Ids of vehicles are masked: files travel."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from cdctl.application.top.masking import ids_in, masked_data, masked_lines
from cdctl.domain.boards.panel import Table
from cdctl.domain.fleet.privacy import masked
from cdctl.domain.text import safe
from cdctl.tui.svg import svg

if TYPE_CHECKING:
    from cdctl.application.top.stage import Stage

_LONGEST = 10_000
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_ROWS = ("rows", "slos")
"""Under which panels tell what they list."""
Rows = Iterable[Sequence[object]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What will be written: an image, and rows as they are made. No columns: there are no rows. of: vehicles that
    match, where rows are vehicles; through a collector only those at hand are known here."""

    stem: str
    image: str
    columns: Sequence[str]
    rows: Rows
    of: int = 0

    def write(self, folder: Path) -> str:
        """Write the files; what they are, for people. Raises OSError; what could not be written whole is not there."""
        image, table = (folder / f"{self.stem}.{kind}" for kind in ("svg", "csv"))
        _whole(image, lambda file: file.write(self.image))
        if not self.columns:
            return f"saved {image.name}"
        count = _whole(table, self._table)
        told = f"saved {image.name} and {table.name}"
        if count < self.of:
            told += f": {count:,} of {self.of:,} vehicles, those that are known here; cdctl fleet ls -o csv has all"
        return told

    def _table(self, file: TextIO) -> int:
        writer, count = csv.writer(file, lineterminator="\n"), 0
        writer.writerow(self.columns)
        for row in self.rows:
            writer.writerow(map(_cell, row))
            count += 1
        return count


def keep(stage: Stage, size: tuple[int, int], theme: str, now: float, *, whole: bool = False) -> Kept:
    """What is on the screen now; of vehicles all that match. now: epoch seconds. whole: ids are not masked."""
    name, (width, height) = stage.board.name, size
    lines = stage.draw(width, height)
    lines = lines if whole else masked_lines(lines, ids_in(stage.data()))
    stem = f"cdctl-{name}-{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}"
    return Kept(stem, svg(lines, width, stage.board.title or name, theme), *_table(stage, whole))


def _table(stage: Stage, whole: bool) -> tuple[Sequence[str], Rows, int]:
    """The rows of the panel that has the focus."""
    focused = stage.panels.get(stage.focus)
    if isinstance(focused, Table):
        rows = focused.whole() if whole else _masked(focused.columns, focused.whole())
        return focused.columns, rows, focused.matched
    data = stage.data()
    told = data.get(stage.focus)
    told = told if whole else masked_data(told, ids_in(data))
    listed = next((told[key] for key in _ROWS if key in told), None) if isinstance(told, Mapping) else None
    found = [dict(_flat(row)) for row in listed if isinstance(row, Mapping)] if isinstance(listed, Sequence) else []
    columns = list(dict.fromkeys(str(key) for row in found for key in row))
    return columns, [[row.get(column) for column in columns] for row in found], 0


def _masked(columns: Sequence[str], rows: Rows) -> Rows:
    at = columns.index("vin") if "vin" in columns else None
    for row in rows:
        yield row if at is None else [*row[:at], masked(str(row[at])), *row[at + 1 :]]


def _flat(row: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    """Columns and cells of a record: what it holds under a name of its own are columns `name.key`, lists are one
    text."""
    for key, value in row.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield f"{before}{key}", "; ".join(map(_text, value))
        else:
            yield f"{before}{key}", value


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key}={cell}" for key, cell in _flat(value))
    return str(value)


def _cell(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return "" if value is None else value
    return safe(str(value), _LONGEST)


def _whole(path: Path, write: Callable[[TextIO], int]) -> int:
    """A file that is there whole or not at all, for whoever saved it alone; what `write` returns."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(part, _NEW, 0o600), "w", encoding="utf-8", newline="") as file:
            found = write(file)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return found
