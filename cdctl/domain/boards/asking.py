"""What panels want to know, and what comes back. A panel never fetches: it asks, and finds the answer in a later
snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdctl.domain.boards.vehicles import Nobody, Order


class Ask:
    """A question: a frozen value, equal to every other one that means the same. `application.top.lookout_wiring`
    knows who answers which kind of question."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """Why something is not there, and what to do about it; `waiting` when it is on its way, `bad` when it should be
    there and whoever knows it cannot tell."""

    reason: str
    hint: str = ""
    waiting: bool = False
    bad: bool = False


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
    """The vehicles that match `where`, sorted by a field (empty: the order of first sight). columns: what will be shown
    of them. near: a place about which they must be known, where they are too many to be known all. Answer: Arranged."""

    where: str = ""
    sort: str = ""
    descending: bool = False
    columns: tuple[str, ...] = ()
    near: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Arranged:
    """order: those that match. of: how many vehicles there were. left_out: see `Page`. error: what is wrong with the
    question; nobody matches then. remark: what cannot be shown of them, and why."""

    order: Order = field(default_factory=Nobody)
    of: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    remark: str = ""

    @property
    def matched(self) -> int:
        """How many match."""
        return len(self.order)
