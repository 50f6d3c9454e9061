"""CSV and JSON lines out of bytes that come in pieces: entries in runs, as soon as their lines are whole."""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Protocol, cast

import msgspec

from cdctl.errors import FileError, Place, Problem
from cdctl.inventory.entries import NAMES, Entry, Fields

LONGEST_LINE = 64 * 1024
Run = tuple[int, Sequence[Entry]]
"""Number of the first entry, and entries."""


class Reader(Protocol):
    """Makes entries of pieces of a body."""

    def feed(self, piece: bytes) -> Iterator[Run]:
        """What became whole with this piece."""
        ...

    def end(self) -> Iterator[Run]:
        """What was left."""
        ...


class LinesReader(ABC):
    """Entries that are a line each. `entries(texts)` makes as many entries as there are texts. Raises FileError for a
    line that has no end."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._rest = b""
        self._line = 1

    @abstractmethod
    def entries(self, texts: list[str]) -> Sequence[Entry]:
        """As many as there are texts."""

    def feed(self, piece: bytes) -> Iterator[Run]:
        """Whole lines, except the last one."""
        *whole, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            place = Place(self._file, self._line + len(whole), 1)
            raise FileError([Problem(place, f"a line of more than {LONGEST_LINE // 1024} KiB", "is it a list at all?")])
        if whole:
            yield self._run(whole)

    def end(self) -> Iterator[Run]:
        """The last line, which may have no end."""
        if self._rest:
            last, self._rest = [self._rest], b""
            yield self._run(last)

    def _run(self, lines: list[bytes]) -> Run:
        first, self._line = self._line, self._line + len(lines)
        if first == 1:
            lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
        try:
            return first, self.entries(b"\n".join(lines).decode().split("\n"))
        except UnicodeDecodeError:
            return first, [self._single(line) for line in lines]

    def _single(self, line: bytes) -> Entry:
        try:
            return self.entries([line.decode()])[0]
        except UnicodeDecodeError as error:
            return f"byte 0x{line[error.start]:02x} is not UTF-8"


class CsvReader(LinesReader):
    """CSV (RFC 4180) with a header; commas, semicolons or tabs; no line breaks inside of quotes. Raises FileError for a
    header without a column `vin`."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self._width = 0
        self._mark = ","
        self._pick: Callable[[list[str]], Fields] | None = None

    def entries(self, texts: list[str]) -> Sequence[Entry]:
        """The header gives none."""
        if self._pick is None:
            self._header(texts[0])
            return [None, *self.entries(texts[1:])] if len(texts) > 1 else [None]
        try:
            records = list(csv.reader(texts, delimiter=self._mark))
        except csv.Error:
            records = []
        if len(records) != len(texts):  # a quote that is not closed takes the next lines with it
            return [self._alone(text) for text in texts]
        return [self._entry(record) for record in records]

    def _alone(self, text: str) -> Entry:
        try:
            (record,) = csv.reader([text], delimiter=self._mark)
        except (csv.Error, ValueError):
            return "not readable as CSV"
        return self._entry(record)

    def _entry(self, record: list[str]) -> Entry:
        if len(record) != self._width:
            return f"{len(record)} columns, the header has {self._width}" if record else None
        record.append("")
        return cast("Callable[[list[str]], Fields]", self._pick)(record)

    def _header(self, text: str) -> None:
        self._mark = max(",;\t", key=text.count)
        header = [name.strip().lower() for name in next(csv.reader([text], delimiter=self._mark), [])]
        self._width = len(header)
        places = [self._width] * 4  # of the empty text that every record gets at its end
        for at in reversed(range(self._width)):
            if header[at] in NAMES:
                places[NAMES[header[at]]] = at
        if places[0] == self._width:
            fix = "write a header: vin,region,model,sw (only vin is needed)"
            raise FileError([Problem(Place(self._file, 1, 1), "the header has no column vin", fix)])
        self._pick = cast("Callable[[list[str]], Fields]", itemgetter(*places))


class JsonLinesReader(LinesReader):
    """One JSON object or id a line."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self._decode = msgspec.json.Decoder().decode

    def entries(self, texts: list[str]) -> Sequence[Entry]:
        """One a line."""
        return [self._entry(text) for text in texts]

    def _entry(self, text: str) -> Entry:
        if not text or text.isspace():
            return None
        try:
            return entry_of(self._decode(text))
        except (msgspec.DecodeError, RecursionError):
            return "not JSON"


def entry_of(value: object) -> Entry:
    """The entry that a JSON value is: an id, or an object with one."""
    if isinstance(value, str):
        return value, "", "", ""
    if not isinstance(value, dict):
        return "neither an object nor an id"
    fields = ["", "", "", ""]
    for name, place in NAMES.items():
        found = value.get(name)
        if found is None or fields[place]:
            continue
        if isinstance(found, bool) or not isinstance(found, str | int | float):
            return f"{name} is no text"
        fields[place] = str(found)
    return fields[0], fields[1], fields[2], fields[3]
