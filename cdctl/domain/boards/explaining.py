"""The question who is behind the bad events of a promise, and its answer."""

from __future__ import annotations

from dataclasses import dataclass

from cdctl.domain.boards.asking import Ask
from cdctl.domain.why.explanation import Explanation

Group = tuple[tuple[str, str], ...]
"""Labels of a promise's group, sorted: a value that can be compared."""


@dataclass(frozen=True, slots=True)
class Explain(Ask):
    """Who is behind what burns, of a group of a promise. Answer: Explained."""

    promise: str
    group: Group = ()


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """where: a filter for the vehicles behind it, in the selection language; empty when nothing gives one. said: one
    line for people: who it is and how sure, or why nobody can tell."""

    explanation: Explanation
    where: str
    said: str
