"""Who tells what happened to vehicles: the memory of this view, or a collector, which remembers for days."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdctl.application.top.happened import Mask, Meaning, occasions, told_of
from cdctl.application.top.lately import Lately
from cdctl.application.top.timeline import Said
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.columned import ColumnVehicles
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.boards.timeline import LEAD, Occasion, Reach, Recall
from cdctl.domain.fleet.archive import Told
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.reading import Happening
from cdctl.domain.fleet.strings import Strings

FIELDS = ("region", "model", "sw")
"""Labels of a promise's group that say of which vehicles."""
VEHICLES = "vehicles"
DAY = 86_400.0
FIRST_PICTURE_MS = 60_000
"""For so long after the first happening, who speaks for the first time is no news."""
_LAST = np.iinfo(np.int64).max
EVERY = 5.0
"""Seconds between two questions to a collector."""


class Remembered:
    """The last happenings, as this view's own memory has them. began: epoch seconds since which it takes in."""

    name = VEHICLES

    def __init__(self, began: float, meaning: Meaning) -> None:
        self._began, self._meaning = began, meaning
        self._last: tuple[object, Said] | None = None

    async def tell(self, ask: Recall, seen: Snapshot) -> Said:
        """See the port."""
        if isinstance(seen.fleet, Missing):
            return Said((), (Reach(self.name, None, seen.fleet.reason, bad=not seen.fleet.waiting),))
        assert isinstance(seen.fleet.vehicles, ColumnVehicles)
        columns = seen.fleet.vehicles.view.columns
        key = (id(columns), int(columns.header["happened"][0]), ask, seen.frozen_at)
        if self._last is None or self._last[0] != key:
            self._last = key, await asyncio.to_thread(self._told, columns, ask, seen.frozen_at)
        return self._last[1]

    def _told(self, columns: Columns, ask: Recall, until: float | None) -> Said:
        records = columns.parts["happenings"]
        last = int(columns.header["happened"][0])
        numbers = np.arange(max(0, last - len(records)) + 1, last + 1)
        found = records[numbers % len(records)]
        found = found[found["number"] == numbers]  # the writer may have come round meanwhile
        since, note = self._began, "this view"
        if len(found):  # it was taken in before anybody asked, who began then
            first = float(found["at_ms"].min()) / 1000
            since = first if last > len(records) else min(since, first)
        if last > len(records):
            note = f"this view: the last {len(records):,}"
        else:
            found = found[~_first_picture(columns, found)]
        found = found[_meant(columns, found, ask)]
        if ask.since is not None:
            found = found[found["at_ms"] >= round((ask.since - LEAD) * 1000)]
        if until is not None:
            found = found[found["at_ms"] <= round(until * 1000)]
        return Said(occasions(_as_told(columns, found), ask, self._meaning), (Reach(self.name, since, note),))


def _meant(columns: Columns, found: NDArray[Any], ask: Recall) -> Mask:
    """Which are about the vehicle, or about those of the group; what happens to a link is about its region."""
    rows = found["row"]
    if ask.vin:
        return np.asarray((rows >= 0) & (columns.ids[np.maximum(rows, 0)] == ask.vin.encode("ascii", "replace")))
    mask = np.ones(len(found), bool)
    for label, value in ask.group:
        if label == "region":
            mask &= _coded(found["region"], _texts(columns, "regions"), value)
        elif label in FIELDS:
            column, table = (columns.model, "models") if label == "model" else (columns.software, "softwares")
            mask &= (rows < 0) | _coded(column[np.maximum(rows, 0)], _texts(columns, table), value)
    return mask


def _first_picture(columns: Columns, found: NDArray[Any]) -> Mask:
    """Which tell of vehicles that were heard for the first time since this view began: they were there before."""
    kinds = _texts(columns, "kinds")
    mask = np.zeros(len(found), bool)
    mask[np.unique(found["row"], return_index=True)[1]] = True
    mask &= _coded(found["kind"], kinds, "online") & (found["detail"] == b"it speaks")
    return np.asarray(mask & (found["at_ms"] - found["at_ms"].min(initial=_LAST) <= FIRST_PICTURE_MS))


def _texts(columns: Columns, table: str) -> list[str]:
    """Read anew: the lists that columns keep are for one thread."""
    return Strings(columns.parts[table], columns.header[table]).texts()


def _coded(codes: NDArray[Any], texts: Sequence[str], value: str) -> Mask:
    return np.asarray(codes == (texts.index(value) if value in texts else -1))


def _as_told(columns: Columns, found: NDArray[Any]) -> Told:
    rows = found["row"].astype(np.int32)
    vins = columns.ids[np.maximum(rows, 0)]
    vins[rows < 0] = b""
    return Told(
        "",
        found["at_ms"].astype(np.int64),
        rows,
        vins,
        found["kind"].astype(np.uint16),
        found["region"].astype(np.uint16),
        found["detail"],
        _texts(columns, "kinds"),
        _texts(columns, "regions"),
    )


Past = Callable[[tuple[str, float]], Awaitable[tuple[float | None, Sequence[Happening]]]]
"""(selection, since) -> since when something is kept, and the happenings."""


class Collected:
    """The happenings of the last day, or since before the moment that is asked about, as a collector has them."""

    name = VEHICLES

    def __init__(self, past: Past, meaning: Meaning) -> None:
        self._past = Lately(past, EVERY)
        self._meaning = meaning

    async def tell(self, ask: Recall, seen: Snapshot) -> Said:
        """See the port."""
        begin = seen.at - DAY if ask.since is None else ask.since - LEAD
        begin = begin // 3600 * 3600  # the same question for a while
        told, error = await self._past.told((where(ask), begin))
        if told is None:
            note = error.message if error is not None else "asking the collector"
            return Said((), (Reach(self.name, None, note, bad=error is not None),))
        since, happenings = told
        found: list[Occasion] = await asyncio.to_thread(occasions, told_of(happenings), ask, self._meaning)
        note = "the collector" if error is None else f"the collector, which is away: {error.message}"
        reach = Reach(self.name, max(since, begin), note, bad=error is not None) if since is not None else None
        return Said(found, (reach or Reach(self.name, None, "the collector keeps no past"),))

    async def aclose(self) -> None:
        """Nobody waits any more."""
        await self._past.aclose()


def where(ask: Recall) -> str:
    """Which vehicles, in the selection language; of a group in words that no minutes are kept by: nobody wants them."""
    if ask.vin:
        return f"vin:{_quoted(ask.vin)}"
    terms = [f"{label}:{_quoted(value)}" for label, value in ask.group if label in FIELDS]
    return " ".join([*terms, "vin:*"]) if terms else ""


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
