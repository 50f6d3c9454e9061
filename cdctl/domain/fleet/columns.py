"""The fleet in columns: one row a vehicle, in memory that one process writes and any number read.

A row is never removed and never moves, so its number is a vehicle's handle for as long as the memory lives. Reading is
never blocked and never blocks: `generation` is odd while a batch is being taken in (see `FleetView`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum, IntFlag
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.batch import Batch
from cdctl.domain.fleet.layout import Buffer, Layout


class Flag(IntFlag):
    """Marks of a row."""

    INVENTORY = 1  # the inventory says it should exist
    SNAPSHOT = 2  # what is known was read from disk; the stream has not spoken of it yet
    SEEN = 4  # something was heard from it (not only a retained message of the broker), now or before the snapshot
    TOLD = 8  # its presence was told live by a birth or death since it was last unknown
    DUPLICATE = 16  # speaks from two regions at once
    WAS_ONLINE = 32  # its state before nobody could tell
    WAS_OFFLINE = 64


class Counter(IntEnum):
    """Places of the counters in the header. All grow only, and start at 0 with the process that takes in."""

    RECEIVED = 0
    BYTES = 1
    DECODED = 2
    DROPPED = 3
    MALFORMED = 4
    IGNORED = 5
    TELEMETRY = 6
    STANDINGS = 7
    EVENTS = 8
    LATE = 9  # births and deaths that an newer one had overtaken
    MOVED = 10
    DUPLICATES = 11
    TABLE_FULL = 12  # a string found no place in its table and is counted as "(other)"
    FULL = 13  # messages of vehicles beyond the capacity


class Columns:
    """Views on a buffer. `Columns(layout, buffer)` starts an empty fleet in a zeroed buffer, or takes up the one that
    is there; `Columns.attach(buffer)` only takes up. Arrays have `capacity` places; the first `rows` are in use.

    ids S40[capacity] and so on: see `layout`. Only one process may call the methods that change something.
    """

    def __init__(self, layout: Layout, buffer: Buffer) -> None:
        raise NotImplementedError

    @classmethod
    def attach(cls, buffer: Buffer) -> Columns:
        """The fleet that another process keeps in this memory. Raises UsageError when there is none."""
        raise NotImplementedError

    layout: Layout
    ids: NDArray[np.bytes_]
    region: NDArray[np.uint16]
    model: NDArray[np.uint16]
    software: NDArray[np.uint16]
    presence: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    link: NDArray[np.uint8]
    seq: NDArray[np.uint32]
    seen_ms: NDArray[np.int64]
    since_ms: NDArray[np.int64]
    before_ms: NDArray[np.int64]
    moved_s: NDArray[np.uint32]
    skew: NDArray[np.float32]
    dtcs: NDArray[np.uint32]
    messages: NDArray[np.uint32]
    events: NDArray[np.uint16]
    flaps: NDArray[np.uint16]
    signals: tuple[NDArray[np.float32], ...]

    @property
    def rows(self) -> int:
        """Vehicles so far."""
        raise NotImplementedError

    @property
    def generation(self) -> int:
        """Grows by two a batch; odd while one is being taken in."""
        raise NotImplementedError

    def apply(self, batch: Batch, now_ms: int, region: str) -> None:
        """Take in what some messages of the link of `region` said, received at `now_ms` (epoch ms, our clock).

        Within a batch, births and deaths come before events, events before telemetry.
        """
        raise NotImplementedError

    def expect(
        self, vins: Sequence[str], regions: Sequence[str], models: Sequence[str], softwares: Sequence[str]
    ) -> None:
        """Vehicles of the inventory (parallel; empty strings where it does not tell): rows are made for them and
        marked. What a vehicle itself told is not overwritten. Call in chunks of some thousands."""
        raise NotImplementedError

    def forget_inventory(self) -> None:
        """Take the mark of the inventory from every row, before another inventory is read."""
        raise NotImplementedError

    def link_up(self, region: str, url: str, now_ms: int, note: str = "") -> None:
        """The link of a region is connected and subscribed; `note` says what is degraded."""
        raise NotImplementedError

    def link_down(self, region: str, url: str, now_ms: int, note: str = "") -> None:
        """The link of a region is cut: every vehicle heard on it is unknown from now on."""
        raise NotImplementedError

    def count(self, counter: Counter, by: int = 1) -> None:
        """Add to a counter (the ingest counts what it received and dropped; `apply` counts the rest)."""
        raise NotImplementedError

    def counters(self) -> Mapping[str, int]:
        """Counters by lower-case name."""
        raise NotImplementedError

    def beat(self, now_ms: int) -> None:
        """Say that the writer lives, and work out the rate; about once a second."""
        raise NotImplementedError

    def settle(self) -> None:
        """The first picture is complete."""
        raise NotImplementedError

    def row(self, vin: str) -> int:
        """Row of a vehicle, -1 when there is none. In a reading process this scans (some ms for a million)."""
        raise NotImplementedError

    def taken(self) -> dict[str, Any]:
        """Every section cut to what is in use, by name: what a snapshot writes. Views, not copies."""
        raise NotImplementedError
