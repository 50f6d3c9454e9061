"""The manifest: which files are alive, when spans were taken in, and marks of what was imported. One transaction a
change, so that files and everything said about them are there together or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import apsw

from cdctl.stores.spans.columns import FORMAT
from cdctl.stores.sqlite_files import one

HOUR = 3_600
HOUR_NS = HOUR * 1_000_000_000
DATA = "data"
"""The folder of the files, in the folder of the store."""
_COLUMNS = "number, hour, rows, first, last, size, crc, made, format"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SpanFile:
    """A file of spans whose end is in one hour. hour: epoch hours. first, last: least and greatest end, epoch
    nanoseconds. size: bytes. crc: CRC-32 of all of it. made: epoch seconds."""

    number: int
    hour: int
    rows: int
    first: int
    last: int
    size: int
    crc: int
    made: float
    format: int = FORMAT

    @property
    def name(self) -> str:
        """Of the file, below `data`."""
        return name_of(self.number, self.hour)


def name_of(number: int, hour: int) -> str:
    """`20261130T13-0000000042.parquet`."""
    return f"{_EPOCH + timedelta(hours=hour):%Y%m%dT%H}-{number:010d}.parquet"


@contextmanager
def changing(db: apsw.Connection) -> Iterator[None]:
    """One durable transaction. Raises apsw.Error when nothing of it is kept."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def add(db: apsw.Connection, files: Sequence[SpanFile]) -> None:
    """They are alive from now on."""
    rows = ((f.number, f.hour, f.rows, f.first, f.last, f.size, f.crc, f.format, f.made) for f in files)
    db.executemany("INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    _changed(db)


def remove(db: apsw.Connection, files: Sequence[SpanFile], now: float) -> None:
    """They are no longer alive, and stay on disk for who is reading them."""
    db.executemany("DELETE FROM file WHERE number = ?", ((file.number,) for file in files))
    db.executemany("INSERT INTO gone VALUES (?, ?, ?)", ((file.number, file.hour, now) for file in files))
    _changed(db)


def _changed(db: apsw.Connection) -> None:
    db.execute("UPDATE head SET stamp = stamp + 1, number = max(number, (SELECT coalesce(max(number), 0) FROM file))")


def last_number(db: apsw.Connection) -> int:
    """Of the last file there ever was."""
    return int(one(db, "SELECT number FROM head"))


def stamp(db: apsw.Connection) -> int:
    """Another one whenever other files are alive."""
    return int(one(db, "SELECT stamp FROM head"))


def past(db: apsw.Connection) -> int:
    """Another one whenever spans came in for times long past: what was counted then is to be counted again."""
    return int(one(db, "SELECT past FROM head"))


def come_late(db: apsw.Connection) -> None:
    """Spans come in for times long past; to say so is put off until `say_past`."""
    db.execute("UPDATE head SET late = 1")


def say_past(db: apsw.Connection, now: float, every: float) -> None:
    """Change `past` if spans came in for times long past, and if that was not said within so many seconds."""
    db.execute("UPDATE head SET past = past + 1, late = 0, said = ? WHERE late AND said <= ?", (now, now - every))


def untold(db: apsw.Connection) -> bool:
    """Whether spans came in for times long past and nobody was told."""
    return bool(one(db, "SELECT late FROM head"))


def files(db: apsw.Connection, after: int | None = None, until: int | None = None) -> list[SpanFile]:
    """Those that are alive, by hour and number; with times, those that may hold an end in (after, until], epoch ns."""
    where, values = [], []
    if after is not None:
        where.append("last > ?")
        values.append(after)
    if until is not None:
        where.append("first <= ?")
        values.append(until)
    return _files(db, " AND ".join(where) or "1", values)


def files_of(db: apsw.Connection, hour: int) -> list[SpanFile]:
    """Those of one hour."""
    return _files(db, "hour = ?", [hour])


def _files(db: apsw.Connection, where: str, values: Sequence[int]) -> list[SpanFile]:
    sql = f"SELECT {_COLUMNS} FROM file WHERE {where} ORDER BY hour, number"  # noqa: S608 - conditions of ours
    rows: Iterator[Any] = iter(db.execute(sql, values))
    return [SpanFile(*row) for row in rows]


def gone(db: apsw.Connection, before: float) -> list[tuple[int, str]]:
    """Number and name of files that were taken out before then, epoch seconds."""
    rows = db.execute("SELECT number, hour FROM gone WHERE at < ?", (before,))
    return [(number, name_of(number, hour)) for number, hour in rows]


def names(db: apsw.Connection) -> set[str]:
    """Of every file that must be on disk."""
    rows = db.execute("SELECT number, hour FROM file UNION ALL SELECT number, hour FROM gone")
    return {name_of(number, hour) for number, hour in rows}


def forget(db: apsw.Connection, numbers: Sequence[int]) -> None:
    """They are no longer on disk."""
    db.executemany("DELETE FROM gone WHERE number = ?", ((number,) for number in numbers))


def hear(db: apsw.Connection, start: int, stop: int) -> None:
    """Spans were taken in from start to stop, epoch seconds. What touches becomes one."""
    if stop <= start:
        return
    sql = "SELECT start, stop FROM heard WHERE start <= ? AND stop >= ?"
    touching: list[Any] = db.execute(sql, (stop, start)).fetchall()
    db.executemany("DELETE FROM heard WHERE start = ?", ((begun,) for begun, _ in touching))
    first = min([start, *(begun for begun, _ in touching)])
    last = max([stop, *(ended for _, ended in touching)])
    db.execute("INSERT INTO heard VALUES (?, ?)", (first, last))


def unhear(db: apsw.Connection, before: int) -> None:
    """What ended before, epoch seconds, is no longer kept: to have taken it in says nothing any more."""
    db.execute("DELETE FROM heard WHERE stop <= ?", (before,))
    for start, stop in db.execute("SELECT start, stop FROM heard WHERE start < ?", (before,)).fetchall():
        db.execute("DELETE FROM heard WHERE start = ?", (start,))
        db.execute("INSERT OR REPLACE INTO heard VALUES (?, ?)", (before, stop))


def heard(db: apsw.Connection) -> list[tuple[int, int]]:
    """From when until when spans were taken in, epoch seconds, in order, apart from each other."""
    return [(start, stop) for start, stop in db.execute("SELECT start, stop FROM heard ORDER BY start")]


def put(db: apsw.Connection, marks: Mapping[str, str]) -> None:
    """Marks by key; an empty one is taken away."""
    db.executemany("INSERT OR REPLACE INTO mark VALUES (?, ?)", marks.items())
    db.execute("DELETE FROM mark WHERE value = ''")


def marks(db: apsw.Connection, prefix: str = "") -> dict[str, str]:
    """All marks whose key begins so."""
    rows = db.execute("SELECT key, value FROM mark WHERE substr(key, 1, ?) = ?", (len(prefix), prefix))
    return {str(key): str(value) for key, value in rows}
