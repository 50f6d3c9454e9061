"""Whatever is written, tended, broken off and opened again: the store holds what a set would hold."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from span_batches import NOW, spans
from span_stores import numbers

from cdctl.errors import UnavailableError
from cdctl.stores.spans import folder as folders
from cdctl.stores.spans import manifest
from cdctl.stores.spans.folder import SpanFolder
from cdctl.stores.spans.manifest_file import NAME
from cdctl.stores.spans.reading import SpanFiles
from cdctl.stores.spans.tending import GRACE, SETTLED, Keeping, Tending

HOUR = 3600
EVERY = 900.0
"""Seconds between the ends of spans of neighbouring numbers: four make an hour."""
_some = st.lists(st.integers(0, 40), min_size=1, max_size=6)


class Model(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._scratch = tempfile.TemporaryDirectory()
        self.path = Path(self._scratch.name)
        self.now = float(NOW)
        self.kept: set[int] = set()
        self.heard: set[int] = set()
        self.marked = ""
        self.open()

    def open(self) -> None:
        self.folder = SpanFolder(self.path, clock=lambda: self.now)

    def tending(self, keeping: Keeping) -> None:
        Tending(self.folder, keeping, lambda: self.now).once()

    @rule(wanted=st.lists(_some, min_size=1, max_size=3), mark=st.text("ab", max_size=2))
    def write(self, wanted: list[list[int]], mark: str) -> None:
        new = {number for batch in wanted for number in batch} - self.kept
        batches = [spans(batch, every=EVERY) for batch in wanted]
        written = self.folder.write_all(batches, marks={"m": mark}, heard=[(self.now, self.now + 60)])
        assert (written.new, written.new + written.known) == (len(new), sum(map(len, wanted)))
        self.kept |= new
        self.heard |= set(range(int(self.now), int(self.now) + 60))
        self.marked = mark

    @rule(seconds=st.sampled_from([30, 200, 4000]))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def tend(self) -> None:
        self.tending(Keeping())

    @rule(oldest=st.integers(1, 20))
    def drop(self, oldest: int) -> None:
        """Whole files go: those whose last span is too old."""
        edge = NOW + oldest * EVERY - 1
        gone = [file for file in self.folder.files() if file.last < edge * 1e9]
        self.tending(Keeping(seconds=self.now - edge))
        if gone:
            last = max(file.last for file in gone) // 10**9
            self.kept = {n for n in self.kept if not any(f.first <= (NOW + n * EVERY) * 1e9 <= f.last for f in gone)}
            self.heard = {second for second in self.heard if second > last}

    @rule()
    def open_again(self) -> None:
        self.folder.close()
        self.open()

    @rule(number=st.integers(0, 40), when=st.sampled_from(["sync", "commit"]))
    def fail(self, number: int, when: str) -> None:
        """The disk fails while one is written: it is refused, and nothing of it is there."""
        if number in self.kept:
            return
        original = folders.sync, folders.manifest.add

        def broken(*_: object) -> None:
            raise OSError(28, "No space left on device")

        folders.sync = broken if when == "sync" else folders.sync
        folders.manifest.add = broken if when == "commit" else folders.manifest.add
        try:
            with pytest.raises(UnavailableError):
                self.folder.write(spans([number], every=EVERY))
        finally:
            folders.sync, folders.manifest.add = original

    @rule(number=st.integers(0, 40))
    def die(self, number: int) -> None:
        """The process ends after a file is in place and before it is named."""
        if number not in self.kept:
            self.folder._parts(folders.columns.table([spans([number], every=EVERY)]), [], [])
        (self.path / "data" / "0000099999.half").write_bytes(b"half")
        self.folder._db.close()  # else the log that it shares with the next one would outlive a lost manifest
        os.close(self.folder._lock)
        self.folder._lock = -1
        self.open()

    @precondition(lambda self: self.kept)
    @rule()
    def lose_the_manifest(self) -> None:
        self.folder.close()
        (self.path / NAME).write_bytes(b"noise" * 1000)
        self.open()
        assert len(self.folder.notes) == 1
        self.heard, self.marked = set(), ""
        # What retention had taken out and was still on disk for readers is back.
        self.kept = set(numbers(self.path))

    @invariant()
    def holds(self) -> None:
        files = SpanFiles(self.path)
        assert numbers(self.path) == sorted(self.kept)
        assert {second for start, stop in files.seen() for second in range(start, stop)} == self.heard
        assert self.folder.mark("m") == files.marks().get("m", "") == self.marked
        assert files.listing().lost == ()
        on_disk = {path.name for path in (self.path / "data").iterdir()}
        assert on_disk == manifest.names(self.folder._db), "nothing is left of what was refused"
        assert all(
            file.hour == file.first // (HOUR * 10**9) == file.last // (HOUR * 10**9) for file in self.folder.files()
        )

    def teardown(self) -> None:
        self.folder.close()
        self._scratch.cleanup()


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=8, stateful_step_count=12, deadline=None)


def test_readers_see_every_span_once_while_files_come_go_and_become_others(tmp_path):
    store = SpanFolder(tmp_path, clock=lambda: NOW + 3 * HOUR)
    later = SETTLED
    tending = Tending(store, Keeping(), lambda: NOW + 3 * HOUR + later)  # a reader has GRACE: it may be a slow one
    histories: list[list[int]] = [[], []]
    over = threading.Event()
    failed: list[BaseException] = []

    def read(seen: list[int]) -> None:
        try:
            while not over.is_set():
                found = numbers(tmp_path)
                assert found == list(range(len(found)))
                seen.append(len(found))
        except BaseException as error:
            failed.append(error)

    readers = [threading.Thread(target=read, args=[seen]) for seen in histories]
    for reader in readers:
        reader.start()
    for number in range(40):
        store.write(spans([number], every=60.0))
        if number % 7 == 0:
            tending.once()
    over.set()
    for reader in readers:
        reader.join()
    assert failed == []
    many = len(list(store.data.iterdir()))
    later += GRACE
    tending.once()
    store.close()
    assert len(list(store.data.iterdir())) < many
    for seen in histories:
        assert seen == sorted(seen)
        assert len(set(seen)) > 3, "they saw it grow"
    assert numbers(tmp_path) == list(range(40))
