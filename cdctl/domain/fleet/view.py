"""What a reader sees of the fleet columns at one instant: named fields, whatever their storage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.batch import Presence
from cdctl.domain.fleet.capabilities import sets as sets_of
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.layout import FIELDS
from cdctl.domain.fleet.presence import Flag
from cdctl.domain.fleet.selection.fields import Field, Kind
from cdctl.domain.fleet.strings import NOT_TOLD, OTHER

STATES = ("unknown", "offline", "online", "never")
"""Names by the codes of the field `state`. never: in the inventory, listened for, and nobody ever heard of it."""
ANSWERS = ("", "no", "yes")
_KINDS = {
    **dict.fromkeys(("region", "model", "sw", "duplicate", "inventory", "snapshot"), Kind.TEXT),
    **dict.fromkeys(("dtcs", "messages", "events", "flaps", "skew"), Kind.NUMBER),
    **dict.fromkeys(("age", "since"), Kind.AGE),
    "vin": Kind.VIN,
    "state": Kind.STATE,
    **dict.fromkeys(("dtc", "caps"), Kind.CODES),
}
_FLAGS = {"duplicate": Flag.DUPLICATE, "inventory": Flag.INVENTORY, "snapshot": Flag.SNAPSHOT}
_COLUMN_OF = {"sw": "software", "age": "seen_ms", "since": "since_ms", "dtc": "dtcs", "state": "presence", "vin": "ids"}
_TRIES = 16


def fields_of(signals: Sequence[str]) -> dict[str, Field]:
    """Everything that can be asked of a vehicle, by name; `signals` are the short names that the settings keep."""
    fixed = {name: Field(name, _KINDS[name], text) for name, text in FIELDS.items()}
    return fixed | {name: Field(name, Kind.NUMBER, "signal") for name in signals}


class FleetView:
    """Fields of the first `n` rows at `now_ms`. What changes is copied when it is first used and then stays as it is,
    so what was matched is what is shown; ids, which never change, and moments (8 bytes each) are not copied.

    Fields that are named in `together` are copied at once, between two batches where that is possible: of no vehicle
    one is older than another then; names that are no fields are left to whoever shows them. Every array has n
    entries. A view is for one answer; make another for the next.
    """

    def __init__(self, columns: Columns, now_ms: int, together: Sequence[str] = ()) -> None:
        self.columns = columns
        self.now_ms = now_ms
        self.n = columns.rows
        self._at: slice | NDArray[np.int64] = slice(0, self.n)
        self._kept: dict[str, NDArray[Any]] = {}
        self._sets: list[tuple[str, ...]] | None = None
        wanted = {self._column_of(name) for name in together if self.kind(name) not in {None, Kind.VIN}}
        wanted |= {"flags", "link", "region"} if "presence" in wanted else set()
        for _ in range(_TRIES if wanted else 0):
            before = columns.generation
            self._kept = {name: self._column(name).copy() for name in wanted if name != "dtcs"}
            if before % 2 == 0 and before == columns.generation:
                break

    def only(self, rows: NDArray[np.int64]) -> FleetView:
        """A view of these rows alone, in their order, at the same instant: what was copied is taken from this view. It
        costs what the rows cost, however many others there are; `columns` of it are still the whole fleet's."""
        part = FleetView.__new__(FleetView)
        part.columns, part.now_ms, part.n, part._at = self.columns, self.now_ms, len(rows), rows
        part._kept = {name: column[rows] for name, column in list(self._kept.items())}
        part._sets = self._sets
        return part

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Everything that can be asked, by name."""
        return fields_of(self.columns.layout.signals)

    def kind(self, name: str) -> Kind | None:
        """How a field is kept; None when there is no such field."""
        found = self.fields.get(name)
        return found.kind if found else None

    @property
    def ids(self) -> NDArray[np.bytes_]:
        """S40: the VIN or other id, ASCII, padded with zero bytes."""
        return self.columns.ids[self._at]

    @property
    def presence(self) -> NDArray[np.uint8]:
        """Values of `Presence`."""
        return self._take("presence")

    @property
    def flags(self) -> NDArray[np.uint8]:
        """Marks, see `Flag`."""
        return self._take("flags")

    def coded(self, name: str) -> tuple[NDArray[Any], list[str]]:
        """Codes (u1 or u2) and the text of each code. state: every code is known. region, model, sw, duplicate,
        inventory, snapshot: code 0 is not told."""
        if name == "state":
            return self._states, list(STATES)
        if name in _FLAGS:
            flag = np.uint8(_FLAGS[name])
            return ((self.flags & flag) != 0).view(np.uint8) + np.uint8(1), list(ANSWERS)
        tables = {"region": self.columns.regions, "model": self.columns.models, "sw": self.columns.softwares}
        codes = self._take(self._column_of(name))  # before the texts: all of these codes have one by then
        return codes, tables[name].texts()

    def number(self, name: str) -> NDArray[Any]:
        """Signals and skew: f4, NaN where not told. dtcs: f4, how many. messages, events, flaps: unsigned."""
        if name == "dtcs":
            codes, sets = self.code_sets("dtc")
            counts = np.array([len(names) for names in sets], np.float32)
            counts[0] = np.nan
            return counts[codes]
        return self._take(self._column_of(name))

    def moment(self, name: str) -> NDArray[np.int64]:
        """age: when something was last heard; since: since when it is in its state. Epoch ms; 0: not known."""
        column = self._column_of(name)
        return self._kept[column] if column in self._kept else self._column(column)

    def age(self, name: str) -> NDArray[np.float64]:
        """The same as seconds before `now_ms`, NaN where not known."""
        moment = self.moment(name)
        return np.where(moment > 0, np.maximum(self.now_ms - moment, 0) / 1000, np.nan)

    def code_sets(self, name: str = "dtc") -> tuple[NDArray[np.uint32], list[tuple[str, ...]]]:
        """Code of each vehicle's set of trouble codes (1: none stand) or of capabilities (caps), and the sets, sorted.
        0: not told."""
        if name == "caps":
            codes = self._take("caps")  # before the texts: all of these codes have one by then
            known = np.where(codes == OTHER, NOT_TOLD, codes).astype(np.uint32)
            return known, sets_of(self.columns.capabilities.texts())
        if name != "dtc":
            raise KeyError(name)
        for _ in range(_TRIES if self._sets is None else 0):
            epoch = self.columns.troubles.epoch
            self._kept["dtcs"] = self.columns.dtcs[self._at].copy()
            sets = self.columns.troubles.sets()
            if epoch == self.columns.troubles.epoch and epoch % 2 == 0:
                self._sets = sets
                break
        else:
            if self._sets is None:  # the writer ended in the middle of giving codes anew: nobody knows what they mean
                self._kept["dtcs"], self._sets = np.zeros(self.n, np.uint32), [(), ()]
        return self._kept["dtcs"], self._sets or [(), ()]

    @property
    def troubled(self) -> NDArray[np.uint8]:
        """0: it did not tell its trouble codes, 1: none stand, 2: some do. Cheaper than the sets themselves."""
        told: NDArray[np.uint8] = np.minimum(self._take("dtcs"), 2).astype(np.uint8)
        return told

    @cached_property
    def _states(self) -> NDArray[np.uint8]:
        expected = (self.flags & np.uint8(Flag.INVENTORY | Flag.SEEN | Flag.SNAPSHOT)) == Flag.INVENTORY
        if not expected.any():
            return self.presence
        never = expected & (self.presence == Presence.UNKNOWN) & (self._take("link") == 0)
        deaf = self._deaf
        if deaf:
            codes, regions = self.coded("region")
            untold = np.array([not name or name in deaf for name in regions])
            never &= ~untold[codes]
        return np.where(never, np.uint8(STATES.index("never")), self.presence)

    @property
    def _deaf(self) -> frozenset[str]:
        """Regions of which nothing can be heard now: whether their vehicles ever spoke, nobody can tell."""
        return frozenset(link.region for link in self.columns.links.states() if not link.up or link.heard == "nothing")

    def _take(self, column: str) -> NDArray[Any]:
        kept = self._kept.get(column)
        if kept is None:
            kept = self._kept[column] = self._column(column).copy()
        return kept

    def _column(self, name: str) -> NDArray[Any]:
        return self.columns.parts[name][self._at]

    def _column_of(self, field: str) -> str:
        if field in _FLAGS:
            return "flags"
        signals = self.columns.layout.signals
        return f"signal {signals.index(field)}" if field in signals else _COLUMN_OF.get(field, field)


def steady(columns: Columns, ask: Callable[[], Any]) -> Any:
    """What `ask` says between two batches, where some tries find such a moment; else what it said last."""
    for _ in range(_TRIES):
        before = columns.generation
        answer = ask()
        if before % 2 == 0 and before == columns.generation:
            break
    return answer
