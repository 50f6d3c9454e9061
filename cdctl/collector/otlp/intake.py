"""Between the sockets and the store: requests are read and written in groups, by two threads, and answered when what
was in them is durable. While one group goes to disk the next is read, and others wait or are sent away."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, Full, Queue, SimpleQueue
from typing import Protocol

import numpy as np

from cdctl.collector.otlp.counting import Counts
from cdctl.collector.otlp.refusing import NotTakenError, Why
from cdctl.collector.otlp.unpacking import unpacked
from cdctl.domain.traces.batch import AHEAD, DAY, Rejections, SpanBatch
from cdctl.domain.traces.ports import SpanReader
from cdctl.errors import CdctlError, UsageError

ROOM = 128 << 20
"""Bytes of bodies that are not answered yet; what comes then is sent away, to come again."""
GROUP = 16 << 20
"""Bytes, not compressed, that are read and written together."""
OUTSIDE = "it ended before what is kept, or too far in the future"


class Outcome(Protocol):
    """What became of spans that were written."""

    @property
    def new(self) -> int:
        """Spans that were not there."""
        ...

    @property
    def known(self) -> int:
        """Spans that were there."""
        ...


class Store(Protocol):
    """Where spans are kept (see `SpanFolder.write_all`)."""

    def write_all(self, batches: Sequence[SpanBatch], *, heard: Sequence[tuple[float, float]], live: bool) -> Outcome:
        """All of it is durable on return, or UnavailableError is raised and nothing of it is kept."""
        ...


@dataclass(slots=True)
class _Asked:
    form: str
    encoding: str
    body: bytes
    transport: str
    answer: asyncio.Future[Rejections]
    rejected: Rejections = field(default_factory=Rejections)
    spans: int = 0
    size: int = 0
    error: NotTakenError | None = None


@dataclass(slots=True)
class _Group:
    asked: list[_Asked]
    batches: list[SpanBatch]


class Intake:
    """Takes requests. `readers` makes what reads a form; `bounds` says, in epoch seconds, between which moments a span
    may have ended to be kept."""

    def __init__(
        self,
        store: Store,
        readers: Mapping[str, Callable[[], SpanReader]],
        counts: Counts,
        *,
        bounds: Callable[[], tuple[float, float]],
        room: int = ROOM,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._make, self._bounds = store, readers, bounds
        self._readers: dict[str, SpanReader] = {form: make() for form, make in readers.items()}
        self.counts = counts
        self._room, self._clock = room, clock
        self.in_flight = 0
        self._asked: SimpleQueue[_Asked | None] = SimpleQueue()
        self._read: Queue[_Group | None] = Queue(1)
        self._heard: float | None = None
        self._threads: list[threading.Thread] = []
        self._ending = False

    @property
    def listening(self) -> bool:
        """Whether spans can be kept, as far as the last attempt tells."""
        return self._heard is not None

    def start(self) -> None:
        """Begin; from now on spans are heard."""
        self._loop = asyncio.get_running_loop()
        self._heard = self._clock()
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for work, name in ((self._reading, "otlp-read"), (self._writing, "otlp-write"))
        ]
        for thread in self._threads:
            thread.start()

    async def close(self) -> None:
        """Everything that was asked is answered, and no more is taken."""
        self._ending = True
        self._asked.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        await asyncio.sleep(0)  # the last answers, which the threads have handed to this loop

    @property
    def has_room(self) -> bool:
        """Whether more bytes may be held."""
        return self.in_flight < self._room

    def admit(self) -> None:
        """Whether one more may send its body. Raises NotTakenError."""
        if self._ending:
            raise NotTakenError(Why.ENDING, "this receiver is ending")
        if not self.has_room:
            raise NotTakenError(Why.BUSY, "more comes in than can be kept")

    def hold(self, size: int) -> None:
        """So many bytes more wait for their answer (fewer, when it has been given)."""
        self.in_flight += size

    async def take(self, form: str, encoding: str, body: bytes, transport: str) -> Rejections:
        """Keep what a body holds; what could not be taken of it is returned. Raises NotTakenError: nothing of it is
        kept, then."""
        if self._ending:
            raise NotTakenError(Why.ENDING, "this receiver is ending")
        answer: asyncio.Future[Rejections] = self._loop.create_future()
        self._asked.put(_Asked(form, encoding, body, transport, answer))
        return await answer

    def refuse(self, error: NotTakenError) -> None:
        """Count a request that is not taken."""
        self.counts.refused[error.why.key] += 1

    def beat(self) -> None:
        """Say in the store that spans were heard until now, if nothing is being written that says so anyway."""
        with contextlib.suppress(Full):
            self._read.put_nowait(_Group([], []))

    def _reading(self) -> None:
        while (first := self._asked.get()) is not None:
            asked, size, last = [first], self._open(first), False
            while size < GROUP and not last:
                try:
                    more = self._asked.get_nowait()
                except Empty:
                    break
                last = more is None
                if more is not None:
                    size += self._open(more)
                    asked.append(more)
            self._read.put(self._group(asked))
            if last:
                break
        self._read.put(_Group([], []))
        self._read.put(None)

    def _open(self, asked: _Asked) -> int:
        try:
            asked.body = unpacked(asked.body, asked.encoding)
            asked.size = len(asked.body)
        except NotTakenError as error:
            asked.error, asked.body = error, b""
        except Exception as error:
            asked.error, asked.body = _bug(error), b""
        return asked.size

    def _group(self, asked: list[_Asked]) -> _Group:
        """All of them in one batch, the quick way; each on its own when something is odd about one."""
        batches = self._together(asked)
        oldest, newest = (bound * 1e9 for bound in self._bounds())
        if batches is None or any(np.any((one.end < oldest) | (one.end > newest)) for one in batches):
            batches = [batch for one in asked for batch in self._alone(one, oldest, newest)]
        for one in asked:
            one.body = b""
        return _Group(asked, [batch for batch in batches if len(batch)])

    def _together(self, asked: Sequence[_Asked]) -> list[SpanBatch] | None:
        for one in asked:
            if one.error is None:
                try:
                    one.spans = self._readers[one.form].add(one.body, one.rejected)
                except UsageError as error:
                    one.error = NotTakenError(Why.UNREADABLE, error.message)
                except Exception:
                    self._anew()
                    return None
        try:
            return [reader.batch() for reader in self._readers.values()]
        except Exception:
            self._anew()
            return None

    def _alone(self, one: _Asked, oldest: float, newest: float) -> list[SpanBatch]:
        if one.error is not None:
            return []
        one.rejected = Rejections()
        reader = self._readers[one.form]
        try:
            one.spans = reader.add(one.body, one.rejected)
            batch = reader.batch()
        except UsageError as error:
            one.error = NotTakenError(Why.UNREADABLE, error.message)
            return []
        except Exception as error:
            self._anew()
            one.error = _bug(error)
            return []
        inside = (batch.end >= oldest) & (batch.end <= newest)
        if not inside.all():
            one.rejected.add(OUTSIDE, count=int((~inside).sum()))
            batch = batch.where(inside)
        return [batch]

    def _anew(self) -> None:
        self._readers = {form: make() for form, make in self._make.items()}

    def _writing(self) -> None:
        while (group := self._read.get()) is not None:
            outcome: Outcome | None = None
            try:
                outcome = self._write(group.batches)
            except CdctlError as error:
                for one in group.asked:
                    one.error = one.error or NotTakenError(Why.STORE, error.message)
            except Exception as error:
                for one in group.asked:
                    one.error = one.error or _bug(error)
            newest = max((int(batch.end.max()) for batch in group.batches), default=None)
            edge = (self._clock() + DAY) * 1e9
            ahead = sum(int(np.sum(batch.end > edge)) for batch in group.batches)
            self._loop.call_soon_threadsafe(self._answer, group.asked, outcome, newest, ahead)

    def _write(self, batches: Sequence[SpanBatch]) -> Outcome:
        """A time in which nothing could be kept is no time in which spans were heard."""
        now = self._clock()
        since = self._heard if self._heard is not None else now
        try:
            outcome = self._store.write_all(batches, heard=[(since, now)], live=True)
        except BaseException:
            self._heard = None
            raise
        self._heard = now
        return outcome

    def _answer(self, asked: Sequence[_Asked], outcome: Outcome | None, newest: int | None, ahead: int) -> None:
        counts = self.counts
        if outcome is not None:
            if ahead:
                counts.odd[AHEAD] += ahead
            counts.kept += outcome.new
            counts.duplicate += outcome.known
            counts.writes += bool(newest is not None)
            counts.late = self._clock() - newest / 1e9 if newest is not None else counts.late
        for one in asked:
            if one.error is None:
                counts.requests[one.transport] += 1
                counts.received += one.spans
                counts.bytes += one.size
                counts.rejected.update(one.rejected.counts)
                counts.odd.update(one.rejected.odd)
            if one.answer.done():  # whoever asked has gone
                continue
            if one.error is not None:
                one.answer.set_exception(one.error)
            else:
                one.answer.set_result(one.rejected)


def _bug(error: Exception) -> NotTakenError:
    traceback.print_exception(error, file=sys.stderr)
    return NotTakenError(Why.BUG, f"a bug: {type(error).__name__}")
