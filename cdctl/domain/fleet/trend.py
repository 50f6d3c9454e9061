"""How many vehicles of each group were online a while ago."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.past import Past
from cdctl.domain.fleet.pivot import MOST, Group

EVERY, REACH = 15.0, 900.0
"""Seconds between two samples, and as far as they reach."""
_NOT_COUNTED = -1
Ints = NDArray[np.int64]


class Trend:
    """Samples of one way of grouping, each four bytes a group. Every group has a place in them; when there are too many
    groups that once were, all is forgotten."""

    def __init__(self) -> None:
        self._places: dict[Group, int] = {}
        self._past: Past[NDArray[np.int32]] = Past(EVERY, REACH)

    def change(self, at: float, groups: Sequence[Group], online: Ints, *, whole: bool = True) -> NDArray[np.float64]:
        """Vehicles online now [g] less those of then; NaN where it is not known. What is told now becomes a part of the
        past. whole: groups that are not told have no vehicles; else nobody knows."""
        places = self._placed(groups)
        now = np.full(len(self._places), 0 if whole else _NOT_COUNTED, np.int32)
        now[places] = online
        self._past.keep(at, lambda: now)
        found = self._past.oldest(at)
        if found is None:
            return np.full(len(groups), np.nan)
        then = np.full(len(self._places), 0 if whole else _NOT_COUNTED, np.int64)
        then[: len(found[1])] = found[1]
        then = then[places]
        return np.where(then == _NOT_COUNTED, np.nan, online - then)

    def seconds(self, at: float) -> float | None:
        """Over how long the change is told."""
        found = self._past.oldest(at)
        return None if found is None else at - found[0]

    def _placed(self, groups: Sequence[Group]) -> Ints:
        known = self._places
        strange = [group for group in groups if group not in known]
        if len(known) + len(strange) > MOST:
            known, strange = {}, list(groups)
            self._places, self._past = known, Past(EVERY, REACH)
        known |= {group: place for place, group in enumerate(strange, len(known))}
        return np.array([known[group] for group in groups], np.int64)
