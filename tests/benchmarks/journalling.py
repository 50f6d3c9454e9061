"""What durable memory costs: commits, entries and CPU of the journal, against apsw on its own; signing separately.

Every figure of ours and its baseline are taken in turn, in the same minute. python journalling.py
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import apsw

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from writing import intent, move, order

from cdctl.domain.orders.keeping import Entry
from cdctl.domain.orders.order import Course, Heard, State, step
from cdctl.domain.orders.telling import ORDER
from cdctl.security import dsse
from cdctl.security.ed25519 import PrivateKey, holds
from cdctl.stores import journal_entries
from cdctl.stores.journal import SqliteJournal, open_journal, read_journal
from cdctl.testing.clock import ManualClock

BATCH = 1_000
COMMITS = 200
ORDERS = 5_000
STATES = (State.SENT, State.ACKED, State.SUCCEEDED)
RUNS = 3

Figures = tuple[float, float]
"""Entries a second, microseconds of CPU an entry."""


async def measured(work: Callable[[], Awaitable[int]]) -> Figures:
    """What a piece of work comes to; it returns how many entries it wrote."""
    cpu, wall = time.process_time(), time.perf_counter()
    count = await work()
    return count / (time.perf_counter() - wall), (time.process_time() - cpu) / count * 1e6


def bare(folder: Path) -> apsw.Connection:
    """SQLite as it comes, with the same promises: WAL, synced at every commit."""
    db = apsw.Connection(str(folder / f"bare{os.urandom(4).hex()}.sqlite"))
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    db.execute("PRAGMA synchronous = FULL").fetchall()
    db.execute("CREATE TABLE t(number INTEGER PRIMARY KEY, body BLOB)")
    return db


def one_by_one(folder: Path) -> None:
    """Somebody waits for every single entry: the disk's own pace."""

    async def ours(journal: SqliteJournal) -> int:
        for number in range(COMMITS):
            await journal.write([intent(number)])
        return COMMITS

    async def theirs(db: apsw.Connection) -> int:
        for number in range(COMMITS):
            with db:
                db.execute("INSERT INTO t VALUES (?, ?)", (number, journal_entries.encode([intent(number)]).rows[0][4]))
        return COMMITS

    compare("commits, one entry each", folder, ours, theirs)


def in_batches(folder: Path) -> None:
    """As orders are sent: intents, then everything that is heard, a thousand at a time."""
    batches: list[Sequence[Entry]] = [
        *([intent(number) for number in range(at, at + BATCH)] for at in range(0, ORDERS, BATCH)),
        *(
            [move(number, state, by="0" * 16) for number in range(at, at + BATCH)]
            for state in STATES
            for at in range(0, ORDERS, BATCH)
        ),
    ]

    async def ours(journal: SqliteJournal) -> int:
        for batch in batches:
            await journal.write(batch)
        return ORDERS * 4

    async def theirs(db: apsw.Connection) -> int:
        for at, batch in enumerate(batches):
            rows = journal_entries.encode(batch).rows
            with db:
                db.executemany("INSERT INTO t VALUES (?, ?)", ((at * BATCH + i, row[4]) for i, row in enumerate(rows)))
        return ORDERS * 4

    compare(f"entries, {BATCH} a batch (an order has 4)", folder, ours, theirs)


def all_at_once(folder: Path) -> None:
    """A thousand that wait each for its own entry share what few commits there are."""

    async def ours(journal: SqliteJournal) -> int:
        await asyncio.gather(*(journal.write([intent(number)]) for number in range(BATCH)))
        return BATCH

    async def theirs(db: apsw.Connection) -> int:
        for number in range(BATCH):
            with db:
                db.execute("INSERT INTO t VALUES (?, ?)", (number, journal_entries.encode([intent(number)]).rows[0][4]))
        return BATCH

    compare(f"entries of {BATCH} waiters / a commit each", folder, ours, theirs)


def compare(
    title: str,
    folder: Path,
    ours: Callable[[SqliteJournal], Awaitable[int]],
    theirs: Callable[[apsw.Connection], Awaitable[int]],
) -> None:
    """Both in turn, the medians."""
    pairs = [(asyncio.run(_ours(folder, ours)), asyncio.run(_theirs(folder, theirs))) for _ in range(RUNS)]
    (a, a_cpu), (b, b_cpu) = (
        [statistics.median(x) for x in zip(*side, strict=True)] for side in zip(*pairs, strict=True)
    )
    print(f"{title:44} {a:9,.0f}/s {a_cpu:6.1f} us CPU   bare apsw {b:9,.0f}/s {b_cpu:6.1f} us", flush=True)


async def _ours(folder: Path, work: Callable[[SqliteJournal], Awaitable[int]]) -> Figures:
    journal = open_journal(folder / f"{os.urandom(4).hex()}.sqlite", clock=ManualClock(), reserve=4096)
    try:
        return await measured(lambda: work(journal))
    finally:
        await journal.aclose()


async def _theirs(folder: Path, work: Callable[[apsw.Connection], Awaitable[int]]) -> Figures:
    db = bare(folder)
    try:
        return await measured(lambda: work(db))
    finally:
        db.close()


def each(title: str, count: int, work: Callable[[int], object], more: str = "") -> None:
    """CPU of one thing that is done many times."""
    cpu = time.process_time()
    for number in range(count):
        work(number)
    spent = (time.process_time() - cpu) / count * 1e6
    print(f"{title:44} {spent:9.1f} us CPU{more}", flush=True)


def signing() -> None:
    """Signing and verifying what one order needs, without any journal."""
    key = PrivateKey.new()
    payload = json.dumps(asdict(order(1)), separators=(",", ":")).encode()
    sealed = dsse.seal(payload, ORDER, key)
    trusted = {key.fingerprint: key.public}
    message = dsse.pae(ORDER, payload)
    signature = key.sign(message)
    each("sign an order (envelope and all)", 2_000, lambda _: dsse.seal(payload, ORDER, key), f", {len(sealed)} bytes")
    each("  of that Ed25519", 2_000, lambda _: key.sign(message))
    each("verify one", 2_000, lambda _: dsse.open(sealed, ORDER, trusted))
    each("  of that Ed25519", 2_000, lambda _: holds(signature, message, key.public))


def stepping() -> None:
    """The state machine alone."""

    def life(at: int) -> None:
        course = Course()
        for heard in (Heard.SENT, Heard.ACKED, Heard.RUNNING, Heard.SUCCEEDED):
            course, _ = step(course, heard, at)

    each("an order's four steps in the state machine", 20_000, life)


def proving(folder: Path) -> None:
    """`audit verify`, and what a journal weighs."""
    path = folder / "proof.sqlite"

    async def fill() -> None:
        journal = open_journal(path, clock=ManualClock(), reserve=4096)
        await journal.write([intent(number) for number in range(ORDERS)])
        for state in STATES:
            await journal.write([move(number, state, by="0" * 16) for number in range(ORDERS)])
        await journal.aclose()

    asyncio.run(fill())
    size = path.stat().st_size / ORDERS
    journal = read_journal(path)
    cpu = time.process_time()
    assert list(journal.verify()) == []
    spent = (time.process_time() - cpu) / ORDERS / 4 * 1e6
    journal.close()
    print(f"{'verify, a record':44} {spent:9.1f} us CPU, {size:,.0f} bytes on disk an order", flush=True)


def main() -> None:
    """All of it, on the disk that temporary files are on."""
    with tempfile.TemporaryDirectory(prefix="cdctl-bench-") as name:
        folder = Path(name)
        print(f"# SQLite {apsw.sqlite_lib_version()}, WAL, synchronous = FULL, in {folder.parent}", flush=True)
        one_by_one(folder)
        in_batches(folder)
        all_at_once(folder)
        proving(folder)
        signing()
        stepping()


if __name__ == "__main__":
    main()
