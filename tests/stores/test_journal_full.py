"""A disk that is full: nothing new begins, what is under way is ended in the room that was kept, everything is read."""

from __future__ import annotations

import asyncio
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import small_disk
from writing import intent, move, story, with_journal, write

from cdctl.domain.orders.keeping import Note
from cdctl.domain.orders.order import State
from cdctl.errors import UnavailableError
from cdctl.stores.journal import SqliteJournal, open_journal, read_journal
from cdctl.testing.clock import ManualClock


async def until_refused(journal: SqliteJournal) -> UnavailableError:
    """Begin new things until the disk has no room: what lies ready in files is used up first."""
    for number in range(1000, 2000):
        try:
            await journal.write([intent(number)])
        except UnavailableError as error:
            return error
    raise AssertionError("the disk is never full")


def ends_on_a_full_disk(folder: Path) -> None:
    path = folder / "journal.sqlite"

    async def work(journal: SqliteJournal) -> None:
        await journal.write([intent(number) for number in range(200)])
        ballast = small_disk.fill(folder)
        error = await until_refused(journal)
        assert error.message == "the journal cannot be written: no space is left on its disk", error
        assert error.hint.startswith("make room on its disk, or set paths.journal"), error
        new, end = await asyncio.gather(
            journal.write([intent(5000)]),
            journal.write([move(number, State.TIMED_OUT) for number in range(200)], ending=True),
            return_exceptions=True,
        )
        assert isinstance(new, UnavailableError), new
        assert end is None, end
        assert not Path(f"{path}-reserve").exists()
        await until_refused(journal)
        assert all(kept.course.state is State.TIMED_OUT for kept in journal.orders() if kept.order.created % 1000 < 200)
        assert journal.verify() == []
        ballast.unlink()
        await journal.write([intent(5000)])
        assert Path(f"{path}-reserve").stat().st_size == 512 * 1024

    with_journal(path, work, reserve=512 * 1024)
    assert list(read_journal(path).verify()) == []


def opened_on_a_full_disk(folder: Path) -> None:
    """By the next process: an abort comes from another terminal."""
    path = folder / "journal.sqlite"
    write(path, story(20), [intent(30)], reserve=512 * 1024)
    ballast = small_disk.fill(folder)

    async def work(journal: SqliteJournal) -> None:
        await until_refused(journal)
        assert len(list(journal.orders())) == 21
        await journal.write([move(30, State.TIMED_OUT)], ending=True)
        assert list(journal.orders(open_only=True)) == []

    with_journal(path, work, reserve=512 * 1024)
    assert list(read_journal(path).verify()) == []
    assert read_journal(path).head().number == 83  # no room for another checkpoint
    ballast.unlink()


def no_room_for_a_journal(folder: Path) -> None:
    path = folder / "journal.sqlite"
    try:
        with_journal(path, lambda journal: journal.write([intent(1)]), reserve=4096)
    except UnavailableError as error:
        assert "the journal cannot be written: " in error.message, error
        assert "make room on its disk" in error.hint, error
    else:
        raise AssertionError("sixty-four kilobytes are no room for a journal")


def read_from_a_disk_that_can_only_be_read(folder: Path) -> None:
    path = folder / "journal.sqlite"
    write(path, story(20), reserve=4096)
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    assert len(list(read_journal(path).orders())) == 20
    assert list(read_journal(path).verify()) == []
    try:
        open_journal(path, clock=ManualClock())
    except UnavailableError as error:
        assert error.message == "the journal cannot be written: its disk can only be read", error
    else:
        raise AssertionError("nothing can be written there")


@pytest.mark.parametrize(
    ("test", "size"),
    [
        ("read_from_a_disk_that_can_only_be_read", "4m"),
        ("ends_on_a_full_disk", "4m"),
        ("opened_on_a_full_disk", "4m"),
        ("no_room_for_a_journal", "64k"),
    ],
)
def test_a_full_disk(test: str, size: str, tmp_path: Path) -> None:
    small_disk.run(__file__, test, size, tmp_path)


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def files_that_may_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"

    async def work(journal: SqliteJournal) -> None:
        await journal.write(story(50))
        before = journal.head()
        with files_up_to(100_000):
            with pytest.raises(UnavailableError, match="the journal cannot be written"):
                await journal.write([Note("plan", "p", "ada", 1, {"text": "x" * 200_000})])
            assert journal.head() == before
            assert len(list(journal.orders())) == 50
            assert journal.verify() == []
        await journal.write([intent(99)])
        assert journal.head().number == before.number + 1

    with_journal(path, work)


def room_is_kept_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with files_up_to(100_000), pytest.raises(UnavailableError, match="the journal cannot be written"):
        with_journal(path, lambda journal: journal.write([intent(1)]), reserve=200_000)
    assert Path(f"{path}-reserve").stat().st_size == 0  # half of it would look like all of it
    write(path, [intent(1)], reserve=200_000)
    assert Path(f"{path}-reserve").stat().st_size == 200_000


def no_room_to_open(tmp_path: Path) -> None:
    with files_up_to(1_000), pytest.raises(UnavailableError, match="the journal cannot be written"):
        open_journal(tmp_path / "journal.sqlite", clock=ManualClock())


@pytest.mark.parametrize(
    "test", ["files_that_may_not_grow", "room_is_kept_before_anything_is_written", "no_room_to_open"]
)
def test_files_have_a_limit(test: str, tmp_path: Path) -> None:
    small_disk.alone(__file__, test, tmp_path)
