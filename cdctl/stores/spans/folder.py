"""The span store's writer: whole batches, durable and exactly once (port SpanSink)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import apsw
import numpy as np

from cdctl.domain.traces.batch import Bytes, SpanBatch
from cdctl.errors import UnavailableError
from cdctl.stores.journal_reserve import Reserve
from cdctl.stores.spans import columns, lock, manifest, own
from cdctl.stores.spans.files import Writing, hours, ids_of, sweep, sync
from cdctl.stores.spans.known import Known
from cdctl.stores.spans.manifest import SpanFile
from cdctl.stores.spans.manifest_file import NAME
from cdctl.stores.spans.opening import opened
from cdctl.stores.spans.reasons import unavailable

_T = TypeVar("_T")
RESERVE = 512 << 10
"""Bytes that are kept free, so that what is too old can be taken out of a manifest whose disk is full."""
LATE = 3_600.0
"""Seconds after which a span comes for a time long past, and between two times that this is said."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of spans: kept as new, or there already."""

    new: int
    known: int


class SpanFolder:
    """The one writer of a span store. Its methods may be called from several threads."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        """Raises UnavailableError: somebody else writes it, a newer cdctl wrote it, it cannot be used. Raises
        UsageError: other things are in the folder."""
        columns.pyarrow()
        own.check(folder)
        self.folder = folder
        self.data = folder / manifest.DATA
        self._clock = clock
        self._guard = threading.RLock()
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = lock.taken(folder)
        except OSError as error:
            raise unavailable(folder, "written", error) from None
        try:
            self._reserve = Reserve(folder / NAME, RESERVE)
            self._db, self.notes = self._in_reserve(lambda: opened(folder, self.data, clock()))
            sweep(self.data, manifest.names(self._db))
            self._number = manifest.last_number(self._db)
            for made in (folder, folder.parent):  # the folders themselves must outlive a power cut
                sync(made)
            with suppress(OSError):
                self._reserve.fill()
        except (OSError, apsw.Error) as error:
            os.close(self._lock)
            raise unavailable(folder, "written", error) from None
        except BaseException:
            os.close(self._lock)
            raise
        self._known = Known(self._ids, folder)

    def write(self, batch: SpanBatch) -> int:
        """See the port."""
        return self.write_all([batch]).new

    def write_all(
        self,
        batches: Sequence[SpanBatch],
        *,
        marks: Mapping[str, str] | None = None,
        heard: Sequence[tuple[float, float]] = (),
        live: bool = False,
    ) -> Written:
        """Make several batches durable in one piece, the quicker way for small ones. With them, or on their own: marks
        (an empty one is taken away), and from when until when, epoch seconds, spans were taken in. All of it is kept or
        nothing. Raises UnavailableError then.

        live: spans come as they end. Some are late all the same; that is said to readers once an hour at most, so that
        one wrong clock does not make them count everything again all the time."""
        batches = [batch for batch in batches if len(batch)]
        table = columns.table(batches) if batches else None
        with self._guard:
            made: list[SpanFile] = []
            fresh: list[tuple[int, Bytes, Bytes]] = []
            try:
                if table is not None:
                    self._parts(table, made, fresh)
                if made:
                    sync(self.data)
                if made or marks or heard:
                    self._commit(made, marks or {}, heard, live)
            except (OSError, apsw.Error) as error:
                for file in made:
                    (self.data / file.name).unlink(missing_ok=True)
                raise self.unavailable(error) from None
            for hour, trace, span in fresh:
                self._known.add(hour, trace, span)
        new = sum(file.rows for file in made)
        return Written(new, (len(table) if table is not None else 0) - new)

    def mark(self, key: str) -> str:
        """What was marked; empty when nothing was."""
        return self.marks(key).get(key, "")

    def marks(self, prefix: str = "") -> dict[str, str]:
        """All marks whose key begins so."""
        with self._reading():
            return manifest.marks(self._db, prefix)

    def files(self) -> list[SpanFile]:
        """Those that are alive."""
        with self._reading():
            return manifest.files(self._db)

    def number(self) -> int:
        """Of a new file."""
        with self._guard:
            self._number += 1
            return self._number

    def replace(self, old: Sequence[SpanFile], new: Sequence[SpanFile], *, until: int | None = None) -> None:
        """Files go, and others that are durable come in their place, at one moment. until, epoch seconds: nothing is
        known any more of the time before. Raises UnavailableError; the new ones are gone then."""
        with self._guard:
            try:
                self._in_reserve(lambda: self._replace(old, new, until))
            except apsw.Error as error:
                for file in new:
                    (self.data / file.name).unlink(missing_ok=True)
                raise self.unavailable(error) from None
            if not new:
                for hour in {file.hour for file in old}:
                    self._known.drop(hour)

    def say_past(self, every: float = LATE) -> None:
        """Tell readers that spans came in for times long past, if that is due. Raises UnavailableError."""
        with self._guard:
            try:
                if manifest.untold(self._db):
                    with manifest.changing(self._db):
                        manifest.say_past(self._db, self._clock(), every)
            except apsw.Error as error:
                raise self.unavailable(error) from None

    def clear(self, before: float) -> None:
        """Take from disk what was no longer alive then, epoch seconds. Raises UnavailableError."""
        with self._guard:
            try:
                found = manifest.gone(self._db, before)
                for _, name in found:
                    (self.data / name).unlink(missing_ok=True)
                if found:
                    with manifest.changing(self._db):
                        manifest.forget(self._db, [number for number, _ in found])
                    with suppress(OSError):
                        self._reserve.fill()
            except (OSError, apsw.Error) as error:
                raise self.unavailable(error) from None

    def unavailable(self, error: BaseException) -> UnavailableError:
        """That this store cannot be written, in words."""
        return unavailable(self.folder, "written", error)

    def close(self) -> None:
        """See the port."""
        with self._guard, suppress(apsw.Error, UnavailableError):
            if self._lock >= 0:
                self.say_past(0.0)
            self._db.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> SpanFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            with self._guard:
                yield
        except apsw.Error as error:
            raise unavailable(self.folder, "read", error) from None

    def _in_reserve(self, change: Callable[[], _T]) -> _T:
        """Do what makes room, in the room that is kept for it when there is no other."""
        try:
            return change()
        except (OSError, apsw.FullError, apsw.IOError, apsw.CantOpenError):
            if not self._reserve.release():
                raise
            return change()

    def _replace(self, old: Sequence[SpanFile], new: Sequence[SpanFile], until: int | None) -> None:
        with manifest.changing(self._db):
            manifest.remove(self._db, old, self._clock())
            manifest.add(self._db, new)
            if until is not None:
                manifest.unhear(self._db, until)

    def _parts(self, table: Any, made: list[SpanFile], fresh: list[tuple[int, Bytes, Bytes]]) -> None:
        """A file for every hour, with what is new of it."""
        end = table.column("end_ns").to_numpy()
        if np.any(end[1:] < end[:-1]):
            order = np.argsort(end, kind="stable")
            table, end = table.take(order), end[order]
        trace, span = columns.ids(table)
        parts = hours(end)
        for hour, begin, stop in parts:
            new = self._known.new(hour, trace[begin:stop], span[begin:stop])
            if not new.any():
                continue
            part = table.slice(begin, stop - begin)
            if not new.all():
                part = part.take(np.flatnonzero(new))
            made.append(self._file(hour, columns.plain(part) if len(parts) > 1 else part))
            fresh.append((hour, trace[begin:stop][new], span[begin:stop][new]))

    def _file(self, hour: int, part: Any) -> SpanFile:
        writing = Writing(self.data, self.number(), hour)
        try:
            writing.put(part)
            return writing.done(self._clock())
        except BaseException:
            writing.drop()
            raise

    def _commit(
        self, made: list[SpanFile], marks: Mapping[str, str], heard: Sequence[tuple[float, float]], live: bool
    ) -> None:
        with manifest.changing(self._db):
            if made:
                manifest.add(self._db, made)
                if min(file.first for file in made) < (self._clock() - LATE) * 1e9:
                    manifest.come_late(self._db)
                    manifest.say_past(self._db, self._clock(), LATE if live else 0.0)
            if marks:
                manifest.put(self._db, marks)
            for start, stop in heard:
                manifest.hear(self._db, int(start), int(stop))

    def _ids(self, hour: int) -> Iterator[tuple[Bytes, Bytes]]:
        for file in manifest.files_of(self._db, hour):
            with suppress(OSError, ValueError):  # a damaged file: its spans are lost, and may come again
                yield from ids_of(self.data, file)
