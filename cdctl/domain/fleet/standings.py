"""Births and deaths of a batch, one by one and in order: they are rare, and each may overturn the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from cdctl.domain.fleet.arrays import Arrays
from cdctl.domain.fleet.batch import Presence, Standing
from cdctl.domain.fleet.capabilities import written
from cdctl.domain.fleet.layout import Counter
from cdctl.domain.fleet.moves import move
from cdctl.domain.fleet.presence import Flag, Life, become, believed
from cdctl.domain.fleet.strings import NOT_TOLD

_UNKNOWN, _OFFLINE, _ONLINE = int(Presence.UNKNOWN), int(Presence.OFFLINE), int(Presence.ONLINE)
_SETS = 256
"""Sets of capabilities whose text is remembered: those of a fleet are few."""
_SEQ_MOST, _FAR = 2**32 - 2, 2**62


@dataclass(slots=True)
class _Told:
    """What a batch changed beside the lives themselves, gathered to be written at once."""

    moved: list[tuple[int, int]] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)
    changes: list[tuple[int, str, int, str]] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)
    models: dict[int, int] = field(default_factory=dict)
    softwares: dict[int, int] = field(default_factory=dict)
    skews: dict[int, float] = field(default_factory=dict)


class Standings:
    """Takes births and deaths into columns."""

    def __init__(self, columns: Arrays) -> None:
        self._columns = columns
        self._written = lru_cache(_SETS)(written)

    def take(self, standings: Sequence[Standing], rows: Sequence[int], now_ms: int, region: str, link: int) -> None:
        """`rows` are those of the standings, -1 for what has none. `link` is the number of the link of `region`."""
        columns = self._columns
        lives, told, late = self._lives(rows), _Told(), 0
        code_of, continuous = columns.regions.code, columns.links.continuous(link)
        for standing, row in zip(standings, rows, strict=True):
            if row < 0:
                continue
            if standing.presence == _UNKNOWN:  # what the vehicle is, not whether it is there
                self._facts(standing, row, told)
                continue
            life = lives[row]
            here = code_of(standing.region or region)
            seq, birth, retained = standing.seq, standing.presence == _ONLINE, standing.retained
            seq = 0 if seq is None or seq < 0 else seq + 1 if seq < _SEQ_MOST else _SEQ_MOST + 1
            presence = _ONLINE if birth else _OFFLINE
            elsewhere = here != life.region
            if not believed(life, presence, seq, retained, elsewhere=elsewhere, continuous=continuous):
                late += 1
                continue
            change = become(life, presence, seq, retained, now_ms)
            if change:
                told.changes.append((row, change, here, f"seq {seq - 1}" if seq else ""))
            if elsewhere:
                if life.heard and not retained:
                    told.moved.append((row, here))
                life.region = here
            life.heard = True
            told.taken.add(row)
            self._facts(standing, row, told)
            if birth and not retained:
                told.heard.append(row)
                if standing.ts:
                    told.skews[row] = (max(-_FAR, min(standing.ts, _FAR)) - now_ms) / 1000
        columns.count(Counter.LATE, late)
        self._write(lives, told, now_ms, link)

    def _lives(self, rows: Sequence[int]) -> dict[int, Life]:
        columns = self._columns
        used = sorted({row for row in rows if row >= 0})
        at = np.array(used, np.int64)
        gathered = zip(
            columns.presence[at].tolist(),
            columns.seq[at].tolist(),
            columns.since_ms[at].tolist(),
            columns.before_ms[at].tolist(),
            columns.flags[at].tolist(),
            columns.flaps[at].tolist(),
            (columns.link[at] != 0).tolist(),
            columns.region[at].tolist(),
            strict=True,
        )
        return {row: Life(*facts) for row, facts in zip(used, gathered, strict=True)}

    def _facts(self, standing: Standing, row: int, told: _Told) -> None:
        columns = self._columns
        if standing.model:
            told.models[row] = columns.models.code(standing.model)
        if standing.software:
            code = columns.softwares.code(standing.software)
            before = told.softwares.get(row, int(columns.software[row]))
            if before not in {code, NOT_TOLD}:
                # It changed while nobody was told: what it was at a moment of the past would be wrong from then on.
                told.changes.append((row, "sw.changed", int(columns.region[row]), standing.software))
            told.softwares[row] = code
        if standing.dtcs is not None:
            columns.dtcs[row] = columns.troubles.code(standing.dtcs, columns.dtcs[: columns.rows])
        if standing.caps is not None:
            columns.caps[row] = columns.capabilities.code(self._written(standing.caps))

    def _write(self, lives: dict[int, Life], told: _Told, now_ms: int, link: int) -> None:
        columns = self._columns
        rows, kept = np.array(list(told.taken), np.int64), [lives[row] for row in told.taken]
        columns.presence[rows] = [life.presence for life in kept]
        columns.seq[rows] = [life.seq for life in kept]
        columns.since_ms[rows] = [life.since_ms for life in kept]
        columns.before_ms[rows] = [life.before_ms for life in kept]
        columns.flags[rows] = [life.flags for life in kept]
        columns.flaps[rows] = [life.flaps for life in kept]
        if told.moved:
            moved = np.array(told.moved, np.int64)
            move(columns, moved[:, 0], moved[:, 1].astype(np.uint16), now_ms)
        columns.region[rows] = [life.region for life in kept]
        columns.link[rows] = link
        for column, facts in (
            (columns.model, told.models),
            (columns.software, told.softwares),
            (columns.skew, told.skews),
        ):
            column[list(facts)] = list(facts.values())
        for row, change, region, detail in told.changes:
            columns.ring.add(now_ms, row, change, region, detail)
        if told.heard:
            spoke = np.array(told.heard, np.int64)
            columns.seen_ms[spoke] = now_ms
            columns.flags[spoke] |= np.uint8(Flag.SEEN)
            np.add.at(columns.messages, spoke, np.uint32(1))
