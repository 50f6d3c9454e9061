"""The heart of a collector: each half second what happened is read, kept and told, and what is followed is evaluated.

All looking at the columns is in one thread, of low priority, so that taking in goes first where cores are few; all
writing of the past is in another.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from cdctl.collector import wire
from cdctl.collector.happened import RingReader
from cdctl.collector.looking import Lookout
from cdctl.collector.minutes import Counts, MinuteCounter, groups_of
from cdctl.collector.topics import PictureTopic, RunTopic, Topic
from cdctl.domain.fleet.archive import GROUPED, Archive, Past, Told
from cdctl.domain.fleet.reading import FleetStatus, Happening
from cdctl.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.domain.ports import Clock

T = TypeVar("T")
A = TypeVar("A", bound=Topic)
BEAT = 0.5
HURRY = 0.1
"""Seconds between two looks at the ring when it fills fast: it holds 32,768 happenings."""
_BUSY = 4_096
_FLUSH_EVERY = 2.0
_WAITING = 200_000
_NICE = 3
MOST_TOPICS = 200


class Beat:
    """Everything that goes on by itself. `run` until cancelled, then `close`. `also` is done at each beat."""

    def __init__(
        self, lookout: Lookout, archive: Archive, clock: Clock, boot: str, also: Callable[[], None] = lambda: None
    ) -> None:
        self.lookout, self.archive, self.boot = lookout, archive, boot
        self.reader = RingReader(lookout.columns, boot)
        self.topics: dict[Hashable, Topic] = {}
        self.archive_lost = self.happenings = self.skipped = 0
        self.took = 0.0
        self._clock = clock
        self._also = also
        self._minutes = MinuteCounter(lookout.columns)
        self._minute = int(clock.now() // 60)
        self._looking = ThreadPoolExecutor(1, "cdctl-look", initializer=_low_priority)
        self._keeping = ThreadPoolExecutor(1, "cdctl-keep", initializer=_low_priority)
        self._waiting: list[Told] = []
        self._ended: list[tuple[int, Counts]] = []
        self._kept: asyncio.Future[None] | None = None
        self._flushed = 0.0
        self._fresh: list[tuple[int, Told]] = []
        self._lost = 0
        self._status: FleetStatus | None = None

    async def look(self, ask: Callable[[], T]) -> T:
        """Do something with the columns in the thread for that."""
        return await asyncio.get_running_loop().run_in_executor(self._looking, ask)

    async def status(self) -> FleetStatus:
        """How fresh and whole the picture is; asked of the columns at most four times a second."""
        known = self._status
        if known is None or abs(self._clock.now() - known.at) > BEAT / 2:
            known = self._status = await self.look(self.lookout.status)
        return known

    async def run(self) -> None:
        """Beat until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._show())

    async def close(self) -> None:
        """Write what is waiting and let go of the threads."""
        if self._kept:
            await asyncio.wait([self._kept])
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._keeping, self._write, *self._handed())
        await loop.run_in_executor(self._keeping, self.archive.close)
        self._looking.shutdown(wait=True)
        self._keeping.shutdown(wait=True)

    async def _listen(self) -> None:
        """Read the ring; faster than the beat when it fills fast."""
        while True:
            told, lost = await self.look(self.reader.read)
            self.happenings += len(told) + lost
            if len(told):
                self._waiting.append(told)
                self._fresh.append((self.reader.at, told))
            self._lost += lost
            self._bound()
            await self._keep()
            await asyncio.sleep(HURRY if len(told) > _BUSY else BEAT)

    def _bound(self) -> None:
        while sum(map(len, self._waiting)) > _WAITING:
            self.archive_lost += len(self._waiting.pop(0))
        while len(self._fresh) > 1 and sum(len(told) for _, told in self._fresh) > _WAITING:
            self._lost += len(self._fresh.pop(0)[1])

    async def _show(self) -> None:
        """Evaluate what is followed, and take a rest that is as long as the work was."""
        loop = asyncio.get_running_loop()
        while True:
            begin, spent = loop.time(), time.process_time()
            fresh, self._fresh = self._fresh, []
            lost, self._lost = self._lost, 0
            topics = list(self.topics.values())
            for tell in await self.look(partial(self._evaluated, topics, fresh, lost)):
                tell()
            self._also()
            self.took = loop.time() - begin
            await asyncio.sleep(max(BEAT - self.took, time.process_time() - spent))

    def _evaluated(
        self, topics: Sequence[Topic], fresh: Sequence[tuple[int, Told]], lost: int
    ) -> list[Callable[[], None]]:
        """In the thread of the lookout, all at once: where cores are few each hand-over costs time. What is left to do
        on the event loop."""
        status = self._status = self.lookout.status()
        tells: list[Callable[[], None]] = []
        for topic in topics:
            if isinstance(topic, PictureTopic):
                tells.append(partial(topic.show, topic.evaluate(status)))
            elif isinstance(topic, RunTopic):
                tells.append(partial(topic.tell, topic.evaluate(fresh, lost)))
        return tells

    async def _keep(self) -> None:
        """Hand over to the thread that writes, when it is free."""
        loop = asyncio.get_running_loop()
        minute = int(self._clock.now() // 60)
        if minute != self._minute:
            counts = await self.look(lambda: self._minutes.count(self.lookout.now_ms()))
            self._ended.append((self._minute * 60, counts))
            self._minute = minute
        if (self._kept and not self._kept.done()) or loop.time() - self._flushed < _FLUSH_EVERY:
            return
        self._flushed = loop.time()
        self._kept = loop.run_in_executor(self._keeping, self._write, *self._handed())

    def _handed(self) -> tuple[list[Told], list[tuple[int, Counts]]]:
        waiting, self._waiting = self._waiting, []
        ended, self._ended = self._ended, []
        return waiting, ended

    def _write(self, waiting: Sequence[Told], ended: Sequence[tuple[int, Counts]]) -> None:
        """In the thread that writes."""
        for told in waiting:
            self.archive.keep(told)
        for start, counts in ended:
            self.archive.keep_minute(start, counts)
        self.archive.flush()

    async def past(self, ask: wire.AskHistory) -> Past:
        """What is kept. Raises UsageError."""
        for name in ask.by:
            if name not in GROUPED:
                raise UsageError(f"minutes are not kept by {name}", hint=f"by {', '.join(GROUPED)}")
        selection = await self.look(lambda: self.lookout.selection(ask.where))
        match = await self.look(lambda: self.lookout.match(selection)) if ask.where else None
        wanted = self.lookout.wanted(match.mask, self.boot) if match else None
        now_ms = self.lookout.now_ms()
        groups = (lambda of: groups_of(selection, of, now_ms)) if ask.where else None
        limit = max(1, min(ask.limit, wire.MOST_HAPPENINGS))
        handed = self._handed()

        def read() -> Past:
            self._write(*handed)
            return self.archive.past(ask.since, wanted, groups, ask.by, limit)

        return await asyncio.get_running_loop().run_in_executor(self._keeping, read)

    @asynccontextmanager
    async def following(self, ask: wire.Ask) -> AsyncIterator[PictureTopic]:
        """The topic of a question, for as long as one viewer follows it. Raises UsageError."""
        made = PictureTopic(ask, self.lookout)
        if made.key not in self.topics:  # evaluated before it is shared: a question that is wrong harms nobody else
            status = await self.status()
            made.show(await self.look(lambda: made.evaluate(status)))
        async with self._shared(made) as topic:
            yield topic

    @asynccontextmanager
    async def watching(self, ask: wire.AskWatch) -> AsyncIterator[tuple[RunTopic, list[Happening], int]]:
        """The topic of a selection, what a viewer that comes back has missed, and up to which happening that is.
        Raises UsageError."""
        made = RunTopic(ask.where, self.lookout, self.boot)
        await self.look(lambda: made.begin(self.reader.last))
        async with self._shared(made) as topic:
            yield topic, *await self.look(lambda: self._missed(topic, ask))

    def _missed(self, topic: RunTopic, ask: wire.AskWatch) -> tuple[list[Happening], int]:
        at = topic.reached
        if not ask.boot:
            return [], at
        if ask.boot != self.boot:
            word = "the collector was started anew: what happened until then is in its history"
            return [Happening(self._clock.now(), "", "", "lost", word)], at
        if ask.after >= at:
            return [], at
        told, lost = self.reader.since(ask.after)
        unread = max(ask.after + lost + len(told) - at, 0)
        return topic.missed(told[: len(told) - unread], lost), at

    @asynccontextmanager
    async def _shared(self, made: A) -> AsyncIterator[A]:
        found = self.topics.get(made.key)
        topic = found if isinstance(found, type(made)) else made
        if topic is made and len(self.topics) >= MOST_TOPICS:
            raise UnavailableError(
                f"{MOST_TOPICS} different questions are followed already", hint="close a view, or try again later"
            )
        self.topics[topic.key] = topic
        topic.viewers += 1
        try:
            yield topic
        finally:
            topic.viewers -= 1
            self.skipped += topic.skipped
            topic.skipped = 0
            if not topic.viewers:
                self.topics.pop(topic.key, None)

    async def kept(self, ask: Callable[[], T]) -> T:
        """Ask the archive something, in its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._keeping, ask)

    @property
    def skipped_in_all(self) -> int:
        """Updates that slow viewers did not get."""
        return self.skipped + sum(topic.skipped for topic in self.topics.values())

    @property
    def viewers(self) -> int:
        """Streams that are open."""
        return sum(topic.viewers for topic in self.topics.values())


def _low_priority() -> None:
    """On Linux a thread has a priority of its own, and an asking viewer must not slow down the taking in."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + _NICE)
