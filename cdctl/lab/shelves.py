"""Which test cases may share a server: those whose series no other case can see."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cdctl.domain.slo.objective import Slo, queries
from cdctl.lab.spec_test_file import Case

_WORD = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_ANY_NAME = "__name__"


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A case and the promise it is about. names: metrics it brings; words: everything its queries could mean."""

    case: Case
    slo: Slo
    names: frozenset[str]
    words: frozenset[str]

    @property
    def spans_alone(self) -> bool:
        """Whether no server of metrics is needed."""
        sources = {query.source for objective in self.slo.objectives for query in queries(objective.indicator)}
        return sources == {"traces"} and not self.case.series

    def clashes(self, other: Trial) -> bool:
        """Whether one could see the other's series, or their rows could not be told apart."""
        if self.slo.name == other.slo.name or _ANY_NAME in self.words | other.words:
            return True
        return bool(self.names & (other.names | other.words) or other.names & self.words)


def trial(case: Case, slo: Slo) -> Trial:
    """The case with what it brings and what its promise asks for."""
    words = {
        word
        for objective in slo.objectives
        for query in queries(objective.indicator)
        for word in _WORD.findall(query.text)
    }
    return Trial(case, slo, frozenset(series.name for series in case.series), frozenset(words))


def shelve(trials: Sequence[Trial]) -> list[list[Trial]]:
    """Trials in as few groups as first-fit finds, none with two that clash."""
    shelves: list[list[Trial]] = []
    for one in trials:
        fitting = next((shelf for shelf in shelves if not any(one.clashes(other) for other in shelf)), None)
        if fitting is None:
            shelves.append([one])
        else:
            fitting.append(one)
    return shelves
