"""A few connections over which many vehicles speak. They have no wills: somebody publishes their deaths."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import mqtt5
import numpy as np

from cdctl.lab.vehicles.columns import Ints
from cdctl.lab.vehicles.wire import Answered, Wire, hello
from cdctl.lab.vehicles.wording import Wording

Address = tuple[str, int]
"""Host and port."""

_RUN = 500
_HIGH_WATER = 1 << 20
_POLL_SECONDS = 0.002
_BACKOFF = (0.2, 5.0)
_KEEP_ALIVE = 30


@dataclass(slots=True)
class Counters:
    """What was moved. born: vehicles whose birth or death the broker has, by a flag each, [n]."""

    born: np.ndarray[tuple[int], np.dtype[np.bool_]]
    published: int = 0
    connects: int = 0
    cuts: int = 0
    orders: int = 0
    problems: list[str] = field(default_factory=list)


def pause(attempt: int) -> float:
    """Seconds until the next attempt to connect, with jitter."""
    least, most = _BACKOFF
    return random.uniform(0.5, 1.0) * min(most, least * 2.0**attempt)  # noqa: S311 - spreads a crowd, keeps no secret


class Chorus:
    """Connections to every broker of a fleet, `lines` to each."""

    def __init__(
        self,
        wording: Wording,
        addresses: Sequence[Address],
        counters: Counters,
        *,
        lines: int,
        online: Callable[[], np.ndarray[tuple[int], np.dtype[np.bool_]]],
        mine: Callable[[], Ints],
        hears: Sequence[str] = (),
        heard: Callable[[Wire, mqtt5.PublishPacket], bool] = lambda wire, packet: False,
    ) -> None:
        """addresses: of every vehicle's broker, [n]. online: who is, [n]. mine: rows whose birth is told over these
        lines, again after a broker forgot it. hears: topics that one line to every broker subscribes to; `heard` is
        told of what arrives."""
        self._hears = hears
        self._heard = heard
        self._wording = wording
        self._counters = counters
        self._online = online
        self._mine = mine
        places = sorted(set(addresses))
        self._lines = [(place, number) for place in places for number in range(lines)]
        place_of = np.array([places.index(one) for one in addresses], dtype=np.int64)
        self._line_of = place_of * lines + np.arange(len(addresses)) % lines
        self._wires: list[Wire | None] = [None] * len(self._lines)
        self._asked: list[list[Ints]] = [[] for _ in self._lines]
        self._owed: list[list[Answered]] = [[] for _ in self._lines]
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def open(self) -> None:
        """Begin to connect; births are told as soon as a line is up."""
        for number in range(len(self._lines)):
            self._spawn(self._connect(number))

    def _spawn(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, number: int) -> None:
        loop = asyncio.get_running_loop()
        (host, port), line = self._lines[number]
        for attempt in range(1 << 30):
            if self._closed:
                return
            wire = Wire(self, -1 - number, hello(f"fleet-lines-{line}", keep_alive=_KEEP_ALIVE))
            try:
                await loop.create_connection(lambda made=wire: made, host, port)  # type: ignore[misc]
            except OSError:
                await asyncio.sleep(pause(attempt))
                continue
            self._wires[number] = wire
            return

    def up(self, wire: Wire) -> None:
        """Tell the births of its vehicles."""
        number = -1 - wire.row
        if self._hears and self._lines[number][1] == 0:
            wire.subscribe(*self._hears)
        owed, self._owed[number] = self._owed[number], []
        for one in owed:
            wire.answer(*one)
        rows = self._mine()
        self.announce(rows[self._line_of[rows] == number])
        self._spawn(self._stay(wire))

    async def _stay(self, wire: Wire) -> None:
        while wire.accepted:
            await asyncio.sleep(_KEEP_ALIVE / 2)
            wire.ask()

    def announce(self, rows: Ints) -> None:
        """Have births and deaths of these vehicles retained; `Counters.born` says when it is done."""
        for number in np.unique(self._line_of[rows]).tolist():
            self._spawn(self._announce(number, rows[self._line_of[rows] == number]))

    async def _announce(self, number: int, rows: Ints) -> None:
        for start in range(0, len(rows), _RUN):
            wire = self._wires[number]
            if wire is None or wire.transport is None:
                return  # the next line tells them all again
            run = rows[start : start + _RUN]
            now, online = milliseconds(), self._online()[run].tolist()
            packets = [
                mqtt5.PublishPacket(
                    self._wording.topic(row, "birth"), self._wording.birth(row, now, online=there), retain=True
                ).write()
                for row, there in zip(run.tolist(), online, strict=True)
            ]
            wire.send(b"".join(packets))
            self._counters.published += len(packets)
            while wire.transport is not None and wire.transport.get_write_buffer_size() > _HIGH_WATER:
                await asyncio.sleep(_POLL_SECONDS)
            await asyncio.sleep(0)
        if wire := self._wires[number]:
            self._asked[number].append(rows)
            wire.ask()

    def passed(self, wire: Wire) -> None:
        """The broker has what was announced before."""
        number = -1 - wire.row
        if self._asked[number]:
            self._counters.born[self._asked[number].pop(0)] = True

    def say(self, row: int, kind: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """One message of a vehicle; lost when its line is down."""
        wire = self._wires[self._line_of[row]]
        if wire is None or not wire.accepted:
            return
        self._counters.published += 1
        topic = self._wording.topic(row, kind)
        if qos:
            wire.publish(topic, payload, retain=retain)
        else:
            wire.send(mqtt5.PublishPacket(topic, payload).write())

    def answer(self, row: int, topic: str, payload: bytes, correlation: bytes) -> bool:
        """A reply of a vehicle; false when its line is down."""
        wire = self._wires[self._line_of[row]]
        if wire is None or not wire.accepted:
            return False
        wire.answer(topic, payload, correlation)
        return True

    def acked(self, wire: Wire, number: int) -> None:
        """The broker has one more."""

    def arrived(self, wire: Wire, packet: mqtt5.PublishPacket) -> bool:
        """Something that `hears` names."""
        return self._heard(wire, packet)

    def lost(self, wire: Wire) -> None:
        """Connect again."""
        number = -1 - wire.row
        self._asked[number].clear()
        self._owed[number] += wire.owed()
        if self._wires[number] is wire:
            self._wires[number] = None
        if not self._closed:
            self._counters.cuts += 1
            self._spawn(self._again(number))

    async def _again(self, number: int) -> None:
        await asyncio.sleep(pause(0))
        await self._connect(number)

    async def close(self) -> None:
        """Say goodbye."""
        self._closed = True
        for task in list(self._tasks):
            task.cancel()
        for wire in self._wires:
            if wire is not None:
                wire.part()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def milliseconds() -> int:
    """Now, epoch milliseconds."""
    return time.time_ns() // 1_000_000
