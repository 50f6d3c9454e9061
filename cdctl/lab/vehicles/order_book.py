"""Who takes what arrives for vehicles."""

from __future__ import annotations

from typing import Protocol


class OrderBook(Protocol):
    """Takes the orders of a fleet."""

    def take(self, row: int, envelope: bytes) -> None:
        """A message for the vehicle `row` arrived."""
        ...

    def back(self, row: int) -> None:
        """The vehicle `row` has a connection, for the first time or again."""
        ...


class Unmoved:
    """Vehicles that do nothing when ordered to."""

    def take(self, row: int, envelope: bytes) -> None:
        """Nothing happens."""

    def back(self, row: int) -> None:
        """There is nothing to tell."""
