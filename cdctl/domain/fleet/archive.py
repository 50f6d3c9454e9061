"""What is kept of a fleet's past: happenings and minutes by group, for days, in bounded space (port `Archive`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.reading import Happening, Minute

GROUPED = ("region", "model", "sw")
"""What minutes are counted by."""
Group = tuple[str, str, str]
Wanted = Callable[[str, NDArray[np.int32], Callable[[], NDArray[np.bytes_]]], NDArray[np.bool_]]
"""(run, rows i4[n], how to get the ids S[n]) -> which of these happenings are wanted. Ids are only unpacked when asked
for; `rows` are those of the memory that `run` names."""


@dataclass(frozen=True, slots=True)
class Told:
    """Some happenings in order, as arrays of n. run: names the memory whose rows these are; row -1 is no vehicle.

    at_ms: epoch ms. vins: S40, empty for row -1. kinds and regions: codes into `texts`. details: S, UTF-8.
    """

    run: str
    at_ms: NDArray[np.int64]
    rows: NDArray[np.int32]
    vins: NDArray[np.bytes_]
    kinds: NDArray[np.uint16]
    regions: NDArray[np.uint16]
    details: NDArray[np.bytes_]
    kind_texts: Sequence[str]
    region_texts: Sequence[str]

    def __len__(self) -> int:
        return len(self.at_ms)

    def __getitem__(self, which: slice | NDArray[Any]) -> Told:
        return Told(
            self.run,
            self.at_ms[which],
            self.rows[which],
            self.vins[which],
            self.kinds[which],
            self.regions[which],
            self.details[which],
            self.kind_texts,
            self.region_texts,
        )

    def happenings(self) -> list[Happening]:
        """The same as values, texts as vehicles told them."""
        parts = (self.at_ms, self.vins, self.regions, self.kinds, self.details)
        return [
            Happening(
                at_ms / 1000,
                vin.decode("ascii", "replace"),
                _text(self.region_texts, region),
                _text(self.kind_texts, kind),
                detail.decode("utf-8", "replace"),
            )
            for at_ms, vin, region, kind, detail in zip(*(part.tolist() for part in parts), strict=True)
        ]


def _text(texts: Sequence[str], code: int) -> str:
    return texts[code] if code < len(texts) else ""


@dataclass(frozen=True, slots=True)
class Past:
    """An answer from the archive. since: epoch seconds of the oldest thing kept, None when nothing is. cut: how many
    wanted happenings are older than those told, at least (None: nobody looked further back)."""

    since: float | None
    happenings: Sequence[Happening]
    minutes: Sequence[Minute]
    cut: bool = False


class Archive(Protocol):
    """Keeps the last days. Nothing it does raises for want of room or a bad disk: `notes` say what is missing."""

    def keep(self, told: Told) -> None:
        """Take in happenings, newer than all before."""
        ...

    def keep_minute(self, start: int, counts: Mapping[Group, tuple[int, int, int, int]]) -> None:
        """Take in one minute: group -> vehicles, online, messages, events. `start` epoch seconds."""
        ...

    def flush(self) -> None:
        """Write what is waiting and drop what is too old or too much."""
        ...

    def past(
        self,
        since: float,
        wanted: Wanted | None,
        groups: Callable[[Sequence[Group]], NDArray[np.bool_]] | None,
        by: Sequence[str],
        limit: int,
    ) -> Past:
        """What is kept since then: the newest `limit` wanted happenings (None: all are), and minutes of the groups that
        are wanted (None: all), summed by some of `GROUPED`."""
        ...

    def since(self) -> float | None:
        """Epoch seconds of the oldest thing kept; None when nothing is."""
        ...

    def size(self) -> int:
        """Bytes on disk."""
        ...

    def notes(self) -> tuple[str, ...]:
        """What is wrong with it, a line each."""
        ...

    def close(self) -> None:
        """Flush and give the files back."""
        ...
