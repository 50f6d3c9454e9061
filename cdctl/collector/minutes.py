"""What a minute was like: vehicles, online ones, messages and events by region, model and software."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.archive import GROUPED, Group
from cdctl.domain.fleet.batch import Presence
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.selection import Selection
from cdctl.domain.fleet.view import FleetView

Counts = dict[Group, tuple[int, int, int, int]]
_EVENTS_MOST = np.uint16(0xFFFF)


class MinuteCounter:
    """Counts what was said since it was last asked. Keeps a copy of two columns, six bytes a vehicle."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._messages, self._events = self._now()

    def count(self, now_ms: int) -> Counts:
        """Group -> vehicles, online, messages and events since the last call."""
        view = FleetView(self._columns, now_ms, ("region", "model", "sw", "state"))
        messages, events = self._now()
        n = min(view.n, len(messages))
        said = _grown(messages, self._messages)[:n]
        happened = _grown(events, self._events)[:n]
        self._messages, self._events = messages, events
        fields = [view.coded(name) for name in GROUPED]
        sizes = [len(texts) for _, texts in fields]
        key = np.zeros(n, np.int64)
        for (codes, _), size in zip(fields, sizes, strict=True):
            key = key * size + codes[:n]
        groups, which = np.unique(key, return_inverse=True)
        online = view.presence[:n] == Presence.ONLINE
        sums = [
            np.bincount(which, weights, len(groups)).astype(np.int64).tolist()
            for weights in (None, online, said, happened)
        ]
        places = zip(*(codes.tolist() for codes in np.unravel_index(groups, sizes)), strict=True)
        names = [_named(place, [texts for _, texts in fields]) for place in places]
        return dict(zip(names, zip(*sums, strict=True), strict=True))

    def _now(self) -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
        n = self._columns.rows
        return self._columns.messages[:n].copy(), self._columns.events[:n].copy()


def _named(place: Sequence[int], texts: Sequence[Sequence[str]]) -> Group:
    region, model, software = (of[code] for of, code in zip(texts, place, strict=True))
    return region, model, software


def _grown(now: NDArray[Any], before: NDArray[Any]) -> NDArray[Any]:
    """How much counters grew; those of 32 bits may have come round, rows may be new."""
    grown = now.copy()
    grown[: len(before)] -= before[: len(now)]
    return grown


class GroupView:
    """Groups as if each were a vehicle (port `View` of selections): which minutes a selection is about."""

    def __init__(self, groups: Sequence[Group], now_ms: int) -> None:
        self._groups = groups
        self.now_ms = now_ms
        self.n = len(groups)

    @property
    def ids(self) -> NDArray[np.bytes_]:
        """A group has no id."""
        return np.zeros(self.n, "S40")

    def coded(self, name: str) -> tuple[NDArray[Any], Sequence[str]]:
        """Codes of region, model or sw and their texts; code 0 is not told."""
        texts = [group[GROUPED.index(name)] for group in self._groups]
        table = ["", *sorted(set(texts) - {""})]
        codes = {text: code for code, text in enumerate(table)}
        return np.array([codes[text] for text in texts], np.uint32), table

    def number(self, name: str) -> NDArray[Any]:
        """Not known of a group."""
        return np.full(self.n, np.nan)

    def moment(self, name: str) -> NDArray[np.int64]:
        """Not known of a group."""
        return np.zeros(self.n, np.int64)

    def code_sets(self, name: str) -> tuple[NDArray[Any], Sequence[tuple[str, ...]]]:
        """Not known of a group."""
        return np.zeros(self.n, np.uint32), [()]


def groups_of(selection: Selection, groups: Sequence[Group], now_ms: int) -> NDArray[np.bool_]:
    """Which groups a selection is about: none when it asks for more than region, model and sw, because how many
    vehicles of a group would have matched then is not known."""
    if not set(selection.fields) <= set(GROUPED):
        return np.zeros(len(groups), np.bool_)
    return selection.match(GroupView(groups, now_ms)).mask
