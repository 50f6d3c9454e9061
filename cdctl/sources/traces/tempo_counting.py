"""Counts by Tempo's metrics (TraceQL metrics), bucket by bucket: a source of SLIs with what it cannot promise said.

https://grafana.com/docs/tempo/latest/metrics-from-traces/metrics-queries/. Tempo counts spans by their *start*, and
those that it has kept: what each stands for is not known. A range is at most a day.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from cdctl.domain.slo.series import Floats, Span
from cdctl.domain.text import safe
from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.counting import Counting
from cdctl.domain.traces.failing import GRPC, GRPC_SERVER
from cdctl.domain.traces.ports import Counts, Observations, Window
from cdctl.domain.traces.traceql.writing import written
from cdctl.errors import UsageError
from cdctl.sources.traces.otlp_rows import value
from cdctl.sources.traces.tempo import TempoSearch

_DAY = 86_400
_AT_ONCE = 4
BY_START = "Tempo counts spans by their start, and those that it has kept"
_ENTRY = "(kind = server || kind = consumer || nestedSetParent < 0)"
_WHICH = {"entry": _ENTRY, "root": "nestedSetParent < 0", "all": "true"}

_Group = tuple[str, ...]
_Series = dict[_Group, Floats]


class TempoCounting(TempoSearch):
    """A `SpanStore` but for its events, which a Tempo does not hand out. Made without IO."""

    @property
    def identity(self) -> str:
        """URL, tenant and who asks."""
        return self._server.identity

    async def count(self, counting: Counting, group_by: Sequence[Attribute], spans: Sequence[Span]) -> list[Counts]:
        """See `SpanStore`. Every weight is unknown; the time in which Tempo had any span at all was seen."""
        gate = asyncio.Semaphore(_AT_ONCE)
        return list(await asyncio.gather(*(self._counts(counting, group_by, span, gate) for span in spans)))

    async def observe(self, counting: Counting, window: Window, most: int) -> Observations:
        """Raises UsageError: a search ends with the first that match."""
        hint = "keep spans in a store (cdctl trace serve) or a ClickHouse"
        raise UsageError("a Tempo does not hand out all events of a window", subject="traces", hint=hint)

    async def _counts(
        self, counting: Counting, group_by: Sequence[Attribute], span: Span, gate: asyncio.Semaphore
    ) -> Counts:
        labels = tuple(dict.fromkeys(map(str, group_by)))
        total, part = texts(counting)
        notes: dict[str, None] = {BY_START: None}
        asked = ((total, labels), (part, labels), ("{ true }", ()))
        whole, some, any_ = await asyncio.gather(
            *(self._series(text, names, span, gate, notes) for text, names in asked)
        )
        groups = tuple(sorted(key for key, values in whole.items() if values.any()))

        def grid(series: _Series) -> Floats:
            return np.array([series.get(key, np.zeros(len(span))) for key in groups]).reshape(len(groups), len(span))

        raw = grid(whole)
        hits = np.minimum(grid(some), raw)
        bad = hits if counting.bad else raw - hits
        there = sum(any_.values(), np.zeros(len(span))) > 0
        places = [labels.index(str(one)) for one in group_by]
        return Counts(
            groups=tuple(tuple(key[place] for place in places) for key in groups),
            ends=span.ends,
            good=raw - bad,
            total=raw,
            raw=raw,
            raw_bad=bad,
            squares=raw,
            squares_bad=bad,
            unknown=raw,
            unknown_bad=bad,
            seen=np.where(there, span.step / 60, 0.0),
            notes=tuple(notes),
        )

    async def _series(
        self, text: str, labels: tuple[str, ...], span: Span, gate: asyncio.Semaphore, notes: dict[str, None]
    ) -> _Series:
        by = f" by ({', '.join(labels)})" if labels else ""
        found: _Series = {}
        for part in _days(span):
            params = {
                "q": f"{text} | count_over_time(){by}",
                "start": str(part.start),
                "end": str(part.end),
                "step": f"{part.step}s",
            }
            async with gate:
                document = self._document(await self._server.get("/api/metrics/query_range", params))
            if document.get("status") == "PARTIAL":
                said = f"server: Tempo looked at a part only: {safe(str(document.get('message') or ''), 200)}"
                notes[said.rstrip(": ")] = None
            try:
                _add(found, document, labels, part, span)
            except (AttributeError, TypeError, ValueError) as error:
                raise self._server.unclear(type(error).__name__) from None
        return found


def texts(counting: Counting) -> tuple[str, str]:
    """The filters of the total and of the part, as Tempo reads them."""
    total = f"({written(counting.total.where)}) && {_WHICH[counting.which]}"
    part = f"{total} && ({written(counting.part.where)})"
    return f"{{ {total} }}", f"{{ {part} && {_failed()} }}" if counting.failing else f"{{ {part} }}"


def _failed() -> str:
    """What `domain.traces.failing` says, in TraceQL; codes may be numbers or texts there."""
    http = ("span.http.response.status_code", "span.http.status_code")
    servers = [f"{key} >= 500" for key in http] + [f'{key} =~ "5.."' for key in http]
    callers = [f"({key} >= 400 && {key} < 500)" for key in http] + [f'{key} =~ "4.."' for key in http]
    for number, name in enumerate(GRPC[1:], 1):
        side = servers if name in GRPC_SERVER else callers
        side += [f"span.rpc.grpc.status_code = {number}", f'span.rpc.response.status_code = "{name}"']
    server, caller = " || ".join(servers), " || ".join(callers)
    ours = f"(kind = client && ({caller}))"
    typed = '(span.error.type != nil && span.error.type != "")'
    known = f"{server} || {ours} || ({typed} && kind = client) || ({typed} && {_none_of(http)})"
    return f"(status = error || (status = unset && ({known})))"


def _none_of(http: Sequence[str]) -> str:
    """No code that says the caller of this server was wrong."""
    codes = (*http, "span.rpc.grpc.status_code", "span.rpc.response.status_code")
    return " && ".join(f"{key} = nil" for key in codes)


def _days(span: Span) -> Iterator[Span]:
    """A span in pieces of at most a day."""
    size = max(span.step, _DAY // span.step * span.step)
    for low in range(span.start, span.end, size):
        yield Span(low, min(low + size, span.end), span.step)


def _add(found: _Series, document: Mapping[str, Any], labels: Sequence[str], part: Span, whole: Span) -> None:
    """Samples of one answer. A sample stands at the end of its interval; a Tempo whose samples stand at the beginning
    has one at the very start of the range, where no interval ends."""
    series = document.get("series") or ()
    samples = [
        [(int(one.get("timestampMs") or 0) // 1000, float(one.get("value") or 0)) for one in each.get("samples") or ()]
        for each in series
    ]
    shift = 0 if any(at <= part.start for each in samples for at, _ in each) else -1
    for each, told in zip(series, samples, strict=True):
        said = {str(one.get("key")): value(one.get("value")) for one in each.get("labels") or ()}
        key = tuple("" if said.get(name) in (None, "nil") else str(said[name]) for name in labels)
        values = found.setdefault(key, np.zeros(len(whole)))
        for at, count in told:
            place = (at - part.start) // part.step + shift
            if 0 <= place < len(part):
                values[(part.start - whole.start) // whole.step + place] += count
