"""The vehicles of an incident: those of the promise's group at first, then those that were found to be behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cdctl.domain.boards.explaining import Explain, Explained

if TYPE_CHECKING:
    from cdctl.application.top.stage import Stage
    from cdctl.domain.boards.asking import Answer
    from cdctl.domain.boards.panel import Table
    from cdctl.domain.boards.requests import About
    from cdctl.domain.boards.snapshot import Snapshot

FIELDS = ("region", "model", "sw")
"""Labels of a promise's group that are fields of vehicles."""
_WHY = "why"


class Company:
    """Keeps the filter of the vehicles beside a panel that says why, until a hand has put another one there."""

    def __init__(self) -> None:
        self._of: tuple[Table, str, Mapping[str, str]] | None = None
        self._put = ""
        self._seen: Answer | None = None

    def see(self, snapshot: Snapshot, stage: Stage) -> bool:
        """Before the board's panels see it; whether the filter is another one now."""
        letter = next((slot.letter for slot in stage.board.slots if slot.kind == _WHY), "")
        table, about = stage.table, snapshot.about
        if not letter or table is None or not about.promise or snapshot.frozen_at is not None or stage.writing:
            return False
        found = _found(snapshot.answers.get(letter), about)
        of = (table, about.promise, about.group)
        if of != self._of:
            self._of, self._seen = of, None
            mine = table.where in {"", self._put}
            return mine and self._narrow(table, _found_where(found) or _group(about.group))
        if found is None or found is self._seen:
            return False
        self._seen = found
        where = _found_where(found)
        return bool(where) and table.where == self._put and self._narrow(table, where)

    def _narrow(self, table: Table, where: str) -> bool:
        changed, self._put = where != table.where, where
        if changed:
            table.narrow(where)
        return changed


def _found(answer: Answer | None, about: About) -> Answer | None:
    """The answer, if it is one about this promise and group."""
    ask = answer.ask if answer is not None else None
    same = isinstance(ask, Explain) and (ask.promise, dict(ask.group)) == (about.promise, dict(about.group))
    return answer if same else None


def _found_where(answer: Answer | None) -> str:
    found = answer.value if answer is not None else None
    return found.where if isinstance(found, Explained) else ""


def _group(group: Mapping[str, str]) -> str:
    """What a promise's group says of vehicles."""
    if not any(label in FIELDS for label in group):
        return ""
    from cdctl.domain.why.picking import term

    return " ".join(filter(None, (term(label, value) for label, value in sorted(group.items()) if label in FIELDS)))
