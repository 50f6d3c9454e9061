"""What panels want to know, and what comes back. A panel never fetches: it asks, and finds the answer in a later
snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


class Ask:
    """A question: a frozen value, equal to every other one that means the same. `application.top_wiring` knows who
    answers which kind of question."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """Why something is not there, and what to do about it; `waiting` when it is on its way."""

    reason: str
    hint: str = ""
    waiting: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What came back. value: what the question's kind promises, or Missing. at: epoch seconds at which it was asked.
    took: seconds."""

    ask: Ask
    value: object
    at: float
    took: float = 0.0


@dataclass(frozen=True, slots=True)
class Arrange(Ask):
    """The fleet's rows that match `where`, sorted by a field (empty: the order of first sight). Answer: Arranged."""

    where: str = ""
    sort: str = ""
    descending: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Arranged:
    """rows: numbers of rows, which are handles of vehicles. of: how many vehicles there were. left_out: see `Page`.
    error: what is wrong with the filter; `rows` then are empty."""

    rows: Rows
    of: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
