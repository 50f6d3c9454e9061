"""What can be asked of a fleet, and what comes back: the port `Fleet`, kept by the local columns and by a collector."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Cell = str | float | int | bool | None
"""One value of a table. None: not known."""
Heard = Literal["all", "part", "nothing"]
"""How much of what we ask for a broker lets us hear."""

MOST_FOLLOWED = 1_000
"""Rows of a page that is followed: what a viewer shows, not what it exports."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which vehicles, what of them. where: text in the selection language, empty for all. columns: names of columns.
    sort: a column, with "-" before it for descending; empty keeps the order of first sight. limit: None for all."""

    where: str = ""
    columns: tuple[str, ...] = ()
    sort: str = ""
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class LinkState:
    """How one region's link is. up: connected and subscribed. `since` epoch seconds. note: what is degraded, a line.
    heard: what the broker lets us hear while it is up."""

    region: str
    url: str
    up: bool
    since: float
    note: str = ""
    heard: Heard = "all"


@dataclass(frozen=True, slots=True)
class FleetStatus:
    """How fresh and whole the picture is. Every view shows it.

    at: epoch seconds of this answer. vehicles: rows; never_seen: in the inventory, silent so far. online, offline,
    unknown: rows by presence. snapshot_age: seconds since the snapshot that the rows came from, None when all are live.
    received, decoded, dropped, malformed: messages in all; rate: received a second, over the last second.
    malformed_by: reason -> count. settled: the first picture is complete. links: one a region. notes: what is missing
    and what that means, a line each. stalled: whoever takes in, or whoever tells us of it, is not heard any more.
    """

    at: float
    vehicles: int = 0
    never_seen: int = 0
    online: int = 0
    offline: int = 0
    unknown: int = 0
    snapshot_age: float | None = None
    received: int = 0
    decoded: int = 0
    dropped: int = 0
    malformed: int = 0
    rate: float = 0.0
    malformed_by: Mapping[str, int] = field(default_factory=dict)
    malformed_example: str = ""
    settled: bool = False
    links: tuple[LinkState, ...] = ()
    notes: tuple[str, ...] = ()
    stalled: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a query. matched: how many vehicles match in all. left_out: field -> how many vehicles a term about it
    could not judge, because they never told. rows: one a vehicle, cells in the order of `columns`."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    matched: int
    left_out: Mapping[str, int]
    status: FleetStatus


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts by group. by: the columns grouped by. rows: the group's values, then vehicles, online, offline and
    unknown ones."""

    by: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    matched: int
    left_out: Mapping[str, int]
    status: FleetStatus


@dataclass(frozen=True, slots=True)
class Happening:
    """One change: a birth, a death, an event, or a vehicle that began or ceased to match. at: epoch seconds, when it
    reached us. kind: "online", "offline", "unknown", "dtc.set", "matched", "unmatched"..."""

    at: float
    vin: str
    region: str
    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """Everything known of one vehicle: its cells by column name, its trouble codes, its last happenings."""

    vin: str
    cells: Mapping[str, Cell]
    dtcs: tuple[str, ...]
    happenings: tuple[Happening, ...]
    status: FleetStatus


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of one group, from the history. start: epoch seconds."""

    start: int
    group: tuple[str, ...]
    vehicles: int
    online: int
    messages: int
    events: int


class Fleet(Protocol):
    """A fleet that can be asked. Raises SelectionError (a UsageError) for a filter that is wrong, UnavailableError when
    nobody can tell."""

    async def settle(self, timeout: float) -> FleetStatus:
        """Wait until the first picture is complete or `timeout` seconds are over; says which."""
        ...

    async def status(self) -> FleetStatus:
        """How fresh and whole the picture is."""
        ...

    async def find(self, query: Query) -> Page:
        """Vehicles that match."""
        ...

    async def tally(self, where: str, by: Sequence[str]) -> Tally:
        """Counts by group, most vehicles first."""
        ...

    async def card(self, vin: str) -> Card | None:
        """One vehicle, None when there is no such row."""
        ...

    def watch(self, where: str) -> AsyncIterator[Sequence[Happening]]:
        """Happenings of matching vehicles from now on, in runs, at most one run each half second."""
        ...

    def follow(self, query: Query) -> AsyncIterator[Page]:
        """The page of a query, at once and then as it changes: at most two a second, of at most MOST_FOLLOWED rows.

        A viewer that is slow misses pages, it never gets old ones. While nobody can be reached the last page comes
        again, with a note that says so; UnavailableError is raised when there never was one, or never will be again.
        """
        ...

    def follow_tally(self, where: str, by: Sequence[str]) -> AsyncIterator[Tally]:
        """The same for counts by group."""
        ...

    async def history(self, where: str, since: float) -> tuple[float | None, Sequence[Happening], Sequence[Minute]]:
        """What is kept: since when (None: nothing is), the happenings and the minutes since then."""
        ...

    async def aclose(self) -> None:
        """Let go of processes and connections."""
        ...
