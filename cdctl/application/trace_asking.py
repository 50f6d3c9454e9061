"""Asking for spans and traces, and for the orders that a trace is about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from cdctl.application.traces_wiring import open_search
from cdctl.domain.traces.ports import By, Found, Operations, SpanRow, Window
from cdctl.errors import CdctlError, UsageError

if TYPE_CHECKING:
    from cdctl.domain.orders.keeping import Kept
    from cdctl.domain.settings import Settings
    from cdctl.domain.traces.ports import SpanSearch
    from cdctl.domain.traces.traceql.tree import Spanset

T = TypeVar("T")
_MOST_ORDERS = 20
_LOOKED_AT = 20_000
"""Orders, from the newest on, that are compared with a trace that names no plan."""


def find(settings: Settings, store: str, wanted: Spanset, window: Window, limit: int) -> Found:
    """Spans that match. Raises UsageError and UnavailableError."""
    return _asked(settings, store, lambda search: search.find(wanted, window, limit))


def trace(settings: Settings, store: str, trace_id: str) -> Found:
    """All spans of one trace, by start; none when it is not there."""
    return _asked(settings, store, lambda search: search.trace(full_id(trace_id)))


def top(settings: Settings, store: str, wanted: Spanset, window: Window, limit: int, by: By) -> Operations:
    """Operations or services, most first."""
    return _asked(settings, store, lambda search: search.top(wanted, window, limit, by))


def full_id(text: str) -> str:
    """A trace id as 32 digits of lower-case hex: some places leave out zeros in front. Raises UsageError."""
    digits = text.strip().lower()
    if not digits or len(digits) > 32 or set(digits) - set("0123456789abcdef") or not digits.strip("0"):
        hint = "it has up to 32 digits of hex: cdctl trace query shows them"
        raise UsageError(f"{text[:64]!r} is no trace id", subject="ID", hint=hint)
    return digits.rjust(32, "0")


def _asked(settings: Settings, store: str, ask: Callable[[SpanSearch], Coroutine[Any, Any, T]]) -> T:
    context = settings.contexts.get(settings.default_context)

    async def run() -> T:
        search = open_search(context, store)
        try:
            return await ask(search)
        finally:
            await search.aclose()

    return asyncio.run(run())


@dataclass(frozen=True, slots=True)
class Cause:
    """The orders that a trace is about, of one plan or just one, newest first; `more` when not all are here."""

    command: str
    plan: str
    session: str
    orders: tuple[Kept, ...]
    more: bool


def cause(settings: Settings, spans: Sequence[SpanRow]) -> Cause | None:
    """What in the journal caused a trace: by the plan that one of its spans names, else by an order that carried its
    id. None when there is no journal, or nothing in it."""
    from pathlib import Path

    from cdctl.application.audit_wiring import journal_to_read

    if not spans or not settings.journal or not Path(settings.journal).expanduser().is_file():
        return None
    told = _told(spans)
    try:
        with journal_to_read(settings) as journal:
            if told.get("cdctl.plan"):
                found = list(journal.orders(plan=told["cdctl.plan"], limit=_MOST_ORDERS + 1))
            else:
                carried = f"-{spans[0].trace}-"
                every = journal.orders(limit=_LOOKED_AT)
                found = [kept for kept in every if carried in kept.order.traceparent][: _MOST_ORDERS + 1]
    except CdctlError:
        return None
    if not found and not told:
        return None
    first = found[0] if found else None
    return Cause(
        told.get("cdctl.command") or (first.order.command if first else ""),
        told.get("cdctl.plan") or (first.order.plan if first else ""),
        told.get("cdctl.session") or (first.session if first else ""),
        tuple(found[:_MOST_ORDERS]),
        len(found) > _MOST_ORDERS,
    )


def _told(spans: Sequence[SpanRow]) -> dict[str, str]:
    """What a span of cdctl itself says: command, plan, session."""
    for span in spans:
        said = {key: str(value) for key, value in span.attributes.items() if key.startswith("cdctl.")}
        if "cdctl.command" in said:
            return said
    return {}
