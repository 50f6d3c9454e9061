"""The ledger: closed buckets on disk, so that a run asks only for what is new and history outlives the server's.

One SQLite file in WAL mode, shared by any number of processes. A row holds up to 288 buckets of one question and step,
with a checksum: a damaged row is as good as none.
"""

from __future__ import annotations

import time
import zlib
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import apsw
import msgspec
import numpy as np

from cdctl.domain.slo.series import SAMPLED, Buckets, Ints, Sampled, Span
from cdctl.domain.slo.tiling import COARSE, join, take
from cdctl.stores.reasons import reason

_PER_CHUNK = 288
_FLUSH_AT = 256
_KEEP_FINE_SECONDS = 100 * 86_400
"""Finer buckets only serve the edges of windows; older ones are dropped, hours are kept for good."""
_PATIENCE = 10.0
"""Seconds to wait for another process that holds the file."""
_LOOK_AGAIN = 0.01
_SCHEMA = """
CREATE TABLE IF NOT EXISTS chunk(
  key TEXT NOT NULL, step INTEGER NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (key, step, number)) WITHOUT ROWID
"""


class _Header(msgspec.Struct, array_like=True):
    """Rows of counters have no more than the first two; the others hold what sources of single events tell besides."""

    mask: bytes
    groups: tuple[tuple[str, ...], ...]
    sampled: bool = False
    watched: bool = False


_HEADER = msgspec.msgpack.Decoder(_Header)


class SqliteLedger:
    """The port `Ledger` on one file. See there for what its methods promise."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._warnings: list[str] = []
        self._pending: dict[tuple[str, int], list[Buckets]] = defaultdict(list)
        self._waiting = 0
        self._db: apsw.Connection | None = None
        self._open()

    def read(self, key: str, spans: Sequence[Span]) -> dict[int, Buckets]:
        """See the port."""
        parts: dict[int, list[Buckets]] = {span.step: [] for span in spans}
        for step, number, body in self._rows(key, spans):
            part = self._unpack(key, step, number, body)
            if part is not None and step in parts:
                parts[step].append(_within(part, [span for span in spans if span.step == step]))
        return {step: join(found) for step, found in parts.items()}

    def _rows(self, key: str, spans: Sequence[Span]) -> list[Any]:
        """step, number, body of the rows that may hold a bucket of the spans."""
        if self._db is None or not spans:
            return []
        ranges = [(s.step, s.start // s.step // _PER_CHUNK, (s.end // s.step - 1) // _PER_CHUNK) for s in spans]
        where = " OR ".join(["(step = ? AND number BETWEEN ? AND ?)"] * len(ranges))
        sql = f"SELECT step, number, body FROM chunk WHERE key = ? AND ({where})"  # noqa: S608 - only marks are put in
        try:
            return self._db.execute(sql, (key, *(value for row in ranges for value in row))).fetchall()
        except (apsw.Error, UnicodeDecodeError) as error:  # a damaged page may hold text that is none
            self._trouble(error, "read")
            return []

    def keep(self, key: str, step: int, buckets: Buckets) -> None:
        """See the port."""
        if len(buckets.ends):
            self._pending[key, step].append(buckets)
            self._waiting += 1
            if self._waiting >= _FLUSH_AT:
                self.flush()

    def flush(self) -> None:
        """See the port."""
        pending, self._pending, self._waiting = self._pending, defaultdict(list), 0
        if self._db is None or not pending:
            return
        try:
            with self._immediate(self._db):
                for (key, step), parts in pending.items():
                    self._merge(self._db, key, step, join(parts))
        except (apsw.Error, UnicodeDecodeError) as error:
            self._trouble(error, "written")

    def warnings(self) -> tuple[str, ...]:
        """See the port."""
        return tuple(dict.fromkeys(self._warnings))

    def close(self) -> None:
        """Flush and give the file back."""
        self.flush()
        if self._db is not None:
            self._db.close()
            self._db = None

    def _open(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._db = _connect(self._path)
            except (apsw.NotADBError, apsw.CorruptError):
                self._set_aside()
        except (OSError, apsw.Error) as error:
            self._db = None
            why = reason(error)
            self._warnings.append(f"the ledger {self._path} cannot be used, every bucket is asked for again: {why}")

    def _set_aside(self) -> None:
        """Start anew beside a corrupt file; what it knew is asked for again."""
        if self._db is not None:
            self._db.close()
            self._db = None
        aside = self._path.with_suffix(".corrupt")
        for suffix in ("-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        self._path.replace(aside)
        self._warnings.append(f"the ledger {self._path} was corrupt and is rebuilt; the old file is {aside.name}")
        self._db = _connect(self._path)

    def _trouble(self, error: Exception, verb: str) -> None:
        if isinstance(error, apsw.CorruptError | apsw.NotADBError | UnicodeDecodeError):
            try:
                self._set_aside()
            except (OSError, apsw.Error) as again:
                self._db = None
                self._warnings.append(f"the ledger {self._path} is corrupt and cannot be rebuilt: {reason(again)}")
        else:
            self._warnings.append(f"the ledger {self._path} could not be {verb}: {reason(error)}")

    @staticmethod
    def _immediate(db: apsw.Connection) -> apsw.Connection:
        """One transaction that takes the write lock first, so that two processes cannot lose each other's buckets."""
        db.transaction_mode = "IMMEDIATE"
        return db

    def _merge(self, db: apsw.Connection, key: str, step: int, buckets: Buckets) -> None:
        numbers = (buckets.ends // step - 1) // _PER_CHUNK
        for number in np.unique(numbers):
            part = take(buckets, np.flatnonzero(numbers == number))
            where = (key, step, int(number))
            row = db.execute("SELECT body FROM chunk WHERE key = ? AND step = ? AND number = ?", where).fetchone()
            old = self._unpack(*where, *row) if row else None
            whole = join([old, part]) if old is not None else part
            db.execute("INSERT OR REPLACE INTO chunk VALUES (?, ?, ?, ?)", (*where, _pack(*where, whole)))
        if step < COARSE:
            oldest = int(buckets.ends[-1] - _KEEP_FINE_SECONDS) // step // _PER_CHUNK
            db.execute("DELETE FROM chunk WHERE key = ? AND step = ? AND number < ?", (key, step, oldest))

    def _unpack(self, key: str, step: int, number: int, body: object) -> Buckets | None:
        """The buckets of a row; None, with a warning, when it is damaged."""
        try:
            return _unpack(key, step, number, body)
        except (ValueError, msgspec.MsgspecError):
            self._warnings.append(f"a part of the ledger {self._path} was damaged and is asked for again")
            return None


def _connect(path: Path) -> apsw.Connection:
    """SQLite does not wait by itself for a process that makes the file a WAL, or as the last one takes that back."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        db = apsw.Connection(str(path))
        try:
            return _prepared(db)
        except BaseException as error:
            db.close()
            if not isinstance(error, apsw.BusyError) or time.monotonic() > deadline:
                raise
        time.sleep(_LOOK_AGAIN)


def _prepared(db: apsw.Connection) -> apsw.Connection:
    db.set_busy_timeout(round(_PATIENCE * 1000))
    # Rows are tens of kilobytes: large pages read them in one piece.
    for pragma in ("page_size = 32768", "journal_mode = WAL", "synchronous = NORMAL", "mmap_size = 1073741824"):
        db.execute(f"PRAGMA {pragma}").fetchall()
    db.execute(_SCHEMA)
    return db


def _within(buckets: Buckets, spans: Sequence[Span]) -> Buckets:
    if not len(buckets.ends):
        return buckets
    first, last = int(buckets.ends[0]), int(buckets.ends[-1])
    if any(span.start < first and last <= span.end for span in spans):
        return buckets
    inside = np.zeros(len(buckets.ends), bool)
    for span in spans:
        inside |= (buckets.ends > span.start) & (buckets.ends <= span.end)
    return buckets if inside.all() else take(buckets, np.flatnonzero(inside))


def _pack(key: str, step: int, number: int, buckets: Buckets) -> bytes:
    """Bit i of the mask is the bucket that ends at (number x 288 + i + 1) x step; values follow the header: good,
    total, seen, the arrays of `Sampled` where there are some, and `watched`."""
    bits = np.zeros(_PER_CHUNK, np.uint8)
    bits[(buckets.ends // step - 1) % _PER_CHUNK] = 1
    arrays = [buckets.good, buckets.total, buckets.seen]
    if (sampled := buckets.sampled) is not None:
        arrays += [getattr(sampled, name) for name in SAMPLED]
    values = np.stack(arrays).astype("<f8").tobytes()
    header: object = (mask := np.packbits(bits).tobytes(), buckets.groups)
    if sampled is not None or buckets.watched is not None:
        header = _Header(mask, buckets.groups, sampled is not None, buckets.watched is not None)
    if buckets.watched is not None:
        values += buckets.watched.astype("<f8").tobytes()
    head = msgspec.msgpack.encode(header)
    body = len(head).to_bytes(4, "little") + head + values
    return _checksum(key, step, number, body) + body


def _checksum(key: str, step: int, number: int, body: bytes | memoryview) -> bytes:
    """Of the row as a whole: buckets that stand in another row than they were written to are damage, too."""
    return zlib.crc32(body, zlib.crc32(f"{key} {step} {number}".encode())).to_bytes(4, "little")


def _unpack(key: str, step: int, number: int, body: object) -> Buckets:
    """Raises ValueError or msgspec's errors when the row is damaged."""
    if not isinstance(body, bytes) or body[:4] != _checksum(key, step, number, memoryview(body)[4:]):
        raise ValueError("checksum")
    size = 8 + int.from_bytes(body[4:8], "little")
    head = _HEADER.decode(body[8:size])
    ends, widths = _times(head.mask, step, number)
    values = np.frombuffer(body, "<f8", offset=size)
    watched = None
    if head.watched:
        values, watched = np.split(values, [len(values) - len(ends)])
    kinds = 3 + head.sampled * len(SAMPLED)
    good, total, seen, *rest = values.reshape(kinds, len(head.groups), len(ends))
    return Buckets(head.groups, ends, widths, good, total, seen, Sampled(*rest) if rest else None, watched)


@lru_cache(maxsize=64)
def _times(mask: bytes, step: int, number: int) -> tuple[Ints, Ints]:
    """Ends and widths of the buckets of a row; rows of the same time mostly hold the same buckets."""
    bits = np.unpackbits(np.frombuffer(mask, np.uint8))
    ends = (np.flatnonzero(bits).astype(np.int64) + number * _PER_CHUNK + 1) * step
    widths = np.full(len(ends), step, np.int64)
    ends.flags.writeable = widths.flags.writeable = False
    return ends, widths
