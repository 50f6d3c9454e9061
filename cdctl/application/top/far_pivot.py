"""The same where a collector keeps the vehicles: its counts, and how it was, out of its minutes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.boards.pivoting import CHANGE, RATE, Aggregate, Aggregated, order, share
from cdctl.domain.fleet.archive import GROUPED
from cdctl.domain.fleet.pivot import MOST, Group
from cdctl.domain.fleet.strings import OTHER_TEXT
from cdctl.domain.fleet.trend import REACH

if TYPE_CHECKING:
    from cdctl.domain.fleet.reading import Fleet, Minute, Tally

Minutes = Callable[[str, float, Sequence[str]], Awaitable[Sequence["Minute"]]]
"""A filter, since when (epoch seconds), by which fields -> minutes of groups, oldest first."""
_KEPT, _PAST_KEPT = 3.0, 30.0
"""Seconds for which counts and minutes are good: a collector answers many."""
_MINUTE = 60
_MOST_ASKED = 8
_Key = tuple[Sequence[str], str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class _Then:
    """at, said_at: the end of the minute that is compared with, and of the one in which `said` was said; None where
    there is none."""

    at: float | None = None
    online: Mapping[Group, int] = field(default_factory=dict)
    said_at: float | None = None
    said: Mapping[Group, int] = field(default_factory=dict)


class _Lately(Generic[T]):
    """What was answered within so many seconds, to the last few questions."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: dict[_Key, tuple[float, T]] = {}

    def get(self, key: _Key, at: float) -> T | None:
        """The answer, as long as it is good."""
        then, value = self._kept.get(key, (at + 1, None))
        return value if 0 <= at - then < self._seconds else None

    def put(self, key: _Key, at: float, value: T) -> T:
        """Remember it."""
        self._kept.pop(key, None)
        self._kept[key] = at, value
        for old in list(self._kept)[:-_MOST_ASKED]:
            del self._kept[old]
        return value


class FarPivot:
    """fleet: who counts. minutes: who tells of the past."""

    def __init__(self, fleet: Fleet, minutes: Minutes) -> None:
        self._fleet, self._minutes = fleet, minutes
        self._tallies: _Lately[Tally] = _Lately(_KEPT)
        self._pasts: _Lately[_Then] = _Lately(_PAST_KEPT)

    async def counted(self, ask: Aggregate, at: float) -> Aggregated:
        """The answer at an instant (epoch seconds). Raises CdctlError."""
        tally = await self._tally(ask, at)
        then = await self._then(ask, at)
        rows, width = tally.rows[:MOST], len(ask.by)
        groups: list[Group] = [tuple(None if cell is None else str(cell) for cell in row[:width]) for row in rows]
        counts = np.array([row[width:] for row in rows], np.float64).reshape(len(rows), 4)
        vehicles, online, offline, unknown = counts.T
        nobody = np.full(len(rows), np.nan)
        told = {
            "vehicles": vehicles,
            "online": online,
            "online_share": share(online, vehicles),
            CHANGE: nobody if then.at is None else online - _of(then.online, groups),
            "unknown": unknown,
            "faulty": nobody,
            "faulty_share": nobody,
            RATE: nobody if then.said_at is None else _of(then.said, groups) / _MINUTE,
            "offline": offline,
            "never_seen": vehicles - online - offline - unknown,
        }
        sorted_ = order(ask, groups, told)
        return Aggregated(
            [groups[row] for row in sorted_.tolist()], {name: told[name][sorted_] for name in told}, tally.matched,
            len(tally.rows) - len(rows), None if then.at is None else at - then.at,
            None if then.said_at is None else float(_MINUTE), tally.left_out,
        )  # fmt: skip

    async def _tally(self, ask: Aggregate, at: float) -> Tally:
        kept = self._tallies.get((ask.by, ask.where), at)
        return kept or self._tallies.put((ask.by, ask.where), at, await self._fleet.tally(ask.where, ask.by))

    async def _then(self, ask: Aggregate, at: float) -> _Then:
        """How it was. Minutes are kept by `GROUPED`: of other groups nobody knows."""
        if not set(ask.by) <= set(GROUPED):
            return _Then()
        kept = self._pasts.get((ask.by, ask.where), at)
        if kept is None:
            minutes = await self._minutes(ask.where, at - REACH - _MINUTE, ask.by)
            kept = self._pasts.put((ask.by, ask.where), at, _then(minutes))
        return kept


def _then(minutes: Sequence[Minute]) -> _Then:
    if not minutes:
        return _Then()
    first, last = minutes[0].start, minutes[-1].start
    online = {_named(one.group): one.online for one in minutes if one.start == first}
    said = {_named(one.group): one.messages for one in minutes if one.start == last}
    return _Then(first + _MINUTE, online, last + _MINUTE, said)


def _named(group: Sequence[str]) -> Group:
    return tuple(value or None for value in group)


def _of(counts: Mapping[Group, int], groups: Sequence[Group]) -> NDArray[np.float64]:
    """None of a group that is not told, unless the small ones of too many were kept as one."""
    nobody = np.nan if any(OTHER_TEXT in group for group in counts) else 0
    return np.array([counts.get(group, nobody) for group in groups], np.float64)
