"""What a selection can be about: the kinds of fields, and the view of a fleet that a selection reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Kind(Enum):
    """How a field is kept, and so what may be asked of it."""

    VIN = "the vehicle's id"
    TEXT = "text"
    NUMBER = "a number"
    AGE = "time since a moment"
    STATE = "online, offline, unknown or never"
    CODES = "a set of names, such as trouble codes"


STATES = ("online", "offline", "unknown", "never")
"""never: the inventory has the vehicle, and nobody ever heard of it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. help: a line for people."""

    name: str
    kind: Kind
    help: str = ""


class View(Protocol):
    """One consistent moment of a fleet, as arrays of `n` rows. Nothing is copied for a term that does not need it."""

    @property
    def n(self) -> int:
        """How many vehicles."""
        ...

    @property
    def now_ms(self) -> int:
        """The moment that ages are counted from, epoch milliseconds."""
        ...

    @property
    def ids(self) -> NDArray[np.bytes_]:
        """S40[n], the vehicles' ids."""
        ...

    def coded(self, name: str) -> tuple[NDArray[Any], Sequence[str]]:
        """A TEXT field: unsigned codes [n], and the text of each code; code 0 is not known. A STATE field, too, where
        every code is known."""
        ...

    def number(self, name: str) -> NDArray[Any]:
        """A NUMBER field: [n]; in a float array NaN is not known, in others everything is known."""
        ...

    def moment(self, name: str) -> NDArray[np.int64]:
        """An AGE field: the moment it counts from, epoch milliseconds [n]; 0 is not known."""
        ...

    def code_sets(self, name: str) -> tuple[NDArray[Any], Sequence[tuple[str, ...]]]:
        """A CODES field: unsigned numbers of sets [n], and the members of each. Set 0 is not known."""
        ...
