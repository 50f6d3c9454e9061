"""A connection of its own for every vehicle, with a will: cut without a word, its broker tells the fleet."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import mqtt5
import msgspec
import numpy as np

from cdctl.lab.vehicles.carriers import Carrier, away
from cdctl.lab.vehicles.chorus import Address, Chorus, milliseconds, pause
from cdctl.lab.vehicles.order_book import OrderBook
from cdctl.lab.vehicles.story import Second, Story
from cdctl.lab.vehicles.wire import Answered, Wire, hello
from cdctl.lab.vehicles.wording import Wording
from cdctl.protocols.native import BirthPayload

MOST = 5_000
"""Vehicles that get a connection each."""
_SESSION = 7200
"""Seconds that a broker keeps orders for a vehicle that is away."""
_AT_ONCE = 64
"""Connections that are being made: a broker's queue of those it has not accepted holds a hundred."""


class Singles(Carrier):
    """Vehicles as they are in life. What the story says, each vehicle tries until it is so."""

    def __init__(
        self, story: Story, wording: Wording, addresses: Sequence[Address], orders: OrderBook | None = None
    ) -> None:
        super().__init__(story, wording, addresses, orders)
        self._visits: set[int] = set()
        self._wires: list[Wire | None] = [None] * story.who.size
        self._wanted = np.zeros(story.who.size, dtype=bool)
        self._fresh = np.zeros(story.who.size, dtype=bool)
        self._owed: dict[int, list[Answered]] = {}
        self._births: dict[tuple[int, int], None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._closed = False
        self._decode = msgspec.json.Decoder(BirthPayload).decode
        self._chorus = Chorus(
            wording,
            addresses,
            self.counters,
            lines=1,
            online=lambda: story.columns.linked,
            mine=lambda: away(story),
        )

    @property
    def connected(self) -> int:
        """Vehicles that the broker let in."""
        return sum(wire is not None and wire.accepted for wire in self._wires)

    async def open(self, first: Second) -> None:
        """Those that are awake connect; for the others their last word is retained."""
        self._chorus.open()
        for row in np.flatnonzero(self.story.columns.linked).tolist():
            self.come(row)

    def visit(self) -> None:
        """Those that are away connect for a moment."""
        self._visits = set(away(self.story).tolist())
        for row in list(self._visits):
            self._spawn(self._visit(row))

    @property
    def settled(self) -> bool:
        """Whether brokers know of all vehicles."""
        return not self._visits

    async def _visit(self, row: int) -> None:
        """Have the broker keep what is sent to a vehicle that has been there before the lab was: it hears of nothing
        until it wakes up."""
        async with self._gate:
            if not self._wanted[row] and self._wires[row] is None:
                self._fresh[row] = True
                if await self._attempt(row):
                    return
        self._visits.discard(row)

    def come(self, row: int) -> None:
        """Connect, and go on trying."""
        self._wanted[row] = self._fresh[row] = True
        if self._wires[row] is None:
            self._spawn(self._connect(row))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, row: int, wait: float = 0.0) -> None:
        if wait:
            await asyncio.sleep(wait)
        attempt = 0
        while self._wanted[row] and self._wires[row] is None and not self._closed:
            async with self._gate:
                if await self._attempt(row):
                    return
            attempt += 1
            await asyncio.sleep(pause(attempt))

    async def _attempt(self, row: int) -> bool:
        if not self._fresh[row]:
            self.story.columns.seq[row] += 1
        self._fresh[row] = False
        will = mqtt5.Will(
            self.wording.topic(row, "birth"),
            payload=self.wording.birth(row, milliseconds(), online=False),
            qos=mqtt5.QoS.AT_LEAST_ONCE,
            retain=True,
        )
        wire = self._wires[row] = Wire(self, row, hello(self.story.who.vins[row], will, session=_SESSION))
        host, port = self.addresses[row]
        try:
            await asyncio.get_running_loop().create_connection(lambda: wire, host, port)
        except OSError:
            self._wires[row] = None
            return False
        return True

    def up(self, wire: Wire) -> None:
        """Connected: subscribe, and tell the birth."""
        row = wire.row
        if not self._wanted[row]:
            wire.subscribe(self.wording.topic(row, "cmd"))
            self.leave(row)
            return
        self.counters.connects += 1
        if self._fresh[row]:  # it was to come again meanwhile: the will still has the number of the time before
            wire.cut()
            return
        wire.subscribe(self.wording.topic(row, "cmd"), fleeting=[self.wording.topic(row, "birth")])
        self._bear(wire)
        for one in self._owed.pop(row, ()):
            wire.answer(*one)
        self.orders.back(row)

    def _bear(self, wire: Wire) -> None:
        birth = self.wording.birth(wire.row, milliseconds())
        self.counters.published += 1
        number = wire.publish(self.wording.topic(wire.row, "birth"), birth, retain=True)
        if not self.counters.born[wire.row]:
            self._births[wire.row, number] = None

    def acked(self, wire: Wire, number: int) -> None:
        """The broker has it; a birth is retained then."""
        if (wire.row, number) in self._births:
            del self._births[wire.row, number]
            self.counters.born[wire.row] = True

    def arrived(self, wire: Wire, packet: mqtt5.PublishPacket) -> bool:
        """An order, or what was published as its own birth: a death that came late is answered by a birth."""
        if packet.topic.endswith("/cmd"):
            self.counters.orders += 1
            return self.orders.take(wire.row, packet.payload, lambda: wire.confirm(packet))
        try:
            told = self._decode(packet.payload)
        except msgspec.MsgspecError:
            return False
        if not told.online and self._wanted[wire.row]:
            self._bear(wire)
        return False

    def passed(self, wire: Wire) -> None:
        """Vehicles do not ask."""

    def lost(self, wire: Wire) -> None:
        """Connect again, unless it was to be so."""
        row = wire.row
        self._visits.discard(row)
        if owed := wire.owed():
            self._owed.setdefault(row, []).extend(owed)
        if self._wires[row] is not wire:
            return
        self._wires[row] = None
        if not self._closed and self._wanted[row]:
            self.counters.cuts += 1
            self._spawn(self._connect(row, 0.0 if self._fresh[row] else pause(0)))

    def answer(self, row: int, topic: str, payload: bytes, correlation: bytes) -> bool:
        """Over its own connection."""
        wire = self._wires[row]
        if wire is None or not wire.accepted:
            return False
        wire.answer(topic, payload, correlation)
        return True

    def say(self, row: int, kind: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Over its own connection; lost while there is none."""
        wire = self._wires[row]
        if wire is None or not wire.accepted:
            return
        self.counters.published += 1
        topic = self.wording.topic(row, kind)
        if qos:
            wire.publish(topic, payload, retain=retain)
        else:
            wire.send(mqtt5.PublishPacket(topic, payload).write())

    def leave(self, row: int) -> None:
        """A last word, and a proper end."""
        self._wanted[row] = False
        self.say(row, "birth", self.wording.birth(row, milliseconds(), online=False), retain=True)
        if wire := self._drop(row):
            wire.part()

    def cut(self, row: int) -> None:
        """No word: the broker finds out, and publishes the will."""
        self._wanted[row] = False
        if wire := self._drop(row):
            self.counters.cuts += 1
            wire.cut()

    def _drop(self, row: int) -> Wire | None:
        """Forget a connection that the broker has let in; one that is on its way ends when it is up."""
        wire = self._wires[row]
        if wire is None or not wire.accepted:
            return None
        wire.accepted = False
        self._wires[row] = None
        return wire

    async def close(self) -> None:
        """All vehicles go without a word."""
        self._closed = True
        for task in list(self._tasks):
            task.cancel()
        for wire in self._wires:
            if wire is not None:
                wire.cut()
        await self._chorus.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
