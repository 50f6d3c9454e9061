"""Take in what vehicles say: brokers to columns. Runs in a process of its own; whoever looks reads the same memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cdctl.domain.fleet.batch import Batch
from cdctl.domain.fleet.columns import Columns, Counter
from cdctl.domain.wire import Filter, Grant, Link, Message, Up
from cdctl.errors import UnavailableError

if TYPE_CHECKING:
    from cdctl.domain.fleet.inventory import Inventory
    from cdctl.domain.fleet.speech import Speech
    from cdctl.domain.ports import Clock

QUIET = 0.3
"""Seconds without a retained message after which a broker has told all that it kept."""
SAMPLE = 1_000
"""Vehicles that are subscribed to one by one where a broker refuses wildcards."""
AT_ONCE = 8
"""Filters of one SUBSCRIBE: the least that a large public broker takes (AWS IoT)."""
LONGEST_PAUSE = 30.0


@dataclass(slots=True)
class Feed:
    """One region's broker, as it is shown, and how to open a link to it."""

    region: str
    url: str
    open: Callable[[_Region], Link]


@dataclass(slots=True)
class Expected:
    """What the inventory said: vehicles by region, as many as a sample needs, and how many there are."""

    known: bool = False
    sample: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    note: str = ""


class Ingest:
    """Links, speech and columns put together. One event loop, no thread."""

    def __init__(self, columns: Columns, speech: Speech, clock: Clock) -> None:
        self.columns = columns
        self.speech = speech
        self.clock = clock
        self.expected = Expected()

    def now_ms(self) -> int:
        """Our clock; those of vehicles are not trusted."""
        return round(self.clock.now() * 1000)

    async def run(self, feeds: Sequence[Feed], stop: asyncio.Event, inventory: Inventory | None = None) -> None:
        """Take in until `stop`. Raises UsageError when the settings of a broker cannot work at all; a broker that is
        away is a note, and is tried again for ever."""
        beat = asyncio.create_task(self._beat())
        regions = [_Region(self, feed) for feed in feeds]
        try:
            if inventory:
                await self._expect(inventory)
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(region.watch()) for region in regions]
                first = group.create_task(self._settle(regions))
                await stop.wait()
                for task in (*tasks, first):
                    task.cancel()
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        finally:
            beat.cancel()
            await asyncio.gather(*(region.close() for region in regions), return_exceptions=True)
            self.columns.beat(self.now_ms())

    async def _settle(self, regions: Sequence[_Region]) -> None:
        await asyncio.gather(*(region.first.wait() for region in regions))
        self.columns.settle()

    async def _beat(self) -> None:
        while True:
            self.columns.beat(self.now_ms())
            await asyncio.sleep(1)

    async def _expect(self, inventory: Inventory) -> None:
        self.columns.forget_inventory()
        try:
            async for run in inventory.vehicles():
                self.columns.expect(
                    [v.vin for v in run], [v.region for v in run], [v.model for v in run], [v.software for v in run]
                )
                for vehicle in run:
                    self.expected.counts[vehicle.region] = self.expected.counts.get(vehicle.region, 0) + 1
                    sample = self.expected.sample.setdefault(vehicle.region, [])
                    if len(sample) < SAMPLE:
                        sample.append(vehicle.vin)
            self.expected.known = True
        except UnavailableError as error:
            self.expected.note = f"inventory: {error.message}; vehicles never seen cannot be told"


class _Region:
    """One region: its link, what it subscribed to, and whether its first picture is whole (port Listener)."""

    def __init__(self, ingest: Ingest, feed: Feed) -> None:
        self._ingest = ingest
        self._feed = feed
        self._link: Link | None = None
        self._retained = 0.0
        self._subscribing: asyncio.Task[None] | None = None
        self.first = asyncio.Event()

    async def watch(self) -> None:
        """Connect, however long that takes; the link mends itself after that."""
        pause = 0.5
        self._link = self._feed.open(self)
        while True:
            try:
                await self._link.connect()
                break
            except UnavailableError as error:
                self.on_down(error.message)
                self.first.set()
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def close(self) -> None:
        """Stop listening."""
        if self._subscribing:
            self._subscribing.cancel()
        if self._link:
            await self._link.aclose()

    def on_messages(self, messages: Sequence[Message]) -> None:
        """Decode and keep. This is the hot path: one batch for all messages of a read."""
        batch = Batch()
        ingest = self._ingest
        ingest.speech.decode(messages, self._feed.region, batch)
        ingest.columns.count(Counter.RECEIVED, len(messages))
        ingest.columns.apply(batch, ingest.now_ms(), self._feed.region)
        if messages and messages[-1].retain:
            self._retained = asyncio.get_running_loop().time()

    def on_up(self, up: Up) -> None:
        """Connected: ask for what was kept, then for the stream."""
        self._subscribing = asyncio.get_running_loop().create_task(self._subscribe(up))

    def on_down(self, reason: str) -> None:
        """Cut: nobody can tell any more who is there."""
        if self._subscribing:
            self._subscribing.cancel()
        self._ingest.columns.link_down(self._feed.region, self._feed.url, self._ingest.now_ms(), reason)

    def on_grants(self, grants: Sequence[Grant]) -> None:
        """Renewed by the link; `on_up` asks anew for everything, so there is nothing to add."""

    async def _subscribe(self, up: Up) -> None:
        region, speech = self._feed.region, self._ingest.speech
        births = speech.births(region)
        kept = await self._ask(births)
        streamed = await self._ask(speech.stream(region))
        refused = _refused([*kept, *streamed])
        note = up.note
        if any(name for name in refused):
            note = await self._one_by_one(refused)
        self._ingest.columns.link_up(region, self._feed.url, self._ingest.now_ms(), note)
        await self._quiet()
        self.first.set()
        if up.version == 5 and not _refused(kept):
            # Taken at QoS 0, because a broker's queue for QoS 1 drops a large snapshot; from now on none may be lost.
            await self._ask([Filter(birth.topic, 1, retained=False) for birth in births])

    async def _ask(self, filters: Sequence[Filter]) -> list[Grant]:
        assert self._link is not None
        grants: list[Grant] = []
        for at in range(0, len(filters), AT_ONCE):
            grants += await self._link.subscribe(filters[at : at + AT_ONCE])
        return grants

    async def _quiet(self) -> None:
        loop = asyncio.get_running_loop()
        self._retained = max(self._retained, loop.time())
        while (left := self._retained + QUIET - loop.time()) > 0:
            await asyncio.sleep(left)

    async def _one_by_one(self, refused: Mapping[str, str]) -> str:
        """Some wildcards are refused: vehicles of the inventory by name, as far as that goes. Says what is left."""
        region, expected = self._feed.region, self._ingest.expected
        topic, reason = next(iter(refused.items()))
        why = f"the broker refuses {topic}{': ' + reason if reason else ''}"
        sample = expected.sample.get(region, [])
        if not sample:
            return f"{why}; nothing is heard on it: ask for the right to it, or name an inventory in the settings"
        births = self._ingest.speech.stream(region, sample)
        granted = [grant for grant in await self._ask(births) if grant.qos is not None]
        if not granted:
            return f"{why}, and each vehicle's own topics, too: nothing is heard"
        count = expected.counts[region]
        return f"{why}; {len(sample):,} of {count:,} vehicles of the inventory are watched one by one"


def _refused(grants: Sequence[Grant]) -> dict[str, str]:
    return {grant.topic: grant.reason for grant in grants if grant.qos is None}
