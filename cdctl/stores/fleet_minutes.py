"""Minutes by group in the history's file: a row a minute, groups by number, so that a day is read in a moment."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import apsw
import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.archive import GROUPED, Group
from cdctl.domain.fleet.reading import Minute

MOST = 4_096
"""Groups that are kept of a minute; a fleet that invents versions cannot fill the disk. The rest is one group."""
OTHER: Group = ("(other)", "(other)", "(other)")
SCHEMA = """
CREATE TABLE IF NOT EXISTS minute(start INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS grouped(
  number INTEGER PRIMARY KEY, region TEXT NOT NULL, model TEXT NOT NULL, sw TEXT NOT NULL, UNIQUE(region, model, sw));
"""
_ROW = np.dtype([("group", "<u4"), ("vehicles", "<u4"), ("online", "<u4"), ("messages", "<u4"), ("events", "<u4")])
_LONGEST = 4_294_967_295
_GROUPS = 65_536
"""Groups that are remembered at all."""
Counts = Mapping[Group, tuple[int, int, int, int]]


def write(db: apsw.Connection, start: int, counts: Counts) -> None:
    """Keep one minute; within a transaction. A minute that is there already is replaced."""
    table: list[Any] = db.execute("SELECT number, region, model, sw FROM grouped").fetchall()
    known: dict[Group, int] = {(region, model, sw): number for number, region, model, sw in table}
    kept = []
    for group, numbers in _fewer(counts).items():
        number = known.get(group)
        if number is None:
            number = _enter(db, group, known)
        kept.append((number, *(min(value, _LONGEST) for value in numbers)))
    rows = np.array(kept, _ROW)
    body = zlib.compress(rows.tobytes(), 1)
    db.execute("INSERT OR REPLACE INTO minute VALUES (?, ?)", (start, zlib.crc32(body).to_bytes(4, "little") + body))


def _fewer(counts: Counts) -> Counts:
    if len(counts) <= MOST:
        return counts
    order = sorted(counts, key=lambda group: counts[group][0], reverse=True)
    rest = [counts[group] for group in order[MOST - 1 :]]
    vehicles, online, messages, events = (sum(column) for column in zip(*rest, strict=True))
    return {group: counts[group] for group in order[: MOST - 1]} | {OTHER: (vehicles, online, messages, events)}


def _enter(db: apsw.Connection, group: Group, known: dict[Group, int]) -> int:
    if len(known) >= _GROUPS and group != OTHER:
        return known[OTHER] if OTHER in known else _enter(db, OTHER, known)
    db.execute("INSERT INTO grouped(region, model, sw) VALUES (?, ?, ?)", group)
    known[group] = db.last_insert_rowid()
    return known[group]


def read(
    db: apsw.Connection,
    since: int,
    wanted: Callable[[Sequence[Group]], NDArray[np.bool_]] | None,
    by: Sequence[str],
) -> tuple[list[Minute], int]:
    """Minutes since then in order, summed by some of `GROUPED`, and how many were damaged."""
    table: list[Any] = db.execute("SELECT number, region, model, sw FROM grouped").fetchall()
    groups: list[Group] = [(region, model, sw) for _, region, model, sw in table]
    keep = np.ones(len(groups), np.bool_) if wanted is None else wanted(groups)
    names: dict[tuple[str, ...], int] = {}
    places = [GROUPED.index(name) for name in by]
    most = max((number for number, *_ in table), default=0)
    target = np.full(most + 1, -1, np.int64)
    for (number, *_), group, fine in zip(table, groups, keep.tolist(), strict=True):
        if fine:
            target[number] = names.setdefault(tuple(group[place] for place in places), len(names))
    found: list[Minute] = []
    damaged = 0
    kept: list[Any] = db.execute("SELECT start, body FROM minute WHERE start >= ? ORDER BY start", (since,)).fetchall()
    for start, body in kept:
        rows = _rows(body, most)
        if rows is None:
            damaged += 1
        else:
            found += _summed(start, rows, target, list(names))
    return found, damaged


def _rows(body: object, most: int) -> NDArray[np.void] | None:
    try:
        if not isinstance(body, bytes) or zlib.crc32(memoryview(body)[4:]).to_bytes(4, "little") != body[:4]:
            return None
        rows = np.frombuffer(zlib.decompress(memoryview(body)[4:]), _ROW)
    except (ValueError, zlib.error):
        return None
    return rows if not len(rows) or int(rows["group"].max()) <= most else None


def _summed(
    start: int, rows: NDArray[np.void], target: NDArray[np.int64], names: Sequence[tuple[str, ...]]
) -> list[Minute]:
    to = target[rows["group"]]
    fine = to >= 0
    to, rows = to[fine], rows[fine]
    sums = [
        np.bincount(to, rows[name], len(names)).astype(np.int64).tolist()
        for name in ("vehicles", "online", "messages", "events")
    ]
    present = np.flatnonzero(np.bincount(to, minlength=len(names)))
    return [Minute(start, names[at], *(column[at] for column in sums)) for at in present.tolist()]
