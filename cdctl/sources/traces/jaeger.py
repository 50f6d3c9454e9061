"""A Jaeger: v3 of its API where it has that, else the older one. It is asked by service, name and length; the rest of a
filter is judged here, so that an answer is as exact as the traces that Jaeger gave.

https://www.jaegertracing.io/docs/latest/apis/. Its searches go by when spans began, and end with the newest traces.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from cdctl.domain.text import safe
from cdctl.domain.traces.ports import By, Found, Operations, SpanRow, Window
from cdctl.domain.traces.traceql.judging import matches
from cdctl.domain.traces.traceql.tree import Spanset
from cdctl.errors import CdctlError, UnavailableError, UsageError
from cdctl.sources.traces import jaeger_asking
from cdctl.sources.traces.http import Answer, Server
from cdctl.sources.traces.jaeger_asking import Narrowed, narrowed
from cdctl.sources.traces.jaeger_rows import from_v1
from cdctl.sources.traces.otlp_rows import TOO_DEEP, NotTracesError, from_json

_MOST_SERVICES = 50
_DEPTH = 200
"""Traces of one search."""
_AT_ONCE = 4


class JaegerSearch:
    """A `SpanSearch`. Made without IO."""

    def __init__(self, table: Mapping[str, object]) -> None:
        """table: `{"jaeger": url, ...}`. Raises UsageError."""
        self._server = Server("jaeger", table)
        self._newer: bool | None = None
        self._camel = True

    async def aclose(self) -> None:
        """Close every connection."""
        await self._server.aclose()

    async def probe(self) -> tuple[bool, str, str]:
        """See `SpanSearch`."""
        services = await self._services()
        return True, f"Jaeger (API {'v3' if self._newer else 'v1'}), {len(services)} services", ""

    async def find(self, wanted: Spanset, window: Window, limit: int) -> Found:
        """See `SpanSearch`."""
        known = await self._services()
        asked = narrowed(wanted.where)
        services = [one for one in known if one and asked.service in {"", one}]
        gate = asyncio.Semaphore(_AT_ONCE)
        depth = max(20, min(limit, _DEPTH))

        async def search(service: str) -> list[SpanRow]:
            async with gate:
                return await self._search(service, asked, window, depth)

        found = await asyncio.gather(*(search(service) for service in services[:_MOST_SERVICES]))
        traces: dict[str, dict[str, SpanRow]] = {}
        cut = len(services) > _MOST_SERVICES
        for spans in found:
            for span in spans:
                traces.setdefault(span.trace, {}).setdefault(span.span, span)
            cut = cut or len({span.trace for span in spans}) >= depth
        first, last = window.start * 1e9, window.end * 1e9
        rows = [
            span
            for spans in traces.values()
            for span in spans.values()
            if first < span.end <= last and matches(wanted.where, span, list(spans.values()))
        ]
        rows.sort(key=lambda one: (-one.end, one.trace, one.span))
        notes = (f"Jaeger was asked for the newest {depth} traces of each service; there are more",) if cut else ()
        return Found(tuple(rows[:limit]), len(rows) > limit or cut, notes, cut)

    async def trace(self, trace_id: str) -> Found:
        """See `SpanSearch`."""
        if self._newer is None:
            await self._services()
        path = f"/api/v3/traces/{trace_id}" if self._newer else f"/api/traces/{trace_id}"
        spans = self._spans(await self._server.get(path, {}))
        unique = {span.span: span for span in reversed(spans) if span.trace == trace_id}
        return Found(tuple(sorted(unique.values(), key=lambda one: (one.start, one.span))))

    async def top(self, wanted: Spanset, window: Window, limit: int, by: By = "operation") -> Operations:
        """Jaeger cannot. Raises UsageError."""
        raise UsageError(
            "a Jaeger finds traces, but does not count them",
            subject=f"jaeger {self._server.url}",
            hint="send spans to a store as well: cdctl trace serve",
        )

    async def _services(self) -> list[str]:
        """Names of services; finds out which API there is."""
        if self._newer is not False:
            answer = await self._server.get("/api/v3/services", {})
            if answer.status == 200 and (found := jaeger_asking.services(answer.body, "services")) is not None:
                self._newer = True
                return found
        answer = await self._server.get("/api/services", {})
        found = jaeger_asking.services(answer.body, "data") if answer.status == 200 else None
        if found is None:
            raise self._server.unclear(f"neither /api/v3/services nor /api/services (HTTP {answer.status})")
        self._newer = False
        return found

    async def _search(self, service: str, asked: Narrowed, window: Window, depth: int) -> list[SpanRow]:
        if not self._newer:
            params = jaeger_asking.params_v1(service, asked, window, depth)
            return self._spans(await self._server.get("/api/traces", params))
        camel = self._camel
        params = jaeger_asking.params_v3(service, asked, window, depth, camel=camel)
        answer = await self._server.get("/api/v3/traces", params)
        if answer.status == 400 and camel:
            self._camel = False  # before the names of parameters were those of JSON
            params = jaeger_asking.params_v3(service, asked, window, depth, camel=False)
            answer = await self._server.get("/api/v3/traces", params)
        return self._spans(answer)

    def _spans(self, answer: Answer) -> list[SpanRow]:
        """Spans of an answer; that none were found is said by HTTP 404."""
        if answer.status == 404:
            return []
        if answer.status != 200:
            raise self._refused(answer)
        try:
            return self._read(answer.body)
        except RecursionError:
            raise self._server.unclear(TOO_DEEP) from None
        except (NotTracesError, ValueError) as error:
            raise self._server.unclear(str(error)) from None

    def _read(self, body: bytes) -> list[SpanRow]:
        if not self._newer:
            return from_v1(json.loads(body))
        # One document, or one a line as they come.
        documents: list[Any] = []
        try:
            documents.append(json.loads(body))
        except json.JSONDecodeError:
            documents += [json.loads(line) for line in body.splitlines() if line.strip()]
        found = []
        for document in documents:
            if not isinstance(document, dict) or not ({"result", "resourceSpans"} & set(document)):
                raise NotTracesError("no result")
            found += from_json(document.get("result") or document)
        return found

    def _refused(self, answer: Answer) -> CdctlError:
        subject = f"jaeger {self._server.url}"
        said = safe(answer.said, 300)
        if answer.status == 400:
            return UsageError(f"it does not take this: {said}", subject=subject)
        return UnavailableError(f"it cannot answer (HTTP {answer.status}): {said}", subject=subject)
