"""The journal's file: its tables, how it is opened, and what a failure means in words."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path

import apsw

from cdctl.errors import UnavailableError
from cdctl.stores.reasons import reason
from cdctl.stores.sqlite_files import BUSY_SECONDS, foreign, one, reading, to_wal


class ForeignError(UnavailableError):
    """The file is a database, and says that it is none of ours."""


VERSION = 1
APPLICATION = 0x6364636A  # "cdcj"
IS_NOTE = "kind NOT IN ('intent', 'move')"
SCHEMA: Sequence[str] = (
    "CREATE TABLE records(number INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,"
    " actor TEXT NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL) STRICT",
    "CREATE INDEX record_subject ON records(subject)",
    f"CREATE INDEX record_note ON records(kind) WHERE {IS_NOTE}",
    "CREATE TRIGGER record_changed BEFORE UPDATE ON records BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END",
    "CREATE TRIGGER record_gone BEFORE DELETE ON records BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END",
    "CREATE TABLE orders(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, vin TEXT NOT NULL, plan TEXT NOT NULL,"
    " session TEXT NOT NULL, state TEXT NOT NULL, open INTEGER NOT NULL, last INTEGER NOT NULL,"
    " lates INTEGER NOT NULL) STRICT",
    "CREATE INDEX order_vin ON orders(vin)",
    "CREATE INDEX order_plan ON orders(plan)",
    "CREATE INDEX order_open ON orders(session) WHERE open",
    "CREATE TABLE envelopes(number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT",
    "CREATE TABLE head(one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, hash BLOB NOT NULL) STRICT",
)
"""records: the chain. orders: number is the intent's record, last the record that says how the order is now. head: the
end of the chain, so that a chain that was cut off does not look whole."""
_ELSEWHERE = "set paths.journal (CDCTL_JOURNAL) to a file in a folder that you may write to"


def unavailable(path: Path, what: str, error: BaseException | str) -> UnavailableError:
    """`the journal cannot be {what}`: why, and the cure."""
    why, _, cure = (error if isinstance(error, str) else reason(error, _ELSEWHERE)).partition("; ")
    return UnavailableError(f"the journal cannot be {what}: {why}", subject=str(path), hint=cure)


def damaged(path: Path, what: str) -> UnavailableError:
    """The file is not as it was written. `what` says which record."""
    return UnavailableError(
        f"the journal is damaged: {what}",
        subject=str(path),
        hint="keep this file (cdctl audit verify lists what is wrong in it), and set paths.journal (CDCTL_JOURNAL) to"
        " another one to go on",
    )


def open_to_write(path: Path) -> apsw.Connection:
    """The file, made when there is none, with its tables. Raises apsw.Error, OSError, and UnavailableError when it is
    something else."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _own(path)
    db = apsw.Connection(str(path))
    try:
        db.set_busy_timeout(round(BUSY_SECONDS * 1000))
        _foreign(db, path)
        to_wal(db, pages=2000, bytes_kept=16 << 20)
        if one(db, "PRAGMA user_version") == 0:
            _make(db)
    except BaseException:
        db.close()
        raise
    return db


def open_to_read(path: Path) -> apsw.Connection:
    """The file as it is. Raises apsw.Error and UnavailableError."""
    if not path.exists():
        raise UnavailableError("there is no journal", subject=str(path), hint="orders make it; or set paths.journal")
    db = reading(path)
    try:
        _foreign(db, path)
        if one(db, "PRAGMA user_version") == 0:
            raise UnavailableError("there is nothing in the journal", subject=str(path), hint="orders write it")
    except BaseException:
        db.close()
        raise
    return db


def _own(path: Path) -> None:
    """Nobody else may read it: it says who told which vehicle what. A file that is there is not opened: to close it
    would take away the locks of whoever else in this process has it open (https://www.sqlite.org/howtocorrupt.html)."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        found = path.stat()
        if stat.S_IMODE(found.st_mode) & 0o077 and stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid():
            path.chmod(0o600)
        if not os.access(path, os.W_OK):
            number = errno.EROFS if os.statvfs(path).f_flag & os.ST_RDONLY else errno.EACCES
            raise OSError(number, os.strerror(number)) from None
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _foreign(db: apsw.Connection, path: Path) -> None:
    if foreign(db, APPLICATION):
        raise ForeignError("this is no journal of cdctl", subject=str(path), hint="set paths.journal to another file")
    version = one(db, "PRAGMA user_version")
    if version > VERSION:
        raise UnavailableError(
            f"the journal has version {version}, this cdctl knows {VERSION}", subject=str(path), hint="upgrade cdctl"
        )


def _make(db: apsw.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        if one(db, "PRAGMA user_version") == 0:  # another process may have been quicker
            for statement in SCHEMA:
                db.execute(statement)
            db.execute("INSERT INTO head VALUES (1, 0, ?)", (bytes(32),))
            db.execute(f"PRAGMA application_id = {APPLICATION}").fetchall()
            db.execute(f"PRAGMA user_version = {VERSION}").fetchall()
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
