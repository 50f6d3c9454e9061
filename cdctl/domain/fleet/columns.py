"""The fleet in columns: one row a vehicle, in memory that one process writes and any number read.

A row is never removed and never moves, so its number is a vehicle's handle for as long as the memory lives. Reading is
never blocked and never blocks: `generation` is odd while a batch is being taken in (see `FleetView`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.arrays import Arrays
from cdctl.domain.fleet.batch import Batch, Presence
from cdctl.domain.fleet.happenings import NO_ROW
from cdctl.domain.fleet.index import Index, encode
from cdctl.domain.fleet.intake import Intake
from cdctl.domain.fleet.layout import Buffer, Counter, Layout
from cdctl.domain.fleet.presence import Flag
from cdctl.domain.fleet.reading import Heard

__all__ = ["Columns", "Counter", "Flag"]


class Columns(Arrays):
    """Views on a buffer. `Columns(layout, buffer)` starts an empty fleet in a zeroed buffer;
    `Columns.attach(buffer)` takes up the one that is there. Arrays have `capacity` places; the first `rows` are in use.

    ids S40[capacity] and so on: see `layout`. Only one process may call the methods that change something.
    """

    def __init__(self, layout: Layout, buffer: Buffer) -> None:
        super().__init__(layout, buffer)
        self._intake: Intake | None = None
        self._beaten = (0, 0)

    @classmethod
    def attach(cls, buffer: Buffer) -> Columns:
        """The fleet that another process keeps in this memory. Raises UsageError when there is none."""
        return cls(Layout.found(buffer), buffer)

    @property
    def index(self) -> Index:
        """The writer's index of ids, built from the rows when first asked for."""
        return self._writer().index

    def apply(self, batch: Batch, now_ms: int, region: str, messages: int | None = None) -> None:
        """Take in what some messages of the link of `region` said, received at `now_ms` (epoch ms, our clock).

        messages: how many were received for this batch; left out, each thing said counts as a message. Each counts
        once, see `Counter`. Within a batch, births and deaths come before events, events before telemetry. Nothing
        that a vehicle says raises.
        """
        writer = self._writer()
        with self._changing():
            writer.apply(batch, now_ms, region, messages)

    def expect(
        self, vins: Sequence[str], regions: Sequence[str], models: Sequence[str], softwares: Sequence[str]
    ) -> None:
        """Vehicles of the inventory (parallel; empty strings where it does not tell): rows are made for them and
        marked. What a vehicle itself told is not overwritten. Call in chunks of some thousands."""
        writer = self._writer()
        with self._changing():
            writer.expect(vins, (regions, models, softwares))

    def forget_inventory(self) -> None:
        """Take the mark of the inventory from every row, before another inventory is read."""
        with self._changing():
            self.flags[: self.rows] &= np.uint8(~Flag.INVENTORY & 0xFF)

    def link_up(
        self,
        region: str,
        url: str,
        now_ms: int,
        note: str = "",
        *,
        continuous: bool = False,
        heard: Heard = "all",
    ) -> None:
        """The link of a region is connected and subscribed; `note` says what is degraded, `heard` what comes over it.

        continuous: the broker is known to be the one from before the cut (it was not restarted, say by its uptime), so
        that the births it had kept tell who is online. Without that knowledge vehicles stay unknown until they speak.
        """
        with self._changing():
            if self.links.put(self.links.number(region), True, now_ms, url, note, continuous, heard):
                self.ring.add(now_ms, NO_ROW, "link.up", self.regions.code(region), note)

    def link_down(self, region: str, url: str, now_ms: int, note: str = "") -> None:
        """The link of a region is cut: every vehicle heard on it is unknown from now on."""
        number = self.links.number(region)
        with self._changing():
            changed = self.links.put(number, False, now_ms, url, note, False)
            heard = (self.link[: self.rows] == number) & (self.presence[: self.rows] != Presence.UNKNOWN)
            self.lose(np.flatnonzero(heard), now_ms)
            if changed:
                self.ring.add(now_ms, NO_ROW, "link.down", self.regions.code(region), note)

    def lose_some(self, region: str, vins: Sequence[str], now_ms: int) -> None:
        """One connection of several of a region is cut: these vehicles, where they were heard on it, are unknown from
        now on."""
        ids, _ = encode(vins)
        found = self.index.find(ids)
        rows = np.unique(found[found >= 0]).astype(np.int64)
        number = self.links.number(region)
        with self._changing():
            self.lose(rows[(self.link[rows] == number) & (self.presence[rows] != Presence.UNKNOWN)], now_ms)

    def lose(self, rows: NDArray[np.int64], now_ms: int) -> None:
        """Nobody can tell any more whether these rows, all known so far, are online."""
        online = self.presence[rows] == Presence.ONLINE
        kept = self.flags[rows] & np.uint8(~(Flag.TOLD | Flag.WAS_ONLINE | Flag.WAS_OFFLINE) & 0xFF)
        self.flags[rows] = kept | np.where(online, np.uint8(Flag.WAS_ONLINE), np.uint8(Flag.WAS_OFFLINE))
        self.before_ms[rows] = self.since_ms[rows]
        self.since_ms[rows] = now_ms
        self.presence[rows] = Presence.UNKNOWN

    def resume(self, taken_ms: int) -> None:
        """The rows were read from a snapshot taken at `taken_ms`: what they say is old, and all presence unknown."""
        with self._changing():
            used = slice(0, self.rows)
            self.lose(np.flatnonzero(self.presence[used] != Presence.UNKNOWN), taken_ms)
            known = (self.flags[used] & np.uint8(Flag.SEEN | Flag.WAS_ONLINE | Flag.WAS_OFFLINE)) != 0
            self.flags[used] &= np.uint8(~Flag.DUPLICATE & 0xFF)
            self.flags[used] |= np.where(known, np.uint8(Flag.SNAPSHOT), np.uint8(0))
            self.link[used] = 0
            self.header["snapshot_ms"] = taken_ms
            self._intake = None

    def beat(self, now_ms: int) -> None:
        """Say that the writer lives, and work out the rate; about once a second."""
        then_ms, before = self._beaten
        received = int(self.header["counters"][0, Counter.RECEIVED])
        if now_ms > then_ms:
            self.header["rate"] = (received - before) * 1000 / (now_ms - then_ms) if then_ms else 0.0
        if now_ms != then_ms:  # also when our clock was set back: the next rate is counted from here
            self._beaten = (now_ms, received)
        self.header["heartbeat_ms"] = now_ms

    def settle(self) -> None:
        """The first picture is complete."""
        self.header["settled"] = 1

    def row(self, vin: str) -> int:
        """Row of a vehicle, -1 when there is none. In a reading process this scans (some ms for a million)."""
        ids, bad = encode([vin])
        if bad is not None:
            return -1
        if self._intake is not None:
            return int(self._intake.index.find(ids)[0])
        wanted, words = ids.view(np.uint64), self.ids[: self.rows].view(np.uint64).reshape(-1, len(ids.view(np.uint64)))
        near = np.flatnonzero(words[:, 1] == wanted[1])  # the second word of VINs differs most
        exact = near[(words[near] == wanted).all(axis=1)]
        return int(exact[0]) if len(exact) else -1

    def _writer(self) -> Intake:
        if self._intake is None:
            self._intake = Intake(self)
        return self._intake

    @contextmanager
    def _changing(self) -> Iterator[None]:
        self.header["generation"] += 1
        try:
            yield
        finally:
            self.header["generation"] += 1
