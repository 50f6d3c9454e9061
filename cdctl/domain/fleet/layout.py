"""Where everything of a fleet lies in one piece of memory: header, tables and one column for each thing known of a row.

The memory is shared by the process that takes in messages and by those that read. Sections begin on page boundaries, so
a part that was never used costs nothing where memory is sparse, and no column ever moves when the fleet grows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from mmap import mmap
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdctl.errors import UsageError

Buffer = bytearray | memoryview | mmap
"""Memory that can be written to (and bytes, to look at)."""
MAGIC = b"cdctl fleet\n"
VERSION = 2
"""Of the memory and of the snapshot; another number is not read."""
ID_BYTES = 40
CAPACITY = 4_000_000
"""Vehicles that fit when nothing else is said: a number to reserve addresses for, not memory."""
SIGNALS = 64
STRINGS, STRING_BYTES = 65_536, 64
CAPABILITIES, CAPABILITY_BYTES = 4_096, 512
"""Sets of capabilities that a fleet may have, and bytes of one as it is kept (see `capabilities`)."""
DTC_NAMES, DTC_BYTES = 65_536, 16
DTC_SETS, DTC_PLACES = 1 << 18, 1 << 21
HAPPENINGS = 32_768
LINKS = 64
REASONS = 64
_PAGE = 4096

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "vin": "the vehicle's id",
        "region": "where it was last heard, or where the inventory has it",
        "model": "what it is",
        "sw": "version of its software",
        "state": "online, offline, unknown, or never: expected and never heard of",
        "age": "time since it was last heard; empty: it has not spoken, its broker told of it",
        "since": "time in its state; empty: it was so before we listened",
        "dtc": "trouble codes that stand",
        "dtcs": "how many trouble codes stand",
        "caps": "what it says that it can",
        "messages": "messages since we listen",
        "events": "events since we listen",
        "flaps": "connections that ended since we listen",
        "skew": "seconds its clock is ahead of ours",
        "duplicate": "yes when it speaks from two regions at once",
        "inventory": "yes when the inventory has it",
        "snapshot": "yes when all we know of it is from the last run",
    }
)
"""Names by which a vehicle's facts are asked for; each signal adds one."""

HEADER = np.dtype(
    [
        ("magic", "S12"),
        ("version", "u4"),
        ("capacity", "u8"),
        ("signal_names", "S4096"),
        ("generation", "u8"),
        ("rows", "u8"),
        ("heartbeat_ms", "i8"),
        ("settled", "u1"),
        ("snapshot_ms", "i8"),  # when the loaded snapshot was taken, 0: none was
        ("rate", "f8"),
        ("counters", "u8", (32,)),
        ("links", "u4"),
        ("reasons", "u4"),
        ("happened", "u8"),
        ("regions", "u4"),
        ("models", "u4"),
        ("softwares", "u4"),
        ("kinds", "u4"),
        ("capabilities", "u4"),
        ("dtc_names", "u4"),
        ("dtc_sets", "u4"),
        ("dtc_epoch", "u4"),  # grows when set codes are given anew
        ("example", "S200"),
    ],
    align=True,
)
LINK = np.dtype(
    [
        ("region", "S64"),
        ("url", "S200"),
        ("note", "S200"),
        ("since_ms", "i8"),
        ("up", "u1"),
        ("continuous", "u1"),
        ("heard", "u1"),
    ],
    align=True,
)
REASON = np.dtype([("text", "S56"), ("count", "u8")])
HAPPENED = np.dtype(
    [("number", "u8"), ("at_ms", "i8"), ("row", "i4"), ("kind", "u2"), ("region", "u2"), ("detail", "S96")]
)
_COLUMNS: tuple[tuple[str, str], ...] = (
    ("ids", f"S{ID_BYTES}"),
    ("region", "u2"),
    ("model", "u2"),
    ("software", "u2"),
    ("caps", "u2"),
    ("presence", "u1"),
    ("flags", "u1"),
    ("link", "u1"),  # number of the link it was last heard on, plus one; 0: none yet
    ("seq", "u4"),  # sequence number plus one; 0: none
    ("seen_ms", "i8"),
    ("since_ms", "i8"),
    ("before_ms", "i8"),  # since when it was as it was before nobody could tell
    ("moved_s", "u4"),
    ("skew", "f4"),
    ("dtcs", "u4"),
    ("messages", "u4"),
    ("events", "u2"),
    ("flaps", "u2"),
)
"""One value a vehicle; codes point into the tables, 0 is "not told"; times are epoch ms of our clock, 0 is never."""


class Counter(IntEnum):
    """Places of the counters in the header. All grow only, and start at 0 with the process that takes in.

    A message that was received counts once: as DECODED, as IGNORED (well-formed, but nothing for us), or as MALFORMED
    when any of it could not be understood; what is good in such a one is kept all the same. DROPPED ones were never
    received. The others count things within messages.
    """

    RECEIVED = 0
    BYTES = 1
    DECODED = 2
    DROPPED = 3
    MALFORMED = 4
    IGNORED = 5
    TELEMETRY = 6
    STANDINGS = 7
    EVENTS = 8
    LATE = 9  # births and deaths that a newer one had overtaken, or that prove nothing any more
    MOVED = 10
    DUPLICATES = 11
    TABLE_FULL = 12  # a text found no place in its table and is counted as "(other)"
    FULL = 13  # messages of vehicles beyond the capacity
    UNLISTED = 14  # entries of the inventory that cannot be ids
    NO_CODES = 15  # names that cannot be trouble codes


@dataclass(frozen=True)
class Layout:
    """Places of all sections for these signals (short names, in the order of their numbers) and this many vehicles.

    Raises UsageError for a signal whose name is another field's, is empty, or is there twice.
    """

    signals: tuple[str, ...] = ()
    capacity: int = CAPACITY

    def __post_init__(self) -> None:
        for name in self.signals:
            if name in FIELDS or not name or "\n" in name or self.signals.count(name) > 1:
                raise UsageError(
                    "a signal cannot have this name", subject=f"fleet.columns.{name}", hint="choose another"
                )
        if len(self.signals) > SIGNALS or len("\n".join(self.signals).encode()) > 4096:
            raise UsageError(f"{len(self.signals)} signals", subject="fleet.columns", hint=f"keep {SIGNALS} at most")

    @cached_property
    def sections(self) -> Mapping[str, tuple[int, np.dtype[Any], int]]:
        """Name -> offset, kind and count of every section."""
        wanted = [
            ("header", HEADER, 1),
            ("links", LINK, LINKS),
            ("reasons", REASON, REASONS),
            ("happenings", HAPPENED, HAPPENINGS),
            *((name, np.dtype(f"S{STRING_BYTES}"), STRINGS) for name in ("regions", "models", "softwares", "kinds")),
            ("capabilities", np.dtype(f"S{CAPABILITY_BYTES}"), CAPABILITIES),
            ("dtc_names", np.dtype(f"S{DTC_BYTES}"), DTC_NAMES),
            ("dtc_ends", np.dtype("u4"), DTC_SETS),
            ("dtc_places", np.dtype("u2"), DTC_PLACES),
            *((name, np.dtype(kind), self.capacity) for name, kind in _COLUMNS),
            *((f"signal {number}", np.dtype("f4"), self.capacity) for number in range(len(self.signals))),
        ]
        placed, offset = {}, 0
        for name, kind, count in wanted:
            placed[name] = (offset, kind, count)
            offset += -(-kind.itemsize * count // _PAGE) * _PAGE
        placed["end"] = (offset, np.dtype("u1"), 0)
        return MappingProxyType(placed)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the sections that hold one value a vehicle."""
        return (*(name for name, _ in _COLUMNS), *(f"signal {number}" for number in range(len(self.signals))))

    @property
    def size(self) -> int:
        """Bytes in all; mostly addresses, not memory."""
        return self.sections["end"][0]

    @property
    def row_bytes(self) -> int:
        """Bytes of one vehicle, without the index."""
        return sum(self.sections[name][1].itemsize for name in self.columns)

    def place(self, name: str, buffer: Buffer) -> NDArray[Any]:
        """The section of that name as an array on the buffer."""
        offset, kind, count = self.sections[name]
        return np.frombuffer(buffer, kind, count, offset)

    @classmethod
    def found(cls, buffer: Buffer) -> Layout:
        """The layout that was written into a buffer. Raises UsageError when the buffer holds no fleet, or another
        version's."""
        if memoryview(buffer).nbytes < HEADER.itemsize:
            raise UsageError("this memory holds no fleet")
        header = np.frombuffer(buffer, HEADER, 1)[0]
        if bytes(header["magic"]) != MAGIC:
            raise UsageError("this memory holds no fleet")
        if int(header["version"]) != VERSION:
            raise UsageError(f"this fleet was kept by another version (layout {header['version']}, ours is {VERSION})")
        names = bytes(header["signal_names"]).decode("utf-8", "replace")
        layout = cls(tuple(names.split("\n")) if names else (), int(header["capacity"]))
        if layout.size > memoryview(buffer).nbytes:
            raise UsageError("this memory is shorter than its header says")
        return layout
