"""From an alert to one page, within seconds: what can be asked at the same time is asked at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from cdctl.domain.changes import Change, Near, shortly_before
from cdctl.domain.pasting import PLAIN, Shell
from cdctl.domain.slo.objective import Slo
from cdctl.domain.slo.onset import Onset, onset
from cdctl.domain.slo.series import Buckets
from cdctl.domain.slo.verdict import Row, SloReport, Verdict
from cdctl.domain.traces.ports import Window
from cdctl.domain.triage.alerts import About
from cdctl.domain.triage.page import Page, State, commands, worst_first
from cdctl.domain.why.explanation import Explanation
from cdctl.errors import CdctlError

T = TypeVar("T")
LOOK_BACK = 7 * 86_400
"""Seconds in which the beginning is looked for."""
_LEAST_WINDOW = 900
_MOST_WINDOW = 6 * 3_600
_PARALLEL = 6
_LAST = 5
_SILENT = frozenset({Verdict.NO_DATA, Verdict.ERROR})


@dataclass(frozen=True, slots=True)
class Asking:
    """Who is asked what; each may raise CdctlError, which becomes a note of the page.

    judge: promises -> report. recent: a promise -> its five-minute buckets of the last `LOOK_BACK` seconds. explain: a
    promise, a group, a window -> who it is. changes: since an instant (epoch seconds) -> what was changed, and what
    could not be read. states: what the promise stands on.
    """

    judge: Callable[[Sequence[Slo]], SloReport]
    recent: Callable[[Slo], Buckets]
    explain: Callable[[Slo, Mapping[str, str], Window], Explanation]
    changes: Callable[[float], tuple[list[Change], list[str]]]
    states: Callable[[], tuple[State, ...]]


def triage(asked: str, about: About, asking: Asking, context: str = "", shell: Shell = PLAIN) -> Page:
    """The page about what was asked. Raises CdctlError only when the promises cannot be judged at all."""
    began = time.monotonic()
    notes: list[str] = []
    with ThreadPoolExecutor(_PARALLEL) as pool:
        states = pool.submit(asking.states)
        judged = pool.submit(asking.judge, about.slos)
        recent = {slo.name: pool.submit(asking.recent, slo) for slo in about.slos}
        report = judged.result()
        rows = worst_first(report.rows, about.labels)
        page = Page(asked, about.because, context, report.at, rows, about.starts)
        if page.burning is not None:
            slo = next(slo for slo in about.slos if slo.name == page.burning.name)
            page = replace(page, onset=_since(recent[slo.name], page.burning, notes))
            page = _who(page, slo, asking, pool, notes)
        notes += report.warnings
        page = replace(page, states=_got(states, "states", notes) or ())
    traces = page.cause.traces if page.cause is not None else ()
    return replace(
        page,
        next=commands(page.burning, page.why, traces, page.changes, shell),
        notes=tuple(dict.fromkeys(notes)),
        took=time.monotonic() - began,
    )


def _who(page: Page, slo: Slo, asking: Asking, pool: ThreadPoolExecutor, notes: list[str]) -> Page:
    """Who it is and what was changed shortly before, asked at the same time."""
    row = page.burning
    assert row is not None
    changes = pool.submit(asking.changes, (page.since or page.at) - LOOK_BACK)
    silent, why = "", None
    try:
        why = asking.explain(slo, row.group, explained_window(page.since, page.at))
    except CdctlError as error:
        silent = f"{error.message}; {error.hint}" if error.hint else error.message
    found, wrong = _got(changes, "changes", notes) or ([], [])
    notes += wrong
    page = replace(page, why=why, silent=silent)
    return replace(page, changes=tuple(_near(found, page)))


def _near(changes: Sequence[Change], page: Page) -> list[Near]:
    """What may have begun it; where nobody knows when that was, the last that happened."""
    if page.since is None:
        return [Near(one) for one in sorted(changes, key=lambda one: -one.at)[:_LAST]]
    row, cause = page.burning, page.cause
    about = {*(row.group.values() if row else ()), row.service if row else "", *(cause.values if cause else ())}
    return shortly_before(changes, page.since, about - {""})


def explained_window(since: float | None, at: int) -> Window:
    """From the beginning until now: not so short that there is nothing to see, not so long that it takes minutes."""
    length = _LEAST_WINDOW * 4 if since is None else min(max(at - since, _LEAST_WINDOW), _MOST_WINDOW)
    return Window(at - length, at)


def _since(recent: Future[Buckets], row: Row, notes: list[str]) -> Onset | None:
    if row.verdict in _SILENT:
        return None
    buckets = _got(recent, "its beginning", notes)
    key = tuple(row.group.values())
    if buckets is None or key not in buckets.groups:
        return None
    place = buckets.groups.index(key)
    seen = buckets.seen[place] > 0
    good, total = buckets.good[place][seen], buckets.total[place][seen]
    return onset(buckets.ends[seen], buckets.widths[seen], np.maximum(total - good, 0.0), total)


def _got(future: Future[T], what: str, notes: list[str]) -> T | None:
    """The result, or None and a note that says why there is none."""
    try:
        return future.result()
    except CdctlError as error:
        notes.append(f"{what}: {error.message}" + (f" ({error.hint})" if error.hint else ""))
        return None
