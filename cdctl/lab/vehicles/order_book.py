"""Who takes what arrives for vehicles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class OrderBook(Protocol):
    """Takes the orders of a fleet."""

    def take(self, row: int, envelope: bytes, confirm: Callable[[], None]) -> bool:
        """A message for the vehicle `row` arrived. True: `confirm` is called when it is written down."""
        ...

    def back(self, row: int) -> None:
        """The vehicle `row` has a connection, for the first time or again."""
        ...


class Unmoved:
    """Vehicles that do nothing when ordered to."""

    def take(self, row: int, envelope: bytes, confirm: Callable[[], None]) -> bool:
        """Nothing happens."""
        return False

    def back(self, row: int) -> None:
        """There is nothing to tell."""
