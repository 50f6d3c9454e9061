"""Explain a burn: which events a promise is about, what is known of their vehicles, and who it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from cdctl.domain.fleet.asof import AsOf
from cdctl.domain.ports import BucketRequest, Divisible, Labels, Source, SourceFailure
from cdctl.domain.slo.objective import Objective, Slo
from cdctl.domain.slo.series import Buckets, Span
from cdctl.domain.slo.window import Calendar, Rolling
from cdctl.domain.traces.counting import Counting
from cdctl.domain.traces.ports import SpanStore, Window
from cdctl.domain.traces.traceql.tree import Both, Compare, Either, Expression
from cdctl.domain.why.comparing import told_by
from cdctl.domain.why.events import Column, Events, observed, recoded
from cdctl.domain.why.explain import Question, explain
from cdctl.domain.why.explanation import Explanation, SourceName
from cdctl.domain.why.joining import join
from cdctl.errors import UnavailableError

MOST_EVENTS = 2_000_000
"""Spans that are looked at one by one; of more, a sample."""
MOST_SERIES = 5_000
"""Groups of labels that a metric is broken down into."""
DAY = 86_400
_LEAST = 30
"""Events that a reference window must have to be one."""
Fleets = Callable[[Sequence[str], float], Awaitable[AsOf | None]]
"""(vehicles, since: epoch seconds) -> the fleet through time; None when nobody can be asked."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be explained: one objective, the events of (at - seconds, at], of a group by its labels."""

    slo: Slo
    objective: Objective
    at: int
    seconds: int
    group: Mapping[str, str] = field(default_factory=dict)

    @property
    def window(self) -> Window:
        """The window in question."""
        return Window(self.at - self.seconds, self.at)

    @property
    def references(self) -> tuple[Window, ...]:
        """What it may be compared with: the same hours of a day, a week and two weeks before, else what came just
        before."""
        backs = dict.fromkeys(back for back in (DAY, 7 * DAY, 14 * DAY, self.seconds) if back >= self.seconds)
        return tuple(Window(self.at - back - self.seconds, self.at - back) for back in backs)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Events of both windows, and what has to be said of them."""

    now: Events
    before: Events | None
    reference: Window | None
    defining: tuple[str, ...]
    notes: tuple[str, ...] = ()
    nameless: float | None = None


async def from_spans(wanted: Wanted, counting: Counting, store: SpanStore, fleets: Fleets) -> Explanation:
    """Explain by the spans of a store. Raises UnavailableError when there are none."""

    async def look(window: Window) -> Events:
        return observed(await store.observe(counting, window, MOST_EVENTS))

    now = await look(wanted.window)
    before, reference = await _before(wanted, look)
    defining = tuple(_fields(counting.part.where) - _fields(counting.total.where))
    notes = []
    if len(now) >= MOST_EVENTS:
        notes.append(f"a sample of {len(now):,} events: the window has more")
    found = await _joined(_Found(now, before, reference, defining, tuple(notes)), wanted, fleets)
    # Only now: a group may be one of the fleet's columns, which no span has.
    before = _only(found.before, wanted.group) if found.before is not None else None
    found = replace(found, now=_only(found.now, wanted.group), before=before)
    _refuse_nothing(found.now, wanted, "spans")
    return await asyncio.to_thread(_told, wanted, found, "spans")


async def from_metrics(wanted: Wanted, source: Source) -> Explanation:
    """Explain by the series of a metric, by all of their labels. Raises UnavailableError and UsageError."""
    step = max(60, -(-wanted.seconds // 60) // 60 * 60)
    end = wanted.at // step * step
    whole = Span(end - -(-wanted.seconds // step) * step, end, step)
    request = BucketRequest("why", wanted.objective.indicator, wanted.slo.group_by, (whole,), wanted.at)
    labels = await source.labels(request, MOST_SERIES) if isinstance(source, Divisible) else Labels(wanted.slo.group_by)
    warnings: list[str] = []

    async def look(window: Window) -> Events:
        shift = round(whole.end - window.end) // step * step
        span = Span(whole.start - shift, whole.end - shift, step)
        asked = replace(request, group_by=labels.names, spans=(span,), at=min(wanted.at, span.end))
        async for answer in source.fetch([asked]):
            if isinstance(answer, SourceFailure):
                raise UnavailableError(answer.reason, subject=wanted.slo.name, hint=answer.hint)
            warnings.extend(answer.warnings)
            return _only(_series(answer.buckets[0], labels.names), wanted.group)
        raise UnavailableError("the source gave no answer", subject=wanted.slo.name)

    wanted = replace(wanted, at=whole.end, seconds=whole.end - whole.start)
    now = await look(wanted.window)
    _refuse_nothing(now, wanted, "metrics")
    before, reference = await _before(wanted, look)
    found = _Found(now, before, reference, labels.defining, tuple(_said(labels, warnings)))
    return await asyncio.to_thread(_told, wanted, found, "prometheus", len(whole))


def _said(labels: Labels, warnings: Sequence[str]) -> list[str]:
    notes = [f"label {name} was left out: {count:,} values" for name, count in labels.left_out.items()]
    if not labels.names:
        notes.append("the metric has no labels to tell events apart by")
    notes.append("events of a metric name no vehicle: several bad ones may be of the same one")
    return [*notes, *labels.notes, *dict.fromkeys(warnings)]


def _series(buckets: Buckets, names: Sequence[str]) -> Events:
    """A row for every group and bucket in which something happened."""
    groups, places = np.nonzero(buckets.total > 0)
    total = buckets.total[groups, places]
    bad = np.clip(total - buckets.good[groups, places], 0.0, total)
    columns = []
    for number, name in enumerate(names):
        coded = recoded([group[number] for group in buckets.groups])
        columns.append(Column(name, replace(coded, codes=coded.codes[groups]), "label"))
    return Events(bad, total, np.ones(len(bad)), buckets.ends[places], tuple(columns))


async def _before(wanted: Wanted, look: Callable[[Window], Awaitable[Events]]) -> tuple[Events | None, Window | None]:
    """The first reference window in which the promise was kept: what burns for days is not as usual because it burned
    yesterday, too. Where it never was, the first that has events."""
    burning: tuple[Events, Window] | None = None
    for window in wanted.references:
        found = await look(window)
        if found.total.sum() < _LEAST:
            continue
        bad, total = float(found.bad @ found.weight), float(found.total @ found.weight)
        if bad <= float(1 - wanted.objective.target) * total:
            return found, window
        burning = burning or (found, window)
    return burning or (None, None)


async def _joined(found: _Found, wanted: Wanted, fleets: Fleets) -> _Found:
    """The same with what was known of the vehicles at that time."""
    vehicles = found.now.vehicle
    if vehicles is None:
        return replace(found, notes=(*found.notes, "no event names a vehicle"))
    start = found.reference.start if found.reference else wanted.window.start
    others = found.before.vehicle.values if found.before is not None and found.before.vehicle is not None else ()
    fleet = await fleets(tuple(dict.fromkeys([*vehicles.values, *others])), start)
    if fleet is None:
        return replace(found, notes=(*found.notes, "the fleet was not asked: vehicles are what events say of them"))
    now = join(found.now, fleet)
    before = join(found.before, fleet).events if found.before is not None else None
    notes = list(found.notes)
    if now.assumed > 0:
        share = f"{now.assumed:.0%}"
        notes.append(f"the vehicles of {share} of events are told as they are now: nobody kept what they were then")
    return replace(found, now=now.events, before=before, nameless=now.nameless, notes=tuple(notes))


def _told(wanted: Wanted, found: _Found, source: SourceName, slices: int = 60) -> Explanation:
    question = Question(
        slo=wanted.slo.name,
        target=float(wanted.objective.target),
        source=source,
        window=wanted.window,
        reference=found.reference,
        objective=wanted.objective.name,
        group=dict(wanted.group),
        period=_period(wanted.slo.window),
        defining=found.defining,
        slices=slices,
    )
    told = explain(found.now, found.before, question)
    return replace(told, nameless=found.nameless, notes=(*told.notes, *found.notes))


def _period(window: Rolling | Calendar) -> float:
    return float(window.seconds) if isinstance(window, Rolling) else 0.0


def _only(events: Events, group: Mapping[str, str]) -> Events:
    """The events of a group; what it is grouped by is the same for all of them then."""
    if not group:
        return events
    mask = told_by(events, group)
    columns = tuple(
        replace(column, coded=replace(column.coded, codes=column.coded.codes[mask])) for column in events.columns
    )
    vehicle = replace(events.vehicle, codes=events.vehicle.codes[mask]) if events.vehicle is not None else None
    trace = events.trace[mask] if events.trace is not None else None
    return Events(events.bad[mask], events.total[mask], events.weight[mask], events.at[mask], columns, vehicle, trace)


def _fields(where: Expression) -> set[str]:
    """Attributes that a filter is about."""
    if isinstance(where, Compare):
        return {where.field.key}
    if isinstance(where, Both | Either):
        return _fields(where.left) | _fields(where.right)
    return set()


def _refuse_nothing(events: Events, wanted: Wanted, what: str) -> None:
    if events.total.sum() > 0:
        return
    group = "".join(f" {name}={value}" for name, value in wanted.group.items())
    raise UnavailableError(
        f"no {what} in the window{group}: there is nothing to explain",
        subject=wanted.slo.name,
        hint="a longer --window, another --at, or the other --source",
    )
