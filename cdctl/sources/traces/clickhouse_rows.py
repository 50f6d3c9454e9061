"""Rows of the Collector's table as spans to show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cdctl.domain.traces.attributes import present
from cdctl.domain.traces.kinds import STATUSES
from cdctl.domain.traces.ports import SpanRow
from cdctl.domain.traces.sql.clickhouse import ClickHouseWriting
from cdctl.domain.traces.sql.tallies import kind_of

_WRITE = ClickHouseWriting
COLUMNS = ", ".join(
    [
        "lower(TraceId) AS trace, lower(SpanId) AS span, if(" + _WRITE.root + ", '', lower(ParentSpanId)) AS parent",
        "ServiceName AS service, SpanName AS name, StatusMessage AS message, ScopeName AS scope",
        f"{_WRITE.kind} AS kind, {_WRITE.status} AS status, {_WRITE.weight} AS weight",
        f"{_WRITE.start} AS start_ns, {_WRITE.end} AS end_ns",
        "SpanAttributes AS attributes, ResourceAttributes AS resource",
        "arrayMap(t -> toUnixTimestamp64Nano(t), `Events.Timestamp`) AS event_times",
        "`Events.Name` AS event_names, `Events.Attributes` AS event_attributes",
        "`Links.TraceId` AS link_traces, `Links.SpanId` AS link_spans, `Links.Attributes` AS link_attributes",
    ]
)
"""What `span_row` needs."""
ORDER = "lower(TraceId), lower(SpanId)"
OBSERVED = (
    f"{_WRITE.end} AS end_ns, toFixedString(if(length(TraceId) = 32, unhex(TraceId), ''), 16) AS trace_id,"
    " SpanAttributes AS span_attributes, ResourceAttributes AS resource_attributes"
)
"""What `observations` needs."""


def span_row(row: Mapping[str, Any]) -> SpanRow:
    """A span to show; attributes by their present names, and their values as the texts that the table keeps."""
    return SpanRow(
        trace=row["trace"],
        span=row["span"],
        parent=row["parent"],
        service=row["service"] or "",
        name=row["name"] or "",
        kind=kind_of(row["kind"]),
        status=STATUSES[row["status"]],
        message=row["message"] or "",
        start=row["start_ns"],
        end=row["end_ns"],
        attributes=_pairs("span", row["attributes"]),
        resource=_pairs("resource", row["resource"]),
        events=_events(row["event_times"], row["event_names"], row["event_attributes"]),
        links=tuple(
            {"traceId": trace, "spanId": span, "attributes": _otlp(said)}
            for trace, span, said in zip(row["link_traces"], row["link_spans"], row["link_attributes"], strict=False)
        ),
        weight=row["weight"],
        scope=row["scope"] or "",
    )


def _pairs(scope: str, said: Iterable[tuple[str, str]] | None) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in said or ():
        found.setdefault(present(scope, key), value)
    return found


def _events(times: Iterable[int], names: Iterable[str], attributes: Iterable[Any]) -> tuple[Mapping[str, object], ...]:
    return tuple(
        {"timeUnixNano": str(time), "name": name, "attributes": _otlp(said)}
        for time, name, said in zip(times, names, attributes, strict=False)
    )


def _otlp(said: Iterable[tuple[str, str]] | None) -> list[dict[str, object]]:
    """As OTLP/JSON writes attributes."""
    return [{"key": key, "value": {"stringValue": value}} for key, value in said or ()]
