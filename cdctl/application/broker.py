"""What can be learnt of a broker by being its client: what it is, what it grants, and how quick it is."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cdctl.domain.wire import Filter, Publish
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cdctl.domain.ports import Progress
    from cdctl.domain.wire import Grant, Link, Listener, Message, Up

QUIET = 0.3
"""Seconds without news after which a broker has told what it keeps."""
SILENT = 2.0
"""Seconds after which a broker that said nothing will say nothing. Mosquitto forgets figures of `$SYS` that have not
changed for a minute, and tells them again when they do."""
_MOST = 5_000
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Gate:
    """One region's broker, as it is shown, and how to open a link to it. Opening raises UsageError and
    UnavailableError."""

    region: str
    url: str
    open: Callable[[Listener], Link]


@dataclass(slots=True)
class Ear:
    """A listener that hands on what comes and notes why the link went down (port Listener)."""

    take: Callable[[Sequence[Message]], None] = lambda _: None
    down: str = ""

    def on_messages(self, messages: Sequence[Message]) -> None:
        """Hand on."""
        self.take(messages)

    def on_up(self, up: Up) -> None:
        """The link renews what was subscribed to."""
        self.down = ""

    def on_down(self, reason: str) -> None:
        """Note why."""
        self.down = reason

    def on_grants(self, grants: Sequence[Grant]) -> None:
        """What was granted once is taken for granted."""


@asynccontextmanager
async def opened(gate: Gate, ear: Ear) -> AsyncIterator[tuple[Link, Up, float]]:
    """A link that is connected, what the broker announced, and the seconds that took; closed afterwards."""
    loop = asyncio.get_running_loop()
    link = gate.open(ear)
    try:
        began = loop.time()
        up = await link.connect()
        yield link, up, loop.time() - began
    finally:
        await link.aclose()


@dataclass(frozen=True, slots=True)
class Facts:
    """What one broker says of itself. sys: its `$SYS` topics and their texts, empty when it tells none, and then
    `silence` says why. error: why it could not be asked."""

    region: str
    url: str
    up: Up | None = None
    connected_s: float | None = None
    sys: dict[str, str] = field(default_factory=dict)
    silence: str = ""
    error: str = ""
    hint: str = ""


async def look(gate: Gate, seconds: float | None = None) -> Facts:
    """Connect and listen to `$SYS`: for so many seconds, or until it has told what it keeps. What fails is said, not
    raised."""
    told: dict[str, str] = {}
    loop = asyncio.get_running_loop()
    last = 0.0

    def take(messages: Sequence[Message]) -> None:
        nonlocal last
        last = loop.time()
        for message in messages:
            if len(told) < _MOST or message.topic in told:
                told[message.topic[:_LONGEST]] = message.payload[:_LONGEST].decode("utf-8", "replace")

    try:
        async with opened(gate, Ear(take)) as (link, up, took):
            (grant,) = await link.subscribe([Filter("$SYS/#")])
            if grant.qos is not None:
                end = loop.time() + (SILENT if seconds is None else seconds)
                while loop.time() < end and (seconds is not None or not (told and loop.time() - last > QUIET)):
                    await asyncio.sleep(0.05)
    except CdctlError as error:
        return Facts(gate.region, gate.url, error=error.message, hint=error.hint)
    refused = f"the broker refuses it{': ' + grant.reason if grant.reason else ''}"
    silence = "" if told else refused if grant.qos is None else "nothing came: it has none, or keeps it to itself"
    return Facts(gate.region, gate.url, up, took, told, silence)


@dataclass(slots=True)
class Pings:
    """Round trips through one broker at one QoS. seconds: of each in order, None for one that was lost. refused: what
    the broker said to a publish or subscription that it did not take."""

    region: str
    url: str
    qos: int
    seconds: list[float | None] = field(default_factory=list)
    refused: str = ""
    error: str = ""
    hint: str = ""

    @property
    def arrived(self) -> list[float]:
        """Those that came back, quickest first."""
        return sorted(one for one in self.seconds if one is not None)


@dataclass(frozen=True, slots=True)
class Pace:
    """How to ping. interval: seconds between two; timeout: seconds after which one is lost."""

    count: int = 10
    interval: float = 0.2
    timeout: float = 2.0


class Pinger:
    """Publishes to a topic of its own and hears itself, one message at a time: latency, not throughput."""

    def __init__(self, gate: Gate, root: str, pace: Pace, progress: Progress) -> None:
        self._gate, self._pace, self._progress = gate, pace, progress
        self._topic = f"{root}/ops/{gate.region}/ping/{uuid.uuid4().hex}"
        self._waiting: dict[bytes, asyncio.Future[float]] = {}
        self.results = [Pings(gate.region, gate.url, qos) for qos in (0, 1)]

    async def run(self) -> list[Pings]:
        """Both qualities of service, in turn. What fails is said, not raised."""
        try:
            async with opened(self._gate, Ear(self._heard)) as (link, _, _):
                (grant,) = await link.subscribe([Filter(self._topic, 1)])
                if grant.qos is None:
                    return self._all(f"subscribe refused{': ' + grant.reason if grant.reason else ''}")
                for number in range(self._pace.count):
                    for result in self.results:
                        await self._one(link, result, number)
                        self._progress.step(self._gate.region)
                    await asyncio.sleep(self._pace.interval if number < self._pace.count - 1 else 0)
                self._judge()
        except CdctlError as error:
            for result in self.results:
                result.error, result.hint = error.message, error.hint
        return self.results

    def _judge(self) -> None:
        """Whether the broker leaves out what it granted: some rules are applied to each message."""
        if not any(result.arrived or result.refused for result in self.results):
            room = self._topic.rpartition("/")[0]
            for result in self.results:
                result.refused = "it grants the subscription, but delivers nothing: its rules (an ACL) may forbid it"
                result.hint = f"ask for the right to read and write {room}/#"

    def _all(self, refused: str) -> list[Pings]:
        for result in self.results:
            result.refused = refused
        return self.results

    async def _one(self, link: Link, result: Pings, number: int) -> None:
        loop = asyncio.get_running_loop()
        payload = f"{result.qos}:{number}".encode()
        back = self._waiting[payload] = loop.create_future()
        began = loop.time()
        try:
            async with asyncio.timeout(self._pace.timeout):
                (receipt,) = await link.publish([Publish(self._topic, payload, result.qos)])
                if receipt.code is not None and receipt.code >= 128:
                    result.refused = f"publish refused{': ' + receipt.reason if receipt.reason else ''}"
                    result.seconds.append(None)
                    return
                result.seconds.append(await back - began)
        except TimeoutError:
            result.seconds.append(None)
        finally:
            self._waiting.pop(payload, None)

    def _heard(self, messages: Sequence[Message]) -> None:
        now = asyncio.get_running_loop().time()
        for message in messages:
            back = self._waiting.get(message.payload) if message.topic == self._topic else None
            if back and not back.done():
                back.set_result(now)


async def ping(gates: Sequence[Gate], root: str, pace: Pace, progress: Progress) -> list[Pings]:
    """Ping through every broker at once."""
    progress.start("pinging", len(gates) * 2 * pace.count)
    found = await asyncio.gather(*(Pinger(gate, root, pace, progress).run() for gate in gates))
    return [one for some in found for one in some]


async def look_at_all(gates: Sequence[Gate], seconds: float | None = None) -> list[Facts]:
    """Look at every broker at once."""
    return list(await asyncio.gather(*(look(gate, seconds) for gate in gates)))
