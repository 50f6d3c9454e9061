"""Whoever changes the journal is found: each way has its own planted fault."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import apsw
import pytest
from writing import intent, move, order, story, with_journal, write

from cdctl.domain.orders.keeping import CHECKPOINT, Head, Note
from cdctl.domain.orders.order import State
from cdctl.errors import UnavailableError
from cdctl.stores import journal_entries
from cdctl.stores.journal import SqliteJournal, read_journal
from cdctl.stores.journal_file import SCHEMA

TRIGGERS = [sql for sql in SCHEMA if sql.startswith("CREATE TRIGGER")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of 5 orders in 20 records, a plan, and checkpoints after records 5, 22 and 24 (the last is the end)."""
    file = tmp_path / "journal.sqlite"
    plan = Note("plan", "ab" * 32, "ada", 7, {"reason": "test"})
    write(file, story(5)[:5], every=0)
    write(file, [*story(5)[5:], plan])
    write(file, [Note("key", "x", "ada", 9)])
    return file


def tamper(path: Path, *statements: str) -> None:
    """As somebody would who has SQLite and no scruples: triggers out, change, triggers back."""
    db = apsw.Connection(str(path))
    names = [sql.split()[2] for sql in TRIGGERS]
    for sql in (*(f"DROP TRIGGER {name}" for name in names), *statements, *TRIGGERS):
        db.execute(sql)
    db.close()


def faults(path: Path, head: Head | None = None) -> list[str]:
    return list(read_journal(path).verify(head))


def test_a_whole_journal_has_no_faults(path: Path) -> None:
    journal = read_journal(path)
    assert list(journal.verify()) == []
    assert [record.number for record in journal.records(kind=CHECKPOINT)] == [6, 23, 25]
    assert list(journal.verify(journal.head())) == []
    for number in (1, 6, 24):
        record = list(journal.records())[number - 1]
        assert list(journal.verify(Head(number, record.hash, 0))) == []
    tamper(path)
    assert faults(path) == []  # the tampering itself is not what the tests below find


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("UPDATE records SET body = x'7b7d' WHERE number = 9", "record 9 was changed"),
        (
            "UPDATE records SET body = CAST(replace(body, 'doors', 'horns') AS BLOB) WHERE number = 2",
            "record 2 was changed",
        ),
        ("UPDATE records SET at = at + 1 WHERE number = 9", "record 9 was changed"),
        ("UPDATE records SET actor = 'bob' WHERE number = 1", "record 1 was changed"),
        ("UPDATE records SET subject = 'other' WHERE number = 22", "record 22 was changed"),
        ("UPDATE records SET kind = 'approval' WHERE number = 22", "record 22 was changed"),
        ("UPDATE records SET hash = zeroblob(32) WHERE number = 9", "record 9 was changed"),
        ("UPDATE records SET hash = CAST(x'00' || substr(hash, 2) AS BLOB) WHERE number = 25", "record 25 was changed"),
        ("DELETE FROM records WHERE number = 9", "record 9 missing"),
        ("DELETE FROM records WHERE number IN (9, 10, 11)", "records 9 to 11 missing"),
        ("DELETE FROM records WHERE number = 1", "record 1 missing"),
        ("DELETE FROM records WHERE number > 23", "the chain ends at record 23, the head that was written"),
        ("DELETE FROM records", "the chain ends at record 0, the head that was written"),
        ("UPDATE head SET number = 24", "the chain ends at record 25, the head that was written with it is record 24"),
        ("UPDATE head SET hash = zeroblob(32)", "the chain ends at record 25, the head"),
        ("DELETE FROM head", "the head that was written with it is nothing"),
        ("DELETE FROM orders WHERE number = 2", "the chain has 5 orders, the table of orders 4"),
        ("UPDATE orders SET state = 'failed' WHERE number = 2", "the order of record 2: its state is not what"),
        ("UPDATE orders SET open = 1 WHERE number = 2", "the order of record 2: its state is not what"),
        ("UPDATE orders SET last = 13 WHERE number = 2", "the order of record 2: its state is not what"),
        ("UPDATE orders SET lates = 1 WHERE number = 2", "the order of record 2: its state is not what"),
        ("UPDATE orders SET vin = 'WBA' WHERE number = 2", "the order of record 2: vehicle, plan or session"),
        ("UPDATE orders SET plan = 'x' WHERE number = 2", "the order of record 2: vehicle, plan or session"),
        ("UPDATE orders SET session = 'x' WHERE number = 2", "the order of record 2: vehicle, plan or session"),
        ("UPDATE orders SET id = 'x' WHERE number = 2", "the order of record 2: its record is none"),
        ("UPDATE orders SET number = 9 WHERE number = 2", "the order of record 9: its record is none"),
        (
            "UPDATE envelopes SET body = CAST(body || x'00' AS BLOB) WHERE number = 2",
            "the order of record 2: its envelope",
        ),
        ("DELETE FROM envelopes WHERE number = 2", "the order of record 2: its envelope"),
        ("INSERT INTO envelopes VALUES (99, x'00')", "the envelopes are 6"),
    ],
)
def test_one_change(path: Path, sql: str, found: str) -> None:
    tamper(path, sql)
    assert found in "\n".join(faults(path))


def test_two_records_that_changed_places(path: Path) -> None:
    swap = [f"UPDATE records SET number = {new} WHERE number = {old}" for old, new in ((9, 99), (10, 9), (99, 10))]
    tamper(path, *swap)
    assert faults(path)[0].startswith("record 9 was changed, or another stood before it")


def test_a_table_that_was_changed(path: Path) -> None:
    db = apsw.Connection(str(path))
    db.execute("CREATE TRIGGER quiet AFTER INSERT ON orders BEGIN SELECT 1; END")
    db.close()
    assert list(read_journal(path).verify()) == ["the file: its tables are not those that cdctl made"]


def rewritten(path: Path, change: Callable[[list[tuple[int, str, str, str, bytes]]], None]) -> None:
    """Somebody who knows how it is made changes records and chains the rest anew, tables and all."""
    db = apsw.Connection(str(path))
    rows = db.execute("SELECT at, kind, subject, actor, body FROM records ORDER BY number").fetchall()
    change(rows)
    statements: list[tuple[str, Sequence[object]]] = [("DELETE FROM records", ())]
    digest = journal_entries.START
    for number, row in enumerate(rows, 1):
        digest = journal_entries.link(digest, number, row)
        statements.append(("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", (number, *row, digest)))
    statements.append(("UPDATE head SET number = ?, hash = ?", (len(rows), digest)))
    for name in [sql.split()[2] for sql in TRIGGERS]:
        db.execute(f"DROP TRIGGER {name}")
    for sql, values in statements:
        db.execute(sql, values)
    for sql in TRIGGERS:
        db.execute(sql)
    db.close()


def test_a_chain_made_anew_contradicts_its_checkpoints(path: Path) -> None:
    def change(rows: list[tuple[int, str, str, str, bytes]]) -> None:
        rows[4] = (*rows[4][:3], "bob", rows[4][4])

    rewritten(path, change)
    found = faults(path)
    assert found[0].startswith("record 6 is a checkpoint of a record 5 that is not as it was")


def test_a_chain_made_anew_without_its_end_contradicts_the_head_that_was_kept(path: Path) -> None:
    """Nothing inside the file can tell: that is what the head elsewhere is for."""
    kept = read_journal(path).head()
    before = list(read_journal(path).records())[22]

    def cut(rows: list[tuple[int, str, str, str, bytes]]) -> None:
        del rows[23:]

    rewritten(path, cut)
    assert faults(path) == []
    assert faults(path, kept) == ["the head from elsewhere: record 25 is not there; the chain ends at record 23"]
    assert faults(path, Head(23, before.hash, 0)) == []
    assert faults(path, Head(23, "0" * 64, 0)) == ["the head from elsewhere: record 23 is another one than it was"]
    assert faults(path, Head(0, "0" * 64, 0)) == []


def test_a_chain_that_grew_again_contradicts_the_head_that_was_kept(path: Path) -> None:
    kept = read_journal(path).head()

    def other(rows: list[tuple[int, str, str, str, bytes]]) -> None:
        rows[23] = (1, "key", "y", "mallory", b"{}")

    rewritten(path, other)
    assert "the head from elsewhere: record 25 is another one than it was" in faults(path, kept)


def contents(path: Path) -> object:
    """Everything that anybody can read from the file."""
    journal = read_journal(path)
    try:
        return list(journal.records()), list(journal.orders()), journal.head()
    except UnavailableError as error:
        return error.message
    finally:
        journal._reader.close()


def test_a_changed_byte_anywhere_is_found_or_is_no_content(path: Path, tmp_path: Path) -> None:
    """Either it is said, or everything that is in the journal is as it was: the byte lay in room that is not used."""
    whole, before = path.read_bytes(), contents(path)
    chance = random.Random(7)
    changed = tmp_path / "changed.sqlite"
    silent = 0
    for at in sorted(chance.sample(range(100, len(whole)), 500)):
        other = bytearray(whole)
        other[at] ^= chance.randrange(1, 256)
        changed.write_bytes(other)
        try:
            said = list(read_journal(changed).verify())
        except UnavailableError:
            continue
        if not said:
            silent += 1
            assert contents(changed) == before, f"byte {at} was changed, and verify says nothing"
    assert silent < 400, "nearly nothing is found"


@pytest.mark.parametrize("table", ["records", "orders", "envelopes"])
def test_a_changed_byte_in_a_row_is_always_found(path: Path, tmp_path: Path, table: str) -> None:
    """Every seventh byte of what the rows of the tables hold."""
    whole = path.read_bytes()
    db = apsw.Connection(str(path))
    column = "id" if table == "orders" else "body"
    texts = [text for (text,) in db.execute(f"SELECT {column} FROM {table}")]
    db.close()
    changed = tmp_path / "changed.sqlite"
    for text in texts[::4]:
        part = text.encode() if isinstance(text, str) else text
        for at in range(0, len(part), 7):
            other = bytes([*part[:at], part[at] ^ 1, *part[at + 1 :]])
            # Pages that were divided keep old copies in the room that they do not use: all of them are changed.
            changed.write_bytes(whole.replace(part, other))
            assert list(read_journal(changed).verify()), f"{table}: byte {at} of {part!r}"


def test_a_file_that_is_cut(path: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.sqlite"
    whole = path.read_bytes()
    for pages in (1, 3, len(whole) // 4096 - 1):
        cut.write_bytes(whole[: pages * 4096])
        try:
            assert list(read_journal(cut).verify()), pages
        except UnavailableError as error:
            assert "damaged" in error.message


def test_a_hundred_faults_are_enough(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    write(path, [intent(number) for number in range(300)])
    tamper(path, "UPDATE orders SET state = 'failed'")
    found = faults(path)
    assert (len(found), found[-1]) == (101, "and more")


def test_a_copy_is_as_good(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    shutil.copy(path, copy)
    assert contents(copy) == contents(path)
    head = read_journal(path).head()
    assert list(read_journal(copy).verify(replace(head, at=0))) == []


def test_late_news_are_counted_alike(tmp_path: Path) -> None:
    """What the table says and what the chain says is judged by one rule."""
    path = tmp_path / "journal.sqlite"
    states = [State.SENT, State.SUCCEEDED, State.FAILED, State.ACKED, State.TIMED_OUT]
    chance = random.Random(5)
    moves = [move(chance.randrange(9), chance.choice(states), late=chance.random() < 0.2) for _ in range(200)]
    write(path, [intent(number) for number in range(9)], *([one] for one in moves))
    journal = read_journal(path)
    assert list(journal.verify()) == []
    assert sum(kept.lates for kept in journal.orders()) > 50


def test_verify_while_somebody_writes(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"

    async def work(journal: SqliteJournal) -> None:
        for number in range(5):
            await journal.write([intent(number)])
            assert list(journal.verify()) == []
            assert list(read_journal(path).verify(journal.head())) == []
        assert journal.order(order(4).id) is not None

    with_journal(path, work)
