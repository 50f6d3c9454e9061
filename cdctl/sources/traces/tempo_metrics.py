"""Rates, errors and quantiles by Tempo's metrics (TraceQL metrics): one range query each."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from cdctl.domain.text import safe
from cdctl.domain.traces.ports import By, Operation, Operations, Window
from cdctl.domain.traces.traceql.parser import parse
from cdctl.domain.traces.traceql.tree import Spanset
from cdctl.domain.traces.traceql.writing import both
from cdctl.sources.traces.otlp_rows import value

Ask = Callable[[str], Awaitable[Any]]
_LABELS = {"operation": ("resource.service.name", "name", "kind"), "service": ("resource.service.name",)}
_FAILED = parse("{ status = error }")
_QUANTILES = (0.5, 0.95, 0.99)
_NIL = "nil"
_BY_START = "Tempo counts spans by their start, and those that it has kept"


def params(query: str, window: Window) -> dict[str, str]:
    """One bucket as long as the window."""
    start, end = math.floor(window.start), math.ceil(window.end)
    return {"q": query, "start": str(start), "end": str(end), "step": f"{max(1, end - start)}s"}


async def operations(ask: Ask, wanted: Spanset, window: Window, limit: int, by: By) -> Operations:
    """Operations by count. Raises whatever asking raises."""
    labels = ", ".join(_LABELS[by])
    quantiles = ", ".join(map(str, _QUANTILES))
    total, failed, took = await asyncio.gather(
        ask(f"{wanted.text} | rate() by ({labels})"),
        ask(f"{both(wanted, _FAILED).text} | rate() by ({labels})"),
        ask(f"{wanted.text} | quantile_over_time(duration, {quantiles}) by ({labels})"),
    )
    rates, errors, lengths = (_series(document, _LABELS[by]) for document in (total, failed, took))
    seconds = max(window.end - window.start, 1e-9)
    found = []
    for key, rate in sorted(rates.items(), key=lambda one: (-one[1], one[0])):
        if not rate:
            continue
        service, name, kind = ("" if text == _NIL else text for text in (*key, "", "", "")[:3])
        p50, p95, p99 = (lengths.get((*key, str(quantile)), math.nan) for quantile in _QUANTILES)
        share = min(1.0, errors.get(key, 0.0) / rate)
        found.append(Operation(service, name, kind, rate * seconds, rate, share, p50, p95, p99))
    said = {f"Tempo looked at a part only: {safe(str(one.get('message') or ''), 200)}".rstrip(": ")
            for one in (total, failed, took) if one.get("status") == "PARTIAL"}  # fmt: skip
    return Operations(tuple(found[:limit]), (_BY_START, *sorted(said)), bool(said))


def _series(document: Mapping[str, Any], labels: Sequence[str]) -> dict[tuple[str, ...], float]:
    """The mean of each series by its labels' values; the quantile (`p`) is the last of them."""
    found: dict[tuple[str, ...], float] = {}
    for series in document.get("series") or ():
        said = {str(one.get("key")): value(one.get("value")) for one in series.get("labels") or ()}
        quantile = said.pop("p", None)
        key = tuple(_NIL if said.get(label) is None else str(said[label]) for label in labels)
        samples = [float(one.get("value") or 0) for one in series.get("samples") or ()]
        if samples:
            found[(*key, str(quantile)) if quantile is not None else key] = sum(samples) / len(samples)
    return found
