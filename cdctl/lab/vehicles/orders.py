"""What a reference vehicle does with what arrives on its own topics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import mqtt5

Reply = Callable[[str, bytes], object]
"""Publishes a payload on a topic at QoS 1, as the vehicle."""


class OrderBook(Protocol):
    """Takes the orders of a fleet."""

    def take(self, row: int, order: mqtt5.PublishPacket, reply: Reply) -> None:
        """An order for the vehicle `row` arrived."""
        ...


class Unmoved:
    """Vehicles that do nothing when ordered to."""

    def take(self, row: int, order: mqtt5.PublishPacket, reply: Reply) -> None:
        """Nothing happens."""
