"""What is noted is written in order; a journal that cannot be written stops everything but what ends things."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from cdctl.application.scribe import Scribe
from cdctl.application.wiring import WallClock
from cdctl.domain.orders.keeping import Entry, Note
from cdctl.errors import CdctlError, UnavailableError
from cdctl.stores.journal import SqliteJournal, open_journal


class Disk:
    """The journal's disk, which can be full."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal
        self.full = False
        self.commits: list[int] = []

    async def write(self, entries: Sequence[Entry], *, ending: bool = False) -> None:
        self.commits.append(len(entries))
        if self.full and not ending:
            raise UnavailableError("the disk is full", subject="journal.db")
        await self._journal.write(entries, ending=ending)

    def subjects(self) -> list[str]:
        return [one.subject for one in self._journal.records() if one.kind != "checkpoint"]


def note(subject: object) -> Note:
    return Note("refusal", str(subject), "ada", 1)


Work = Callable[[Scribe, Disk, list[CdctlError]], Coroutine[Any, Any, None]]


@pytest.fixture
def scribbled(tmp_path: Path) -> Callable[[Work], None]:
    def run(work: Work) -> None:
        async def whole() -> None:
            journal = open_journal(tmp_path / "journal.db", clock=WallClock(), reserve=65_536)
            broken: list[CdctlError] = []
            disk = Disk(journal)
            scribe = Scribe(disk, broken.append)  # type: ignore[arg-type]  # it reads nothing
            await work(scribe, disk, broken)
            await scribe.aclose()
            await journal.aclose()

        asyncio.run(whole())

    return run


def test_everything_is_written_once_and_in_order_by_few_commits(scribbled: Callable[[Work], None]) -> None:
    async def work(scribe: Scribe, disk: Disk, broken: list[CdctlError]) -> None:
        for number in range(100):
            scribe.note([note(number)])
        await scribe.flush()
        assert disk.subjects() == [str(number) for number in range(100)]
        scribe.note([note(100)])
        scribe.note_lazily([note(101)])
        await scribe.write([note(102)])
        assert disk.subjects()[100:] == ["100", "101", "102"]
        assert len(disk.commits) <= 4
        assert broken == []

    scribbled(work)


def test_what_nobody_waits_for_is_written_all_the_same(scribbled: Callable[[Work], None]) -> None:
    async def work(scribe: Scribe, disk: Disk, broken: list[CdctlError]) -> None:
        scribe.note_lazily([note("soon")])
        await asyncio.sleep(0)
        assert disk.commits == []  # not at once
        scribe.note_lazily([note("too")])
        await scribe.flush()
        assert disk.subjects() == ["soon", "too"]
        scribe.note_lazily([note("last")])

    scribbled(work)


def test_a_full_disk_stops_what_is_new_and_takes_what_ends(scribbled: Callable[[Work], None]) -> None:
    async def work(scribe: Scribe, disk: Disk, broken: list[CdctlError]) -> None:
        await scribe.write([note("before")])
        disk.full = True
        waiting = [asyncio.create_task(scribe.write([note(name)])) for name in ("one", "two")]
        for one in waiting:
            with pytest.raises(UnavailableError, match="the disk is full"):
                await one
        assert broken == [scribe.error]
        with pytest.raises(UnavailableError):
            await scribe.write([note("three")])
        await scribe.write([note("abort")], ending=True)
        assert disk.subjects() == ["before", "abort"], "what was refused is not written after all"
        disk.full = False
        with pytest.raises(UnavailableError):  # what was lost before leaves no way back
            await scribe.write([note("four")])

    scribbled(work)


def test_ends_are_written_by_themselves_where_what_is_new_is_refused(scribbled: Callable[[Work], None]) -> None:
    async def work(scribe: Scribe, disk: Disk, broken: list[CdctlError]) -> None:
        disk.full = True
        new = asyncio.create_task(scribe.write([note("new")]))
        end = asyncio.create_task(scribe.write([note("end")], ending=True))
        with pytest.raises(UnavailableError, match="the disk is full"):
            await new
        await end
        assert (disk.subjects(), scribe.hopeless) == (["end"], False)

        async def broke(entries: Sequence[Entry], *, ending: bool = False) -> None:
            raise UnavailableError("the disk is gone")

        disk.write = broke  # type: ignore[method-assign]
        with pytest.raises(UnavailableError):
            await scribe.write([note("last")], ending=True)
        assert scribe.hopeless
        assert [one.message for one in broken] == ["the disk is full", "the disk is gone"]

    scribbled(work)


def test_an_entry_that_the_journal_refuses_is_an_error_with_its_reason(scribbled: Callable[[Work], None]) -> None:
    async def work(scribe: Scribe, disk: Disk, broken: list[CdctlError]) -> None:
        async def refuse(entries: Sequence[Entry], *, ending: bool = False) -> None:
            raise ValueError("an order of this id is in the journal")

        disk.write = refuse  # type: ignore[method-assign]
        with pytest.raises(UnavailableError, match="takes no entry: an order of this id"):
            await scribe.write([note("x")])
        assert len(broken) == 1

    scribbled(work)
