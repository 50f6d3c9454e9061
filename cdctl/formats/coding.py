"""Numbers for things that come again and again: columns are cheap because only different things are looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from itertools import count, islice
from typing import Generic, TypeVar

import numpy as np

from cdctl.domain.traces.batch import Coded, Codes

T = TypeVar("T", bound=Hashable)


class Coder(Generic[T]):
    """A number for each different thing, from 0 in the order they came."""

    def __init__(self) -> None:
        self._known: defaultdict[T, int] = defaultdict(count().__next__)

    def code(self, things: Sequence[T]) -> Codes:
        """The numbers of these: [n]."""
        return np.fromiter(map(self._known.__getitem__, things), np.int32, len(things))

    def one(self, thing: T) -> int:
        """The number of this one."""
        return self._known[thing]

    @property
    def things(self) -> list[T]:
        """All there are, by number."""
        return list(self._known)

    def since(self, number: int) -> list[T]:
        """Those that came since there were so many."""
        return list(islice(reversed(self._known), len(self._known) - number))[::-1]

    def __len__(self) -> int:
        return len(self._known)


def compact(codes: Codes, values: Sequence[str]) -> Coded:
    """The same column with only those values that occur in it. A code of -1 stays: nothing is there."""
    used = np.zeros(len(values) + 1, np.bool_)
    used[codes] = True  # -1 is the last
    used[-1] = False
    renumbered = np.cumsum(used, dtype=np.int32) - 1
    renumbered[-1] = -1
    return Coded(renumbered[codes], [values[index] for index in np.flatnonzero(used).tolist()])
