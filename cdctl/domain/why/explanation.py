"""What an explanation says: causes with their figures, and what nearly was one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.changes import Change, Near, shortly_before
from cdctl.domain.pasting import PLAIN, Shell
from cdctl.domain.slo.series import Floats
from cdctl.domain.traces.ports import Window
from cdctl.domain.why.attributes import LeftOut

RISEN = 1.5
"""A burn is new when so many times as much is bad as in the reference window."""
VAGUE = 600
"""Seconds by which a beginning may be unsure and still be told as one moment."""
SourceName = Literal["spans", "prometheus"]


@dataclass(frozen=True, slots=True)
class Predicate:
    """An attribute has a value."""

    attribute: str
    value: str


Conjunction = tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Events by weight, and as they were seen (`raw`)."""

    bad: float
    total: float
    raw_bad: float
    raw_total: float

    @property
    def rate(self) -> float | None:
        """Share of bad events 0..1, None of nothing."""
        return self.bad / self.total if self.total > 0 else None


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """Events by slices of the window: ends (epoch seconds), bad and total by weight, [n] each."""

    ends: NDArray[np.int64]
    bad: Floats
    total: Floats


@dataclass(frozen=True, slots=True)
class Picked:
    """A cause as a selection of vehicles: empty when it cannot be one. beyond: predicates that it cannot express.
    vehicles: how many with bad events it picks."""

    where: str
    beyond: Conjunction = ()
    vehicles: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Cause:
    """A group that explains. Events of causes before it are not counted in it.

    inside: its events; outside: those of no cause. share: of all bad events, 0..1. expected: bad events (raw) it would
    have, had it failed as all did at the same times. burn: what it adds to the window's burn rate. budget: share of
    the whole error budget it spent, if traffic is even; None when not known. log10_p: decimal logarithm of the
    corrected p-value. effect: how many bad events count as one, because they come from the same vehicles. vehicles:
    with bad events, 0 when none is known. before: the group in the reference window, and before_outside all else
    there. new: whether it fails more than it did then, None when nobody knows. since: epoch seconds from which on,
    most likely; between: the earliest and the latest that it can have been. equals: other conjunctions that explain as
    much. traces: ids of examples, hex. after: changes that may have begun it.
    """

    where: Conjunction
    inside: Counts
    outside: Counts
    share: float
    expected: float
    burn: float
    budget: float | None
    log10_p: float
    effect: float
    vehicles: int
    timeline: Timeline
    before: Counts | None = None
    before_outside: Counts | None = None
    new: bool | None = None
    since: int | None = None
    between: tuple[int, int] | None = None
    equals: tuple[Conjunction, ...] = ()
    traces: tuple[str, ...] = ()
    picked: Picked = Picked("")
    after: tuple[Near, ...] = ()

    @property
    def vague(self) -> tuple[int, int] | None:
        """Between what its beginning is told to have been, epoch seconds; None where one moment says enough."""
        return self.between if self.between and self.between[1] - self.between[0] > VAGUE else None

    @property
    def values(self) -> frozenset[str]:
        """What it is called: the values of its attributes."""
        return frozenset(one.value for one in self.where)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A group that stood out, and why it is no cause."""

    where: Conjunction
    share: float
    inside: float
    outside: float
    log10_p: float
    reason: str


@dataclass(frozen=True, slots=True)
class HeavyHitter:
    """A value of an attribute that names very many things, with the bad events it has. share: of all, 0..1."""

    attribute: str
    value: str
    bad: float
    total: float
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Who it is. slo, objective, group: whose events. target: the promise, 0..1. events: all of the window.

    by: the promise that counted them, where that is another one. causes: as they were peeled. searched: groups looked
    at. attributes: those that were searched; same: names of others that say the same as one. nameless: share 0..1 of
    events that name no vehicle that is known, None when nothing was joined. notes: what has to be known to read this.
    shell: how commands to paste are begun.
    """

    slo: str
    objective: str
    group: Mapping[str, str]
    target: float
    source: SourceName
    window: Window
    reference: Window | None
    events: Counts
    before: Counts | None
    timeline: Timeline
    causes: tuple[Cause, ...]
    near: tuple[NearMiss, ...] = ()
    heavy: tuple[HeavyHitter, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    attributes: tuple[str, ...] = ()
    same: Mapping[str, Sequence[str]] = field(default_factory=dict)
    searched: int = 0
    nameless: float | None = None
    notes: tuple[str, ...] = ()
    shell: Shell = PLAIN
    by: str = ""

    def with_changes(self, changes: Sequence[Change]) -> Explanation:
        """The same, with the changes that came shortly before each cause began."""

        def marked(cause: Cause) -> Cause:
            if cause.since is None:
                return cause
            about = cause.values | set(self.group.values())
            return replace(cause, after=tuple(shortly_before(changes, cause.since, about, between=cause.between)))

        return replace(self, causes=tuple(map(marked, self.causes)))

    @property
    def burn(self) -> float | None:
        """Burn rate of the window: 1 spends the budget exactly."""
        rate = self.events.rate
        return None if rate is None else rate / (1 - self.target)

    @property
    def risen(self) -> bool:
        """Whether more is bad than in the reference window; what nobody knows is taken for new."""
        then, now = (self.before.rate if self.before else None), self.events.rate
        return then is None or now is None or now > RISEN * then

    @property
    def fresh(self) -> tuple[Cause, ...]:
        """Causes of this burn. Of one that is new, those that were not so before or of which nobody knows; of one that
        went on all the time, all of them."""
        return tuple(cause for cause in self.causes if cause.new is not False or not self.risen)

    @property
    def standing(self) -> tuple[Cause, ...]:
        """Groups that fail more than others and did before, so that they explain no new burn."""
        return tuple(cause for cause in self.causes if cause.new is False and self.risen)
