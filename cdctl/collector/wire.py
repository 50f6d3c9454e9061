"""What goes over the wire between a collector and its viewers, version 1: JSON, every message typed.

Paths begin with /v1/. A question is a POST with one of the structs below as its body, the answer a value of
`domain.fleet.reading` (or lines of them); a refusal is a `Trouble`. Every answer carries the header `Cdctl-Collector`
with the version that was spoken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cdctl.domain.fleet.reading import MOST_FOLLOWED, Cell, FleetStatus, Happening, Minute, Query
from cdctl.errors import CdctlError, RefusedError, UnavailableError, UsageError

VERSION = 1
HEADER = "Cdctl-Collector"
LINES = "application/jsonl"
LARGEST_BODY = 64 << 10
LONGEST_WHERE = 4_096
MOST_COLUMNS = 128
MOST_ROWS = MOST_FOLLOWED
MOST_HAPPENINGS = 5_000
"""Happenings of one answer from the history; the newest."""
ROWS_A_LINE = 1_000


class Ask(msgspec.Struct, forbid_unknown_fields=True):
    """find, and follow without `by`: a page of vehicles. With `by` (follow only): counts by group."""

    where: str = ""
    columns: list[str] = []
    sort: str = ""
    limit: int | None = None
    offset: int = 0
    by: list[str] | None = None

    def query(self) -> Query:
        """The same as the port has it."""
        return Query(self.where, tuple(self.columns), self.sort, self.limit, self.offset)


class AskTally(msgspec.Struct, forbid_unknown_fields=True):
    """tally: counts by group."""

    where: str = ""
    by: list[str] = []


class AskCard(msgspec.Struct, forbid_unknown_fields=True):
    """card: in the body, because paths end up in logs and VINs are personal data."""

    vin: str


class AskWatch(msgspec.Struct, forbid_unknown_fields=True):
    """watch. boot and after: where the last line left off, to go on from there."""

    where: str = ""
    boot: str = ""
    after: int = 0


class AskHistory(msgspec.Struct, forbid_unknown_fields=True):
    """history. since: epoch seconds. by: what minutes are summed by, some of region, model, sw."""

    since: float
    where: str = ""
    by: list[str] = []
    limit: int = MOST_HAPPENINGS


class PageHead(msgspec.Struct):
    """First line of the answer to find; then lines of up to `ROWS_A_LINE` rows, `count` in all."""

    columns: list[str]
    count: int
    matched: int
    left_out: dict[str, int]
    status: FleetStatus


class Frame(msgspec.Struct, omit_defaults=True):
    """A line of follow. whole: `rows` are all rows; else `changed` says [place, row] of those that differ from the
    frame before, of `count` rows. moments: places of columns that hold epoch seconds and mean an age. skipped: frames
    that were left out because the viewer was slow."""

    number: int
    status: FleetStatus
    count: int
    matched: int
    left_out: dict[str, int] = {}
    whole: bool = False
    columns: list[str] = []
    moments: list[int] = []
    rows: list[list[Cell]] = []
    changed: list[tuple[int, list[Cell]]] = []
    skipped: int = 0


class Run(msgspec.Struct, omit_defaults=True):
    """A line of watch. boot names the memory that `after` counts in. Without happenings: all is well, nothing new."""

    boot: str
    after: int
    happenings: list[Happening] = []


class History(msgspec.Struct):
    """Answer of history. cut: there are more happenings than told, older ones."""

    since: float | None
    happenings: list[Happening]
    minutes: list[Minute]
    cut: bool = False


class Trouble(msgspec.Struct, omit_defaults=True):
    """A refusal. kind: usage, unavailable, refused, token or version."""

    kind: str
    message: str
    subject: str = ""
    hint: str = ""
    versions: list[int] = []


_KINDS: Mapping[str, type[CdctlError]] = {
    "usage": UsageError,
    "unavailable": UnavailableError,
    "refused": RefusedError,
    "token": UnavailableError,
    "version": UnavailableError,
}


def trouble(error: CdctlError) -> Trouble:
    """An error as it is told."""
    for kind, raised in _KINDS.items():
        if isinstance(error, raised):
            return Trouble(kind, error.message, error.subject, error.hint)
    return Trouble("unavailable", error.message, error.subject, error.hint)


def error(told: Trouble, whom: str) -> CdctlError:
    """A told refusal as an error again. whom: the collector's URL."""
    kind = _KINDS.get(told.kind, UnavailableError)
    subject = told.subject or ("" if told.kind == "usage" else whom)
    return kind(told.message, subject=subject, hint=told.hint)


encode = msgspec.json.Encoder().encode


def line(message: Any) -> bytes:
    """One line of an answer of many."""
    return encode(message) + b"\n"
