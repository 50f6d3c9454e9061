"""Reading the journal: orders and records, in pieces, so that whoever looks long keeps nobody from writing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import apsw
import msgspec

from cdctl.domain.orders.keeping import Head, Kept, Record
from cdctl.errors import UnavailableError
from cdctl.stores import journal_entries
from cdctl.stores.journal_file import IS_NOTE, damaged, open_to_read, unavailable
from cdctl.stores.sqlite_files import DAMAGE

_PIECE = 500
_UNREADABLE = (*DAMAGE, msgspec.DecodeError, UnicodeDecodeError)
_KEPT = """SELECT o.number, o.id, o.lates, r.at, r.body, m.kind, m.body, m.actor, e.body FROM orders o
  LEFT JOIN records r ON r.number = o.number LEFT JOIN records m ON m.number = o.last
  LEFT JOIN envelopes e ON e.number = o.number WHERE """
_RECORD = "SELECT number, at, kind, subject, actor, body, hash FROM records WHERE "
_ALONE = _RECORD.replace("FROM records", "FROM records NOT INDEXED")  # it may be the index that is damaged


class Reader:
    """Reads one file on a connection of its own. May be used by several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._db: apsw.Connection | None = None

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query. Raises UnavailableError; damage raises as SQLite says it."""
        with self._lock:
            try:
                if self._db is None:
                    self._db = open_to_read(self._path)
                return self._db.execute(sql, values).fetchall()
            except _UNREADABLE:
                raise
            except apsw.Error as error:
                raise unavailable(self._path, "read", error) from error

    @contextmanager
    def still(self) -> Iterator[None]:
        """While inside, all reads see the file as it was at the first of them, whatever others write meanwhile. For a
        reader that nobody shares: the others would not see what is new. A file that cannot be opened, or is damaged, is
        met by the reads themselves."""
        with suppress(UnavailableError, *_UNREADABLE):
            self.rows("BEGIN")
        try:
            yield
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def orders(self, plan: str, vin: str, session: str, open_only: bool, limit: int | None) -> Iterator[Kept]:
        """Every order that can be read, newest first; then UnavailableError when some cannot."""
        terms = [f"o.{name} = ?" for name, value in (("plan", plan), ("vin", vin), ("session", session)) if value]
        where = " AND ".join([*terms, *["o.open"] * open_only, "o.number < ?"])
        values = [value for value in (plan, vin, session) if value]
        before, left = 1 << 62, limit
        bad: list[int] = []
        while left is None or left > 0:
            piece = _PIECE if left is None else min(left, _PIECE)
            rows = self._order_rows(f"{where} ORDER BY o.number DESC LIMIT ?", (*values, before, piece))
            for number, row in rows:
                try:
                    yield _kept(row if row is not None else self.rows(f"{_KEPT} o.number = ?", (number,))[0])
                except _UNREADABLE:
                    bad.append(number)
            if len(rows) < piece:
                break
            before = rows[-1][0]
            left = None if left is None else left - piece
        if bad:
            raise damaged(self._path, f"the orders of {numbers(bad)} cannot be read")

    def _order_rows(self, where: str, values: Sequence[Any]) -> list[tuple[int, Any]]:
        """Number and row; numbers alone where a page beside them is damaged."""
        try:
            return [(row[0], row) for row in self.rows(f"{_KEPT} {where}", values)]
        except _UNREADABLE:
            pass
        try:
            found = self.rows(f"SELECT o.number FROM orders o NOT INDEXED WHERE {where}", values)  # noqa: S608 - marks and our words
        except _UNREADABLE as error:
            raise damaged(self._path, f"its table of orders cannot be read ({error})") from error
        return [(number, None) for (number,) in found]

    def order(self, begins: str) -> Kept | None:
        """See the port."""
        if not begins:
            return None
        found = self._order_rows("o.id >= ? AND o.id < ? ORDER BY o.id LIMIT 2", (begins, begins + "\U0010ffff"))
        try:
            kept = [_kept(row or self.rows(f"{_KEPT} o.number = ?", (number,))[0]) for number, row in found]
        except _UNREADABLE as error:
            which = numbers([number for number, _ in found])
            raise damaged(self._path, f"the orders of {which} cannot be read ({error})") from error
        return kept[0] if len(kept) == 1 or (kept and kept[0].order.id == begins) else None

    def records(self, after: int, kind: str, subject: str, limit: int | None) -> Iterator[Record]:
        """Every record that can be read, in order; then UnavailableError when some cannot."""
        terms = ["kind = ?"] * bool(kind) + ["subject = ?"] * bool(subject)
        if kind and not subject and kind not in {journal_entries.INTENT, journal_entries.MOVE}:
            terms.append(IS_NOTE)  # with a subject its index is the better one: it has few records, a kind has many
        values = [value for value in (kind, subject) if value]
        where = " AND ".join([*terms, "number > ?"])
        bad: list[int] = []
        given = 0
        while limit is None or given < limit:
            piece = _PIECE if limit is None else min(limit - given, _PIECE)
            found, after = self._piece(where, values, after, piece, bad)
            given += len(found)
            yield from found
            if after < 0:
                break
        if bad:
            raise damaged(self._path, f"{numbers(bad)} cannot be read")

    def _piece(
        self, where: str, values: Sequence[str], after: int, piece: int, bad: list[int]
    ) -> tuple[list[Record], int]:
        """Records after a number, and the number to go on after; below 0 when there are no more."""
        try:
            rows = self.rows(f"{_RECORD}{where} ORDER BY number LIMIT ?", (*values, after, piece))
        except _UNREADABLE:
            return self._around(where, values, after, bad)
        found = []
        for row in rows:
            try:
                found.append(_record(row))
            except _UNREADABLE:
                bad.append(row[0])
        return found, rows[-1][0] if len(rows) == piece else -1

    def _around(self, where: str, values: Sequence[str], after: int, bad: list[int]) -> tuple[list[Record], int]:
        """The same one by one: where a page is damaged, the records beside it are not."""
        last = self._last_number()
        for number in range(after + 1, min(last, after + _PIECE) + 1):
            try:
                rows = self.rows(f"{_ALONE}{where} AND number <= ?", (*values, number - 1, number))
                if rows:
                    return [_record(rows[0])], number
            except _UNREADABLE:
                bad.append(number)
        return [], after + _PIECE if after + _PIECE < last else -1

    def _last_number(self) -> int:
        try:
            return int(self.rows("SELECT number FROM head")[0][0])
        except (*_UNREADABLE, IndexError) as error:
            raise damaged(self._path, "its head cannot be read") from error

    def head(self) -> Head:
        """See the port."""
        try:
            rows = self.rows("SELECT h.number, h.hash, r.at FROM head h LEFT JOIN records r ON r.number = h.number")
            number, digest, at = rows[0]
            return Head(number, digest.hex(), at or 0)
        except (*_UNREADABLE, IndexError) as error:
            raise damaged(self._path, "its head cannot be read") from error


def _kept(row: Sequence[Any]) -> Kept:
    _, id_, lates, at, body, kind, moved, actor, envelope = row
    last = None if kind == journal_entries.INTENT else (moved or b"", actor or "")
    return journal_entries.kept(id_, (at or 0, body or b""), last, envelope or b"", lates)


def _record(row: Sequence[Any]) -> Record:
    number, at, kind, subject, actor, body, digest = row
    return Record(number, at, kind, subject, actor, journal_entries.body(body), digest.hex())


def numbers(bad: Sequence[int]) -> str:
    """`record 3`, or `records 3, 5 and 7`."""
    if len(bad) == 1:
        return f"record {bad[0]}"
    shown = [str(number) for number in bad[:10]]
    tail = f"{len(bad) - 10} more" if len(bad) > 10 else shown.pop()
    return f"records {', '.join(shown)} and {tail}"
