"""DuckDB's rows as spans to show, and as numbers to roll up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from cdctl.domain.slo.series import Floats, Ints
from cdctl.domain.traces.attributes import PROMOTED
from cdctl.domain.traces.kinds import KINDS, STATUSES
from cdctl.domain.traces.ports import Operation, SpanRow, Window
from cdctl.domain.traces.sql import statements
from cdctl.domain.traces.sql.tallies import kind_of

COLUMNS = ", ".join(
    [
        "trace_id, span_id, parent_id, start_ns, end_ns, name, scope, message, kind, status, weight, events, links",
        *(f'"{attribute}"' for attribute in PROMOTED),
        "span_attributes, resource_attributes",
    ]
)
"""What `span_row` needs."""
_SERVICE = "resource.service.name"


def tallies(table: Any, names: Sequence[str]) -> tuple[Ints, Mapping[str, Floats]]:
    """The buckets of a roll-up's rows and their numbers, [n_rows] each; none when there is no table."""
    if table is None:
        return np.zeros(0, np.int64), {name: np.zeros(0) for name in names}
    return (
        table.column("bucket").to_numpy().astype(np.int64),
        {name: table.column(name).to_numpy().astype(np.float64) for name in names},
    )


def placed(table: Any, name: str, buckets: int) -> Floats:
    """A column by its buckets, [n_buckets]; 0 where there is no row."""
    found = np.zeros(buckets)
    if table is not None and len(table):
        found[table.column("bucket").to_numpy().astype(np.int64)] = table.column(name).to_numpy().astype(np.float64)
    return found


def operations(table: Any, window: Window) -> tuple[Operation, ...]:
    """Rows of `statements.operations`."""
    seconds = max(window.end - window.start, 1e-9)
    return tuple(
        Operation(
            row["service"],
            row["name"],
            kind_of(row["kind"]),
            float(row["count"]),
            row["count"] / seconds,
            row["failures"] / row["count"] if row["count"] else 0.0,
            *(took / statements.SECOND for took in row["quantiles"]),
        )
        for row in (table.to_pylist() if table is not None else ())
    )


def span_row(row: Mapping[str, Any]) -> SpanRow:
    """A span to show; values of attributes stay the texts that the store keeps."""
    found: dict[str, dict[str, object]] = {"span": {}, "resource": {}}
    for attribute in PROMOTED:
        if (value := row[str(attribute)]) is not None:
            found[attribute.scope][attribute.key] = value
    found["span"].update(row["span_attributes"] or ())
    found["resource"].update(row["resource_attributes"] or ())
    return SpanRow(
        trace=row["trace_id"].hex(),
        span=row["span_id"].hex(),
        parent=row["parent_id"].hex() if row["parent_id"] else "",
        service=row[_SERVICE] or "",
        name=row["name"] or "",
        kind=_named(KINDS, row["kind"]),
        status=_named(STATUSES, row["status"]),
        message=row["message"] or "",
        start=row["start_ns"],
        end=row["end_ns"],
        attributes=found["span"],
        resource=found["resource"],
        events=_listed(row["events"]),
        links=_listed(row["links"]),
        weight=row["weight"],
        scope=row["scope"] or "",
    )


def _named(names: Sequence[str], number: int | None) -> str:
    return names[number] if number is not None and 0 <= number < len(names) else f"{number}"


def _listed(text: str | None) -> tuple[Mapping[str, object], ...]:
    """A JSON list of objects; what is none says nothing."""
    try:
        found: Iterable[object] = json.loads(text) if text else ()
        return tuple(one for one in found if isinstance(one, dict))
    except (ValueError, TypeError):
        return ()
