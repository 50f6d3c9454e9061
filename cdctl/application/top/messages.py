"""Listens to one vehicle for as long as somebody looks: links of its own, to its topics alone."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cdctl.application.broker import QUIET, Ear, Gate, opened
from cdctl.application.top.faults import fault
from cdctl.application.top.row import RowOf, cells_of
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.columned import ColumnVehicles
from cdctl.domain.boards.messages import LONGEST, MOST_BYTES, MOST_MESSAGES, Listen, Listened, Overheard
from cdctl.domain.fleet.hiding import plain
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.domain.boards.snapshot import Snapshot
    from cdctl.domain.ports import Clock
    from cdctl.domain.wire import Filter, Message

LINGER = 30.0
"""Seconds after the last question until nobody listens any more."""
AGAIN = 5.0
"""Seconds until a broker that could not be reached is tried again."""
PATIENCE = 2.0
"""Seconds that the first question waits for what brokers have kept."""


@dataclass(frozen=True, slots=True)
class Post:
    """Where messages of one vehicle can be had: a broker, and filters that no other vehicle's topics match."""

    gate: Gate
    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class _Raw:
    number: int
    at: float
    topic: str
    payload: bytes
    qos: int
    retain: bool
    size: int


class Hearing:
    """One vehicle, listened to from now on. posts: where."""

    def __init__(self, vin: str, posts: Sequence[Post], clock: Clock) -> None:
        self.vin, self.posts = vin, posts
        self.since = clock.now()
        self._clock = clock
        self._kept: deque[_Raw | Overheard] = deque()
        self._bytes, self._count = 0, 0
        self._notes = {post.gate.region: f"connecting to {post.gate.url}" for post in posts}
        self._ears = {post.gate.region: Ear(self._take) for post in posts}
        self._tried = {post.gate.region: asyncio.Event() for post in posts}
        self._tasks = [asyncio.create_task(self._listen(post)) for post in posts]

    async def ready(self) -> None:
        """Wait until every broker has granted it, or could not be reached; not for long."""
        waits = [asyncio.ensure_future(one.wait()) for one in self._tried.values()]
        _, late = await asyncio.wait(waits, timeout=PATIENCE)
        for wait in late:
            wait.cancel()
        if len(late) < len(waits):
            await asyncio.sleep(QUIET)  # what they have kept comes now

    async def _listen(self, post: Post) -> None:
        region = post.gate.region
        while True:
            try:
                async with opened(post.gate, self._ears[region]) as (link, _, _):
                    grants = await link.subscribe(post.filters)
                    refused = [grant for grant in grants if grant.qos is None]
                    why = f": {refused[0].reason}" if refused and refused[0].reason else ""
                    self._notes[region] = f"the broker refuses {refused[0].topic}{why}" if refused else ""
                    self._tried[region].set()
                    await asyncio.Event().wait()  # the link mends itself
            except CdctlError as error:
                self._lose(region, error)
            except Exception as error:
                self._lose(region, fault("listening", error))
            await asyncio.sleep(AGAIN)

    def _lose(self, region: str, error: CdctlError) -> None:
        self._notes[region] = error.message
        self._tried[region].set()

    def _take(self, messages: Sequence[Message]) -> None:
        """Keep them as they are: whatever a vehicle sends, this costs little."""
        now = self._clock.now()
        for message in messages:
            self._count += 1
            payload = bytes(message.payload[:LONGEST])
            qos = next((level for level in (1, 2) if message.qos == level), 0)
            raw = _Raw(
                self._count, now, message.topic, payload, qos, bool(message.retain), len(message.payload)
            )  # fmt: skip
            self._kept.append(raw)
            self._bytes += len(payload)
            while len(self._kept) > MOST_MESSAGES or self._bytes > MOST_BYTES:
                self._bytes -= min(self._kept.popleft().size, LONGEST)

    async def told(self) -> Listened:
        """What was heard so far."""
        kept = list(self._kept)
        read = await asyncio.to_thread(lambda: [self._read(one) if isinstance(one, _Raw) else one for one in kept])
        done = {one.number: one for one in read}
        self._kept = deque(done.get(one.number, one) for one in self._kept)
        notes = [f"{region}: {note}" for region, note in self._notes.items() if note]
        notes += [f"{region}: the link is cut: {ear.down}" for region, ear in self._ears.items() if ear.down]
        places = tuple(f"{post.gate.region} ({post.gate.url})" for post in self.posts)
        return Listened(self.vin, tuple(reversed(read)), self.since, self._count, places, tuple(notes))

    def _read(self, raw: _Raw) -> Overheard:
        before, found, after = raw.topic.partition(f"/{self.vin}/")
        suffix = after if found else before
        whole = raw.size <= LONGEST
        text = plain(raw.payload, suffix, whole=whole)
        return Overheard(raw.number, raw.at, raw.topic, suffix, raw.qos, raw.retain, raw.size, text, whole)

    async def aclose(self) -> None:
        """Let go of the links."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Listening:
    """Answers `Listen`: one vehicle at a time. posts: (vin, its region, empty when it is not known) -> where it can be
    heard; raises CdctlError when it cannot."""

    def __init__(self, posts: Callable[[str, str], Awaitable[Sequence[Post]]], clock: Clock) -> None:
        self._posts, self._clock = posts, clock
        self._rows = RowOf()
        self._hearing: Hearing | None = None
        self._key = ("", "")
        self._asked = 0.0
        self._leaving: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    @property
    def listens(self) -> bool:
        """Whether there are links now."""
        return self._hearing is not None

    async def answer(self, ask: Listen, seen: Snapshot) -> object:
        """Listened. Raises CdctlError."""
        key = (ask.vin, await asyncio.to_thread(self._region, ask.vin, seen))
        async with self._lock:
            self._asked = asyncio.get_running_loop().time()
            if self._hearing is None or self._key != key:
                await self._let_go()
                self._hearing, self._key = Hearing(ask.vin, await self._posts(*key), self._clock), key
                self._leaving = asyncio.create_task(self._leave())
                await self._hearing.ready()
            return await self._hearing.told()

    def _region(self, vin: str, seen: Snapshot) -> str:
        """Where it speaks; empty for everywhere, as of one that is not known, or speaks from two regions at once."""
        if isinstance(seen.fleet, Missing) or not isinstance(seen.fleet.vehicles, ColumnVehicles):
            return ""
        view = seen.fleet.vehicles.view
        row = self._rows.find(view.columns, vin)
        if not 0 <= row < view.n:
            return ""
        cells, _ = cells_of(view, row)
        return "" if cells.get("duplicate") == "yes" else str(cells.get("region") or "")

    async def _leave(self) -> None:
        """Let go when nobody has asked for a while."""
        loop = asyncio.get_running_loop()
        while (left := self._asked + LINGER - loop.time()) > 0:
            await asyncio.sleep(left)
        async with self._lock:
            hearing, self._hearing = self._hearing, None
        if hearing is not None:
            await hearing.aclose()

    async def _let_go(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        hearing, self._hearing = self._hearing, None
        if hearing is not None:
            await hearing.aclose()

    async def aclose(self) -> None:
        """Let go of what there is."""
        async with self._lock:
            await self._let_go()


def alone(filters: Sequence[Filter], of_all: Sequence[Filter]) -> bool:
    """Whether filters ask for one vehicle, and none of them is one by which the whole fleet is listened to."""
    whole = {one.topic for one in of_all}
    return bool(filters) and not any(one.topic in whole for one in filters)


def told_whole(filters: Sequence[Filter]) -> tuple[Filter, ...]:
    """The same as they show most: QoS as it was sent, and what the broker has kept."""
    return tuple(replace(one, qos=1, retained=True) for one in filters)
