"""Traces for the live view: the one that is asked for, else examples of what a board is about, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cdctl.application.trace_asking import full_id
from cdctl.domain.boards.tracing import FindTrace, FoundTrace
from cdctl.domain.traces.attributes import VEHICLE_IDS, Attribute
from cdctl.domain.traces.ports import Window
from cdctl.domain.traces.traceql.tree import Both, Compare, Either, Expression, Field, Literally, Scope
from cdctl.domain.traces.traceql.writing import both, spanset
from cdctl.domain.traces.waterfall import lay_out
from cdctl.domain.why.comparing import told_by
from cdctl.domain.why.events import observed
from cdctl.domain.why.joining import join
from cdctl.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.application.explaining import Fleets
    from cdctl.domain.traces.counting import Counting
    from cdctl.domain.traces.ports import Found, SpanSearch, SpanStore
    from cdctl.domain.traces.traceql.tree import Spanset
    from cdctl.domain.why.events import Events

MOST = 50
"""Examples that can be gone through."""
SPANS = 400
"""Spans of a vehicle that are asked for: a trace may have many."""
EVENTS = 200_000
"""Events that are looked at one by one; of more, a sample, in which there are bad ones enough."""
LOOKS = (900.0, 6 * 3_600.0, 86_400.0, 7 * 86_400.0)
"""Seconds that are looked back, the next only when there was nothing in the one before."""
_VEHICLE_LOOKS = (3_600.0, 86_400.0, 7 * 86_400.0)
_NOTHING = "nothing failed, or its spans were not kept, or they do not say which group they are of"


async def by_id(search: SpanSearch, ask: FindTrace) -> FoundTrace:
    """The trace of that id. Raises UsageError for what is none, UnavailableError when it is not there."""
    return _laid(await search.trace(full_id(ask.trace)), (full_id(ask.trace),), "", ())


async def of_vehicle(search: SpanSearch, ask: FindTrace, now: float) -> FoundTrace:
    """The newest trace that names the vehicle. Raises UnavailableError when none does."""
    hint = "spans tell a vehicle by their attribute vehicle.id"
    return await _newest(search, of_vin(ask.vin), _VEHICLE_LOOKS, now, f"traces of {ask.vin}", hint)


async def _newest(
    search: SpanSearch, wanted: Spanset, looks: Sequence[float], now: float, of: str, hint: str
) -> FoundTrace:
    notes: Sequence[str] = ()
    for seconds in looks:
        found = await search.find(wanted, Window(now - seconds, now), SPANS)
        ids = tuple(dict.fromkeys(span.trace for span in found.spans))[:MOST]
        if ids:
            return _laid(await search.trace(ids[0]), ids, of, found.notes)
        notes = found.notes
    raise UnavailableError(f"there were no {of} in the last week", hint="; ".join([*notes, hint]))


def of_vin(vin: str) -> Spanset:
    """Spans that name a vehicle, in whichever attribute."""
    names: list[Expression] = [Compare(Field("", key), "=", Literally("text", vin)) for key in VEHICLE_IDS]
    return spanset(reduce(Either, names[1:], names[0]))


async def of_promise(
    store: SpanStore, ask: FindTrace, counting: Counting, now: float, fleets: Fleets | None = None
) -> FoundTrace:
    """The newest trace of a bad event of the promise. fleets: who is asked for the vehicles where spans do not say
    themselves which group they are of. Raises UnavailableError when there is none."""
    group = dict(ask.group)
    if counting.bad and not counting.failing:  # of these alone nothing is looked at in vain
        counting = replace(counting, total=both(counting.total, counting.part))
    for window in windows(now):
        events = observed(await store.observe(counting, window, EVENTS))
        bad = await _bad(events, group, window, fleets)
        if events.trace is not None and len(bad):
            newest = bad[np.argsort(-events.at[bad], kind="stable")][: 4 * MOST]
            ids = tuple(dict.fromkeys(events.trace[row].tobytes().hex() for row in newest))[:MOST]
            return _laid(await store.trace(ids[0]), ids, f"bad traces of {_promised(ask)}", ())
    raise UnavailableError(f"there were no bad traces of {_promised(ask)} in the last week", hint=_NOTHING)


async def _bad(events: Events, group: Mapping[str, str], window: Window, fleets: Fleets | None) -> NDArray[np.int64]:
    """Which events are bad ones of the group."""
    bad = np.flatnonzero(events.bad > 0)
    if not group or not len(bad):
        return bad
    own = told_by(events, group)
    if not own.any() and fleets is not None and events.vehicle is not None:
        fleet = await fleets(tuple(events.vehicle.values), window.start)
        own = told_by(join(events, fleet).events, group) if fleet is not None else own
    return bad[own[bad]]


async def by_search(
    search: SpanSearch, ask: FindTrace, counting: Counting, places: Sequence[Sequence[Attribute]], now: float
) -> FoundTrace:
    """The same of a server that finds spans, but does not hand out all events. places: where the value of each label of
    the group is looked for. Raises UsageError and UnavailableError."""
    if not counting.bad:
        hint = "write the promise with bad: instead of good:, or keep spans in a store: cdctl trace serve"
        raise UsageError("a server that only finds spans cannot tell which are not good", subject="traces", hint=hint)
    where: Expression = Both(counting.total.where, counting.part.where)
    if counting.failing:
        where = Both(where, Compare(Field("intrinsic", "status"), "=", Literally("status", "error")))
    for (_, value), found in zip(ask.group, places, strict=True):
        equal: list[Expression] = [Compare(Field(_scope(one), one.key), "=", Literally("text", value)) for one in found]
        where = Both(where, reduce(Either, equal[1:], equal[0]))
    return await _newest(search, spanset(where), LOOKS, now, f"bad traces of {_promised(ask)}", _NOTHING)


def _scope(one: Attribute) -> Scope:
    return "resource" if one.scope == "resource" else "span"


def windows(now: float) -> Iterator[Window]:
    """What is looked at one after the other: nothing twice."""
    end = now
    for seconds in LOOKS:
        yield Window(now - seconds, end)
        end = now - seconds


def _promised(ask: FindTrace) -> str:
    return " ".join([ask.promise, *(f"{label}={value}" for label, value in ask.group)])


def _laid(found: Found, examples: tuple[str, ...], of: str, notes: Sequence[str]) -> FoundTrace:
    if not found.spans:
        hint = "it may be older than what is kept there, or at another place"
        raise UnavailableError(f"there is no trace {examples[0]}", hint=hint)
    more = [f"only the first {len(found.spans):,} spans are shown"] if found.more else []
    told = tuple(dict.fromkeys([*notes, *found.notes, *more]))
    return FoundTrace(lay_out(found.spans), examples if of else (), of, told)
