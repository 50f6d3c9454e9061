"""Several processes write one journal, and are killed in the middle of it: what was said to be written, is."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest
from writing import intent, order, with_journal

from cdctl.domain.orders.order import State
from cdctl.stores.journal import SqliteJournal, open_journal, read_journal
from cdctl.testing.clock import ManualClock

_WRITER = """
import sys
from pathlib import Path
from writing import write_for_ever
write_for_ever(Path(sys.argv[1]), int(sys.argv[2]))
"""


@contextmanager
def writer(path: Path, first: int) -> Iterator[subprocess.Popen[str]]:
    """A process that writes three orders for each line that it is sent."""
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path), str(first)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        try:
            assert process.stdout and process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def tell(process: subprocess.Popen[str], times: int) -> None:
    assert process.stdin
    process.stdin.write("go\n" * times)
    process.stdin.flush()


def told(process: subprocess.Popen[str], lines: int) -> list[int]:
    assert process.stdout
    return [int(process.stdout.readline()) for _ in range(lines)]


def rest(process: subprocess.Popen[str]) -> list[int]:
    """What it said before it was killed and nobody read yet; a line may be cut."""
    assert process.stdout
    return [int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]


@pytest.mark.parametrize("rounds", [6, pytest.param(100, marks=pytest.mark.soak)])
def test_killed_in_the_middle_of_writing(tmp_path: Path, rounds: int) -> None:
    """Two at once. Nothing that was said is lost, nothing is half there, the chain holds."""
    path = tmp_path / "journal.sqlite"
    chance = random.Random(11)
    said: list[int] = []
    for round_ in range(rounds):
        with writer(path, 10_000 * round_) as one, writer(path, 10_000 * round_ + 5_000) as other:
            for process in (one, other):
                tell(process, 200)
            for process in (one, other):
                said += told(process, chance.randrange(1, 12))
                process.kill()
                said += rest(process)
    journal = read_journal(path)
    assert list(journal.verify()) == []
    kept = {one.order.id: one.course.state for one in journal.orders()}
    assert len(said) >= 2 * rounds
    for number in said:
        assert [kept.get(order(one).id) for one in range(number, number + 3)] == [State.SENT] * 3
    # Three are written together or not at all, whether or not anybody was told.
    firsts = {number for number in range(0, 10_000 * rounds, 5_000) for number in range(number, number + 600, 3)}
    for number in firsts:
        assert len({kept.get(order(one).id) for one in range(number, number + 3)}) == 1


def test_three_write_at_once_and_read_each_other(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with writer(path, 0) as one, writer(path, 1_000) as two, writer(path, 2_000) as three:
        for process in (one, two, three):
            tell(process, 30)
        said = [told(process, 30) for process in (one, two, three)]
        journal = read_journal(path)
        assert sorted(kept.order.id for kept in journal.orders()) == sorted(
            order(number + at).id for numbers in said for number in numbers for at in range(3)
        )
        assert list(journal.verify()) == []
        journal._reader.close()
        for process in (one, two, three):
            assert process.stdin
            process.stdin.close()
            assert process.wait(timeout=30) == 0
    assert list(read_journal(path).verify(journal.head())) == []


@pytest.mark.parametrize("count", [2, 4])
def test_made_by_several_at_once(tmp_path: Path, count: int) -> None:
    """All of them find no file."""
    path = tmp_path / "new" / "journal.sqlite"
    code = "import sys, pathlib, writing; writing.write(pathlib.Path(sys.argv[1]), [writing.intent(int(sys.argv[2]))])"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path), str(number)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]
    ends = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * count, ends
    assert len(list(read_journal(path).orders())) == count
    assert list(read_journal(path).verify()) == []


_FREE = """
import fcntl, sys
try:
    fcntl.lockf(open(sys.argv[1], "r+b"), fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
except OSError:
    sys.exit(1)
"""
"""Whether nobody has the file open: the bytes that SQLite locks (https://www.sqlite.org/src/file/src/os.h)."""


def test_to_open_it_twice_keeps_the_locks_of_the_first(tmp_path: Path) -> None:
    """A process that closes a file loses all its locks on it, whoever else in it had them: then others may take its
    log away."""
    path = tmp_path / "journal.sqlite"

    def free() -> bool:
        return subprocess.run([sys.executable, "-c", _FREE, str(path)], check=False).returncode == 0

    async def work(journal: SqliteJournal) -> None:
        await journal.write([intent(1)])
        await open_journal(path, clock=ManualClock(), reserve=0).aclose()
        assert not free()
        await journal.write([intent(2)])

    with_journal(path, work)
    assert free()
    assert list(read_journal(path).verify()) == []


def test_a_journal_that_others_write_is_proven_as_it_was_at_one_moment(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with writer(path, 0) as one:
        tell(one, 400)
        told(one, 1)
        reader = read_journal(path)
        for _ in range(40):
            assert list(reader.verify()) == [], "the end of the chain and the head that was written with it"
        journal_head = reader.head().number
        told(one, 50)
        assert reader.head().number >= journal_head
        reader.close()


def test_opened_while_others_write(tmp_path: Path) -> None:
    """Nothing that is read one after the other may be from two moments: it would look damaged."""
    path = tmp_path / "journal.sqlite"
    with writer(path, 0) as one:
        tell(one, 1000)
        told(one, 1)
        for _ in range(60):
            assert with_journal(path, broken) == ""


async def broken(journal: SqliteJournal) -> str:
    return journal.broken


def test_sealed_while_others_write(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with writer(path, 0) as one:

        async def work(journal: SqliteJournal) -> None:
            assert journal._chain and journal._chain._db
            db = journal._chain._db

            def others_write(_: object, sql: str, __: object) -> bool:
                if "FROM head" in sql and db.txn_state("main") != apsw.SQLITE_TXN_WRITE:
                    tell(one, 1)
                    told(one, 1)
                return True

            db.exec_trace = others_write
            await journal.write([intent(1000)])
            journal._chain.checkpoint()
            assert journal.broken == ""

        with_journal(path, work)
    assert list(read_journal(path).verify()) == []
