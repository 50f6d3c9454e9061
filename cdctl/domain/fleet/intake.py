"""How a batch gets into the columns: births and deaths, then events, then telemetry, which is the bulk.

Telemetry takes no Python step a message: every fact is one gather or scatter over all rows of the batch. Where a
vehicle speaks twice in a batch, the last word stays (numpy assigns repeated places in order).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.arrays import Arrays
from cdctl.domain.fleet.batch import Batch, Event, Presence
from cdctl.domain.fleet.happenings import kind_of_event
from cdctl.domain.fleet.index import Index, encode
from cdctl.domain.fleet.inventory import ID_RULE
from cdctl.domain.fleet.layout import Counter
from cdctl.domain.fleet.moves import DUPLICATE_SECONDS, move
from cdctl.domain.fleet.presence import Flag
from cdctl.domain.fleet.standings import Standings
from cdctl.domain.fleet.strings import Strings

Rows = NDArray[np.int64]
_MOST = 65_535
_CLEAR_ON_WORD = np.uint8(~Flag.SNAPSHOT & 0xFF)
_ONE = np.uint32(1)


class Intake:
    """The writer of some columns: their index, and what it needs to know between batches."""

    def __init__(self, columns: Arrays) -> None:
        self.columns = columns
        self.index = Index(columns.ids, columns.rows)
        self._standings = Standings(columns)
        self._numbers: list[int] = []

    def apply(self, batch: Batch, now_ms: int, region: str, messages: int | None) -> None:
        """See `Columns.apply`."""
        columns = self.columns
        link = columns.links.number(region)
        standings, events = batch.standings, batch.events
        first, second = len(standings), len(standings) + len(events)
        vins = batch.vins
        if second:
            vins = [*(standing.vin for standing in standings), *(event.vin for event in events), *vins]
        rows, spoilt = self._rows(vins)
        if messages is not None:  # one message may have said several things of one vehicle
            spoilt = min(spoilt, max(0, messages - batch.malformed.total()))
        if spoilt:
            columns.reject(f"no vehicle's id ({ID_RULE})", spoilt)
        with np.errstate(all="ignore"):
            if first:
                self._standings.take(standings, rows[:first].tolist(), now_ms, region, link)
            if events:
                self._events(events, rows[first:second], now_ms, region, link)
            if batch.vins:
                spoilt += self._telemetry(batch, rows[second:], now_ms, region, link)
        self._count(batch, messages, spoilt)

    def expect(self, vins: Sequence[str], told: Sequence[Sequence[str]]) -> None:
        """See `Columns.expect`; `told` holds regions, models and softwares."""
        columns = self.columns
        rows, bad = self._rows(vins)
        columns.count(Counter.UNLISTED, bad)
        good = rows >= 0
        columns.flags[rows[good]] |= np.uint8(Flag.INVENTORY)
        tables = (columns.regions, columns.models, columns.softwares)
        for column, table, texts in zip((columns.region, columns.model, columns.software), tables, told, strict=True):
            codes = table.codes(texts)[good]
            # The region of a vehicle that was heard, and all else that was ever told, is the vehicle's own word.
            silent = (codes != 0) & (column[rows[good]] == 0)
            column[rows[good][silent]] = codes[silent]

    def _rows(self, vins: Sequence[str]) -> tuple[Rows, int]:
        """Row of each id; -1 for what cannot be an id, and for new ones beyond the capacity (which are counted). And
        how many cannot be ids."""
        ids, good = encode(vins)
        before = self.index.rows
        if good is None:
            rows = self.index.find_or_add(ids)
        else:
            rows = np.full(len(vins), -1, np.int64)
            rows[good] = self.index.find_or_add(ids[good])
        after = self.index.rows
        if after > before:
            for column in (self.columns.skew, *self.columns.signals):
                column[before:after] = np.nan
            self.columns.header["rows"] = after
        if after == len(self.columns.ids):
            full = rows < 0 if good is None else (rows < 0) & good
            self.columns.count(Counter.FULL, int(full.sum()))
        return rows, 0 if good is None else int(len(vins) - good.sum())

    def _telemetry(self, batch: Batch, rows: Rows, now_ms: int, region: str, link: int) -> int:
        """How many messages had a bad signal; what is good in them is kept."""
        columns = self.columns
        regions = _regions(columns.regions, batch.regions, region)
        live = rows >= 0
        live[batch.retained] = False
        whole = bool(live.all())
        talking = rows if whole else rows[live]
        self._hear(talking, regions if whole else regions[live], now_ms, link)
        ts = _integers(batch.ts)
        told = live & (ts != 0) if not whole or not ts.all() else live
        if batch.retained:
            silent = (rows >= 0) & ~live & (columns.region[rows] == 0)
            columns.region[rows[silent]] = regions[silent]
        columns.skew[rows[told]] = (ts[told] - now_ms) * 0.001
        odd: set[int] = set()
        for number, (positions, values) in batch.signals.items():
            if 0 <= number < len(columns.signals):
                odd.update(self._signal(columns.signals[number], rows, positions, values))
        if odd:
            columns.reject("a signal is no finite number", len(odd))
        return len(odd)

    def _signal(
        self, column: NDArray[np.float32], rows: Rows, positions: list[int], values: list[float]
    ) -> Sequence[int]:
        """Positions in the batch of the messages whose value is none."""
        if len(self._numbers) < len(rows):
            self._numbers = list(range(len(rows)))
        if len(positions) == len(rows) and positions == self._numbers[: len(rows)]:
            at = rows
        else:
            at = rows[np.array(positions, np.int64)]
        kept = _floats(values)
        fine = np.isfinite(kept)
        there = at >= 0
        odd = () if fine.all() else [positions[place] for place in np.flatnonzero(~fine & there).tolist()]
        fine &= there
        if fine.all():
            column[at] = kept
        else:
            column[at[fine]] = kept[fine]
        return odd

    def _hear(self, rows: Rows, regions: NDArray[np.uint16], now_ms: int, link: int) -> None:
        """These vehicles spoke just now. A row may be there more than once."""
        columns = self.columns
        columns.seen_ms[rows] = now_ms
        np.add.at(columns.messages, rows, _ONE)
        flags = columns.flags[rows]
        spoken = (flags & _CLEAR_ON_WORD) | np.uint8(Flag.SEEN)
        if (spoken != flags).any():
            columns.flags[rows] = spoken
        presence = columns.presence[rows]
        unknown = presence == Presence.UNKNOWN
        if unknown.any():
            self._revive(np.unique(rows[unknown]), now_ms)
        dead = presence == Presence.OFFLINE
        if dead.any():  # a word that was late, or a death that was wrong: it tells nothing of where the vehicle is
            rows, regions = rows[~dead], regions[~dead]
        moved = columns.region[rows] != regions
        if moved.any():
            move(columns, rows[moved], regions[moved], now_ms)
        if (flags & np.uint8(Flag.DUPLICATE)).any():
            self._calm(rows, now_ms)
        columns.link[rows] = link

    def _revive(self, rows: Rows, now_ms: int) -> None:
        columns = self.columns
        flags = columns.flags[rows]
        was_online = (flags & np.uint8(Flag.WAS_ONLINE)) != 0
        columns.since_ms[rows] = np.where(was_online, columns.before_ms[rows], now_ms)
        columns.before_ms[rows] = 0
        columns.flags[rows] = flags & np.uint8(~(Flag.WAS_ONLINE | Flag.WAS_OFFLINE) & 0xFF)
        columns.presence[rows] = Presence.ONLINE
        new = rows[~was_online]
        columns.ring.add_many(now_ms, new, "online", columns.region[new], "it speaks")

    def _calm(self, rows: Rows, now_ms: int) -> None:
        """A vehicle that has spoken from one region alone for some time is no duplicate any more."""
        columns = self.columns
        marked = rows[(columns.flags[rows] & np.uint8(Flag.DUPLICATE)) != 0]
        alone = marked[now_ms // 1000 - columns.moved_s[marked].astype(np.int64) > DUPLICATE_SECONDS]
        columns.flags[alone] &= np.uint8(~Flag.DUPLICATE & 0xFF)

    def _events(self, events: Sequence[Event], rows: Rows, now_ms: int, region: str, link: int) -> None:
        columns = self.columns
        regions = _regions(columns.regions, [event.region for event in events], region)
        good = rows >= 0
        self._hear(rows[good], regions[good], now_ms, link)
        for event, row, code in zip(events, rows.tolist(), regions.tolist(), strict=True):
            if row < 0:
                continue
            columns.events[row] = min(int(columns.events[row]) + 1, _MOST)
            if event.software:
                columns.software[row] = columns.softwares.code(event.software)
            if event.kind in {"dtc.set", "dtc.cleared"}:
                columns.dtcs[row] = self._troubles(event, int(columns.dtcs[row]))
            told = event.detail or event.software or " ".join(event.dtcs[:16])
            columns.ring.add(now_ms, row, kind_of_event(event.kind), code, told)

    def _troubles(self, event: Event, code: int) -> int:
        columns = self.columns
        had = columns.troubles.sets()[code]
        if event.kind == "dtc.set":
            now = {*had, *event.dtcs}
        elif code == 0 and event.dtcs:
            return 0  # some are gone of nobody knows which
        else:
            now = set(had).difference(event.dtcs) if event.dtcs else set()
        return columns.troubles.code(now, columns.dtcs[: columns.rows])

    def _count(self, batch: Batch, messages: int | None, spoilt: int) -> None:
        columns = self.columns
        numbers = (len(batch.vins), len(batch.standings), len(batch.events))
        for counter, number in zip((Counter.TELEMETRY, Counter.STANDINGS, Counter.EVENTS), numbers, strict=True):
            columns.count(counter, number)
        said = sum(numbers)
        understood = said if messages is None else min(said, messages - batch.malformed.total())
        columns.count(Counter.DECODED, max(0, understood - spoilt))
        columns.count(Counter.IGNORED, batch.ignored)
        for reason, number in batch.malformed.items():
            columns.reject(reason, number, batch.example)
        texts = (columns.regions, columns.models, columns.softwares, columns.reasons, columns.capabilities)
        tables = (*texts, columns.troubles)
        counters = columns.header["counters"][0]
        counters[Counter.TABLE_FULL] = sum(table.refused for table in tables)
        counters[Counter.NO_CODES] = columns.troubles.unfit


def _regions(table: Strings, told: Sequence[str], region: str) -> NDArray[np.uint16]:
    """Codes of regions; the link's where none was told."""
    codes = table.codes(told)
    codes[codes == 0] = table.code(region)
    return codes


def _integers(values: Sequence[int]) -> NDArray[np.float64]:
    try:
        return np.array(values, np.int64).astype(np.float64)
    except OverflowError:
        return np.array([float(max(-(2**62), min(value, 2**62))) for value in values])


def _floats(values: Sequence[Any]) -> NDArray[np.float32]:
    """Values as they are kept; what is no number, or too large, is not finite."""
    try:
        return np.array(values, np.float32)
    except (OverflowError, TypeError, ValueError):
        return np.array([_float(value) for value in values], np.float32)


def _float(value: Any) -> float:
    try:
        return float(value)
    except (OverflowError, TypeError, ValueError):
        return np.nan
