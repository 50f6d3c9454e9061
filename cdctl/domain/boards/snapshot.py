"""What panels see: everything at one instant, none of it fetched by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cdctl.domain.boards.asking import Answer, Missing
from cdctl.domain.boards.requests import About
from cdctl.domain.boards.vehicles import Vehicles

if TYPE_CHECKING:  # a panel that shows no promises needs none of them
    from cdctl.domain.fleet.reading import FleetStatus
    from cdctl.domain.slo.verdict import SloReport


@dataclass(frozen=True, slots=True, eq=False)
class FleetSight:
    """The fleet. heard_at: epoch seconds at which it was seen that messages were taken in, None when none were. broken:
    why nothing is taken in any more, empty while it is. steady: whether the rate is one of usual days: at first there
    comes in what brokers had kept."""

    vehicles: Vehicles
    status: FleetStatus
    heard_at: float | None = None
    broken: str = ""
    steady: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class SloSight:
    """The promises as they were judged at `judged_at` (epoch seconds). broken: why they could not be judged since."""

    report: SloReport
    judged_at: float
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the view said: what went wrong, what was done. at: epoch seconds."""

    at: float
    text: str
    bad: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """One instant. at: epoch seconds. frozen_at: since when the hand holds the picture, None while it moves. answers:
    by the letter of the panel that asked. about: what the board is about. notes: what the view said, the last few
    hundred, oldest first. colour: one of the terminal's, by which a context is known; empty for none. readonly: nothing
    can be sent. through: the collector through which the fleet is looked at, host and port; empty for none."""

    at: float
    context: str
    fleet: FleetSight | Missing
    slo: SloSight | Missing
    frozen_at: float | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    about: About = field(default_factory=About)
    notes: Sequence[Note] = ()
    colour: str = ""
    readonly: bool = False
    through: str = ""

    @property
    def shown_at(self) -> float:
        """The instant that is shown, epoch seconds: ages are counted to it, so that those of a held picture stay."""
        return self.at if self.frozen_at is None else self.frozen_at
