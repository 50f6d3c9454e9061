"""Requests of OTLP as JSON, by number of span."""

from __future__ import annotations

import json
from typing import Any

from span_batches import NOW


def span(number: int, **more: Any) -> dict[str, Any]:
    """One that its number tells of."""
    end = NOW * 10**9 + number
    told = {
        "traceId": f"{number // 4 + 1:032x}",
        "spanId": f"{number + 1:016x}",
        "name": f"operation {number % 3}",
        "kind": 2,
        "startTimeUnixNano": str(end - 1_000_000),
        "endTimeUnixNano": str(end),
        "attributes": [{"key": "n", "value": {"intValue": str(number)}}],
    }
    return {**told, **more}


def request(*spans: dict[str, Any]) -> bytes:
    """All of one service."""
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "tests"}}]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}).encode()


def numbered(*numbers: int) -> bytes:
    """A request with these spans."""
    return request(*map(span, numbers))
