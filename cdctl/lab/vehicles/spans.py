"""Spans of vehicles: for every order that is traced, what the vehicle did about it, as a child of the order's span."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from cdctl.domain.orders.order import Heard
from cdctl.lab.vehicles.ledger import Entry

_PARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED = 1
_CONSUMER = 5
_ERROR = 2
_SCOPE = "cdctl.lab"
_BAD: Mapping[Heard, str] = {
    Heard.FAILED: "vehicle_error",
    Heard.TIMED_OUT: "timeout",
    Heard.REJECTED: "rejected",
}
"""States that are told as errors, and `error.type`."""
_MOST = 2_000
"""Spans in one request."""
_encode = msgspec.json.Encoder().encode


def child_of(parent: str) -> str:
    """A `traceparent` of our own below another one (https://www.w3.org/TR/trace-context/); empty when that is none, or
    not sampled."""
    found = _PARENT.fullmatch(parent)
    if found is None or not int(found[3], 16) & _SAMPLED:
        return ""
    return f"00-{found[1]}-{os.urandom(8).hex()}-{found[3]}"


class Spans:
    """Collects spans, and hands them on as requests of OTLP in JSON."""

    def __init__(self, post: Callable[[bytes], None], about: Callable[[int], Mapping[str, str]]) -> None:
        """post: takes the body of a request. about: attributes of the vehicle in a row."""
        self._post = post
        self._about = about
        self._kept: list[dict[str, Any]] = []

    @property
    def waiting(self) -> bool:
        """Whether there is something to hand on."""
        return bool(self._kept)

    def ended(self, row: int, entry: Entry, parent: str, command: str, received: int, now: int) -> None:
        """An order came to its end. parent: the order's own `traceparent`; received and now: epoch milliseconds by this
        machine's clock."""
        own, above = _PARENT.fullmatch(entry.tp), _PARENT.fullmatch(parent)
        if own is None or above is None:
            return
        about = {**self._about(row), "command.name": command, "messaging.system": "mqtt"}
        about |= {"messaging.operation.type": "process", "messaging.destination.template": "cd/{region}/{vin}/cmd"}
        bad = _BAD.get(entry.state, "")
        if bad:
            about["error.type"] = bad
        self._kept.append(
            {
                "traceId": own[1],
                "spanId": own[2],
                "parentSpanId": above[2],
                "flags": int(own[3], 16),
                "name": "process cmd",
                "kind": _CONSUMER,
                "startTimeUnixNano": f"{received}000000",
                "endTimeUnixNano": f"{max(now, received)}000000",
                "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in about.items()],
                "status": {"code": _ERROR, "message": entry.reason or bad} if bad else {},
            }
        )

    def flush(self) -> None:
        """Hand on what was collected."""
        kept, self._kept = self._kept, []
        for start in range(0, len(kept), _MOST):
            scope = {"scope": {"name": _SCOPE}, "spans": kept[start : start + _MOST]}
            resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "vehicle"}}]}
            self._post(_encode({"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}))
