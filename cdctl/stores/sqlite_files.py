"""How an SQLite file of ours is opened: for one writer beside readers, and for reading where nothing can be written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw

DAMAGE = (apsw.CorruptError, apsw.NotADBError, apsw.FormatError)
"""The file is not as it was written."""
BUSY_SECONDS = 5.0


def one(db: apsw.Connection, sql: str, values: Sequence[Any] = ()) -> Any:
    """The first column of the first row; None when there is none."""
    row = db.execute(sql, values).fetchone()
    return row[0] if row else None


def foreign(db: apsw.Connection, application: int) -> bool:
    """Whether a file is somebody else's: a database without the id that we give to ours. Raises apsw.Error.

    The id and what is in it are read at one moment: another process may be making the very file.
    """
    found, version, parts = db.execute(
        "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),"
        " (SELECT count(*) FROM sqlite_schema)"
    ).fetchall()[0]
    return bool(found != application and (found or version or parts))


def reading(path: Path) -> apsw.Connection:
    """The file as it is, to read. Raises apsw.Error."""
    try:
        return _reading(str(path), apsw.SQLITE_OPEN_READONLY)
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.IOError, apsw.FullError):
        wal = Path(f"{path}-wal")
        if wal.exists() and wal.stat().st_size:
            raise
        # Where nothing can be written, the file stands for itself.
        return _reading(f"file:{quote(str(path))}?immutable=1", apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)


def _reading(name: str, flags: int) -> apsw.Connection:
    db = apsw.Connection(name, flags=flags)
    try:
        db.set_busy_timeout(round(BUSY_SECONDS * 1000))
        db.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except BaseException:
        db.close()
        raise
    return db


def to_wal(db: apsw.Connection, pages: int, bytes_kept: int) -> None:
    """Write-ahead log, every commit on disk before it returns; `pages` and `bytes_kept` bound the log. Raises
    apsw.Error.

    SQLite does not wait by itself for those who open, close or change the mode of a file at that moment.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL").fetchall()
            break
        except apsw.BusyError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
    for pragma in ("synchronous = FULL", f"wal_autocheckpoint = {pages}", f"journal_size_limit = {bytes_kept}"):
        db.execute(f"PRAGMA {pragma}").fetchall()
