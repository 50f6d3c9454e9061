"""The question who is behind the bad events of a promise, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cdctl.domain.boards.asking import Ask

if TYPE_CHECKING:  # who only asks need not know what an answer is made of
    from cdctl.domain.why.explanation import Explanation

Group = tuple[tuple[str, str], ...]
"""Labels of a promise's group, sorted: a value that can be compared."""


@dataclass(frozen=True, slots=True)
class Explain(Ask):
    """Who is behind what burns, of a group of a promise. Answer: Explained.

    since: epoch seconds at which it began, as an alert says: it counts where nothing else tells. newer: an answer that
    was looked for before that moment is none any more.
    """

    promise: str
    group: Group = ()
    since: float | None = None
    newer: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """where: a filter for the vehicles behind it, in the selection language; empty when nothing gives one. said: one
    line for people: who it is and how sure, or why nobody can tell. at: epoch seconds at which it was found out.
    since: epoch seconds since when the promise burns, None when nobody can tell. document: all of it as plain JSON
    values, as `cdctl slo why -o json` has them."""

    explanation: Explanation
    where: str
    said: str
    at: float = 0.0
    since: float | None = None
    document: Mapping[str, object] = field(default_factory=dict)
