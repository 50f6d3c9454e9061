"""Composes what finds traces for the live view: the context's spans, opened for each question, and the specs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from cdctl.application.aside import aside
from cdctl.domain.boards.tracing import FindTrace
from cdctl.errors import UnavailableError

if TYPE_CHECKING:
    from cdctl.application.explaining import Fleets
    from cdctl.application.top.lookout import Answering
    from cdctl.application.top.lookout_wiring import Means
    from cdctl.domain.boards.asking import Ask
    from cdctl.domain.boards.snapshot import Snapshot
    from cdctl.domain.boards.tracing import FoundTrace
    from cdctl.domain.traces.ports import SpanSearch
    from cdctl.sources.traceql.plan import Plan


def answering(means: Means) -> Mapping[type[Ask], Answering]:
    """Who answers `FindTrace`."""

    async def answer(ask: FindTrace, seen: Snapshot) -> object:
        return await aside(lambda: asyncio.run(_found(ask, means)), "trace")

    return {FindTrace: answer}


async def _found(ask: FindTrace, means: Means) -> FoundTrace:
    """In a thread and a loop of its own. Raises CdctlError."""
    from cdctl.application.top import tracing
    from cdctl.application.traces_wiring import counts_spans, hands_out, open_search, open_store

    now = means.clock.now()
    context = means.settings.context() if means.settings.contexts else None
    if (context is None or context.traces is None) and not counts_spans(context):
        told = f"context {context.name} names no traces" if context else "no traces are known"
        hint = 'take spans in with cdctl trace serve, or name what has them: traces = { tempo = "https://..." }'
        raise UnavailableError(told, hint=hint)
    if ask.trace or ask.vin:
        search = open_search(context)
        async with _closing(search):
            return await (tracing.by_id(search, ask) if ask.trace else tracing.of_vehicle(search, ask, now))
    plan = _plan(ask, means)
    if hands_out(context):
        store = open_store(context)
        async with _closing(store):
            return await tracing.of_promise(store, ask, plan.counting, now, _fleets(means))
    search = open_search(context)
    async with _closing(search):
        return await tracing.by_search(search, ask, plan.counting, plan.places, now)


@asynccontextmanager
async def _closing(search: SpanSearch) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await search.aclose()


def _fleets(means: Means) -> Fleets | None:
    from cdctl.application.fleet import LocalFleet
    from cdctl.application.top.asof import fleets_of

    return fleets_of(means.fleet) if isinstance(means.fleet, LocalFleet) else None


def _plan(ask: FindTrace, means: Means) -> Plan:
    """What the promise asks of spans, or the promise on spans that says the same. Raises UsageError, and
    UnavailableError for one of which no span tells."""
    from cdctl.application import wiring
    from cdctl.application.top.explaining_wiring import named
    from cdctl.application.why_wiring import TRACES, planned, sibling, sources_of

    slos = wiring.read_specs(means.settings).slos
    slo = named(ask.promise, slos)
    told = slo if sources_of(slo) == {TRACES} else sibling(slo, slos)
    if told is None:
        hint = f"write one that counts its spans, named {slo.name}-traces; until then a trace is asked for by its id"
        raise UnavailableError(f"no spans are counted for {slo.name}", hint=hint)
    return planned(told.objectives[0], told.name, tuple(label for label, _ in ask.group))
