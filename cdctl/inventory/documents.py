"""Entries out of JSON: a list of any length, element by element, or an object with a list and where it goes on."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator

import msgspec

from cdctl.errors import UnavailableError
from cdctl.inventory.entries import Entry
from cdctl.inventory.lines import LONGEST_LINE, CsvReader, JsonLinesReader, Reader, Run, entry_of

LARGEST_PAGE = 64 * 1024 * 1024
_SPACE = " \t\r\n"
_NEXT = ("next", "next_page", "nextLink", "@odata.nextLink")


class ListReader:
    """The elements of one JSON list, without ever holding all of them."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._text = ""
        self._decode_piece = codecs.getincrementaldecoder("utf-8")().decode
        self._raw = json.JSONDecoder().raw_decode
        self._number = 1
        self._open = self._closed = False

    def feed(self, piece: bytes) -> Iterator[Run]:
        """Whole elements. Raises UnavailableError for what is no list."""
        try:
            self._text += self._decode_piece(piece)
        except UnicodeDecodeError:
            raise self._wrong("it is not UTF-8") from None
        entries = list(self._elements())
        if entries:
            yield self._number, entries
            self._number += len(entries)
        if len(self._text) > LONGEST_LINE:
            raise self._wrong(f"entry {self._number} has more than {LONGEST_LINE // 1024} KiB")

    def end(self) -> Iterator[Run]:
        """Nothing may be left."""
        if not self._closed or self._text.strip(_SPACE):
            raise self._wrong("it ends in the middle" if not self._closed else "something comes after the list")
        yield from ()

    def _elements(self) -> Iterator[Entry]:
        text, at = self._text, 0
        while not self._closed:
            at = _skip(text, at)
            if at == len(text):
                break
            if not self._open:
                if text[at] != "[":
                    raise self._wrong("it is no list")
                self._open = True
                at += 1
                continue
            if text[at] == "]":
                self._closed = True
                at += 1
                break
            try:
                value, end = self._raw(text, at)
            except (ValueError, RecursionError):
                break  # not whole yet, or never: a limit tells
            after = _skip(text, end)
            if after == len(text) or text[after] not in ",]":
                if after < len(text):
                    raise self._wrong(f"entry {self._number} is followed by neither , nor ]")
                break
            at = after + (text[after] == ",")
            yield entry_of(value)
        self._text = text[at:]

    def _wrong(self, reason: str) -> UnavailableError:
        return UnavailableError(f"the answer cannot be understood: {reason}", subject=self._file)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


class PageReader:
    """An object that holds the list of this page, and perhaps where the next page is (`next`, read at its end)."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._body = bytearray()
        self.next = ""

    def feed(self, piece: bytes) -> Iterator[Run]:
        """Nothing before the end."""
        self._body += piece
        if len(self._body) > LARGEST_PAGE:
            raise UnavailableError(
                f"a page has more than {LARGEST_PAGE // 1024 // 1024} MiB",
                subject=self._file,
                hint="ask for smaller ones",
            )
        yield from ()

    def end(self) -> Iterator[Run]:
        """All entries."""
        try:
            page = msgspec.json.decode(self._body)
        except (msgspec.DecodeError, RecursionError):
            page = None
        lists = [value for value in page.values() if isinstance(value, list)] if isinstance(page, dict) else []
        if len(lists) != 1 or not isinstance(page, dict):
            said = f"it has {len(lists)} lists, not one" if isinstance(page, dict) else "it is not JSON"
            raise UnavailableError(f"the answer cannot be understood: {said}", subject=self._file)
        links = page.get("links")
        told = [page.get(name) for name in _NEXT] + ([links.get("next")] if isinstance(links, dict) else [])
        self.next = next((_address(each) for each in told if _address(each)), "")
        yield 1, [entry_of(value) for value in lists[0]]


def _address(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("href")
    return value if isinstance(value, str) else ""


def reader_for(kind: str, start: bytes, file: str) -> Reader:
    """A reader for a body of this content type that starts so."""
    first = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if "ndjson" in kind or "jsonl" in kind or "json-lines" in kind or "json-seq" in kind:
        return JsonLinesReader(file)
    if "csv" in kind or first not in b"[{":
        return CsvReader(file)
    if first == b"[":
        return ListReader(file)
    return PageReader(file) if not _is_line(start) else JsonLinesReader(file)


def _is_line(start: bytes) -> bool:
    """Whether the first line is an entry by itself."""
    line, newline, _ = start.lstrip().partition(b"\n")
    try:
        entry = entry_of(msgspec.json.decode(line)) if newline else None
    except (msgspec.DecodeError, RecursionError):
        return False
    return isinstance(entry, tuple) and bool(entry[0])
