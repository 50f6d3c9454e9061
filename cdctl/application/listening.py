"""One region listened to: its connections, what they subscribe to, and what is left where a broker refuses."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cdctl.application.blindness import Blindness
from cdctl.application.gather import Gather
from cdctl.application.line import Feed, Line, ask
from cdctl.application.losses import Losses
from cdctl.application.system_topics import SystemTopics
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.wire import Filter, Link, Message, Up
from cdctl.errors import UnavailableError

if TYPE_CHECKING:
    from cdctl.application.taker import Taker
    from cdctl.domain.fleet.reading import Heard

QUIET = 0.3
"""Seconds without a retained message after which a broker has told all that it kept."""
SAMPLE = 1_000
"""Vehicles that one connection subscribes to one by one where a broker refuses wildcards."""
BUSY = 8
"""SUBSCRIBEs of one connection that wait for their answer at once: far away a thousand would take a minute in turn."""
LONGEST_PAUSE = 30.0
SUBSCRIBING = "subscribing"


class Region:
    """One region: its lines, what they subscribed to, and whether its first picture is whole. The first line has the
    wildcards; more are there where vehicles must be watched one by one."""

    def __init__(self, ingest: Taker, feed: Feed) -> None:
        self.feed = feed
        self.first = asyncio.Event()
        self.reached = False
        """Whether the broker was ever connected to."""
        self._ingest = ingest
        self._gather = Gather(self._take)
        self.lines: list[Line] = []
        self._system = SystemTopics()
        self._blindness = Blindness(ingest, feed.region, self._system)
        self._losses = Losses(ingest.columns, self._system, feed.rate_cap)
        self._subscribing: asyncio.Task[None] | None = None
        self._subscribed = False
        self._notes: list[str] = []
        self._sparse = ""
        self._kept_at = 0.0
        self._heard: Heard = "all"
        self._group = f"cdctl-{uuid.uuid4().hex[:12]}"
        self._shown: str | None = None

    async def watch(self) -> None:
        """Connect, however long that takes; the link mends itself after that."""
        pause = 0.5
        board = self._columns.links
        board.put(board.number(self.feed.region), False, 0, self.feed.url, "not connected yet", False)
        self.lines = [first := Line(self, 0)]
        while True:
            try:
                await first.link.connect()
                break
            except UnavailableError as error:
                first.on_down(error.message)
                self.first.set()
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def overdue(self, seconds: float) -> None:
        """The picture is shown without this region if its broker has not answered at all so far."""
        if not self.reached and not self.first.is_set():
            board = self._columns.links
            why = f"the broker has not answered within {seconds:g} s"
            board.put(board.number(self.feed.region), False, 0, self.feed.url, why, False)

    async def close(self) -> None:
        """Stop listening."""
        self._gather.flush()
        self._losses.close()
        if self._subscribing:
            self._subscribing.cancel()
        await asyncio.gather(*(line.link.aclose() for line in self.lines), return_exceptions=True)
        self._gather.close()

    def arrived(self, messages: Sequence[Message]) -> None:
        """What any line brings."""
        self._gather.add(self._system.sift(messages) if self._system.asking else messages)

    def line_up(self, line: Line, up: Up) -> None:
        """Ask for what was kept, then for the stream. Further lines renew what they had by themselves."""
        self.reached = True
        self._blindness.heard()
        if line.number == 0:
            self._subscribing = asyncio.get_running_loop().create_task(self._subscribe(line.link, up))
        elif self._subscribed:
            self._show()

    def line_down(self, line: Line, reason: str) -> None:
        """Nobody can tell any more who is there: in the whole region, or, when it was one connection of several, of the
        vehicles that it watched. One that shares the stream with others watched none: presence comes over the first."""
        self._gather.flush()
        self._blindness.cut(alone=len(self.lines) == 1)
        if line.number:
            self._columns.lose_some(self.feed.region, line.vins, self._ingest.now_ms())
            if self._subscribed:
                self._show()
            return
        self._columns.link_down(self.feed.region, self.feed.url, self._ingest.now_ms(), reason)
        self._shown = None
        self._subscribed = False
        self._losses.cut()
        if self._subscribing:
            self._subscribing.cancel()

    def beat(self, slow: bool) -> None:
        """About once a second: what changes by itself. `slow`: we could not keep up just now."""
        self._losses.beat([line.link for line in self.lines], slow, self._subscribed)
        if self._subscribed:
            self._show()

    @property
    def _columns(self) -> Columns:
        return self._ingest.columns

    def _take(self, messages: Sequence[Message]) -> None:
        batch = self._ingest.take(messages, self.feed.region)
        self._blindness.heard()
        if batch.retained or any(standing.retained for standing in batch.standings):
            self._kept_at = asyncio.get_running_loop().time()

    async def _subscribe(self, link: Link, up: Up) -> None:
        region, speech = self.feed.region, self._ingest.speech
        births = speech.births(region)
        self._notes, self._sparse, self._kept_at, self._heard = [], "", 0.0, "all"
        if births:
            await self._blindness.ask(link)
        self._show(SUBSCRIBING)
        kept = await ask(link, births)
        # A broker of MQTT 3.1.1 would send all that it kept again, and drop most of it from a queue of QoS 1.
        again = set() if up.version == 5 else {birth.topic for birth in births}
        stream = [wanted for wanted in speech.stream(region) if wanted.topic not in again]
        streamed = await ask(link, stream)
        refused = {grant.topic: grant.reason for grant in (*kept, *streamed) if grant.qos is None}
        self._notes = [note for note in (up.note, await self._one_by_one(refused) if refused else "") if note]
        if self.feed.rate_cap and self.feed.connections > 1 and up.shared and up.version == 5 and not refused:
            await self._share([wanted for wanted in stream if not wanted.qos])
        self._subscribed = True
        self.beat(False)  # what was dropped before is not our loss
        await self._first_picture(up, whole=not refused)
        self._show()
        self.first.set()

    async def _first_picture(self, up: Up, *, whole: bool) -> None:
        loop, promised = asyncio.get_running_loop(), self._ingest.speech.promises.retained_births
        if self._heard == "nothing":
            return
        if promised and up.retain:
            begin = loop.time()
            while (left := max(self._kept_at, begin) + QUIET - loop.time()) > 0:
                await asyncio.sleep(left)
            if whole and not self._kept_at:
                self._sparse = "the broker had kept no births"
            return
        self._sparse = "this broker keeps no births" if promised else "this protocol has no births that are kept"
        end = loop.time() + self._ingest.listen
        while loop.time() < end:
            heard, known = self._ingest.heard(self.feed.region)
            if self._ingest.expecting and heard == known:
                break
            await asyncio.sleep(0.1)

    async def _one_by_one(self, refused: Mapping[str, str]) -> str:
        """Some wildcards are refused: vehicles by name, as far as that goes. Says what is left."""
        self._heard = "part"
        topic, reason = next(iter(refused.items()))
        why = f"the broker refuses {topic}{': ' + reason if reason else ''}"
        await self._ingest.listed.wait()
        vins, count = self._ingest.chosen(self.feed.region, SAMPLE * self.feed.connections)
        if not vins:
            self._heard = "nothing"
            return f"{why}; nothing is heard: ask for the right to it, or name an inventory in the settings"
        lines = await self._enough_lines(-(-len(vins) // SAMPLE))
        del vins[SAMPLE * len(lines) :]
        for line in self.lines:
            line.vins = []
        shares = [(line, vins[at :: len(lines) * BUSY]) for at, line in enumerate(lines * BUSY)]
        watched = sum(await asyncio.gather(*(self._by_name(line, share) for line, share in shares)))
        if not watched:
            self._heard = "nothing"
            return f"{why}, and each vehicle's own topics, too: nothing is heard"
        return f"{why}; {watched:,} of {count:,} vehicles watched, each by its own topics"

    async def _share(self, stream: Sequence[Filter]) -> None:
        """One connection may carry only so much: the broker deals what comes in masses out to all we may have. Two
        words of one vehicle may change places by that, within moments."""
        shared = [replace(wanted, topic=f"$share/{self._group}/{wanted.topic}") for wanted in stream]
        lines = await self._enough_lines(self.feed.connections)
        grants = [grant for line in lines for grant in await ask(line.link, shared)]
        if all(grant.qos is not None for grant in grants):
            await self.lines[0].link.unsubscribe([wanted.topic for wanted in stream])
        else:  # what was granted of it would come twice
            for line in lines:
                await line.link.unsubscribe([wanted.topic for wanted in shared])

    async def _enough_lines(self, number: int) -> list[Line]:
        """As many connections as that takes, or as the broker gives us."""
        while len(self.lines) < number:
            line = Line(self, len(self.lines))
            try:
                await line.link.connect()
            except BaseException as error:
                await line.link.aclose()
                if isinstance(error, UnavailableError):
                    break
                raise
            self.lines.append(line)
        return self.lines[:number]

    async def _by_name(self, line: Line, vins: Sequence[str]) -> int:
        """Subscribe to vehicles one by one; how many of them were granted."""
        line.vins += vins
        granted = 0
        for vin in vins:
            # What is kept of each is asked for, too: there is no other way to learn of it.
            wanted = [replace(one, retained=True) for one in self._ingest.speech.stream(self.feed.region, [vin])]
            granted += any(grant.qos is not None for grant in await ask(line.link, wanted))
        return granted

    def _show(self, first: str = "") -> None:
        """The link is up, and what is degraded: said when it is news."""
        heard, known = self._ingest.heard(self.feed.region) if self._sparse else (0, 0)
        count = f"{heard:,} of {known:,}" if self._ingest.expecting else f"{heard:,}"
        cut = [line.loss(len(self.lines)) for line in self.lines[1:] if line.down]
        notes = [
            first,
            *self._notes,
            f"{self._sparse}; vehicles heard of so far: {count}" if self._sparse else "",
            self._blindness.note(),
            self._losses.note(),
            *cut,
        ]
        shown = "; ".join(note for note in notes if note)
        if shown != self._shown:
            self._shown = shown
            columns, feed = self._columns, self.feed
            columns.link_up(
                feed.region,
                feed.url,
                self._ingest.now_ms(),
                shown,
                continuous=self._blindness.continuous,
                heard="part" if cut and self._heard == "all" else self._heard,
            )
