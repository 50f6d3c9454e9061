"""Puts the reference vehicle together: what takes the orders of one fleet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cdctl.errors import FileError
from cdctl.lab.healed import FILE as HEALED
from cdctl.lab.healed import Healed
from cdctl.lab.order_counts import FILE, OrderCounts
from cdctl.lab.vehicles.body import Bodies
from cdctl.lab.vehicles.chorus import milliseconds
from cdctl.lab.vehicles.envelopes import Known
from cdctl.lab.vehicles.judging import Judge
from cdctl.lab.vehicles.keys import vehicle_key
from cdctl.lab.vehicles.ledger import Entry, Ledger
from cdctl.lab.vehicles.orders import Orders
from cdctl.lab.vehicles.posting import OTLP, Posting
from cdctl.lab.vehicles.records import Records
from cdctl.lab.vehicles.replying import Answer, Replies
from cdctl.lab.vehicles.running import Job, World
from cdctl.lab.vehicles.spans import Spans
from cdctl.lab.vehicles.story import Story
from cdctl.lab.vehicles.troubles import OUTCOMES, Troubles
from cdctl.lab.vehicles.wording import Wording

LEDGER = "ledger.jsonl"
_SPANS_WAIT = 1.0
"""Seconds that spans are collected before they are sent."""
_LOOKS_AGAIN = 500
"""Milliseconds until the trust file is looked at again."""


@dataclass(frozen=True, slots=True)
class About:
    """What orders need to know of a fleet. trust: the operators' keys, read again when that file changes. begin: epoch
    seconds to which the scenario's times are relative. pace: what a second of a task takes. platform: the folder of the
    platform, whose metrics and spans tell of orders, too; None: nobody's."""

    trust: Path
    begin: int
    restart: Callable[[int, float], None]
    pace: float = 1.0
    platform: Path | None = None


class Ordering:
    """Everything that orders of one fleet need, in the folder of that fleet."""

    def __init__(self, folder: Path, story: Story, wording: Wording, seed: int, about: About) -> None:
        self.records = Records(folder)
        self._ledger = Ledger(folder / LEDGER, milliseconds())
        self._replies = Replies(lambda row: vehicle_key(seed, story.who.vins[row]))
        self._story = story
        self._healed = Healed(about.platform / HEALED, story.scenario) if about.platform else None
        self._counts = OrderCounts(about.platform / FILE, story.scenario) if about.platform else None
        self._spans = Spans(Posting(about.platform / OTLP).post, self._attributes) if about.platform else None
        bodies = Bodies(story, self._ledger, seed)
        wording.more = lambda row: bodies.told(row, milliseconds())
        world = World(
            lambda row: wording.secure_clock(row, milliseconds()),
            milliseconds,
            Troubles(story, about.begin, time.time),
            about.restart,
            self._ended,
            about.pace,
        )
        judge = Judge(_Trusted(about.trust), self._ledger, bodies, wording.head)
        self.orders = Orders(judge, bodies, self._ledger, self.records, self._replies, world)
        self._rows = {vin: row for row, vin in enumerate(story.who.vins)} if self._ledger.interrupted else {}

    def _ended(self, row: int, entry: Entry, job: Job | None) -> None:
        if self._counts is not None:
            self._counts.count(int(self._story.who.region[row]), OUTCOMES.get(entry.state, ""))
        if self._healed is not None and job is not None and job.command == "parameter.set":
            for number, share in enumerate(self._story.healed()):
                self._healed.tell(number, share)
        if self._spans is not None and job is not None:
            if not self._spans.waiting:
                asyncio.get_running_loop().call_later(_SPANS_WAIT, self._spans.flush)
            self._spans.ended(row, entry, job.parent, job.command, job.at, milliseconds())

    def _attributes(self, row: int) -> Mapping[str, str]:
        who, scenario = self._story.who, self._story.scenario
        return {
            "region": scenario.regions[who.region[row]].name,
            "vehicle.id": who.vins[row],
            "vehicle.model": scenario.models[who.model[row]].name,
            "vehicle.software": who.versions[self._story.columns.software[row]],
        }

    def open(self, answer: Answer) -> None:
        """Vehicles may speak from now on; what was interrupted is told as soon as each has a connection."""
        self._replies.answer = answer
        for entry in self._ledger.interrupted:
            row = self._rows[entry.vin]
            self._replies.say(row, entry)
            for twin in entry.twins:
                self._replies.say(row, entry, duplicate=True, order=self._ledger.get(entry.vin, twin))
        self._replies.send()

    def close(self) -> None:
        """Let go of all files."""
        self.orders.close()
        if self._spans is not None:
            self._spans.flush()
        self._ledger.close()
        self.records.close()


class _Trusted:
    """Who is trusted now."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = Known()
        self._seen = (0, 0)
        self._due = 0

    def __call__(self) -> Known:
        now = milliseconds()
        if now >= self._due:
            self._due = now + _LOOKS_AGAIN
            self._look()
        return self._known

    def _look(self) -> None:
        try:
            found = self._path.stat()
            seen = (found.st_mtime_ns, found.st_size)
            if seen != self._seen:
                self._known, self._seen = Known.read(self._path), seen
        except (OSError, FileError):
            return  # it is being written: what was trusted before holds until it can be read
