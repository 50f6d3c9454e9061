"""Proof that the journal is whole: the file, the chain, the tables over it, and the heads that are kept elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cdctl.domain.orders.keeping import CHECKPOINT, Head
from cdctl.domain.orders.order import TERMINAL, State
from cdctl.domain.orders.trust import Trust
from cdctl.stores import journal_entries, journal_seal
from cdctl.stores.journal_file import SCHEMA, ForeignError
from cdctl.stores.journal_reading import Reader
from cdctl.stores.sqlite_files import DAMAGE

_MOST = 100
"""Faults that are told; a file that is damaged more needs no longer list."""
_PIECE = 1000
_COUNTS = """SELECT (SELECT count(*) FROM records WHERE kind = 'intent'), (SELECT count(*) FROM orders),
  (SELECT count(*) FROM envelopes)"""
_ORDERS = """SELECT o.number, o.id, o.vin, o.plan, o.session, o.state, o.open, o.last, o.lates,
  r.kind, r.subject, r.body, e.body
  FROM orders o LEFT JOIN records r ON r.number = o.number LEFT JOIN envelopes e ON e.number = o.number
  WHERE o.number > ? ORDER BY o.number LIMIT ?"""
_UNREADABLE = (*DAMAGE, msgspec.DecodeError, UnicodeDecodeError, TypeError, ValueError)


def faults(reader: Reader, head: Head | None, trust: Trust | None) -> list[str]:
    """Every fault, a line each, at most a hundred."""
    found: list[str] = []
    for part in (_file(reader), _chain(reader, head, trust), _orders(reader)):
        try:
            for fault in part:
                found.append(fault)
                if len(found) == _MOST:
                    return [*found, "and more"]
        except ForeignError as error:
            return [f"the file: {error.message}"]
        except _UNREADABLE as error:
            found.append(f"a part of the file cannot be read: {error}")
    return list(dict.fromkeys(found))


def _file(reader: Reader) -> Iterator[str]:
    """What SQLite finds, and whether the tables are still those that were made."""
    for (line,) in reader.rows(f"PRAGMA integrity_check({_MOST})"):
        if line != "ok":
            yield f"the file: {line}"
    if sorted(sql for (sql,) in reader.rows("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")) != sorted(SCHEMA):
        yield "the file: its tables are not those that cdctl made"


@dataclass
class _Walk:
    """Along the chain. hashes: those that a checkpoint or the head from elsewhere may ask for."""

    number: int = 0
    digest: bytes = journal_entries.START
    kept: bytes = journal_entries.START
    heads: list[tuple[int, int, str]] = field(default_factory=list)


def _chain(reader: Reader, head: Head | None, trust: Trust | None) -> Iterator[str]:
    walk = _Walk()
    asked = None
    while True:
        rows = reader.rows(
            "SELECT number, at, kind, subject, actor, body, hash FROM records WHERE number > ? ORDER BY number LIMIT ?",
            (walk.number, _PIECE),
        )
        for row in rows:
            yield from _linked(walk, row)
            if row[2] == CHECKPOINT:
                yield from _checkpoint(reader, row, trust)
            if head is not None and row[0] == head.number:
                asked = row[6]
        if len(rows) < _PIECE:
            break
    yield from _end(reader, walk)
    if head is not None and head.number:
        if asked is None:
            yield f"the head from elsewhere: record {head.number} is not there; the chain ends at record {walk.number}"
        elif asked.hex() != head.hash:
            yield f"the head from elsewhere: record {head.number} is another one than it was"


def _linked(walk: _Walk, row: Any) -> Iterator[str]:
    number, *content, digest = row
    if number != walk.number + 1:
        gone = (
            f"record {walk.number + 1}" if number == walk.number + 2 else f"records {walk.number + 1} to {number - 1}"
        )
        yield f"{gone} missing"
    elif journal_entries.link(walk.digest, number, tuple(content)) != digest:
        yield f"record {number} was changed, or another stood before it"
    walk.number, walk.digest = number, digest


def _checkpoint(reader: Reader, row: Any, trust: Trust | None) -> Iterator[str]:
    try:
        body = journal_entries.body(row[5])
    except msgspec.DecodeError:
        return  # it was changed: that was said
    hashes = reader.rows("SELECT hash FROM records WHERE number = ?", (int(body.get("number", 0)),))
    if not hashes or hashes[0][0].hex() != body.get("hash"):
        yield f"record {row[0]} is a checkpoint of a record {body.get('number')} that is not as it was"
    _, why = journal_seal.judged(body, trust)
    if why:
        yield f"record {row[0]} is a checkpoint whose seal does not hold: {why}"


def _end(reader: Reader, walk: _Walk) -> Iterator[str]:
    heads = reader.rows("SELECT number, hash FROM head")
    if heads != [(walk.number, walk.digest)]:
        told = f"record {heads[0][0]}" if heads else "nothing"
        yield f"the chain ends at record {walk.number}, the head that was written with it is {told}"


def _orders(reader: Reader) -> Iterator[str]:
    """The table of orders against what the chain says of each."""
    counts = reader.rows(_COUNTS)[0]
    if len(set(counts)) > 1:
        yield "the chain has {} orders, the table of orders {}, the envelopes are {}".format(*counts)
    after = 0
    while True:
        rows = reader.rows(_ORDERS, (after, _PIECE))
        for row in rows:
            if why := _differs(reader, row):
                yield f"the order of record {row[0]}: {why}"
        if len(rows) < _PIECE:
            return
        after = rows[-1][0]


def _differs(reader: Reader, row: Any) -> str:
    number, id_, vin, plan, session, state, open_, last, lates, kind, subject, body, envelope = row
    if kind != journal_entries.INTENT or subject != id_:
        return "its record is none of an order, or of another"
    try:
        said = journal_entries.intent(body)
        if (said.vin, said.plan, said.session) != (vin, plan, session):
            return "vehicle, plan or session are not those of its record"
        if envelope is None or hashlib.sha256(envelope).hexdigest() != said.envelope:
            return "its envelope is not the one that was signed"
        if _replayed(reader, number, id_) != (state, open_, last, lates):
            return "its state is not what its records say"
    except msgspec.DecodeError as error:
        return f"its records cannot be read ({error})"
    return ""


def _replayed(reader: Reader, number: int, id_: str) -> tuple[str, int, int, int]:
    """State, whether it is open, the record it was said in, and how much came late."""
    state, last, lates = State.QUEUED, number, 0
    moves = reader.rows("SELECT number, body FROM records WHERE subject = ? AND kind = 'move' ORDER BY number", (id_,))
    for at, body in moves:
        said = journal_entries.move(body)
        if said.late or state in TERMINAL:
            lates += 1
        else:
            state, last = said.state, at
    return state.value, int(state not in TERMINAL), last, lates
