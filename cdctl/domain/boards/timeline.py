"""The question what happened, and its answer: one list for everything that can be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cdctl.domain.boards.asking import Ask
from cdctl.domain.boards.requests import Open

KINDS = ("presence", "events", "orders", "promises", "changes", "links")
"""What happens, in the order of the keys that show and hide it: vehicles come and go; trouble codes, software and
whatever else vehicles tell; orders and rollouts; promises and alerts; deployments and the like; links of regions."""


@dataclass(frozen=True, slots=True)
class Recall(Ask):
    """What happened. vin: to this vehicle alone. group: labels of a promise; those that are fields of vehicles say of
    which. promise: the one that is asked about. since: the moment that it is about (epoch seconds); what happened
    LEAD before it is told, too. kinds: some of KINDS. text: words that must all be in it. unfolded: keys of
    occasions of many, whose parts are wanted. Answer: Recalled."""

    vin: str = ""
    group: tuple[tuple[str, str], ...] = ()
    promise: str = ""
    since: float | None = None
    kinds: tuple[str, ...] = KINDS
    text: str = ""
    unfolded: tuple[str, ...] = ()


LEAD = 7_200.0
"""Seconds before the moment that a question is about: what happened then may have led to it."""
MOST = 5_000
"""Occasions of one answer; the newest."""
MOST_PARTS = 200
"""Parts of one occasion of many; the newest."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that happened, or the same to many within seconds. at: epoch seconds, of the last of many; began: of
    the first. word: what it is called by whoever told it, such as "offline". subject: whom or what it is about. role:
    good, warn, bad, or empty. opens: where it leads. part_of: key of the occasion of many that it is a part of. Texts
    are as they were told: not safe for a terminal."""

    key: str
    at: float
    kind: str
    word: str
    subject: str
    text: str
    role: str = ""
    vin: str = ""
    region: str = ""
    count: int = 1
    began: float | None = None
    opens: Open | None = None
    part_of: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back one source of what happened knows. since: epoch seconds; None: from the beginning, or `note` says
    why nothing is known. note: what to know of it, or why it tells nothing. bad: it should know, and does not."""

    source: str
    since: float | None = None
    note: str = ""
    bad: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Recalled:
    """occasions: newest first, parts behind what they are parts of. reaches: one a source. older: how many are left
    out because they are more than MOST."""

    occasions: Sequence[Occasion]
    reaches: Sequence[Reach] = field(default_factory=tuple)
    older: int = 0
