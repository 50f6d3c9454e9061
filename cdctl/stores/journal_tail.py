"""The end of the chain as the file has it, and a look at what stands before it."""

from __future__ import annotations

import apsw

from cdctl.stores.journal_entries import START, link
from cdctl.stores.sqlite_files import one

LOOK_BACK = 2_000
"""Records that are gone through before anything is written; a some milliseconds."""

Tail = tuple[int, bytes]
"""Number and hash of the last record."""


def tail(db: apsw.Connection) -> tuple[Tail, Tail | None]:
    """The last record, and the head that was written with it. To be called in a transaction: between the two reads
    another process may write."""
    last = db.execute("SELECT number, hash FROM records ORDER BY number DESC LIMIT 1").fetchone() or (0, START)
    return last, db.execute("SELECT number, hash FROM head").fetchone()


def holds(db: apsw.Connection, before: Tail) -> bool:
    """Whether a record is in the chain as it once was its last."""
    return before[0] == 0 or one(db, "SELECT hash FROM records WHERE number = ?", before[:1]) == before[1]


def look_back(db: apsw.Connection) -> str:
    """What is wrong with the last records; empty when they are whole. To be called in a transaction."""
    last, head = tail(db)
    if last != head:
        return f"record {last[0]} is the last one and is not the head"
    since = max(last[0] - LOOK_BACK, 0)
    digest = one(db, "SELECT hash FROM records WHERE number = ?", (since,)) if since else START
    sql = "SELECT number, at, kind, subject, actor, body, hash FROM records WHERE number > ? ORDER BY number"
    number = since
    for number, *content, found in db.execute(sql, (since,)):
        since += 1
        if number != since or digest is None or link(digest, number, tuple(content)) != found:
            return f"record {since} is missing or was changed"
        digest = found
    return "" if number == last[0] else f"record {number + 1} is missing"
