"""What changed between two judgements of the same promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdctl.domain.slo.verdict import Row, SloReport, Verdict


@dataclass(frozen=True, slots=True)
class Turn:
    """A promise is another way than before. at: epoch seconds of the later judgement. was, verdict: before and now.
    fires, ceased: burn pairs that began and ceased to exceed. reason: see `Row`."""

    at: float
    name: str
    service: str
    objective: str
    group: Mapping[str, str]
    was: Verdict
    verdict: Verdict
    fires: tuple[str, ...] = ()
    ceased: tuple[str, ...] = ()
    reason: str = ""


def turns(before: SloReport, after: SloReport, at: float) -> list[Turn]:
    """One for each row that is in both and changed."""
    rows = {_key(row): row for row in before.rows}
    pairs = ((rows[_key(row)], row) for row in after.rows if _key(row) in rows)
    return [turn for old, new in pairs if (turn := _turn(old, new, at)) is not None]


def _key(row: Row) -> tuple[str, str, str]:
    return row.name, row.objective, row.group_text


def _turn(old: Row, new: Row, at: float) -> Turn | None:
    fires, ceased = _without(new.firing, old.firing), _without(old.firing, new.firing)
    if old.verdict is new.verdict and not fires and not ceased:
        return None
    return Turn(
        at, new.name, new.service, new.objective, new.group, old.verdict, new.verdict, fires, ceased, new.reason or ""
    )


def _without(some: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in some if one not in others)
