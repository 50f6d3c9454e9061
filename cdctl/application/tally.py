"""How far a dispatch is: how many orders are where, how quick it goes, and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from cdctl.domain.orders.keeping import Kept
from cdctl.domain.orders.order import TERMINAL, State


@dataclass(slots=True)
class Tally:
    """Orders of one dispatch by where they are; every target counts once, with the last of its tries.

    total: targets. states: orders that were written down. reasons: what was said of those that did not succeed, by
    state and reason. published: orders that were handed to a broker, tries among them. rate: those a second, lately.
    elapsed, eta: seconds; eta is the time until all have left, None while it cannot be told: how long vehicles take
    that are away, nobody knows. until: epoch milliseconds at which the last of them can no longer begin. forged: words
    that nobody may believe. degraded: what is not as it should be on the way (a broker that is away, answers that may
    not be heard), a line each.
    """

    total: int = 0
    states: Counter[State] = field(default_factory=Counter)
    reasons: Counter[tuple[State, str]] = field(default_factory=Counter)
    published: int = 0
    retried: int = 0
    late: int = 0
    duplicates: int = 0
    forged: int = 0
    elapsed: float = 0.0
    rate: float = 0.0
    eta: float | None = None
    until: int = 0
    degraded: Sequence[str] = ()

    @property
    def written(self) -> int:
        """Targets that an order was written down for."""
        return sum(self.states.values())

    @property
    def queued(self) -> int:
        """Targets whose order is not on its way yet, whether it was written down or not."""
        return self.total - self.written + self.states[State.QUEUED]

    @property
    def ended(self) -> int:
        """Orders that have ended, well or not."""
        return sum(self.states[state] for state in TERMINAL)

    @property
    def open(self) -> int:
        """Orders that were written down and have not ended."""
        return self.written - self.ended


Tell = Callable[[Tally], None]
"""Told several times a second, on the event loop; the tally goes on changing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a dispatch ended. plan: its digest. stopped: an abort came before everything was sent. waiting: it returned
    while orders were open, as was asked for. results: as the journal has them, one a target (the last of its tries);
    every call reads them anew."""

    plan: str
    session: str
    tally: Tally
    results: Callable[[], Iterable[Kept]]
    stopped: bool = False
    waiting: bool = False
