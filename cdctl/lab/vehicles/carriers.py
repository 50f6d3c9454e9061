"""What brings a story to brokers: a connection a vehicle, or a few that all share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import mqtt5
import numpy as np

from cdctl.lab.vehicles.chorus import Address, Chorus, Counters, milliseconds
from cdctl.lab.vehicles.columns import Ints
from cdctl.lab.vehicles.order_book import OrderBook, Unmoved
from cdctl.lab.vehicles.story import Second, Story
from cdctl.lab.vehicles.wire import Wire
from cdctl.lab.vehicles.wording import Wording

SHARED_LINES = 4


class Carrier(ABC):
    """Tells brokers what happens in a story."""

    def __init__(
        self, story: Story, wording: Wording, addresses: Sequence[Address], orders: OrderBook | None = None
    ) -> None:
        """addresses: of every vehicle's broker, [n]. orders: takes what is published on the vehicles' `cmd` topics."""
        self.orders: OrderBook = orders or Unmoved()
        self.story = story
        self.wording = wording
        self.addresses = addresses
        self.counters = Counters(np.zeros(story.who.size, dtype=bool))

    @property
    @abstractmethod
    def connected(self) -> int:
        """Vehicles that are connected now."""

    @property
    def settled(self) -> bool:
        """Whether brokers keep orders for all vehicles, as far as they do."""
        return True

    def visit(self) -> None:  # noqa: B027 - over shared lines there is nobody to know
        """Let brokers know of vehicles that were there before the lab, so that orders wait for them, too."""

    @abstractmethod
    async def open(self, first: Second) -> None:
        """Begin: births and deaths of all vehicles, as they are after the first second."""

    @abstractmethod
    def say(self, row: int, kind: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """One message of a vehicle that is connected."""

    @abstractmethod
    def answer(self, row: int, topic: str, payload: bytes, correlation: bytes) -> bool:
        """A vehicle's reply to an order; false when it has no connection."""

    @abstractmethod
    def come(self, row: int) -> None:
        """A vehicle connects."""

    @abstractmethod
    def leave(self, row: int) -> None:
        """A vehicle says goodbye."""

    @abstractmethod
    def cut(self, row: int) -> None:
        """A vehicle's connection is cut: its death is published by somebody else."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of all connections."""

    def live(self, second: Second) -> None:
        """Tell who comes and goes in one second of the story, and what happened to them."""
        now = milliseconds()
        for row in second.cut:
            self.cut(row)
        for row in second.left:
            self.leave(row)
        for row in second.came:
            self.come(row)
        for told in second.told:
            self.say(told.row, "event", self.wording.event(told, now))
            self.say(told.row, "birth", self.wording.birth(told.row, now), retain=True)

    def speak(self, rows: Sequence[int], second: int) -> None:
        """Telemetry of these vehicles."""
        for row, payload in self.wording.telemetry(rows, second, milliseconds()):
            self.say(row, "tele", payload, qos=0)


class Shared(Carrier):
    """All vehicles over a few connections."""

    def __init__(
        self, story: Story, wording: Wording, addresses: Sequence[Address], orders: OrderBook | None = None
    ) -> None:
        super().__init__(story, wording, addresses, orders)
        self._rows: dict[str, int] = {}
        self._chorus = Chorus(
            wording,
            addresses,
            self.counters,
            lines=SHARED_LINES,
            online=lambda: story.columns.linked,
            mine=lambda: np.arange(story.who.size),
            hears=wording.every("cmd") if orders else (),
            heard=self._heard,
        )

    @property
    def connected(self) -> int:
        """Vehicles that say they are."""
        return int(self.story.columns.linked.sum())

    async def open(self, first: Second) -> None:
        """All births over the shared lines."""
        self._chorus.open()

    def say(self, row: int, kind: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Over the line of this vehicle."""
        self._chorus.say(row, kind, payload, qos=qos, retain=retain)

    def answer(self, row: int, topic: str, payload: bytes, correlation: bytes) -> bool:
        """Over the line of this vehicle."""
        return bool(self.story.columns.linked[row]) and self._chorus.answer(row, topic, payload, correlation)

    def _heard(self, wire: Wire, packet: mqtt5.PublishPacket) -> bool:
        """An order. A vehicle that is away does not hear it; nobody keeps it."""
        if not self._rows:
            self._rows = {self.wording.topic(row, "cmd"): row for row in range(self.story.who.size)}
        row = self._rows.get(packet.topic, -1)
        if row < 0 or not self.story.columns.linked[row]:
            return False
        self.counters.orders += 1
        return self.orders.take(row, packet.payload, lambda: wire.confirm(packet))

    def come(self, row: int) -> None:
        """Its birth."""
        self.counters.connects += 1
        self.say(row, "birth", self.wording.birth(row, milliseconds()), retain=True)
        self.orders.back(row)

    def leave(self, row: int) -> None:
        """Its death."""
        self.say(row, "birth", self.wording.birth(row, milliseconds(), online=False), retain=True)

    def cut(self, row: int) -> None:
        """Its death, for the broker."""
        self.counters.cuts += 1
        self.leave(row)

    async def close(self) -> None:
        """Let go."""
        await self._chorus.close()


def away(story: Story) -> Ints:
    """Vehicles that have no connection in the story."""
    return np.flatnonzero(~story.columns.linked)
