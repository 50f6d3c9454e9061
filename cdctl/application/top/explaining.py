"""Who is behind what burns, for the live view: since when it burns, one search at a time for a promise and group, its
answer kept for a minute, and said in one line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from cdctl.application.aside import aside
from cdctl.application.triage import LOOK_BACK
from cdctl.domain.boards.explaining import Explain, Explained, Group
from cdctl.domain.slo.onset import onset
from cdctl.domain.slo.verdict import Row, Verdict
from cdctl.domain.text import safe
from cdctl.domain.why.wording import LONG, rate, spoken

if TYPE_CHECKING:
    from cdctl.domain.boards.snapshot import Snapshot
    from cdctl.domain.ports import Clock
    from cdctl.domain.slo.series import Buckets
    from cdctl.domain.why.explanation import Cause, Explanation

KEEP = 60.0
"""Seconds for which an answer is given again."""
_SILENT = frozenset({Verdict.NO_DATA, Verdict.ERROR})


@dataclass(slots=True)
class _Search:
    """begun, ended: epoch seconds; not ended while it is on its way."""

    begun: float
    found: asyncio.Future[Explained]
    ended: float | None = None

    def serves(self, ask: Explain, now: float) -> bool:
        """Whether it is an answer to a question that is asked now. One that failed is none: it is tried again."""
        if self.ended is None:
            return True
        failed = self.found.cancelled() or self.found.exception() is not None
        return not failed and self.begun >= ask.newer and 0 <= now - self.ended < KEEP


class Explaining:
    """Answers `Explain`. search: finds it out, blocking, in a thread of its own; raises CdctlError."""

    def __init__(self, search: Callable[[Explain, Snapshot], Explained], clock: Clock) -> None:
        self._search, self._clock = search, clock
        self._searches: dict[tuple[str, Group], _Search] = {}

    async def answer(self, ask: Explain, seen: Snapshot) -> object:
        """Explained. Whoever asks for what is being looked for waits with the first."""
        now, key = self._clock.now(), (ask.promise, ask.group)
        known = self._searches.get(key)
        if known is None or not known.serves(ask, now):
            known = self._begin(ask, seen, now)
            kept = {one: search for one, search in self._searches.items() if search.serves(ask, now)}
            self._searches = {**kept, key: known}
        return await asyncio.shield(known.found)

    def _begin(self, ask: Explain, seen: Snapshot, now: float) -> _Search:
        work = asyncio.ensure_future(aside(partial(self._search, ask, seen), f"explain {ask.promise}"))
        search = _Search(now, work)

        def end(done: asyncio.Future[Explained]) -> None:
            search.ended = self._clock.now()
            if not done.cancelled():
                done.exception()  # whoever waited has it; if nobody did any more, nobody is to be told

        work.add_done_callback(end)
        return search


def said(told: Explanation, headline: str) -> str:
    """Who it is in one line; `headline` where there is no cause."""
    cause = first(told)
    if cause is None or cause not in told.fresh:
        return headline
    known = cause.values
    group = [safe(value, LONG) for value in told.group.values() if value not in known]
    within = f" in {' '.join(group)}" if group else ""
    count = cause.picked.vehicles
    vehicles = f" ({count:,} {'vehicle' if count == 1 else 'vehicles'})" if count else ""
    beyond = ", ".join(f"{safe(one.attribute, LONG)} {safe(one.value, LONG)}" for one in cause.picked.beyond)
    unsaid = f"; no filter can say {beyond}" if beyond else ""
    return f"{spoken(cause.where)}{within}: {rate(cause.share)} of the bad events{vehicles}{unsaid}"


def first(told: Explanation) -> Cause | None:
    """The cause that is acted on: the first that is new, else the first."""
    return next(iter(told.fresh or told.causes), None)


def judged(seen_rows: Sequence[Row], objective: str, group: Mapping[str, str]) -> list[Row]:
    """Rows of an objective that the labels of a group leave over, as far as anything is known of them."""
    return [
        row
        for row in seen_rows
        if row.objective == objective
        and row.verdict not in _SILENT
        and all(row.group.get(label) == value for label, value in group.items())
    ]


def began(rows: Sequence[Row], at: int) -> float | None:
    """Since when it burns (epoch seconds), as the buckets say by which these rows were judged: five minutes each in the
    last hours, longer ones before; None when nobody can tell. at: the instant of the judgement."""
    pasts = [row.history for row in rows if row.history is not None]
    if not pasts or len({len(past.ends) for past in pasts}) > 1:
        return None
    ends, widths = pasts[0].ends, pasts[0].widths
    good = sum((np.nan_to_num(past.good) for past in pasts), np.zeros(len(ends)))
    total = sum((np.nan_to_num(past.total) for past in pasts), np.zeros(len(ends)))
    seen = (ends > at - LOOK_BACK) & (total > 0)
    found = onset(ends[seen], widths[seen], np.maximum(total - good, 0.0)[seen], total[seen])
    return float(found.at) if found is not None else None


def began_of(recent: Buckets, group_by: Sequence[str], group: Mapping[str, str]) -> float | None:
    """The same by buckets of a promise, of all of its groups that the labels leave over."""
    rows = [
        place
        for place, key in enumerate(recent.groups)
        if all(dict(zip(group_by, key, strict=False)).get(label) == value for label, value in group.items())
    ]
    good, total = recent.good[rows].sum(axis=0), recent.total[rows].sum(axis=0)
    seen = total > 0
    found = onset(recent.ends[seen], recent.widths[seen], np.maximum(total - good, 0.0)[seen], total[seen])
    return float(found.at) if found is not None else None
