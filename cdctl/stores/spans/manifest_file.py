"""The manifest's file: its tables, and how it is opened to write and to read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import apsw

from cdctl.domain.traces.ports import NoSpansError
from cdctl.stores.spans.reasons import unavailable
from cdctl.stores.sqlite_files import BUSY_SECONDS, foreign, one, reading, to_wal

NAME = "manifest.sqlite"
VERSION = 1
APPLICATION = 0x63647370  # "cdsp"
_SCHEMA: Sequence[str] = (
    "CREATE TABLE file(number INTEGER PRIMARY KEY, hour INTEGER NOT NULL, rows INTEGER NOT NULL,"
    " first INTEGER NOT NULL, last INTEGER NOT NULL, size INTEGER NOT NULL, crc INTEGER NOT NULL,"
    " format INTEGER NOT NULL, made REAL NOT NULL) STRICT",
    "CREATE INDEX file_last ON file(last)",
    "CREATE INDEX file_hour ON file(hour)",
    "CREATE TABLE gone(number INTEGER PRIMARY KEY, hour INTEGER NOT NULL, at REAL NOT NULL) STRICT",
    "CREATE TABLE heard(start INTEGER PRIMARY KEY, stop INTEGER NOT NULL) STRICT",
    "CREATE TABLE mark(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE head(one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, stamp INTEGER NOT NULL,"
    " past INTEGER NOT NULL, late INTEGER NOT NULL, said REAL NOT NULL) STRICT",
)
"""file: what is alive. hour: epoch hours; first, last: least and greatest end of its spans, epoch nanoseconds; made:
epoch seconds. gone: no longer alive, and on disk for those who are still reading. heard: epoch seconds from when until
when spans were taken in. head: the number of the last file there ever was; stamp grows with every change of `file`,
past when spans came in for times long past; late: whether some did since it was said, epoch seconds."""


def open_to_write(folder: Path) -> apsw.Connection:
    """Made when there is none. Raises apsw.Error, OSError, and UnavailableError when it is something else or newer."""
    path = folder / NAME
    db = apsw.Connection(str(path))
    try:
        db.set_busy_timeout(round(BUSY_SECONDS * 1000))
        _known(db, path)
        to_wal(db, pages=1000, bytes_kept=4 << 20)
        if one(db, "PRAGMA user_version") == 0:
            _make(db)
    except BaseException:
        db.close()
        raise
    return db


def open_to_read(folder: Path) -> apsw.Connection:
    """As it is, without a lock. Raises apsw.Error, and UnavailableError when there is none or it is newer."""
    path = folder / NAME
    if not path.exists():
        raise NoSpansError(
            "there is no span store", subject=str(folder), hint="cdctl trace serve and cdctl trace import make it"
        )
    db = reading(path)
    try:
        _known(db, path)
        if one(db, "PRAGMA user_version") == 0:
            raise NoSpansError(
                "there is nothing in the span store yet", subject=str(folder), hint="cdctl trace import writes it"
            )
    except BaseException:
        db.close()
        raise
    return db


def _known(db: apsw.Connection, path: Path) -> None:
    if foreign(db, APPLICATION):
        raise unavailable(path, "used", "this is no manifest of cdctl; name another folder: --store FOLDER")
    version = one(db, "PRAGMA user_version")
    if version > VERSION:
        raise unavailable(
            path, "used", f"a newer cdctl wrote it (version {version}, this one knows {VERSION}); upgrade cdctl"
        )


def _make(db: apsw.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        for statement in _SCHEMA:
            db.execute(statement)
        db.execute("INSERT INTO head VALUES (1, 0, 1, 0, 0, 0)")
        db.execute(f"PRAGMA application_id = {APPLICATION}").fetchall()
        db.execute(f"PRAGMA user_version = {VERSION}").fetchall()
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
