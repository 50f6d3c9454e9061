"""What a rollout was told to do: the rollout file, judged and resolved against its targets."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from cdctl.domain.orders.rollout.guards import Guard
from cdctl.domain.orders.rollout.hours import Hours
from cdctl.domain.orders.rollout.pacing import Pace
from cdctl.domain.orders.rollout.thresholds import Limit, Success
from cdctl.domain.orders.rollout.waves import Wave


@dataclass(frozen=True, slots=True)
class Retry:
    """Which failures are tried again: `tries` at most in all, `wait` seconds after each, doubled every time."""

    tries: int = 1
    wait: int = 60

    def again(self, tries: int) -> int:
        """Milliseconds to wait after the `tries`-th try failed."""
        return int(self.wait * 1000 * 2 ** min(tries - 1, 16))


@dataclass(frozen=True, slots=True)
class Rules:
    """All that decides how a rollout goes on.

    ends: where each wave ends in the sequence of targets (see `waves`). by: who asked for it, who never counts as an
    approver. in_flight: how many orders may be open at once, None: no limit. grace: seconds in which orders that were
    cancelled by an abort may still answer.
    """

    waves: tuple[Wave, ...]
    ends: tuple[int, ...]
    by: str
    pace: Pace | None = None
    hours: tuple[Hours, ...] = ()
    limits: tuple[Limit, ...] = ()
    success: Success | None = None
    guards: tuple[Guard, ...] = ()
    in_flight: int | None = None
    retry: Retry = Retry()
    grace: int = 60

    def size(self, wave: int) -> int:
        """How many targets a wave has, counted from 0."""
        return (self.ends[0], *(after - before for before, after in pairwise(self.ends)))[wave]

    def last(self, wave: int) -> bool:
        """Whether no later wave adds anybody."""
        return self.ends[wave] == self.ends[-1]
