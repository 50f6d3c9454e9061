"""A server that finds spans and does not count them, where a promise asks for counts: no promise over it has a verdict,
and those over other sources have theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from cdctl.domain.slo.series import Span
from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.counting import Counting
from cdctl.domain.traces.ports import By, Found, Operations, SpanSearch, Window
from cdctl.domain.traces.traceql.tree import Spanset
from cdctl.errors import UsageError


class Uncounted:
    """A `SpanStore` in all but counts and events, which are UsageErrors."""

    def __init__(self, kind: str, search: SpanSearch) -> None:
        self._kind = kind
        self._search = search

    @property
    def identity(self) -> str:
        """The kind of server: nothing that it says is kept."""
        return self._kind

    async def count(self, counting: Counting, group_by: Sequence[Attribute], spans: Sequence[Span]) -> NoReturn:
        """Raises UsageError."""
        raise self._cannot()

    async def observe(self, counting: Counting, window: Window, most: int) -> NoReturn:
        """Raises UsageError."""
        raise self._cannot()

    async def find(self, wanted: Spanset, window: Window, limit: int) -> Found:
        """See `SpanSearch`."""
        return await self._search.find(wanted, window, limit)

    async def trace(self, trace_id: str) -> Found:
        """See `SpanSearch`."""
        return await self._search.trace(trace_id)

    async def top(self, wanted: Spanset, window: Window, limit: int, by: By = "operation") -> Operations:
        """See `SpanSearch`."""
        return await self._search.top(wanted, window, limit, by)

    async def probe(self) -> tuple[bool, str, str]:
        """See `SpanSearch`."""
        return await self._search.probe()

    async def aclose(self) -> None:
        """See `SpanSearch`."""
        await self._search.aclose()

    def _cannot(self) -> UsageError:
        hint = "name a store, a clickhouse or a tempo in traces of the context"
        return UsageError(f"a {self._kind} finds spans, but does not count them", subject="traces", hint=hint)
