"""The journal: every order, everything heard of it and everything decided, in one file that several processes share.

An append-only chain of records, and over it a table that says where each order is; both move in one transaction, and
whoever writes at a time is written with one sync (WAL, synchronous = FULL).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.domain.orders.keeping import CHECKPOINT, Entry, Head, Kept, Record
from cdctl.domain.orders.trust import Sealer, Trust
from cdctl.errors import UnavailableError
from cdctl.stores import journal_aside, journal_check, journal_entries, journal_seal
from cdctl.stores.journal_chain import Chain
from cdctl.stores.journal_reading import Reader
from cdctl.stores.journal_reserve import SIZE
from cdctl.stores.journal_writer import Writer

if TYPE_CHECKING:
    from cdctl.domain.ports import Clock

CHECKPOINT_SECONDS = 60.0


def open_journal(
    path: Path,
    *,
    sign: Sealer | None = None,
    clock: Clock,
    trust: Trust | None = None,
    every: float = CHECKPOINT_SECONDS,
    reserve: int = SIZE,
) -> SqliteJournal:
    """The journal of that file, made when there is none.

    sign: seals checkpoints, one after `every` seconds of activity and one at the end. trust: opens their seals in
    `verify`. reserve: bytes kept on the disk for what must be ended. Raises UnavailableError when the file cannot be
    written or is something else; a damaged one is opened, reads as far as it goes, and refuses every write but ends:
    those go to a file beside it.
    """
    chain = Chain(path, sign=sign, clock=clock, reserve=reserve)
    chain.open()
    return SqliteJournal(path, chain, trust, every)


def read_journal(path: Path, *, trust: Trust | None = None) -> SqliteJournal:
    """The journal of that file for looking only. Its methods raise UnavailableError when there is none."""
    return SqliteJournal(path, None, trust, CHECKPOINT_SECONDS)


class SqliteJournal:
    """The port `Journal` on one file. See there for what its methods promise."""

    def __init__(self, path: Path, chain: Chain | None, trust: Trust | None, every: float) -> None:
        self._path, self._chain, self._trust = path, chain, trust
        self._reader = Reader(path)
        self._writer = Writer(path, chain, every) if chain else None

    async def write(self, entries: Sequence[Entry], *, ending: bool = False) -> None:
        """See the port. Raises ValueError when an order is written twice, or moves without having been written."""
        if not entries:
            return
        if self._writer is None:
            raise UnavailableError("the journal was opened for looking only", subject=str(self._path))
        await self._writer.write(journal_entries.encode(entries), ending)

    def orders(
        self, *, plan: str = "", vin: str = "", session: str = "", open_only: bool = False, limit: int | None = None
    ) -> Iterable[Kept]:
        """See the port. Read in pieces while it is gone through."""
        return self._reader.orders(plan, vin, session, open_only, limit)

    def order(self, id: str) -> Kept | None:  # noqa: A002 - the field's own word
        """See the port."""
        return self._reader.order(id)

    def records(
        self, *, after: int = 0, kind: str = "", subject: str = "", limit: int | None = None
    ) -> Iterable[Record]:
        """See the port. Gives every record that can be read; then UnavailableError names those that cannot."""
        return self._reader.records(after, kind, subject, limit)

    def head(self) -> Head:
        """See the port."""
        return self._reader.head()

    def verify(self, head: Head | None = None) -> Sequence[str]:
        """See the port. Seals are looked at when the journal was opened with a `trust`."""
        reader = Reader(self._path)  # one of its own, that sees one moment: others may write while it looks
        with reader.still():
            found = journal_check.faults(reader, head, self._trust)
        if beside := journal_aside.count(self._path):
            found.append(f"{beside} ends are not in the chain: it was damaged; {journal_aside.path_of(self._path)}")
        return found

    def vouched(self) -> Record | None:
        """The newest checkpoint that is sealed by a key that is trusted now: everything up to its head is as whoever
        sealed it had it. None without a `trust`, or when nobody did."""
        newest = None
        try:
            for record in self._reader.records(0, CHECKPOINT, "", None):
                if journal_seal.judged(dict(record.body), self._trust)[0] is journal_seal.Seal.HOLDS:
                    newest = record
        except UnavailableError:  # a checkpoint that cannot be read vouches for nothing
            pass
        return newest

    @property
    def broken(self) -> str:
        """Why nothing new can be written, in words; empty while it can."""
        return str(self._chain.broken.message) if self._chain and self._chain.broken else ""

    def close(self) -> None:
        """Let go of what was opened for looking; it is opened again when it is needed."""
        self._reader.close()

    async def aclose(self) -> None:
        """See the port."""
        self._reader.close()
        if self._writer is not None and self._chain is not None:
            await asyncio.to_thread(self._writer.close)
            self._chain.close()
