"""Orders to write into a journal, and a journal that is closed whatever happens."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from cdctl.domain.orders import ids
from cdctl.domain.orders.keeping import Entry, Intent, Move
from cdctl.domain.orders.order import Course, Heard, Order, State
from cdctl.stores.journal import SqliteJournal, open_journal
from cdctl.testing.clock import ManualClock

T = TypeVar("T")
SESSION = "00000000000000aa"
PLAN = "ab" * 32
WORDS = {
    State.SENT: Heard.SENT,
    State.ACKED: Heard.ACKED,
    State.SUCCEEDED: Heard.SUCCEEDED,
    State.FAILED: Heard.FAILED,
    State.TIMED_OUT: Heard.OVERRUN,
}


def order(number: int, *, plan: str = PLAN, vin: str = "") -> Order:
    """An order whose id and time come from its number."""
    at = 1_750_000_000_000 + number
    one = ids.make(at, number.to_bytes(10, "big"))
    vin = vin or f"WBA{number:014d}"
    return Order(
        one, ids.key(plan, vin), vin, "eu", "lock", {"doors": "all"}, f"n{number:015d}", at, at, at + 60_000, 30_000,
        plan, f"cd/eu/{vin}/reply/{SESSION}", "00-" + "a" * 32 + "-" + "b" * 16 + "-01",
    )  # fmt: skip


def intent(number: int, **about: Any) -> Intent:
    """The order of that number, about to be sent by ada."""
    made = order(number, **about)
    return Intent(made, b"envelope %d" % number * 20, SESSION, "ada", made.created)


def move(number: int, state: State, **about: Any) -> Move:
    """The order of that number is in that state since half a second after it was made."""
    made = order(number)
    at = made.created + 500
    return Move(made.id, Course(state, at), WORDS[state].value, at, **about)


def story(count: int, first: int = 0) -> list[Entry]:
    """Orders that were sent, acknowledged and done: four records each."""
    moves = [
        move(number, state, by="ed25519:v", took=3 * (state is State.SUCCEEDED))
        for state in (State.SENT, State.ACKED, State.SUCCEEDED)
        for number in range(first, first + count)
    ]
    return [*(intent(number) for number in range(first, first + count)), *moves]


def with_journal(path: Path, work: Callable[[SqliteJournal], Awaitable[T]], **how: Any) -> T:
    """Do the work on the journal of that file."""

    async def run() -> T:
        journal = open_journal(path, clock=ManualClock(), **{"reserve": 65_536, **how})
        try:
            return await work(journal)
        finally:
            await journal.aclose()

    return asyncio.run(run())


def write(path: Path, *parts: Sequence[Entry], **how: Any) -> None:
    """Write each part on its own."""

    async def all_parts(journal: SqliteJournal) -> None:
        for part in parts:
            await journal.write(part)

    with_journal(path, all_parts, **how)


def write_for_ever(path: Path, first: int) -> None:
    """Orders of three and their moves; a line with the number of the first when they are on the disk."""

    async def work(journal: SqliteJournal) -> None:
        number = first
        print("ready", flush=True)
        while sys.stdin.readline():
            three = range(number, number + 3)
            await journal.write([intent(one) for one in three])
            await journal.write([move(one, State.SENT) for one in three])
            print(number, flush=True)
            number += 3

    with_journal(path, work, every=0.05)
