"""A journal that was damaged or is held by somebody else: refused in words, read as far as it goes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apsw
import pytest
from writing import intent, move, order, story, with_journal, write

from cdctl.domain.orders.keeping import Kept, Note, Record
from cdctl.domain.orders.order import State
from cdctl.errors import UnavailableError
from cdctl.stores import journal_file, journal_tail, sqlite_files
from cdctl.stores.journal import SqliteJournal, open_journal, read_journal
from cdctl.stores.journal_reading import numbers
from cdctl.testing.clock import ManualClock

ONE_LOST = "the journal is damaged: the orders of record 99 cannot be read"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A hundred orders, four records each."""
    file = tmp_path / "journal.sqlite"
    write(file, story(100))
    return file


def spoil(path: Path, begin: int, length: int = 1) -> None:
    whole = bytearray(path.read_bytes())
    whole[begin : begin + length] = bytes(byte ^ 0x55 for byte in whole[begin : begin + length])
    path.write_bytes(whole)


def spoil_body(path: Path, number: int) -> None:
    """One byte of what a record says, wherever it lies."""
    db = apsw.Connection(str(path))
    ((part,),) = db.execute("SELECT body FROM records WHERE number = ?", (number,)).fetchall()
    db.close()
    path.write_bytes(path.read_bytes().replace(part, part[:-2] + b"_" + part[-1:]))


def leaf(path: Path, number: int) -> int:
    """Where the page lies that holds the body of a record."""
    db = apsw.Connection(str(path))
    ((part,),) = db.execute("SELECT body FROM records WHERE number = ?", (number,)).fetchall()
    db.close()
    return path.read_bytes().rindex(part) // 4096 * 4096


def readable(found_in: Iterable[Record | Kept]) -> tuple[list[int], str]:
    """The numbers that come (of orders those of their intents), and what is said at the end."""
    found: list[int] = []
    try:
        for one in found_in:
            found.append(one.number if isinstance(one, Record) else one.order.created % 1000 + 1)  # noqa: PERF401
    except UnavailableError as error:
        return found, error.message
    return found, ""


async def refused(journal: SqliteJournal, number: int = 999) -> UnavailableError:
    with pytest.raises(UnavailableError) as error:
        await journal.write([intent(number)])
    return error.value


def test_a_changed_record_at_the_end_stops_whatever_is_new(path: Path) -> None:
    spoil_body(path, 399)

    async def work(journal: SqliteJournal) -> None:
        assert journal.broken == "the journal is damaged: record 399 is missing or was changed"
        error = await refused(journal)
        assert error.message == journal.broken
        assert error.subject == str(path) and "cdctl audit verify" in error.hint and "paths.journal" in error.hint
        assert readable(journal.orders()) == ([kept for kept in range(100, 0, -1) if kept != 99], ONE_LOST)
        assert journal.order(order(5).id) is not None
        assert [line for line in journal.verify() if "record 399 was changed" in line]

    with_journal(path, work)


def test_a_whole_journal_is_not_broken(path: Path) -> None:
    async def work(journal: SqliteJournal) -> None:
        assert journal.broken == ""
        await journal.write([intent(999)])

    with_journal(path, work)


def test_what_is_under_way_is_ended_beside_a_damaged_journal(path: Path) -> None:
    spoil_body(path, 400)

    async def work(journal: SqliteJournal) -> None:
        new, end, more = await asyncio.gather(
            journal.write([intent(999)]),
            journal.write([move(7, State.TIMED_OUT), Note("cancel", "p", "ada", 8, {"why": "é"})], ending=True),
            journal.write([Note("rollout", "r", "ada", 9)], ending=True),
            return_exceptions=True,
        )
        assert (end, more) == (None, None) and isinstance(new, UnavailableError)
        (said,) = [line for line in journal.verify() if "not in the chain" in line]
        assert said.startswith("3 ends are not in the chain: it was damaged; ")

    with_journal(path, work)
    beside = Path(f"{path}-ends.jsonl")
    assert beside.stat().st_mode & 0o777 == 0o600
    lines = [json.loads(line) for line in beside.read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["move", "cancel", "rollout"]
    assert lines[0]["subject"] == order(7).id and lines[0]["body"]["state"] == "timed_out"
    assert lines[1] == {"at": 8, "kind": "cancel", "subject": "p", "actor": "ada", "body": {"why": "é"}}


def test_records_beside_a_damaged_page_are_read(path: Path) -> None:
    spoil(path, leaf(path, 60), 8)  # the page's own head: SQLite cannot read it at all
    found, said = readable(read_journal(path).records())
    lost = sorted(set(range(1, 402)) - set(found))
    assert 60 in lost and 1 < len(lost) <= 10 and found == sorted(found)
    assert said == f"the journal is damaged: {numbers(lost)} cannot be read"
    assert list(read_journal(path).verify())


def test_a_record_that_is_no_json_is_named_and_the_others_are_read(path: Path) -> None:
    spoil_body(path, 60)
    found, said = readable(read_journal(path).records())
    assert found == [number for number in range(1, 402) if number != 60]
    assert said == "the journal is damaged: record 60 cannot be read"
    assert readable(read_journal(path).records(limit=59)) == (list(range(1, 60)), "")


def test_an_order_that_cannot_be_read_names_its_record(path: Path) -> None:
    spoil_body(path, 60)  # the intent of the 60th order
    with pytest.raises(UnavailableError, match="the orders of record 60 cannot be read"):
        read_journal(path).order(order(59).id)
    assert read_journal(path).order(order(58).id) is not None


def test_orders_beside_a_damaged_page_are_read(path: Path) -> None:
    spoil(path, leaf(path, 60), 8)
    found, said = readable(read_journal(path).orders())
    lost = sorted(set(range(1, 101)) - set(found))
    assert 60 in lost and len(lost) <= 10
    assert said == f"the journal is damaged: the orders of {numbers(lost[::-1])} cannot be read"


@pytest.mark.parametrize("index", ["record_subject", "record_note", "order_plan", "order_vin", "order_open"])
def test_a_damaged_index_hides_nothing(path: Path, index: str) -> None:
    write(path, [intent(500)])
    one, plan = order(7), order(7).plan

    def everything() -> list[object]:
        journal = read_journal(path)
        return [
            [record.number for record in journal.records(subject=one.id)],
            [record.number for record in journal.records(kind="checkpoint")],
            [kept.order.id for kept in journal.orders(plan=plan)],
            [kept.order.id for kept in journal.orders(vin=one.vin)],
            [kept.order.id for kept in journal.orders(open_only=True)],
        ]

    before = everything()
    db = apsw.Connection(str(path))
    pages = [page for (page,) in db.execute("SELECT pageno FROM dbstat WHERE name = ?", (index,))]
    db.close()
    for page in pages:
        spoil(path, (page - 1) * 4096, 8)
    assert everything() == before
    assert list(read_journal(path).verify())


def test_a_file_that_is_no_database_any_more(path: Path) -> None:
    spoil(path, 0, 100)

    async def work(journal: SqliteJournal) -> None:
        assert "damaged" in (await refused(journal)).message
        await journal.write([Note("cancel", "p", "ada", 8)], ending=True)

    with_journal(path, work)
    with pytest.raises(UnavailableError, match="damaged"):
        read_journal(path).head()
    assert "cannot be read" in read_journal(path).verify()[0]


def test_somebody_elses_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    db = apsw.Connection(str(path))
    db.execute("CREATE TABLE theirs(a)")
    db.close()
    before = path.read_bytes()
    for look in (lambda: open_journal(path, clock=ManualClock()), read_journal(path).head):
        with pytest.raises(UnavailableError, match="this is no journal of cdctl"):
            look()
    assert path.read_bytes() == before


@pytest.mark.parametrize("what", ["folder", "below a file"])
def test_where_no_file_can_be(tmp_path: Path, what: str) -> None:
    path = tmp_path / "journal.sqlite"
    if what == "folder":
        path.mkdir()
    else:
        path.write_text("")
        path /= "journal.sqlite"
    with pytest.raises(UnavailableError, match="the journal cannot be written: ") as error:
        open_journal(path, clock=ManualClock())
    assert "paths.journal (CDCTL_JOURNAL)" in error.value.hint and error.value.subject == str(path)


def test_held_by_another_for_too_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_files, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(journal_file, "BUSY_SECONDS", 0.05)

    async def work(journal: SqliteJournal) -> None:
        other = apsw.Connection(str(path))
        other.execute("BEGIN IMMEDIATE")
        error = await refused(journal)
        assert error.message == "the journal cannot be written: another process held it for too long"
        other.execute("ROLLBACK")
        other.close()
        await journal.write([intent(999)])
        assert journal.verify() == []

    with_journal(path, work)


def test_a_chain_that_was_cut_while_it_was_open(path: Path) -> None:
    """Even when the head was set back as well: a process knows what it wrote."""

    async def work(journal: SqliteJournal) -> None:
        await journal.write([Note("key", "a", "ada", 1)])
        db = apsw.Connection(str(path))
        db.execute("DROP TRIGGER record_gone")
        db.execute("DELETE FROM records WHERE number > 390")
        db.execute("UPDATE head SET (number, hash) = (SELECT number, hash FROM records WHERE number = 390)")
        db.close()
        error = await refused(journal)
        assert error.message == "the journal is damaged: record 402, which was written by this process, is gone"

    with_journal(path, work)


def test_a_head_that_does_not_fit(path: Path) -> None:
    async def work(journal: SqliteJournal) -> None:
        db = apsw.Connection(str(path))
        db.execute("UPDATE head SET number = 7")
        db.close()
        assert (await refused(journal)).message == (
            "the journal is damaged: record 401 is the last one and is not the head"
        )

    with_journal(path, work)


def test_nobody_can_change_a_record_by_mistake(path: Path) -> None:
    db = apsw.Connection(str(path))
    for sql in ("UPDATE records SET actor = 'x'", "DELETE FROM records WHERE number = 3"):
        with pytest.raises(apsw.ConstraintError, match="the journal only grows"):
            db.execute(sql)
    db.close()


def test_many_records_are_counted() -> None:
    assert numbers([3]) == "record 3"
    assert numbers([3, 5, 7]) == "records 3, 5 and 7"
    assert numbers(range(1, 13)) == "records 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more"


def test_old_damage_does_not_hide(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the last records are looked at before a write; `verify` looks at everything."""
    monkeypatch.setattr(journal_tail, "LOOK_BACK", 100)
    spoil_body(path, 3)
    said: list[Any] = []

    async def work(journal: SqliteJournal) -> None:
        await journal.write([intent(999)])
        said.extend(journal.verify())

    with_journal(path, work)
    assert "record 3 was changed, or another stood before it" in said
