"""A ClickHouse into which the Collector's exporter writes, asked over its HTTP interface. It is read, never changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from cdctl.domain.slo.series import Span
from cdctl.domain.text import safe
from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.counting import Counting
from cdctl.domain.traces.ports import By, Counts, Found, Observations, Operations, Window
from cdctl.domain.traces.sql import statements
from cdctl.domain.traces.sql.clickhouse import ClickHouseWriting
from cdctl.domain.traces.sql.tallies import counts_of
from cdctl.domain.traces.sql.writing import Statement, Value
from cdctl.domain.traces.traceql.tree import Spanset
from cdctl.errors import UnavailableError
from cdctl.sources.traces.clickhouse_rows import COLUMNS, OBSERVED, ORDER, span_row
from cdctl.sources.traces.http import Server
from cdctl.stores.spans import duck_observed, duck_rows

MOST_OF_A_TRACE = 100_000
_OWN = frozenset({"database", "table"})
_SETTINGS = {"readonly": "2", "wait_end_of_query": "1", "output_format_arrow_string_as_string": "1"}
_LOCKED = 164  # "cannot modify setting in readonly mode": then the user reads only anyway
_TOLD = frozenset({500})
"""With which it says most of its errors."""
_NO_TABLE = frozenset({60, 81})


class ClickHouseSpans:
    """A `SpanStore`. Made without IO."""

    def __init__(self, table: Mapping[str, object]) -> None:
        """table: `{"clickhouse": url, "database": ..., "table": ..., ...}`. Raises UsageError."""
        self._server = Server("clickhouse", table, _OWN)
        self._database = str(table.get("database", "default"))
        self._table = str(table.get("table", "otel_traces"))
        self._settings: Mapping[str, str] = _SETTINGS

    @property
    def identity(self) -> str:
        """Server, user, database and table."""
        return f"{self._server.identity} {self._database}.{self._table}"

    async def aclose(self) -> None:
        """Close every connection."""
        await self._server.aclose()

    def _writing(self) -> ClickHouseWriting:
        return ClickHouseWriting(self._database, self._table)

    async def probe(self) -> tuple[bool, str, str]:
        """See `SpanSearch`."""
        place = f"{self._database}.{self._table}"
        table = await self._ask(statements.held(self._writing()))
        row = table.to_pylist()[0]
        return True, f"ClickHouse {safe(str(row['version']), 40)} holds {row['spans']:,} spans in {place}", ""

    async def count(self, counting: Counting, group_by: Sequence[Attribute], spans: Sequence[Span]) -> list[Counts]:
        """See `SpanStore`. A minute in which any span of the table ended counts as seen."""
        return [await self._count(counting, group_by, span) for span in spans]

    async def _count(self, counting: Counting, group_by: Sequence[Attribute], span: Span) -> Counts:
        table = await self._ask(statements.roll_up(counting, group_by, span, self._writing()))
        looked = await self._ask(statements.minutes_seen(span, self._writing()))
        bucket, tallies = duck_rows.tallies(table, statements.TALLIES)
        seen = duck_rows.placed(looked, "minutes", len(span))
        keys = [table.column(f"g{n}").to_pylist() for n in range(len(group_by))]
        return counts_of(bucket, keys, tallies, span, seen, bad=counting.bad)

    async def find(self, wanted: Spanset, window: Window, limit: int) -> Found:
        """See `SpanSearch`."""
        asked = statements.finding(wanted, window, limit + 1, self._writing(), COLUMNS, ORDER)
        rows = (await self._ask(asked)).to_pylist()
        return Found(tuple(map(span_row, rows[:limit])), len(rows) > limit)

    async def trace(self, trace_id: str) -> Found:
        """See `SpanSearch`."""
        asked = statements.whole_trace(trace_id, MOST_OF_A_TRACE + 1, self._writing(), COLUMNS, "SpanId")
        rows = (await self._ask(asked)).to_pylist()
        return Found(tuple(map(span_row, rows[:MOST_OF_A_TRACE])), len(rows) > MOST_OF_A_TRACE)

    async def top(self, wanted: Spanset, window: Window, limit: int, by: By = "operation") -> Operations:
        """See `SpanSearch`."""
        table = await self._ask(statements.operations(wanted, window, limit, self._writing(), by))
        return Operations(duck_rows.operations(table, window))

    async def observe(self, counting: Counting, window: Window, most: int) -> Observations:
        """See `SpanStore`. Of more events than `most`, an even share that their ids decide; weights are scaled up."""
        table = await self._ask(statements.how_many(counting, window, self._writing()))
        held = table.column(0)[0].as_py()
        kept = min(1.0, most / held) if held else 1.0
        table = await self._ask(statements.events(counting, window, self._writing(), OBSERVED, kept))
        return await asyncio.to_thread(duck_observed.observations, table, kept, bad=counting.bad, promoted=False)

    async def _ask(self, asked: Statement) -> Any:
        """The answer as a pyarrow.Table."""
        params = {f"param_{name}": _written(value) for name, value in asked.values.items()}
        body = f"{asked.text} FORMAT ArrowStream".encode()
        while True:
            answer = await self._server.ask("POST", "/", {**self._settings, **params}, body=body, told=_TOLD)
            code = _code(answer.said)
            if answer.status == 200 and not code:
                return await asyncio.to_thread(self._table_of, answer.body)
            if code == _LOCKED and self._settings:
                self._settings = {}
                continue
            raise self._refused(answer.status, code, answer.said)

    def _table_of(self, body: bytes) -> Any:
        try:
            import pyarrow
            import pyarrow.ipc
        except ImportError:
            raise UnavailableError(
                "a ClickHouse cannot be asked: pyarrow is not installed", hint="pip install 'cdctl[traces]'"
            ) from None
        try:
            return pyarrow.ipc.open_stream(body).read_all()
        except (pyarrow.ArrowException, OSError):
            raise self._server.unclear("it is cut, or something else") from None

    def _refused(self, status: int, code: int, said: str) -> UnavailableError:
        hint = ""
        if code in _NO_TABLE:
            hint = "say database and table in traces: where the Collector's exporter writes"
        why = f"it cannot answer (HTTP {status}): {said or 'without a word'}"
        return UnavailableError(why, subject=f"clickhouse {self._server.url}", hint=hint)


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})


def _written(value: Value) -> str:
    """A value as the HTTP interface takes it: texts with what TSV escapes."""
    if not isinstance(value, str):
        return repr(value)
    return value.translate(_ESCAPES)


def _code(said: str) -> int:
    """The number of the error that an answer begins with; 0 when it is none."""
    begin = said.removeprefix("Code: ")
    number = begin.partition(".")[0]
    return int(number) if begin != said and number.isdecimal() else 0
