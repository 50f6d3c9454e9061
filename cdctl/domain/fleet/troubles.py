"""Sets of trouble codes, each kept once: a row holds the code of its set.

In shared memory: the names, and the sets as runs of the names' codes one after the other. A fleet whose sets change for
weeks leaves sets behind that nobody has any more; when the room is full the writer gives codes anew (`epoch` grows).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.layout import DTC_BYTES
from cdctl.domain.fleet.strings import OTHER, Strings

UNKNOWN, NONE = 0, 1
"""Codes of "not told" and of the empty set."""
MOST = 64
"""Trouble codes that one vehicle can have; more are not kept."""
Names = tuple[str, ...]


class Troubles:
    """`parts` holds the views dtc_names, dtc_ends, dtc_places and the header's fields of one fleet."""

    def __init__(self, parts: Mapping[str, NDArray[Any]], header: NDArray[Any]) -> None:
        self._ends, self._places = parts["dtc_ends"], parts["dtc_places"]
        self._names = Strings(parts["dtc_names"], header["dtc_names"])
        self._count, self._epoch = header["dtc_sets"], header["dtc_epoch"]
        self._codes: dict[Names, int] | None = None
        self._read: tuple[int, list[Names]] = (0, [])
        self._give_up = 0
        self.refused = 0
        """How many names and sets found no place since the writer began."""
        self.unfit = 0
        """How many names can be no trouble codes (1 to 16 printable ASCII characters) since then."""

    def sets(self) -> list[Names]:
        """The names of each set, so far, sorted. The list is kept: do not change it. Threads may ask at once.

        While codes are given anew (`epoch` odd, or not the same afterwards) the answer is not to be trusted.
        """
        epoch, count = self.epoch, int(self._count[0])
        read_epoch, read = self._read
        read = read if epoch == read_epoch else []
        begin = len(read)
        if begin < count:
            first = int(self._ends[begin - 1]) if begin else 0
            ends = self._ends[begin:count].tolist()
            places = self._places[first : ends[-1]].tolist()
            names = self._names.texts()
            runs = zip([first, *ends[:-1]], ends, strict=True)
            read = [*read, *(tuple(names[at] for at in places[start - first : end - first]) for start, end in runs)]
        self._read = (epoch if epoch == self.epoch and not epoch % 2 else -1, read)
        return read or [(), ()]

    @property
    def epoch(self) -> int:
        """Grows by two when codes are given anew; odd meanwhile."""
        return int(self._epoch[0])

    def code(self, names: Iterable[str], column: NDArray[np.uint32]) -> int:
        """The code of a set, a new one when it was not there; UNKNOWN when there is no room. Only the writer may ask.

        `column` is the codes of all rows, to see which sets are still in use when codes are given anew.
        """
        known = self._codes if self._codes is not None else self._start()
        kept = tuple(sorted(set(filter(self._is_name, names))))[:MOST]
        found = known.get(kept)
        if found is not None:
            return found
        if not self._fits(kept) and not (self._renew(column) and self._fits(kept)):
            self.refused += 1
            return UNKNOWN
        return self._append(kept)

    def _is_name(self, name: str) -> bool:
        if not (0 < len(name) <= DTC_BYTES and name.isascii() and name.isprintable()):
            self.unfit += 1
            return False
        fits = self._names.code(name) != OTHER
        self.refused += not fits
        return fits

    def _fits(self, kept: Names) -> bool:
        count = int(self._count[0])
        return count < len(self._ends) and int(self._ends[count - 1]) + len(kept) <= len(self._places)

    def _append(self, kept: Names) -> int:
        assert self._codes is not None
        code = int(self._count[0])
        begin = int(self._ends[code - 1]) if code else 0
        self._places[begin : begin + len(kept)] = [self._names.code(name) for name in kept]
        self._ends[code] = begin + len(kept)
        self._count[0] = code + 1
        self._codes[kept] = code
        return code

    def _start(self) -> dict[Names, int]:
        if not self._count[0]:
            self._ends[:2] = 0
            self._count[0] = 2
        self._codes = {names: code for code, names in enumerate(self.sets()) if code != UNKNOWN}
        return self._codes

    def _renew(self, column: NDArray[np.uint32]) -> bool:
        """Keep only sets that a vehicle has. Costs some tens of ms for a million rows, so it is not tried again soon
        when it found little to leave out."""
        if self._give_up:
            self._give_up -= 1
            return False
        old = self.sets()
        used, new = np.unique(column, return_inverse=True)
        kept = [old[code] for code in used.tolist() if code > NONE]
        self._epoch[0] += 1
        self._count[0] = 2
        self._codes = {(): NONE}
        codes = np.array([code if code <= NONE else -1 for code in used.tolist()], np.int64)
        codes[codes < 0] = [self._append(names) for names in kept]
        column[:] = codes[new]
        self._epoch[0] += 1
        self._give_up = 100_000 if len(kept) > 3 * len(self._ends) // 4 else 0
        return True
