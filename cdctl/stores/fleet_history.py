"""A fleet's past on disk: happenings and minutes of the last days in one SQLite file of bounded size.

Happenings lie in chunks of some thousands, each a row: times and rows of vehicles in one blob, because that is all a
search reads, the rest in another. The newest chunk is written anew until it is full. Each blob has a checksum: what is
damaged is left out and said. When age or size is over the limit the oldest go first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import apsw
import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.archive import Group, Past, Told, Wanted
from cdctl.domain.fleet.reading import Happening
from cdctl.stores import fleet_minutes
from cdctl.stores.fleet_chunks import DamagedError, heads, join, pack, unpack
from cdctl.stores.reasons import reason

CHUNK = 8_192
"""Happenings of a full chunk: unpacking one takes about a millisecond."""
WAITING = 100_000
"""Happenings that wait at most while the disk refuses; older ones are given up and counted."""
_PAGE = 8_192
_WAL = 2 << 20
SMALLEST = 8 << 20
"""Bytes that a history gets at least: below that the file's own order has no room."""
_SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS chunk(
  number INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL,
  head BLOB NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS chunk_last ON chunk(last);
"""
    + fleet_minutes.SCHEMA
)


class FleetHistory:
    """The port `Archive` on one file. `keep`: seconds; `max_bytes`: of everything in the folder that is ours. All
    methods are for one thread at a time. `clock` gives epoch seconds."""

    def __init__(self, path: Path, *, keep: float, max_bytes: int, clock: Callable[[], float]) -> None:
        self._path = path
        self._keep, self._max_bytes, self._clock = keep, max(max_bytes, SMALLEST), clock
        self._db: apsw.Connection | None = None
        self._tail: Told | None = None
        self._number = 0
        self._written = True
        self._minutes: list[tuple[int, Mapping[Group, tuple[int, int, int, int]]]] = []
        self._given_up = 0
        self._trouble = ""
        self._aside: list[str] = []
        self._damaged = 0
        self._open()

    def keep(self, told: Told) -> None:
        """See the port."""
        if not len(told):
            return
        self._tail = told if self._tail is None else join(self._tail, told)
        self._written = False
        over = len(self._tail) - WAITING
        if over > 0:
            self._given_up += over
            self._tail = self._tail[over:]

    def keep_minute(self, start: int, counts: Mapping[Group, tuple[int, int, int, int]]) -> None:
        """See the port."""
        self._minutes.append((start, counts))
        self._given_up += max(len(self._minutes) - 60, 0)
        del self._minutes[:-60]

    def flush(self) -> None:
        """See the port."""
        if self._db is None:
            self._open()
        try:
            if self._db is not None:
                self._write(self._db)
                self._drop(self._db)
                self._trouble = ""
        except (apsw.Error, OSError) as error:
            self._failed(error)

    def past(
        self,
        since: float,
        wanted: Wanted | None,
        groups: Callable[[Sequence[Group]], NDArray[np.bool_]] | None,
        by: Sequence[str],
        limit: int,
    ) -> Past:
        """See the port."""
        self.flush()
        if self._db is None:
            return Past(None, (), ())
        try:
            found, cut = self._happenings(self._db, round(since * 1000), wanted, limit)
            minutes, damaged = fleet_minutes.read(self._db, int(since), groups, by)
            self._damaged += damaged
            return Past(self.since(), found, minutes, cut)
        except (apsw.Error, UnicodeDecodeError) as error:
            self._failed(error)
            return Past(None, (), ())

    def since(self) -> float | None:
        """See the port."""
        if self._db is None:
            return None
        try:
            (oldest,) = _row(
                self._db,
                "SELECT min(a) FROM (SELECT min(first) a FROM chunk UNION ALL SELECT min(start) * 1000 FROM minute)",
            )
        except apsw.Error as error:
            self._failed(error)
            return None
        return None if oldest is None else max(oldest / 1000, self._clock() - self._keep)

    def size(self) -> int:
        """See the port."""
        return sum(file.stat().st_size for file in self._files() if file.exists())

    def notes(self) -> tuple[str, ...]:
        """See the port."""
        notes = list(self._aside)
        if self._trouble:
            notes.append(f"the history cannot be written: {self._trouble}")
        if self._given_up:
            notes.append(f"{self._given_up} happenings or minutes are not in the history: the disk did not take them")
        if self._damaged:
            notes.append(f"{self._damaged} parts of the history {self._path} were damaged and are left out")
        return tuple(notes)

    def close(self) -> None:
        """See the port."""
        self.flush()
        if self._db is not None:
            self._db.close()
            self._db = None

    def _files(self) -> list[Path]:
        return [Path(f"{self._path}{suffix}") for suffix in ("", "-wal", "-shm")]

    def _open(self) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))  # VINs are personal data
            try:
                self._connect()
            except (apsw.NotADBError, apsw.CorruptError, apsw.SQLError) as error:
                self._set_aside(error)
        except (OSError, apsw.Error) as error:
            self._db = None
            self._trouble = reason(error)

    def _connect(self) -> None:
        db = apsw.Connection(str(self._path))
        db.set_busy_timeout(2_000)
        for pragma in (
            f"page_size = {_PAGE}",
            "auto_vacuum = INCREMENTAL",
            "journal_mode = WAL",
            "synchronous = NORMAL",
            f"journal_size_limit = {_WAL}",
            f"wal_autocheckpoint = {_WAL // _PAGE // 2}",
            f"max_page_count = {(self._max_bytes - 2 * _WAL) // _PAGE}",
        ):
            db.execute(f"PRAGMA {pragma}").fetchall()
        db.execute(_SCHEMA)
        self._number = 1 + (_row(db, "SELECT max(number) FROM chunk")[0] or 0)
        self._db = db

    def _set_aside(self, error: Exception) -> None:
        if self._db is not None:
            self._db.close(True)
            self._db = None
        aside = self._path.with_suffix(".corrupt")
        for file in self._files()[1:]:
            file.unlink(missing_ok=True)
        self._path.replace(aside)
        self._aside = [f"the history {self._path} was corrupt and begins anew; the old file is {aside.name} ({error})"]
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        self._written = False
        self._connect()

    def _failed(self, error: Exception) -> None:
        if isinstance(error, apsw.CorruptError | apsw.NotADBError | UnicodeDecodeError):
            try:
                self._set_aside(error)
                return
            except (OSError, apsw.Error) as again:
                error = again
                self._db = None
        if isinstance(error, apsw.FullError) and self._db is not None and self.size() > self._max_bytes // 2:
            try:
                self._drop_oldest(self._db)  # our own limit, not the disk's: the next flush has room
                return
            except apsw.Error as again:
                error = again
        self._trouble = reason(error)

    def _write(self, db: apsw.Connection) -> None:
        if self._tail is not None and not self._written:
            with db:
                for begin in range(0, len(self._tail), CHUNK):
                    part = self._tail[begin : begin + CHUNK]
                    head, body = pack(part)
                    row = (self._number + begin // CHUNK, int(part.at_ms[0]), int(part.at_ms.max()), len(part))
                    db.execute("INSERT OR REPLACE INTO chunk VALUES (?, ?, ?, ?, ?, ?)", (*row, head, body))
            self._written = True
            full = len(self._tail) // CHUNK
            self._number += full
            self._tail = self._tail[full * CHUNK :] if len(self._tail) % CHUNK else None
        if self._minutes:
            with db:
                for start, counts in self._minutes:
                    fleet_minutes.write(db, start, counts)
            self._minutes = []

    def _drop(self, db: apsw.Connection) -> None:
        oldest = self._clock() - self._keep
        with db:
            db.execute("DELETE FROM chunk WHERE last < ?", (round(oldest * 1000),))
            db.execute("DELETE FROM minute WHERE start < ?", (int(oldest),))
        while self._used(db) > self._max_bytes - 2 * _WAL - (1 << 20):
            if not self._drop_oldest(db):
                break
        free = _row(db, "PRAGMA freelist_count")[0]
        if free > 256:
            db.execute("PRAGMA incremental_vacuum(256)").fetchall()

    def _used(self, db: apsw.Connection) -> int:
        pages = _row(db, "PRAGMA page_count")[0] - _row(db, "PRAGMA freelist_count")[0]
        return int(pages) * _PAGE

    def _drop_oldest(self, db: apsw.Connection) -> bool:
        """A sixteenth of the time that is kept; False when nothing is left to drop."""
        first, last = _row(
            db,
            "SELECT min(a), max(b) FROM (SELECT min(last) a, max(last) b FROM chunk"
            " UNION ALL SELECT min(start) * 1000, max(start) * 1000 FROM minute)",
        )
        if first is None:
            return False
        edge = first + max((last - first) // 16, 1)
        with db:
            db.execute("DELETE FROM chunk WHERE last < ?", (edge,))
            db.execute("DELETE FROM minute WHERE start * 1000 < ?", (edge,))
        return True

    def _happenings(
        self, db: apsw.Connection, since_ms: int, wanted: Wanted | None, limit: int
    ) -> tuple[list[Happening], bool]:
        """Newest chunk first, until there are enough; then the oldest comes first."""
        found: list[list[Happening]] = []
        left = limit
        edge = max(since_ms, round((self._clock() - self._keep) * 1000))
        rows = db.execute("SELECT head, body FROM chunk WHERE last >= ? ORDER BY number DESC", (edge,))
        for head, body in rows:
            try:
                told, cut = _pick(head, body, edge, wanted, left)
            except DamagedError:
                self._damaged += 1
                continue
            found.append(told)
            left -= len(told)
            if cut:
                return [one for part in reversed(found) for one in part], True
        return [one for part in reversed(found) for one in part], False


def _row(db: apsw.Connection, sql: str) -> Any:
    return db.execute(sql).fetchone()


def _pick(head: bytes, body: bytes, since_ms: int, wanted: Wanted | None, most: int) -> tuple[list[Happening], bool]:
    """The newest `most` wanted happenings of a chunk, and whether there are more."""
    run, at_ms, rows = heads(head)
    whole: list[Told] = []

    def told() -> Told:
        if not whole:
            whole.append(unpack(head, body))
        return whole[0]

    mask = at_ms >= since_ms
    if wanted is not None:
        mask &= wanted(run, rows, lambda: told().vins)
    which = np.flatnonzero(mask)
    cut = len(which) > most
    return (told()[which[len(which) - min(most, len(which)) :]].happenings() if len(which) else []), cut
