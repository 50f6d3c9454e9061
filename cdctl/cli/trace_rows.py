"""What `cdctl trace query` and `cdctl trace top` show: spans, and operations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from cdctl.cli import records
from cdctl.domain.fleet.hidden_spans import hidden
from cdctl.domain.traces import document

if TYPE_CHECKING:
    from cdctl.domain.traces.ports import Operation, SpanRow


def spans(found: Sequence[SpanRow], form: str, hide: bool, width: int | None) -> str:
    """Spans in a format; with `hide`, ids of vehicles are masked wherever they stand."""
    return records.render([document.span(one) for one in (hidden(found) if hide else found)], SPANS, form, width)


def _milliseconds(key: str, row: records.Record) -> str:
    value = row[key]
    if not isinstance(value, int | float):
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _joined(key: str, row: records.Record) -> str:
    said = row[key]
    return " ".join(f"{name}={value}" for name, value in said.items()) if isinstance(said, Mapping) else ""


SPANS = (
    records.Column("end"),
    records.Column("service", shrinks=True),
    records.Column("name", shrinks=True),
    records.Column("kind", wide=True),
    records.Column("status"),
    records.Column("message", wide=True, shrinks=True),
    records.Column("duration_ms", text=partial(_milliseconds, "duration_ms")),
    records.Column("trace"),
    records.Column("span", wide=True),
    records.Column("parent", wide=True),
    records.Column("start_ns", data=True),
    records.Column("end_ns", data=True),
    records.Column("weight", wide=True),
    records.Column("attributes", wide=True, text=partial(_joined, "attributes")),
    records.Column("resource", wide=True, text=partial(_joined, "resource")),
)


def operations(found: Sequence[Operation]) -> Iterator[dict[str, object]]:
    """Operations for programs: rates per second, a share of errors 0..1, milliseconds."""
    for one in found:
        yield {
            "service": one.service,
            "name": one.name,
            "kind": one.kind,
            "count": one.count,
            "rate": round(one.rate, 6),
            "errors": round(one.errors, 6),
            **{
                f"{name}_ms": None if math.isnan(took) else took * 1e3
                for name, took in (("p50", one.p50), ("p95", one.p95), ("p99", one.p99))
            },
        }


def _rate(row: records.Record) -> str:
    return f"{row['rate']:,.3g}/s" if isinstance(row["rate"], float) and row["rate"] < 100 else f"{row['rate']:,.0f}/s"


def _share(row: records.Record) -> str:
    value = row["errors"]
    return "" if not isinstance(value, float) else "0%" if not value else f"{value:.2%}"


OPERATIONS = (
    records.Column("service", shrinks=True),
    records.Column("name", shrinks=True),
    records.Column("kind"),
    records.Column("rate", text=_rate),
    records.Column("errors", text=_share),
    records.Column("p50_ms", text=partial(_milliseconds, "p50_ms")),
    records.Column("p95_ms", text=partial(_milliseconds, "p95_ms")),
    records.Column("p99_ms", text=partial(_milliseconds, "p99_ms")),
    records.Column("count", wide=True),
)
