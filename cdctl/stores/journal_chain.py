"""Appending to the journal: what is chained, what is refused, and what a full disk still takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from cdctl.domain.orders.keeping import CHECKPOINT
from cdctl.domain.orders.order import TERMINAL
from cdctl.domain.orders.trust import Sealer
from cdctl.errors import CdctlError, UnavailableError
from cdctl.stores import journal_aside
from cdctl.stores.journal_entries import Encoded, encode, link
from cdctl.stores.journal_file import damaged, open_to_write, unavailable
from cdctl.stores.journal_reserve import Reserve
from cdctl.stores.journal_seal import sealed
from cdctl.stores.journal_tail import Tail, holds, look_back, tail
from cdctl.stores.sqlite_files import DAMAGE, one

if TYPE_CHECKING:
    from cdctl.domain.ports import Clock

_RECORD = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)"
_ORDER = "INSERT INTO orders VALUES (?, ?, ?, ?, ?, 'queued', 1, ?, 0)"
_ENVELOPE = "INSERT INTO envelopes VALUES (?, ?)"
# What has ended stays as it is, whoever comes later, even from another process: that is late.
_MOVE = """UPDATE orders SET lates = lates + (?1 OR NOT open), last = iif(?1 OR NOT open, last, ?2),
  state = iif(?1 OR NOT open, state, ?3), open = iif(?1, open, open AND ?4) WHERE id = ?5"""
_FULL = (apsw.FullError, apsw.IOError)

Job = tuple[Encoded, bool]


class _StrangeError(Exception):
    """The entries do not fit what is written: an order twice, or a move of an order that is not there."""


class Chain:
    """The end of the chain, which grows. Not for two threads at once, except `broken` and `close`."""

    def __init__(self, path: Path, *, sign: Sealer | None, clock: Clock, reserve: int) -> None:
        self._path, self._sign, self._clock = path, sign, clock
        self._reserve = Reserve(path, reserve)
        self._last: Tail | None = None
        self.broken: UnavailableError | None = None
        self._db: apsw.Connection | None = None

    def open(self) -> None:
        """Open the file for writing. Raises UnavailableError when it cannot be; a damaged one becomes `broken`."""
        try:
            self._db = self._opened()
            with self._db:  # one moment: between two reads another process may write
                why = look_back(self._db)
            if why:
                self.broken = damaged(self._path, why)
        except DAMAGE as error:
            self.broken = damaged(self._path, str(error))
        except (apsw.Error, OSError) as error:
            raise unavailable(self._path, "written", error) from error

    def _opened(self) -> apsw.Connection:
        try:
            return open_to_write(self._path)
        except _FULL:
            if not self._reserve.release():
                raise
            return open_to_write(self._path)

    def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def commit(self, jobs: Sequence[Job]) -> list[Exception | None]:
        """Write the jobs in one transaction: for each None, or why it is not written."""
        refused = self._refusal() if any(not ending for _, ending in jobs) else None
        todo = [at for at, (_, ending) in enumerate(jobs) if ending or refused is None]
        outcomes: list[Exception | None] = [refused] * len(jobs)
        for at, outcome in zip(todo, self._tried([jobs[at] for at in todo]), strict=True):
            outcomes[at] = outcome
        return outcomes

    def checkpoint(self) -> None:
        """Append a record that holds the head, signed where a key is given. What goes wrong waits for the next time:
        a journal without checkpoints is still a chain."""
        if self._db is None or self.broken is not None:
            return
        try:
            with self._db:
                number, digest = self._end(self._db)
                kind = one(self._db, "SELECT kind FROM records WHERE number = ?", (number,))
            if kind != CHECKPOINT:
                note = sealed(number, digest, self._sign, round(self._clock.now() * 1000))
                self.commit([(encode([note]), False)])
        except (apsw.Error, CdctlError):
            return

    def _refusal(self) -> UnavailableError | None:
        """Why nothing new may begin."""
        if self.broken is not None:
            return self.broken
        try:
            self._reserve.fill()
        except OSError as error:
            return unavailable(self._path, "written", error)
        return None

    def _tried(self, jobs: Sequence[Job]) -> list[Exception | None]:
        if self.broken is not None:
            return self._failed(jobs, self.broken)
        try:
            return self._together(jobs) if jobs else []
        except _FULL as error:
            return self._without_room(jobs, unavailable(self._path, "written", error))
        except (apsw.Error, UnavailableError) as error:
            return self._failed(jobs, self._why(error))

    def _without_room(self, jobs: Sequence[Job], failed: UnavailableError) -> list[Exception | None]:
        """What must be ended gets the room that was kept for it; the rest is refused."""
        endings = [job for job in jobs if job[1]]
        if not endings or not self._reserve.release():
            return [failed] * len(jobs)
        ends = iter(self._tried(endings))
        return [next(ends) if ending else failed for _, ending in jobs]

    def _failed(self, jobs: Sequence[Job], why: UnavailableError) -> list[Exception | None]:
        return [self._beside(entries) if ending and self.broken else why for entries, ending in jobs]

    def _beside(self, entries: Encoded) -> UnavailableError | None:
        """What must be ended, where the chain cannot take it."""
        try:
            journal_aside.append(self._path, entries)
        except OSError as error:
            return unavailable(self._path, "written", error)
        return None

    def _why(self, error: apsw.Error | UnavailableError) -> UnavailableError:
        if isinstance(error, UnavailableError):
            return error
        if isinstance(error, DAMAGE):
            self.broken = damaged(self._path, str(error))
            return self.broken
        return unavailable(self._path, "written", error)

    def _together(self, jobs: Sequence[Job]) -> list[Exception | None]:
        whole = jobs[0][0]
        if len(jobs) > 1:
            whole = Encoded()
            for entries, _ in jobs:
                whole.extend(entries)
        try:
            self._transaction(whole)
            return [None] * len(jobs)
        except (_StrangeError, OverflowError) as error:
            if len(jobs) == 1:
                return [ValueError(f"{self._path}: {error}")]
            half = len(jobs) // 2
            return [*self._tried(jobs[:half]), *self._tried(jobs[half:])]

    def _transaction(self, entries: Encoded) -> None:
        db = self._db
        if db is None:
            raise self.broken or UnavailableError("the journal is closed", subject=str(self._path))
        db.execute("BEGIN IMMEDIATE")
        try:
            end = _append(db, self._end(db), entries)
            db.execute("UPDATE head SET number = ?, hash = ?", end)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        self._last = end

    def _end(self, db: apsw.Connection) -> Tail:
        """The end of the chain. Raises UnavailableError when it is not where it must be."""
        last, head = tail(db)
        if last != head:
            self.broken = damaged(self._path, f"record {last[0]} is the last one and is not the head")
        elif self._last is not None and last != self._last and not holds(db, self._last):
            self.broken = damaged(self._path, f"record {self._last[0]}, which was written by this process, is gone")
        if self.broken is not None:
            raise self.broken
        return last


def _append(db: apsw.Connection, end: Tail, entries: Encoded) -> Tail:
    number, digest = end
    first = number + 1
    records: list[tuple[Any, ...]] = []
    for row in entries.rows:
        number += 1
        digest = link(digest, number, row)
        records.append((number, *row, digest))
    db.executemany(_RECORD, records)
    if entries.intents:
        try:
            db.executemany(_ORDER, [(first + at, *rest[:-1], first + at) for at, *rest in entries.intents])
        except apsw.ConstraintError as error:
            raise _StrangeError("an order of this id is in the journal") from error
        db.executemany(_ENVELOPE, [(first + at, rest[-1]) for at, *rest in entries.intents])
    if entries.moves:
        before = db.total_changes()
        db.executemany(
            _MOVE,
            [(late, first + at, state, state not in TERMINAL, order) for at, order, state, late in entries.moves],
        )
        if db.total_changes() - before != len(entries.moves):
            raise _StrangeError("an order that is to move is not in the journal")
    return number, digest
