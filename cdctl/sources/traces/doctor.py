"""A look at a live store: does it have the spans that a promise is about, since when, and with which attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches

from cdctl.domain.ports import BucketRequest, Finding
from cdctl.domain.slo.series import Span
from cdctl.domain.text import safe
from cdctl.domain.traces.counting import Counting
from cdctl.domain.traces.ports import Counts, NoSpansError, SpanStore, Window
from cdctl.domain.traces.traceql.tree import ALL, Both, Compare, Either, Expression
from cdctl.errors import CdctlError, UsageError
from cdctl.sources.traceql.plan import PlanError, plan

_FILL = "cdctl trace serve takes spans in, cdctl trace import reads them from files"
_MOST_SERVICES = 200
_HOUR = 3600


async def probe(store: SpanStore) -> tuple[bool, str, str]:
    """See the port Inspector."""
    counting = Counting(ALL, ALL, bad=True, which="all")
    try:
        now = int(datetime.now(UTC).timestamp()) // _HOUR * _HOUR
        span = Span(now - 24 * _HOUR, now + _HOUR, _HOUR)
        (counts,) = await store.count(counting, (), [span])
    except NoSpansError as error:
        return True, f"{error.message} ({error.subject})", error.hint
    except CdctlError as error:
        return False, str(error.message), error.hint
    return True, f"answers; {counts.raw.sum():,.0f} spans in the last day", "" if counts.raw.sum() else _FILL


async def look(store: SpanStore, requests: Sequence[BucketRequest]) -> list[Finding]:
    """See the port Inspector."""
    return [await _look(store, request) for request in requests]


async def _look(store: SpanStore, request: BucketRequest) -> Finding:
    key = request.key
    try:
        planned = plan(request.indicator, request.group_by)
    except PlanError as error:
        return Finding(key, False, error.reason, error.hint, mine=True)
    try:
        places = [place for group in planned.places for place in group]
        counts = await store.count(planned.counting, places, request.spans)
        if not any(one.raw.sum() for one in counts):
            return await _nothing(store, planned.counting, request)
    except NoSpansError as error:
        return Finding(key, False, f"{error.message} ({error.subject})", error.hint)
    except UsageError as error:
        return Finding(key, False, str(error.message), error.hint, mine=True)
    start = 0
    for name, group in zip(request.group_by, planned.places, strict=True):
        values = [any(one[start : start + len(group)]) for part in counts for one in part.groups]
        start += len(group)
        if not any(values):
            looked = " and ".join(map(str, group))
            return Finding(key, False, f"no span of the total has {name} (looked for in {looked})", mine=True)
    return _found(key, planned.counting, counts)


def _found(key: str, counting: Counting, counts: Sequence[Counts]) -> Finding:
    kept, bad = (sum(float(getattr(one, name).sum()) for one in counts) for name in ("raw", "raw_bad"))
    if not counting.bad and bad >= kept:
        hint = "good is counted among the spans of the total: do the filters fit together?"
        return Finding(key, False, f"good matches none of {kept:,.0f} spans of the total", hint, mine=True)
    since = _since(counts)
    text = f"{kept:,.0f} spans of the total since {since}, {bad:,.0f} of them bad"
    unknown = sum(float(one.unknown.sum()) for one in counts)
    if unknown:
        return Finding(key, True, text, f"{unknown / kept:.0%} of them do not say how many they stand for")
    return Finding(key, True, text, "" if bad or not counting.bad else "none is bad: right if nothing ever failed")


def _since(counts: Sequence[Counts]) -> str:
    firsts = [one.ends[one.raw.sum(axis=0) > 0] for one in counts]
    first = min(int(ends[0]) for ends in firsts if len(ends))
    return datetime.fromtimestamp(first, UTC).strftime("%Y-%m-%d %H:%M UTC")


async def _nothing(store: SpanStore, counting: Counting, request: BucketRequest) -> Finding:
    """Why no span of the total was found: none at all, not of that service, or none that counts."""
    key = request.key
    window = Window(min(span.start for span in request.spans), max(span.end for span in request.spans))
    everything = (await store.top(ALL, window, _MOST_SERVICES)).rows
    if not everything:
        return Finding(key, False, "the store has no spans in the window", _FILL)
    if counting.which != "all":
        counts = await store.count(replace(counting, which="all"), (), request.spans)
        if any(one.raw.sum() for one in counts):
            said = f"spans match, and none of them is one that counts (spans: {counting.which})"
            return Finding(key, False, said, "write spans: all, or ask for another service", mine=True)
    services = sorted({one.service for one in everything if one.service})
    wanted = _wanted(counting.total.where)
    near = [close for name in wanted for close in get_close_matches(name, services, n=1)]
    if wanted and not set(wanted) & set(services):
        said = f"the store has no service {safe(wanted[0], 80)!r}"
        hint = f"did you mean {safe(near[0], 80)!r}?" if near else f"it has {safe(', '.join(services), 300)}"
        return Finding(key, False, said, hint, mine=True)
    return Finding(key, False, "no span matches the total", "cdctl trace query shows what there is", mine=True)


def _wanted(where: Expression) -> list[str]:
    """Services that a filter names."""
    if isinstance(where, Both | Either):
        return _wanted(where.left) + _wanted(where.right)
    named = isinstance(where, Compare) and where.field.key == "service.name" and where.operator == "="
    return [str(where.value.value)] if named and isinstance(where, Compare) else []
