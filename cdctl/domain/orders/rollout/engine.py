"""The port `RolloutEngine`: what carries a rollout through, here in this process, or durably somewhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cdctl.domain.orders.command import Command
from cdctl.domain.orders.plan import Plan
from cdctl.domain.orders.rollout.guards import Guard, Reading
from cdctl.domain.orders.rollout.rules import Rules
from cdctl.domain.orders.rollout.seen import Control
from cdctl.domain.orders.rollout.standing import Standing
from cdctl.domain.orders.rollout.tally import Tally
from cdctl.domain.orders.rollout.waves import Rows


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One rollout, resolved: `plan.id` is its name everywhere. order: rows of the plan's targets as they are told."""

    plan: Plan
    digest: str
    command: Command
    rules: Rules
    order: Rows


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. at: epoch milliseconds; word, words, by: see `seen.Tell`."""

    at: int
    word: str
    words: str
    by: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A rollout for people, at one time (epoch milliseconds). waves: a tally each. readings: of guards that were read.
    events: the last of them, oldest first. left: targets that nothing was published to."""

    job: Job
    standing: Standing
    waves: Sequence[Tally]
    at: int
    readings: Mapping[str, Reading] = field(default_factory=dict)
    events: Sequence[Event] = ()


Shown = Callable[[Picture], None]
"""Told after every change and every few seconds; must be quick."""


class Reader(Protocol):
    """Reads guards."""

    async def read(self, guard: Guard, told: Sequence[bool], at: int) -> Reading:
        """One reading; what cannot be read is no data, never an exception. told: by row, who was told already."""
        ...

    def kept(self) -> Mapping[str, object]:
        """What would be lost with this process, as JSON has it; empty when nothing would be."""
        ...

    def restore(self, body: Mapping[str, object]) -> None:
        """What `kept` gave, in another process."""
        ...


class RolloutEngine(Protocol):
    """One rollout on its way. One owner, one event loop."""

    async def run(self, shown: Shown | None = None) -> Picture:
        """To its end; how it ended. Begins it, or goes on where it stood. Raises UnavailableError when the journal
        cannot be written."""
        ...

    def wish(self, control: Control) -> None:
        """What an operator wants, who was allowed to; heard at once."""
        ...

    def picture(self) -> Picture:
        """How it is now."""
        ...
