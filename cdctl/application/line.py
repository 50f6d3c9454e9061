"""One connection of a region, and the broker that it goes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cdctl.domain.wire import Filter, Grant, Link, Listener, Message, Up

AT_ONCE = 8
"""Filters of one SUBSCRIBE: the least that a large public broker takes (AWS IoT)."""


@dataclass(slots=True)
class Feed:
    """One region's broker: as it is shown, how to open its n-th link, how many links it may have at once, and how many
    messages a second each of them may carry (None: no limit)."""

    region: str
    url: str
    open: Callable[[Listener, int], Link]
    connections: int = 1
    rate_cap: int | None = None


class Hub(Protocol):
    """Whom a connection tells: its region."""

    feed: Feed

    def arrived(self, messages: Sequence[Message]) -> None:
        """Messages came."""
        ...

    def line_up(self, line: Line, up: Up) -> None:
        """It is connected."""
        ...

    def line_down(self, line: Line, reason: str) -> None:
        """It is cut."""
        ...


class Line:
    """One connection of a region (port Listener)."""

    def __init__(self, region: Hub, number: int) -> None:
        self.number = number
        self.link = region.feed.open(self, number)
        self.down = ""
        self.vins: list[str] = []
        """Vehicles that are watched over this connection, each by its own topics."""
        self.on_messages = region.arrived  # not a method of its own: this is the hot path
        self._region = region

    def on_up(self, up: Up) -> None:
        """Connected, or connected again."""
        self.down = ""
        self._region.line_up(self, up)

    def on_down(self, reason: str) -> None:
        """Cut, or still away for another reason."""
        self.down = reason
        self._region.line_down(self, reason)

    def on_grants(self, grants: Sequence[Grant]) -> None:
        """Renewed by the link; whoever subscribes asks anew for everything, so there is nothing to add."""

    def loss(self, of: int) -> str:
        """What it means that this one of so many is gone."""
        lost = f", {len(self.vins):,} vehicle{'s' * (len(self.vins) != 1)} with it" if self.vins else ""
        return f"connection {self.number + 1} of {of} is cut{lost}: {self.down}"


async def ask(link: Link, filters: Sequence[Filter]) -> list[Grant]:
    """Subscribe, however many there are."""
    grants: list[Grant] = []
    for at in range(0, len(filters), AT_ONCE):
        grants += await link.subscribe(filters[at : at + AT_ONCE])
    return grants
