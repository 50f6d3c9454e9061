"""What panels see: everything at one instant, none of it fetched by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.reading import FleetStatus
from cdctl.domain.fleet.view import FleetView
from cdctl.domain.slo.verdict import SloReport

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Missing:
    """Why something is not there, and what to do about it; `waiting` when it is on its way."""

    reason: str
    hint: str = ""
    waiting: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FleetSight:
    """The fleet. heard_at: epoch seconds at which a message was last taken in, None when none was. broken: why nothing
    is taken in any more, empty while it is."""

    view: FleetView
    status: FleetStatus
    heard_at: float | None = None
    broken: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SloSight:
    """The promises as they were judged at `judged_at` (epoch seconds). broken: why they could not be judged since."""

    report: SloReport
    judged_at: float
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Arrange:
    """A panel asks for the fleet's rows: those that match `where`, sorted by a field (empty: the order of first
    sight)."""

    where: str = ""
    sort: str = ""
    descending: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Arranged:
    """The answer. rows: numbers of rows, which are handles of vehicles. left_out: see `Page`. error: why there is none,
    and `rows` then are empty. of: how many vehicles there were. at: epoch
    seconds. took: seconds that it took."""

    ask: Arrange
    rows: Rows
    of: int
    at: float
    left_out: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    took: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """One instant. at: epoch seconds. frozen_at: since when the hand holds the picture, None while it moves. arranged:
    answers by the letter of the panel that asked."""

    at: float
    context: str
    fleet: FleetSight | Missing
    slo: SloSight | Missing
    frozen_at: float | None = None
    arranged: Mapping[str, Arranged] = field(default_factory=dict)
