"""Takes spans in from files: what was taken is marked in the store together with the spans, so that a run that is
killed goes on where it stopped, and one that is repeated takes nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from cdctl.domain.traces.batch import AHEAD, DAY, Nanos, Rejections, SpanBatch
from cdctl.domain.traces.ports import Message, SpanReader
from cdctl.errors import UnavailableError, UsageError

SPANS, BYTES = 65_536, 64 << 20
"""After so many spans, or so many bytes of messages, what was read is made durable."""
_GAP = 300
"""Seconds without a span after which a file does not say that nothing happened in them."""
UNREADABLE = "a message cannot be read"


class Written(Protocol):
    """What became of spans: kept as new, or there already."""

    @property
    def new(self) -> int:
        """How many were new."""
        ...

    @property
    def known(self) -> int:
        """How many were there."""
        ...


class Store(Protocol):
    """A span store that keeps marks with its spans: both or neither."""

    def write_all(
        self, batches: Sequence[SpanBatch], *, marks: Mapping[str, str], heard: Sequence[tuple[float, float]]
    ) -> Written:
        """Make spans durable, with marks, and with times in which spans were taken in. Raises UnavailableError."""
        ...

    def marks(self, prefix: str) -> Mapping[str, str]:
        """All marks whose key begins so."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that can be read: the name of its format, what reads messages, and the messages from a place on."""

    form: str
    reader: SpanReader
    messages: Callable[[int], Iterator[Message]]


@dataclass(slots=True)
class Taken:
    """What became of a file. size: bytes on disk, 0 when not known; done: bytes that were looked at.

    taken, there: spans that are new, and that were in the store. before: it had been taken to the end, or in part.
    unread: bytes at its end that were not read, since it ends in the middle of a message (somebody may be writing it);
    cut: where, and why. error: why it was not read to its end.
    """

    name: str
    size: int = 0
    done: int = 0
    form: str = ""
    taken: int = 0
    there: int = 0
    before: bool = False
    rejected: Rejections = field(default_factory=Rejections)
    unread: int = 0
    cut: str = ""
    error: UsageError | UnavailableError | None = None


class File(Protocol):
    """A file to take in, or stdin."""

    @property
    def name(self) -> str:
        """For people."""
        ...

    @property
    def size(self) -> int:
        """Bytes on disk; 0 when not known."""
        ...

    @property
    def at(self) -> int:
        """Bytes of it that were read from disk."""
        ...

    def taken(self, store: Store) -> int:
        """Bytes of what is in it (unpacked) that were taken before."""
        ...

    def marks(self, end: int) -> Mapping[str, str]:
        """That it is taken up to here; none for what cannot be told from other files."""
        ...

    def open(self) -> Opened:
        """Raises UsageError: it cannot be read, its format is not known. Raises UnavailableError: a library misses."""
        ...

    def close(self) -> None:
        """It is no longer needed."""
        ...


def take(
    files: Sequence[File], store: Store, now: float, told: Callable[[Sequence[Taken]], None] = lambda _: None
) -> list[Taken]:
    """Take files in, one after the other. A file that cannot be read does not keep the others from being taken.

    `told` hears how it goes whenever something was made durable. now: epoch seconds. Raises UnavailableError when the
    store cannot keep spans; what it kept before is kept.
    """
    results = [Taken(file.name, file.size) for file in files]
    for file, result in zip(files, results, strict=True):
        try:
            _Taking(file, result, store, now, lambda: told(results)).run()
        except UsageError as error:
            result.error = error
        except OSError as error:  # a disk or a mount that fails in the middle
            result.error = UsageError(f"cannot be read: {error.strerror}", subject=file.name)
        finally:
            file.close()
        told(results)
    return results


class _Taking:
    """One file."""

    def __init__(self, file: File, result: Taken, store: Store, now: float, told: Callable[[], None]) -> None:
        self._file, self._result, self._store = file, result, store
        self._now, self._told = now, told
        self._end = 0
        self._spans, self._bytes = 0, 0

    def run(self) -> None:
        """Raises UsageError when it cannot be read to its end; what was read before is taken."""
        self._end = before = self._file.taken(self._store)
        self._result.before = before > 0
        opened = self._file.open()
        self._result.form = opened.form
        try:
            for message in opened.messages(before):
                self._add(opened.reader, message)
                if self._spans >= SPANS or self._bytes >= BYTES:
                    self._keep(opened.reader, before)
                    before = self._end
        except UsageError:  # broken in the middle: what came before is good
            self._keep(opened.reader, before)
            raise
        self._keep(opened.reader, before)

    def _add(self, reader: SpanReader, message: Message) -> None:
        place = f"{self._file.name}: {message.place}" if message.place else self._file.name
        rejected = self._result.rejected
        try:
            if message.fault:
                raise UsageError(message.fault)
            self._spans += reader.add(message.body, rejected, place)
        except UsageError as error:
            if message.open:  # somebody may be writing it
                self._result.unread = message.unread or len(message.body)
                self._result.cut = f"{place}: {error.message}"
                return
            rejected.add(UNREADABLE, f"{place}: {error.message}")
        self._bytes += len(message.body)
        self._end = message.end

    def _keep(self, reader: SpanReader, before: int) -> None:
        batch = reader.batch()
        self._spans, self._bytes = 0, 0
        if self._end > before:
            written = self._store.write_all([batch], marks=self._file.marks(self._end), heard=heard(batch.end))
            self._result.taken += written.new
            self._result.there += written.known
            self._result.rejected.notice(AHEAD, int(np.sum(batch.end > (self._now + DAY) * 1e9)))
        self._result.done = self._file.at
        self._told()


def heard(end: Nanos) -> list[tuple[float, float]]:
    """From when until when spans were taken in, epoch seconds, by their ends (epoch ns, [n]): whole minutes, and what
    lies between two that are not far apart."""
    minutes = np.unique(end // 60_000_000_000) * 60
    if not len(minutes):
        return []
    parts = np.split(minutes, np.flatnonzero(np.diff(minutes) > _GAP) + 1)
    return [(float(part[0]), float(part[-1] + 60)) for part in parts]
