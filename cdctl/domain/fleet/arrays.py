"""The arrays of a fleet: views on one piece of memory, and what reading and taking in have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.happenings import Ring
from cdctl.domain.fleet.layout import MAGIC, VERSION, Buffer, Counter, Layout
from cdctl.domain.fleet.linkboard import LinkBoard
from cdctl.domain.fleet.strings import Strings
from cdctl.domain.fleet.troubles import Troubles


class Arrays:
    """Views on a buffer; see `Columns`, which is what others use. Arrays have `capacity` places, the first `rows` are
    in use: ids S40[capacity] and so on, see `layout`."""

    def __init__(self, layout: Layout, buffer: Buffer) -> None:
        self.layout = layout
        header = layout.place("header", buffer)
        if bytes(header["magic"][0]) != MAGIC:
            header["version"], header["capacity"] = VERSION, layout.capacity
            header["signal_names"] = "\n".join(layout.signals).encode()
            header["magic"] = MAGIC  # last: who attaches sees all of it
        self.header = header
        parts = {name: layout.place(name, buffer) for name in layout.sections if name not in {"header", "end"}}
        self.parts: Mapping[str, NDArray[Any]] = parts
        self.ids: NDArray[np.bytes_] = parts["ids"]
        self.region: NDArray[np.uint16] = parts["region"]
        self.model: NDArray[np.uint16] = parts["model"]
        self.software: NDArray[np.uint16] = parts["software"]
        self.caps: NDArray[np.uint16] = parts["caps"]
        self.presence: NDArray[np.uint8] = parts["presence"]
        self.flags: NDArray[np.uint8] = parts["flags"]
        self.link: NDArray[np.uint8] = parts["link"]
        self.seq: NDArray[np.uint32] = parts["seq"]
        self.seen_ms: NDArray[np.int64] = parts["seen_ms"]
        self.since_ms: NDArray[np.int64] = parts["since_ms"]
        self.before_ms: NDArray[np.int64] = parts["before_ms"]
        self.moved_s: NDArray[np.uint32] = parts["moved_s"]
        self.skew: NDArray[np.float32] = parts["skew"]
        self.dtcs: NDArray[np.uint32] = parts["dtcs"]
        self.messages: NDArray[np.uint32] = parts["messages"]
        self.events: NDArray[np.uint16] = parts["events"]
        self.flaps: NDArray[np.uint16] = parts["flaps"]
        self.signals: tuple[NDArray[np.float32], ...] = tuple(parts[f"signal {i}"] for i in range(len(layout.signals)))
        self.regions = Strings(parts["regions"], header["regions"])
        self.models = Strings(parts["models"], header["models"])
        self.softwares = Strings(parts["softwares"], header["softwares"])
        self.capabilities = Strings(parts["capabilities"], header["capabilities"])
        self.reasons = Strings(parts["reasons"]["text"], header["reasons"])
        self.troubles = Troubles(parts, header)
        self.ring = Ring(parts["happenings"], header["happened"], Strings(parts["kinds"], header["kinds"]))
        self.links = LinkBoard(parts["links"], header["links"])

    @property
    def rows(self) -> int:
        """Vehicles so far."""
        return int(self.header["rows"][0])

    @property
    def generation(self) -> int:
        """Grows by two a batch; odd while one is being taken in."""
        return int(self.header["generation"][0])

    def count(self, counter: Counter, by: int = 1) -> None:
        """Add to a counter (the ingest counts what it received and dropped; `apply` counts the rest)."""
        self.header["counters"][0, counter] += by

    def reject(self, reason: str, by: int = 1, example: str = "") -> None:
        """Count messages that could not be understood."""
        self.parts["reasons"]["count"][self.reasons.code(reason)] += by
        self.count(Counter.MALFORMED, by)
        if example:
            self.header["example"] = example.encode("utf-8", "replace")

    def counters(self) -> Mapping[str, int]:
        """Counters by lower-case name."""
        values = self.header["counters"][0].tolist()
        return {counter.name.lower(): values[counter] for counter in Counter}

    def malformed(self) -> Mapping[str, int]:
        """How many messages could not be understood, by reason."""
        counts = self.parts["reasons"]["count"].tolist()
        return {text: counts[code] for code, text in enumerate(self.reasons.texts()) if counts[code]}
