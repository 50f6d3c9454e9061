"""From a burning promise to the vehicles behind it: asks who it is, and puts what was found into a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cdctl.application.top.company import FIELDS, Company
from cdctl.domain.boards.asking import Answer, Ask, Missing
from cdctl.domain.boards.explaining import Explain, Explained
from cdctl.domain.boards.requests import Narrow, Reply, Say
from cdctl.domain.boards.snapshot import Snapshot

if TYPE_CHECKING:
    from cdctl.application.top.stage import Stage

LETTER = "offenders"
"""Under which the answer comes: no panel has a name so long."""


class Suspects:
    """One question at a time; the last one that was asked counts."""

    def __init__(self) -> None:
        self._ask: Explain | None = None
        self._sent = False
        self._company = Company()

    def begin(self, promise: str, group: Mapping[str, str]) -> None:
        """Ask who is behind a promise's bad events."""
        self._ask, self._sent = Explain(promise, tuple(sorted(group.items()))), False

    def again(self) -> None:
        """What was asked was forgotten on the way: it is asked once more."""
        self._sent = False

    def see(self, snapshot: Snapshot, stage: Stage) -> tuple[Mapping[str, Ask], Reply]:
        """What to ask now, and what to do with the answer, once. Before the board's panels see it: its vehicles may be
        others now."""
        self._company.see(snapshot, stage)
        ask, found = self._ask, snapshot.answers.get(LETTER)
        if ask is None:
            return {}, None
        if not self._sent:
            self._sent = True
            self._stale = found
            return {LETTER: ask}, None
        if found is None or found is self._stale or found.ask != ask:
            return {}, None
        self._ask = None
        return {}, _told(ask, found)

    _stale: Answer | None = None


def _told(ask: Explain, found: Answer) -> Reply:
    """The filter of the explanation; where there is none, what the promise's group says of vehicles."""
    explained = found.value
    group = " ".join(f"{label}:{value}" for label, value in ask.group if label in FIELDS)
    if isinstance(explained, Explained) and explained.where:
        return (Narrow(explained.where), Say(explained.said))
    said = explained.said if isinstance(explained, Explained) else "nobody can tell who it is"
    if isinstance(explained, Missing):
        said = f"{explained.reason}{f'; {explained.hint}' if explained.hint else ''}"
    if not group:
        return (Say(said, bad=True),)
    return (Narrow(group), Say(f"{said}; shown: the vehicles of {group}", bad=True))
