"""Rows of a CSV or Parquet file, each with its number in the file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from cdctl.api import safe

COLUMNS = "the columns are time, metric, value, and one for each label"

Rows = Iterator[tuple[int, Sequence[object]]]


class RecordError(Exception):
    """A file cannot be used: the reason names file and line, the hint the cure."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint or COLUMNS


def rows(path: Path) -> tuple[Sequence[str], Rows]:
    """The header and every row with its number, which is the line in a CSV file. Raises RecordError, also later."""
    readers = {".csv": _csv, ".parquet": _parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise RecordError(f"{safe(str(path))} ends in neither .csv nor .parquet", "name it by what it is")
    try:
        found = _guarded(path, reader(path))
        _, header = next(found)
    except StopIteration:
        raise RecordError(f"{safe(str(path))} is empty") from None
    return [str(name).strip() for name in header], found


def place(path: Path, number: int) -> str:
    """`incident.csv:12`; a row of a Parquet file has no line."""
    name = safe(str(path))
    return f"{name}: row {number}" if path.suffix.lower() == ".parquet" else f"{name}:{number}"


def _guarded(path: Path, found: Rows) -> Rows:
    try:
        yield from found
    except OSError as error:
        raise RecordError(f"{safe(str(path))}: {safe(error.strerror or str(error))}", "is the path right?") from error
    except UnicodeDecodeError as error:
        raise RecordError(f"{safe(str(path))} is not UTF-8: {error.reason} at byte {error.start}") from error
    except (csv.Error, ValueError) as error:
        raise RecordError(f"{safe(str(path))} cannot be read: {safe(str(error))}") from error


def _csv(path: Path) -> Rows:
    # utf-8-sig: spreadsheets write a byte order mark.
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        width = 0
        for cells in reader:
            if not cells:
                continue
            width = width or len(cells)
            if len(cells) != width:
                reason = f"{len(cells)} cells where the header has {width}"
                raise RecordError(f"{place(path, reader.line_num)}: {reason}")
            yield reader.line_num, cells


def _parquet(path: Path) -> Rows:
    try:
        from pyarrow import parquet  # Heavy, and needed for this format alone.
    except ImportError as error:
        raise RecordError("a Parquet file needs pyarrow", "pip install 'cdctl[replay]'") from error
    with parquet.ParquetFile(path) as file:
        yield 0, file.schema_arrow.names
        number = 0
        for batch in file.iter_batches():
            for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                number += 1
                yield number, cells
