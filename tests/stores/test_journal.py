"""What the journal keeps, and how it is found again."""

from __future__ import annotations

import asyncio
import hashlib
import json
import stat
from collections.abc import Sequence
from pathlib import Path

import apsw
import pytest
from waiting import eventually
from writing import PLAN, SESSION, intent, move, order, story, with_journal, write

from cdctl.domain.orders.keeping import CHECKPOINT, SEAL, Head, Note
from cdctl.domain.orders.order import Course, Order, State
from cdctl.domain.orders.trust import Identity
from cdctl.errors import UnavailableError
from cdctl.security import keys, trust
from cdctl.security.ed25519 import PrivateKey, written
from cdctl.stores.journal import SqliteJournal, open_journal, read_journal
from cdctl.testing.clock import ManualClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite"


def kinds(journal: SqliteJournal) -> list[str]:
    return [record.kind for record in journal.records()]


def test_an_order_comes_back_as_it_was_written(path: Path) -> None:
    course = Course(State.SUCCEEDED, 900, 300, 500, stray=True, told=True)
    end = move(1, State.SUCCEEDED, reason="done", result={"doors": ["fl", "fr"]}, took=41, by="ed25519:v")
    end = type(end)(end.order, course, end.heard, end.at, end.reason, end.result, end.took, end.by)
    write(path, [intent(1)], [move(1, State.SENT)], [end])
    kept = read_journal(path).order(order(1).id)
    assert kept is not None
    assert kept.order == order(1)
    assert (kept.envelope, kept.session, kept.course) == (intent(1).envelope, SESSION, course)
    assert (kept.reason, kept.result, kept.took, kept.by, kept.lates) == (
        "done", {"doors": ["fl", "fr"]}, 41, "ed25519:v", 0,
    )  # fmt: skip


def test_an_order_that_was_never_sent_waits(path: Path) -> None:
    write(path, [intent(1)])
    kept = read_journal(path).order(order(1).id)
    assert kept is not None and kept.course == Course(State.QUEUED, order(1).created)


def test_everything_that_an_order_has_is_written(path: Path) -> None:
    """A field that is added to orders and not to the journal is found here."""
    whole = Order("o", "k", "v", "r", "c", {"a": 1}, "n", 1, 2, 3, 4, "p", "re", "tp", "ts")
    assert len({repr(getattr(whole, name)) for name in Order.__slots__}) == len(Order.__slots__)
    write(path, [type(intent(1))(whole, b"", "s", "ada", 5)])
    kept = read_journal(path).order("o")
    assert kept is not None and kept.order == whole


def test_the_record_of_an_intent_tells_what_was_signed(path: Path) -> None:
    write(path, [intent(1)])
    record = next(iter(read_journal(path).records()))
    assert (record.number, record.kind, record.subject, record.actor) == (1, "intent", order(1).id, "ada")
    assert record.body["envelope"] == hashlib.sha256(intent(1).envelope).hexdigest()
    for name in ("vin", "command", "arguments", "plan", "expires", "traceparent"):
        assert record.body[name] == getattr(order(1), name), name


def test_which_orders(path: Path) -> None:
    other = intent(8, plan="cd" * 32, vin="WBA00000000000003")
    write(path, story(5), [other, intent(9)])
    journal = read_journal(path)

    def found(**asked: object) -> list[str]:
        return [kept.order.id for kept in journal.orders(**asked)]  # type: ignore[arg-type]

    newest = [order(number).id for number in (9, 8, 4, 3, 2, 1, 0)]
    assert found() == [*newest[:1], other.order.id, *newest[2:]]
    assert found(limit=2) == [order(9).id, other.order.id]
    assert found(open_only=True) == [order(9).id, other.order.id]
    assert found(plan="cd" * 32) == [other.order.id]
    assert found(vin="WBA00000000000003") == [other.order.id, order(3).id]
    assert found(vin="WBA00000000000003", plan=PLAN) == [order(3).id]
    assert found(session=SESSION, open_only=True) == found(open_only=True)
    assert found(session="other") == found(limit=0) == []


def test_more_orders_than_are_read_at_once(path: Path) -> None:
    write(path, [intent(number) for number in range(1203)])
    journal = read_journal(path)
    assert [kept.order.id for kept in journal.orders()] == [order(number).id for number in reversed(range(1203))]
    assert len(list(journal.orders(limit=1001))) == 1001
    assert [record.number for record in journal.records()] == list(range(1, 1205))
    assert [record.number for record in journal.records(after=600, limit=501)] == list(range(601, 1102))


def test_the_beginning_of_an_id_finds_the_only_one(path: Path) -> None:
    write(path, [intent(1), intent(2)])
    journal = read_journal(path)
    one, two = order(1).id, order(2).id
    common = next(at for at in range(26) if one[at] != two[at])
    assert journal.order(one[: common + 1]) == journal.order(one) != None  # noqa: E711 - three in one
    assert journal.order(one[:common]) is None  # both begin so
    assert journal.order("") is None and journal.order("zz") is None


def test_records_by_kind_and_subject(path: Path) -> None:
    notes = [
        Note("refusal", "p1", "ada", 7, {"why": "no"}),
        Note("refusal", "p2", "bob", 8),
        Note("key", "p1", "ada", 9),
    ]
    write(path, story(2), notes)
    journal = read_journal(path)
    assert [record.body for record in journal.records(kind="refusal")] == [{"why": "no"}, {}]
    assert [record.kind for record in journal.records(subject="p1")] == ["refusal", "key"]
    assert [record.kind for record in journal.records(subject=order(1).id)] == ["intent", "move", "move", "move"]
    assert len(list(journal.records(kind="move"))) == 6
    assert [record.actor for record in journal.records(kind="refusal", subject="p2")] == ["bob"]


def test_one_subject_is_found_without_going_through_all_of_its_kind(path: Path) -> None:
    """Every send asks whether its plan is written down; there are as many plans as there were sends."""
    write(path, [Note("plan", f"{number:064}", "ada", 1, {"v": 1}) for number in range(3_000)])
    journal = read_journal(path)
    assert journal.head().number
    steps: list[int] = []
    journal._reader._db.set_progress_handler(lambda: bool(steps.append(1)), 100)  # type: ignore[union-attr,func-returns-value]
    assert [one.subject for one in journal.records(kind="plan", subject=f"{2_999:064}")] == [f"{2_999:064}"]
    assert len(steps) < 10  # hundreds of SQLite's instructions, not tens of thousands
    journal.close()


def test_what_ended_stays_and_later_news_are_late(path: Path) -> None:
    """Also when another process, which does not know that it ended, says otherwise."""
    late = move(1, State.FAILED, late=True)
    write(path, [intent(1), move(1, State.SUCCEEDED, reason="first")], [move(1, State.TIMED_OUT)], [late])
    journal = read_journal(path)
    kept = journal.order(order(1).id)
    assert kept is not None and (kept.course.state, kept.reason, kept.lates) == (State.SUCCEEDED, "first", 2)
    assert list(journal.verify()) == []
    assert len(list(journal.records(kind="move"))) == 3


def test_all_or_nothing(path: Path) -> None:
    async def work(journal: SqliteJournal) -> None:
        await journal.write([intent(1)])
        with pytest.raises(ValueError, match="of this id is in the journal"):
            await journal.write([intent(2), intent(1)])
        with pytest.raises(ValueError, match="is not in the journal"):
            await journal.write([intent(3), move(4, State.SENT)])
        with pytest.raises(TypeError):
            await journal.write([intent(5), Note("key", "", "", 0, {"what": object()})])
        with pytest.raises(ValueError, match="a note is no move"):
            await journal.write([intent(6), Note("move", "", "", 0)])
        assert [kept.order.id for kept in journal.orders()] == [order(1).id]
        assert journal.verify() == []

    with_journal(path, work)


def test_who_writes_nonsense_harms_nobody_who_writes_at_the_same_time(path: Path) -> None:
    async def work(journal: SqliteJournal) -> None:
        done = await asyncio.gather(
            *(journal.write([intent(number)]) for number in range(50)),
            journal.write([move(99, State.SENT)]),
            *(journal.write([intent(number)]) for number in range(50, 99)),
            return_exceptions=True,
        )
        assert [at for at, one in enumerate(done) if one is not None] == [50]
        assert len(list(journal.orders())) == 99
        assert journal.verify() == []

    with_journal(path, work)


def test_whoever_waits_is_written_together(path: Path) -> None:
    """A thousand writers need few transactions: each changes the head once."""

    async def work(journal: SqliteJournal) -> int:
        before = changes(path)
        await asyncio.gather(*(journal.write([intent(number)]) for number in range(1000)))
        assert len(list(journal.orders())) == 1000
        return changes(path) - before

    assert with_journal(path, work) < 100


def changes(path: Path) -> int:
    """Transactions that are in the write-ahead log: its commit frames (https://www.sqlite.org/fileformat2.html#walformat)."""
    wal = Path(f"{path}-wal")
    if not wal.exists():
        return 0
    log = wal.read_bytes()
    frames = range(32, len(log) - 24, 24 + 4096)
    return sum(log[at + 4 : at + 8] != b"\0\0\0\0" for at in frames)


def test_nothing_to_write_is_written_at_once(path: Path) -> None:
    async def work(journal: SqliteJournal) -> Head:
        await journal.write([])
        return journal.head()

    assert with_journal(path, work) == Head(0, "0" * 64, 0)


def test_the_head_is_the_last_record(path: Path) -> None:
    async def work(journal: SqliteJournal) -> None:
        for number in range(3):
            await journal.write([intent(number)])
            last = list(journal.records())[-1]
            assert journal.head() == Head(last.number, last.hash, last.at) and last.number == number + 1

    with_journal(path, work)


def test_halves_of_characters_and_zeros_are_kept_as_text(path: Path) -> None:
    write(path, [Note("forged", "V\ud800\0x", "", 1, {"a\udfff": ["\ud800", "\0", "é"]})])
    record = next(iter(read_journal(path).records()))
    assert record.subject == "V\\ud800\0x"
    assert record.body == {"a\\udfff": ["\\ud800", "\0", "é"]}
    assert list(read_journal(path).verify()) == []


def test_nobody_else_may_read_it(path: Path) -> None:
    async def work(journal: SqliteJournal) -> None:
        await journal.write([intent(1)])
        files = sorted(path.parent.iterdir())
        assert [file.name.removeprefix("journal.sqlite") for file in files] == ["", "-reserve", "-shm", "-wal"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}

    with_journal(path, work)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    with_journal(path, lambda journal: journal.write([intent(2)]))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_seal_of_another_head_is_a_fault(path: Path, tmp_path: Path) -> None:
    """Taken from one checkpoint and put into another."""
    key = PrivateKey.new()
    (tmp_path / "trust.toml").write_text(f'[operators.ada]\nkeys = ["{written(key.public)}"]\nroles = ["owner"]\n')
    believed = trust.read(tmp_path / "trust.toml")
    write(path, [intent(1)], sign=keys.sealer(key, "ada"))
    first, second = list(read_journal(path).records())
    lie = {**second.body, "number": 2, "hash": second.hash}
    write(path, [Note(CHECKPOINT, "", "ada", 9, lie)])
    (fault,) = read_journal(path, trust=believed).verify()
    assert fault == "record 3 is a checkpoint whose seal does not hold: it seals another head"
    assert read_journal(path, trust=believed).vouched() == second and first.number == 1


def test_every_write_is_synced(path: Path) -> None:
    write(path, [intent(1)])
    journal = open_journal(path, clock=ManualClock(), reserve=0)
    try:
        db = journal._chain._db  # type: ignore[union-attr]
        assert db is not None
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    finally:
        asyncio.run(journal.aclose())


def test_checkpoints_hold_the_head(path: Path) -> None:
    write(path, [intent(1)], [intent(2)])
    journal = read_journal(path)
    records = list(journal.records())
    assert [record.kind for record in records] == ["intent", "intent", CHECKPOINT]
    assert records[2].body == {"number": 2, "hash": records[1].hash, "at": 1_750_000_000_000}


def test_a_checkpoint_as_often_as_asked_and_none_where_nothing_happened(path: Path) -> None:
    write(path, [intent(1)], [intent(2)], every=0)
    assert kinds(read_journal(path)) == ["intent", CHECKPOINT, "intent", CHECKPOINT]
    with_journal(path, lambda journal: asyncio.sleep(0))
    assert len(kinds(read_journal(path))) == 4


def test_a_checkpoint_comes_by_itself(path: Path) -> None:
    """Nobody writes any more, and nobody closes."""

    async def work(journal: SqliteJournal) -> None:
        await journal.write([intent(1)])
        assert await asyncio.to_thread(eventually, lambda: kinds(journal) == ["intent", CHECKPOINT])

    with_journal(path, work, every=0.02)
    assert kinds(read_journal(path)) == ["intent", CHECKPOINT]


def test_checkpoints_are_sealed_with_the_operators_key(path: Path, tmp_path: Path) -> None:
    key, other = PrivateKey.new(), PrivateKey.new()
    write(path, [intent(1)], sign=keys.sealer(key, "ada"))
    record = list(read_journal(path).records())[-1]
    assert (record.kind, record.actor) == (CHECKPOINT, "ada")

    def trusted(one: PrivateKey) -> trust.TrustFile:
        (tmp_path / "trust.toml").write_text(f'[operators.ada]\nkeys = ["{written(one.public)}"]\nroles = ["owner"]\n')
        return trust.read(tmp_path / "trust.toml")

    opened = trusted(key).open(str(record.body["seal"]).encode(), SEAL)
    assert json.loads(opened.payload) == {"v": 1} | {name: record.body[name] for name in ("number", "hash", "at")}
    assert list(read_journal(path, trust=trusted(key)).verify()) == []
    assert read_journal(path, trust=trusted(key)).vouched() == record
    assert list(read_journal(path, trust=trusted(other)).verify()) == []
    assert read_journal(path, trust=trusted(other)).vouched() is None
    assert read_journal(path).vouched() is None


class _Lost:
    """A key that was taken out of its reader."""

    identity = Identity("ada", "0" * 16)

    def __init__(self, error: Exception) -> None:
        self.error = error

    def seal(self, payload: bytes, kind: str) -> bytes:
        raise self.error

    async def seal_all(self, payloads: Sequence[bytes], kind: str) -> Sequence[bytes]:
        raise self.error

    def cosign(self, envelope: bytes) -> bytes:
        raise self.error


def test_a_key_that_cannot_be_used_does_not_stop_the_chain(path: Path) -> None:
    write(path, [intent(1)], sign=_Lost(UnavailableError("no agent answers")))
    record = list(read_journal(path).records())[-1]
    assert (record.kind, record.body["unsealed"]) == (CHECKPOINT, "no agent answers")
    assert "seal" not in record.body


def test_a_key_that_fails_in_its_own_way_stops_nobody(path: Path) -> None:
    async def work(journal: SqliteJournal) -> None:
        for number in range(3):
            await journal.write([intent(number)])

    with_journal(path, work, sign=_Lost(RuntimeError("odd")), every=0)
    assert kinds(read_journal(path)) == ["intent"] * 3


def test_what_no_table_can_hold_harms_nobody_else(path: Path) -> None:
    async def work(journal: SqliteJournal) -> None:
        done = await asyncio.gather(
            journal.write([intent(1)]),
            journal.write([Note("key", "x", "ada", 1 << 63)]),
            journal.write([intent(2)]),
            return_exceptions=True,
        )
        assert done[0] is done[2] is None and isinstance(done[1], ValueError)
        assert journal.verify() == []

    with_journal(path, work)


def test_a_closed_journal_says_so(path: Path) -> None:
    async def run() -> None:
        journal = open_journal(path, clock=ManualClock(), reserve=0)
        await journal.write([intent(1)])
        await journal.aclose()
        await journal.aclose()
        with pytest.raises(UnavailableError, match="the journal is closed"):
            await journal.write([intent(2)])

    asyncio.run(run())


def test_what_is_queued_is_written_when_it_closes(path: Path) -> None:
    async def work(journal: SqliteJournal) -> None:
        waiting = [asyncio.ensure_future(journal.write([intent(number)])) for number in range(20)]
        await asyncio.sleep(0)
        await journal.aclose()
        await asyncio.gather(*waiting)

    with_journal(path, work)
    assert len(list(read_journal(path).orders())) == 20


def test_whoever_gives_up_waiting_is_still_written(path: Path) -> None:
    async def work(journal: SqliteJournal) -> None:
        task = asyncio.ensure_future(journal.write([intent(1)]))
        await asyncio.sleep(0)
        task.cancel()
        await journal.write([intent(2)])
        assert len(list(journal.orders())) == 2

    with_journal(path, work)


def test_looking_makes_nothing(path: Path) -> None:
    journal = read_journal(path)
    for look in (journal.head, lambda: list(journal.records()), lambda: list(journal.orders()), journal.verify):
        with pytest.raises(UnavailableError, match="there is no journal"):
            look()
    with pytest.raises(UnavailableError, match="for looking only"):
        asyncio.run(journal.write([intent(1)]))
    assert not path.parent.exists()


def test_a_journal_of_a_later_version_is_left_alone(path: Path) -> None:
    write(path, [intent(1)])
    db = apsw.Connection(str(path))
    db.execute("PRAGMA user_version = 2")
    db.close()
    for look in (lambda: open_journal(path, clock=ManualClock()), read_journal(path).head):
        with pytest.raises(UnavailableError, match="has version 2, this cdctl knows 1"):
            look()
