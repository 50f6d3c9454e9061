"""Questions about orders, and their answers: what was sent, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdctl.domain.boards.asking import Ask
from cdctl.domain.orders.order import State
from cdctl.domain.orders.rollout.standing import TERMINAL, Phase

OPEN = tuple(state.value for state in State if not state.terminal)
FAILED = (State.FAILED.value, State.REJECTED.value, State.TIMED_OUT.value, State.EXPIRED.value)
"""Ends without success, for which another try can be made; what somebody cancelled is none of them."""
_OVER = frozenset(phase.value for phase in TERMINAL)


@dataclass(frozen=True, slots=True)
class Sent(Ask):
    """Plans and rollouts, those under way first, then the newest; with `vin` the orders to that vehicle alone. Answer:
    SentSight."""

    vin: str = ""


@dataclass(frozen=True, slots=True)
class TargetsOf(Ask):
    """The vehicles of a plan (its digest), those that went wrong first. Answer: Targeted."""

    plan: str


@dataclass(frozen=True, slots=True, eq=False)
class PlanSeen:
    """A plan, and how many of its vehicles are how (the last try of each counts). at, until: epoch milliseconds; after
    `until` none may begin. arguments: as a person writes them. states: by value of State. cancelled: by whom,
    empty when it was not."""

    digest: str
    id: str
    at: int
    by: str
    context: str
    command: str
    vehicles: int
    states: Mapping[str, int] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    until: int = 0
    cancelled: str = ""

    @property
    def given(self) -> str:
        """Its arguments on a line."""
        return " ".join(f"{name}={text}" for name, text in self.arguments.items())

    @property
    def open(self) -> int:
        """Orders that have not ended."""
        return sum(self.states.get(state, 0) for state in OPEN)

    @property
    def unsent(self) -> int:
        """Vehicles that nothing was written down for."""
        return max(0, self.vehicles - sum(self.states.values()))

    @property
    def failed(self) -> int:
        """Vehicles that another try could be made with."""
        return sum(self.states.get(state, 0) for state in FAILED)

    def under_way(self, now: float) -> bool:
        """Whether anything can still happen. now: epoch milliseconds."""
        return bool(self.open) or (bool(self.unsent) and not self.cancelled and now < self.until)


@dataclass(frozen=True, slots=True, eq=False)
class WaveSeen:
    """A wave of a rollout. to: as the file says it. places: its vehicles by where they are, see `rollout.tally`."""

    name: str
    to: str
    size: int
    places: Mapping[str, int]

    @property
    def pending(self) -> int:
        """Vehicles that were not told yet, or have not ended."""
        return sum(self.places.get(place, 0) for place in ("planned", "again", *OPEN))


@dataclass(frozen=True, slots=True, eq=False)
class GuardSeen:
    """What a guard said last. at: epoch milliseconds."""

    guard: str
    health: str
    words: str
    at: int


@dataclass(frozen=True, slots=True, eq=False)
class RolloutSeen:
    """A rollout. state: for people, "paused" while it is. wave: counted from 0. since: of the phase, while it is paused
    of the first pause that holds; at: of this picture; created: of the plan; epoch milliseconds. runner: who runs it
    now, "nobody", or empty when it is over. why: why it does not go on, or ended. asked: approvals that its wave needs;
    approvers: who gave one. ours: this journal has it."""

    id: str
    plan: str
    name: str
    command: str
    by: str
    state: str
    phase: str
    wave: int
    since: int
    at: int
    runner: str
    why: tuple[str, ...]
    waves: tuple[WaveSeen, ...]
    guards: tuple[GuardSeen, ...] = ()
    asked: int = 0
    approvers: tuple[str, ...] = ()
    rate: float | None = None
    ours: bool = False
    created: int = 0

    @property
    def waits(self) -> bool:
        """Whether its wave cannot begin before others approve."""
        given = len(self.approvers) >= self.asked > 0
        return self.phase == Phase.WAITING.value and not given

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.phase in _OVER

    @property
    def vehicles(self) -> int:
        """Of all waves."""
        return sum(wave.size for wave in self.waves)

    def count(self, *places: str) -> int:
        """Vehicles of all waves that are there."""
        return sum(wave.places.get(place, 0) for wave in self.waves for place in places)

    @property
    def failed(self) -> int:
        """See `PlanSeen`."""
        return self.count(*FAILED)


@dataclass(frozen=True, slots=True, eq=False)
class OrderSeen:
    """An order, or a vehicle that none was written down for (`state` empty). at: when it was made; since: of its state;
    epoch milliseconds. took: milliseconds. What it brought back is not told: it may say where somebody is."""

    vin: str
    region: str
    command: str
    state: str
    reason: str = ""
    since: int = 0
    at: int = 0
    order: str = ""
    plan: str = ""
    took: int = 0
    by: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SentSight:
    """plans: those of single commands. orders: to the vehicle that was asked about, newest first. notes: what is not
    known, and why."""

    plans: tuple[PlanSeen, ...] = ()
    rollouts: tuple[RolloutSeen, ...] = ()
    orders: tuple[OrderSeen, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Targeted:
    """rest: vehicles that are not among `orders`, because there are so many."""

    plan: PlanSeen
    orders: tuple[OrderSeen, ...]
    rest: int = 0
