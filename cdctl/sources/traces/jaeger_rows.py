"""Traces as Jaeger's older API answers them, as spans to show."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from cdctl.domain.traces.kinds import KINDS, STATUSES
from cdctl.domain.traces.ports import SpanRow
from cdctl.sources.traces.otlp_rows import NotTracesError

_MICRO = 1000
_STATUS = {"OK": "ok", "ERROR": "error", "1": "ok", "2": "error"}


def from_v1(document: Any) -> list[SpanRow]:
    """Spans of `{"data": [{"spans": [...], "processes": {...}}]}`, times in microseconds. Raises NotTracesError."""
    try:
        found = []
        for trace in document["data"] or ():
            processes = trace.get("processes") or {}
            found += [_span(one, processes.get(one.get("processID")) or {}) for one in trace.get("spans") or ()]
        return found
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        raise NotTracesError(f"{type(error).__name__}") from None


def _span(one: Mapping[str, Any], process: Mapping[str, Any]) -> SpanRow:
    tags = _tags(one.get("tags"))
    resource = {"service.name": str(process.get("serviceName") or ""), **_tags(process.get("tags"))}
    start = int(one.get("startTime") or 0) * _MICRO
    kind = str(tags.pop("span.kind", "")).lower()
    said = str(tags.pop("otel.status_code", "")).upper()
    failed = tags.get("error") in {True, "true"}
    message = str(tags.pop("otel.status_description", "") or "")
    return SpanRow(
        trace=str(one["traceID"]).lower().rjust(32, "0"),
        span=str(one["spanID"]).lower().rjust(16, "0"),
        parent=_parent(one.get("references")),
        service=str(resource["service.name"]),
        name=str(one.get("operationName") or ""),
        kind=kind if kind in KINDS else KINDS[0],
        status=_STATUS.get(said, "error" if failed else STATUSES[0]),
        message=message,
        start=start,
        end=start + int(one.get("duration") or 0) * _MICRO,
        attributes=tags,
        resource=resource,
        events=tuple(_event(log) for log in one.get("logs") or ()),
        scope=str(tags.get("otel.scope.name") or ""),
    )


def _parent(references: Iterable[Mapping[str, Any]] | None) -> str:
    """The span that it is a child of; what it follows from stands in for it."""
    said = {str(one.get("refType")): str(one.get("spanID") or "") for one in reversed(list(references or ()))}
    parent = (said.get("CHILD_OF") or said.get("FOLLOWS_FROM") or "").lower()
    return parent.rjust(16, "0") if parent.strip("0") else ""


def _tags(tags: Iterable[Mapping[str, Any]] | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tag in tags or ():
        found.setdefault(str(tag["key"]), tag.get("value"))
    return found


def _event(log: Mapping[str, Any]) -> dict[str, object]:
    fields = _tags(log.get("fields"))
    name = str(fields.pop("event", "") or "log")
    return {
        "timeUnixNano": str(int(log.get("timestamp") or 0) * _MICRO),
        "name": name,
        "attributes": [
            {"key": key, "value": {"stringValue": said if isinstance(said, str) else json.dumps(said)}}
            for key, said in fields.items()
        ],
    }
