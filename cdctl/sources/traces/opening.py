"""What the settings say of traces, as something that can be asked: `{"store": folder}`, `{"tempo": url, ...}`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cdctl.domain.traces.ports import SpanSearch, SpanStore
from cdctl.errors import UsageError

COUNTING = ("store", "clickhouse")
"""Kinds that count as well as they find."""
KINDS = (*COUNTING, "tempo", "jaeger")


def store_of(table: Mapping[str, object]) -> SpanStore:
    """What counts and finds, not connected yet. Raises UsageError for a wrong table, or a server that cannot count."""
    kind = _kind(table)
    if kind == "store":
        from cdctl.stores.spans.duck import DuckSpans

        return DuckSpans(Path(str(table["store"])).expanduser())
    if kind == "clickhouse":
        from cdctl.sources.traces.clickhouse import ClickHouseSpans

        return ClickHouseSpans(table)
    raise UsageError(
        f"{kind} finds spans, but does not count them", subject="traces", hint="name a store or a clickhouse in traces"
    )


def search_of(table: Mapping[str, object]) -> SpanSearch:
    """What finds spans; asked nothing yet. Raises UsageError for a table that is wrong."""
    kind = _kind(table)
    if kind == "tempo":
        from cdctl.sources.traces.tempo import TempoSearch

        return TempoSearch(table)
    if kind == "jaeger":
        from cdctl.sources.traces.jaeger import JaegerSearch

        return JaegerSearch(table)
    return store_of(table)


def _kind(table: Mapping[str, object]) -> str:
    kinds = [kind for kind in KINDS if kind in table]
    if len(kinds) != 1:
        raise UsageError(
            f"traces are in {' and '.join(kinds)}" if kinds else "nothing says where traces are",
            subject="traces",
            hint=f"write one of {', '.join(KINDS)}",
        )
    return kinds[0]
