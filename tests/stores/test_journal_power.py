"""Power fails: of every file only what was synced is left. What was said to be written, is among it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest
from writing import intent, move, order, with_journal

from cdctl.domain.orders.order import State
from cdctl.errors import UnavailableError
from cdctl.stores.journal import SqliteJournal, read_journal


class _File(apsw.VFSFile):
    """A file that knows how it was at its last sync."""

    def __init__(self, disk: _Disk, name: str | apsw.URIFilename, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name)

    def xSync(self, flags: int) -> None:
        if self._disk.fails:
            raise apsw.IOError("the disk does not answer")
        super().xSync(flags)
        self._disk.synced[self._path.name] = self.xRead(size, 0) if (size := self.xFileSize()) else b""
        self._disk.syncs += 1


class _Disk(apsw.VFS):
    """The system's files, with a memory of what would be left. Folders are taken for synced."""

    def __init__(self) -> None:
        super().__init__("power", "unix", makedefault=True)
        self.synced: dict[str, bytes] = {}
        self.syncs = 0
        self.fails = False

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        if name is None:
            return apsw.VFSFile("unix", None, flags)
        return _File(self, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:
        super().xDelete(name, syncdir)
        self.synced.pop(Path(name).name, None)

    def left(self, folder: Path) -> Path:
        """The journal as it is after power failed now."""
        folder.mkdir()
        for name, content in self.synced.items():
            (folder / name).write_bytes(content)
        return folder / "journal.sqlite"


@contextmanager
def power() -> Iterator[_Disk]:
    disk = _Disk()
    try:
        yield disk
    finally:
        disk.unregister()


def survivors(path: Path) -> dict[str, State]:
    """The orders of a journal that is whole; none when there is nothing in it."""
    journal = read_journal(path)
    try:
        assert list(journal.verify()) == []
        return {kept.order.id: kept.course.state for kept in journal.orders()}
    except UnavailableError:
        return {}
    finally:
        journal.close()


def lost(folder: Path) -> list[str]:
    """Orders that were said to be written, and are not there after power failed right then. Twelve times."""
    images: list[Path] = []

    async def work(journal: SqliteJournal) -> None:
        for number in range(12):
            await journal.write([intent(number)])
            await asyncio.gather(*(journal.write([move(one, State.SENT)]) for one in range(number + 1)))
            images.append(disk.left(folder / f"left{number}"))

    with power() as disk:
        with_journal(folder / "journal.sqlite", work)
    assert disk.syncs < 200  # one for each wait, not for each move
    found = [survivors(image) for image in images]
    names = [order(number).id for number in range(12)]
    return [name for count, left in enumerate(found, 1) for name in names[:count] if left.get(name) is not State.SENT]


def test_what_was_said_survives(tmp_path: Path) -> None:
    assert lost(tmp_path) == []


def test_without_a_sync_at_every_commit_it_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk of this test forgets, indeed."""
    real = apsw.Connection

    class Careless(real):  # type: ignore[misc, valid-type]
        def execute(self, sql: str, *rest: object) -> apsw.Cursor:
            return super().execute(sql.replace("synchronous = FULL", "synchronous = NORMAL"), *rest)

    monkeypatch.setattr(apsw, "Connection", Careless)
    assert lost(tmp_path)


def test_power_fails_while_the_log_is_carried_over(tmp_path: Path) -> None:
    """Whatever of the log was carried over into the file by then."""
    images: list[tuple[int, Path]] = []

    async def work(journal: SqliteJournal) -> None:
        for number in range(0, 5_000, 250):
            await journal.write([intent(one) for one in range(number, number + 250)])
            images.append((number + 250, disk.left(tmp_path / f"left{number}")))

    with power() as disk:
        with_journal(tmp_path / "journal.sqlite", work)
    assert len({path.stat().st_size for _, path in images}) > 1  # it was carried over in between
    for count, path in images[::3]:
        assert len(survivors(path)) == count


def test_a_disk_that_fails_to_sync(tmp_path: Path) -> None:
    """What may not be on the disk was not said to be; when the disk is well again, everything goes on."""

    async def work(journal: SqliteJournal) -> None:
        await journal.write([intent(1)])
        disk.fails = True
        for number in (2, 3):
            with pytest.raises(UnavailableError, match="the journal cannot be written: its disk fails or is full"):
                await journal.write([intent(number)], ending=number == 3)
        disk.fails = False
        await journal.write([intent(4)])
        assert journal.broken == ""

    with power() as disk:
        with_journal(tmp_path / "journal.sqlite", work)
    assert set(survivors(tmp_path / "journal.sqlite")) == {order(1).id, order(4).id}
