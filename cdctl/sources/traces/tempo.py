"""A Grafana Tempo: filters go to it as they were written. It finds some of what matches, and counts by its own means.

https://grafana.com/docs/tempo/latest/api_docs/. A search tells little of a span, so the traces found are fetched whole.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping
from typing import Any

from cdctl.domain.text import safe
from cdctl.domain.traces.ports import By, Found, Operations, SpanRow, Window
from cdctl.domain.traces.traceql.tree import Spanset
from cdctl.errors import CdctlError, UnavailableError, UsageError
from cdctl.sources.traces import tempo_metrics
from cdctl.sources.traces.http import Answer, Server
from cdctl.sources.traces.otlp_rows import TOO_DEEP, NotTracesError, from_json, from_protobuf
from cdctl.sources.traces.tempo_answers import envelope, found_ids

PROTOBUF = "application/protobuf"
_DAY = 86_400
_SPANS_A_TRACE = 100
"""What Tempo lets one ask for, unless it is told otherwise."""
_TRACES = 100
"""Traces of one search; each is fetched."""
_AT_ONCE = 8
_SOME = "a search of Tempo ends with the first traces that match: asked again, it may find others"


class TempoSearch:
    """A `SpanSearch`. Made without IO."""

    def __init__(self, table: Mapping[str, object]) -> None:
        """table: `{"tempo": url, ...}`. Raises UsageError."""
        self._server = Server("tempo", table)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._server.aclose()

    async def probe(self) -> tuple[bool, str, str]:
        """See `SpanSearch`."""
        told = await self._server.get("/api/status/buildinfo", {})
        if told.status == 200:
            try:
                return True, f"Tempo {safe(str(json.loads(told.body)['version']), 40)}", ""
            except (ValueError, KeyError, TypeError, RecursionError):
                pass
        echo = await self._server.get("/api/echo", {})
        if echo.status == 200 and b"echo" in echo.body:
            return True, "Tempo", ""
        return False, f"no Tempo answers there (HTTP {echo.status})", "is the URL right? Tempo listens on port 3200"

    async def find(self, wanted: Spanset, window: Window, limit: int) -> Found:
        """See `SpanSearch`. Asks a day at a time, from the newest on, until there are enough."""
        spans: dict[str, SpanRow] = {}
        notes: dict[str, None] = {}
        more = partial = False
        for day in days(window):
            found = await self._find(wanted, day, limit)
            spans |= {one.trace + one.span: one for one in found.spans}
            notes |= dict.fromkeys(found.notes)
            more, partial = more or found.more, partial or found.partial
            if len(spans) >= limit:
                more = more or len(spans) > limit or day.start > window.start
                break
        rows = sorted(spans.values(), key=lambda one: (-one.end, one.trace, one.span))[:limit]
        return Found(tuple(rows), more, tuple(notes), partial)

    async def _find(self, wanted: Spanset, window: Window, limit: int) -> Found:
        traces = min(limit, _TRACES)
        params = {
            "q": wanted.text,
            "start": str(math.floor(window.start)),
            "end": str(math.ceil(window.end)),
            "limit": str(traces),
            "spss": str(min(limit, _SPANS_A_TRACE)),
        }
        document = self._document(await self._server.get("/api/search", params))
        try:
            ids, cut, looked = found_ids(document)
        except NotTracesError as error:
            raise self._server.unclear(str(error)) from None
        more = cut or len(ids) >= traces
        gate = asyncio.Semaphore(_AT_ONCE)

        async def fetch(trace: str) -> Found:
            async with gate:
                return await self.trace(trace)

        whole = await asyncio.gather(*(fetch(trace) for trace in ids))
        first, last = window.start * 1e9, window.end * 1e9
        spans = [
            span
            for (trace, wanted_ids), found in zip(ids.items(), whole, strict=True)
            for span in found.spans
            if span.span in wanted_ids and first < span.end <= last and trace
        ]
        notes = {note: None for found in whole for note in found.notes}
        partial = not looked or any(found.partial for found in whole)
        if not looked:
            notes["Tempo did not look at all of its blocks"] = None
        if more:
            notes[_SOME] = None
        return Found(tuple(spans), more, tuple(notes), partial)

    async def trace(self, trace_id: str) -> Found:
        """See `SpanSearch`."""
        answer = await self._server.get(f"/api/v2/traces/{trace_id}", {}, PROTOBUF)
        if answer.status == 404:  # no such trace, or a Tempo before 2.7
            answer = await self._server.get(f"/api/traces/{trace_id}", {}, PROTOBUF)
            if answer.status == 404:
                return Found(())
            return self._trace(answer, enveloped=False)
        return self._trace(answer, enveloped=True)

    def _trace(self, answer: Answer, *, enveloped: bool) -> Found:
        if answer.status != 200:
            raise self._refused(answer)
        said = ""
        partial = False
        try:
            if answer.kind == "application/json":
                document = json.loads(answer.body)
                inner = document.get("trace", document) if isinstance(document, dict) else document
                spans = from_json(inner)
                partial = isinstance(document, dict) and document.get("status") == "PARTIAL"
                said = str(document.get("message") or "") if partial else ""
            elif enveloped:
                body, partial, said = envelope(answer.body)
                spans = from_protobuf(body)
            else:
                spans = from_protobuf(answer.body)
        except RecursionError:
            raise self._server.unclear(TOO_DEEP) from None
        except (NotTracesError, ValueError) as error:
            raise self._server.unclear(str(error)) from None
        note = f"Tempo has only a part of this trace{f': {safe(said, 200)}' if said else ''}"
        rows = sorted(spans, key=lambda one: (one.start, one.span))
        return Found(tuple(rows), notes=(note,) if partial else (), partial=partial)

    async def top(self, wanted: Spanset, window: Window, limit: int, by: By = "operation") -> Operations:
        """See `SpanSearch`. By start of spans, at most a day: quantiles of two days cannot be joined."""
        if window.end - window.start > _DAY:
            raise UsageError("a Tempo tells quantiles of at most one day", subject="--since", hint="--since 24h")

        async def ask(query: str) -> Any:
            return self._document(
                await self._server.get("/api/metrics/query_range", tempo_metrics.params(query, window))
            )

        try:
            return await tempo_metrics.operations(ask, wanted, window, limit, by)
        except (AttributeError, TypeError, ValueError) as error:
            raise self._server.unclear(type(error).__name__) from None

    def _document(self, answer: Answer) -> dict[str, Any]:
        if answer.status != 200:
            raise self._refused(answer)
        try:
            found = json.loads(answer.body)
        except RecursionError:
            raise self._server.unclear(TOO_DEEP) from None
        except ValueError:
            raise self._server.unclear("no JSON") from None
        if not isinstance(found, dict):
            raise self._server.unclear("no JSON object")
        return found

    def _refused(self, answer: Answer) -> CdctlError:
        subject = f"tempo {self._server.url}"
        if answer.status in {400, 422}:
            return UsageError(f"it does not take this: {answer.said}", subject=subject)
        return UnavailableError(f"it cannot answer (HTTP {answer.status}): {answer.said}", subject=subject)


def days(window: Window) -> list[Window]:
    """A window in pieces of at most a day, the newest first."""
    found = []
    end = window.end
    while end > window.start:
        found.append(Window(max(window.start, end - _DAY), end))
        end -= _DAY
    return found
