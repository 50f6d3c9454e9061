"""What happened, in a ring in shared memory: the last 32,768 changes, for those who watch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.strings import Strings, ended

NO_ROW = -1
OURS = frozenset(
    {"online", "offline", "unknown", "duplicate", "region.moved", "matched", "unmatched", "left_out", "lost"}
    | {"link.up", "link.down", "collector.up", "collector.down"}
)
"""Kinds that cdctl tells of itself: what a vehicle calls so is told apart."""


def kind_of_event(kind: str) -> str:
    """What the event of a vehicle is called: no vehicle can have us say that a link is cut, or that it left."""
    return f"event.{kind}" if kind in OURS else kind


class Ring:
    """`records` (see layout.HAPPENED) and `count` u8[1], how many there ever were; views on the shared memory."""

    def __init__(self, records: NDArray[Any], count: NDArray[Any], kinds: Strings) -> None:
        self._records, self._count, self._kinds = records, count, kinds
        self._width = records.dtype["detail"].itemsize

    def add(self, at_ms: int, row: int, kind: str, region: int, detail: str = "") -> None:
        """Note one change. `region` is a code."""
        number = int(self._count[0]) + 1
        body = ended(detail, self._width)
        self._records[number % len(self._records)] = (number, at_ms, row, self._kinds.code(kind), region, body)
        self._count[0] = number

    def add_many(self, at_ms: int, rows: NDArray[Any], kind: str, regions: NDArray[Any], detail: str = "") -> None:
        """Note the same change of many rows; of more than the ring can hold, the last."""
        first = int(self._count[0]) + 1
        last = first + len(rows)
        begin = max(first, last - len(self._records))
        numbers = np.arange(begin, last)
        new = np.zeros(len(numbers), self._records.dtype)
        new["number"], new["at_ms"], new["kind"] = numbers, at_ms, self._kinds.code(kind)
        new["row"], new["region"], new["detail"] = (
            rows[begin - first :],
            regions[begin - first :],
            ended(detail, self._width),
        )
        self._records[numbers % len(self._records)] = new
        self._count[0] = last - 1

    def since(self, after: int) -> tuple[int, int, Sequence[tuple[int, int, int, str, int, str]]]:
        """The last number, how many after `after` are lost, and (number, at_ms, row, kind, region code, detail) of the
        others in order."""
        last = int(self._count[0])
        begin = max(after, last - len(self._records)) + 1
        numbers = np.arange(begin, last + 1)
        found = self._records[numbers % len(self._records)]
        fresh = found[found["number"] == numbers]  # the writer may have come round meanwhile
        kinds = self._kinds.texts()
        told = [
            (number, at_ms, row, kinds[kind] if kind < len(kinds) else "", region, detail.decode("utf-8", "replace"))
            for number, at_ms, row, kind, region, detail in fresh.tolist()
        ]
        return last, last - min(after, last) - len(told), told
