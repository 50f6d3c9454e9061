"""DuckDB over the files of a span store: a reader beside the one writer."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from cdctl.domain.slo.series import Span
from cdctl.domain.text import safe
from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.counting import Counting
from cdctl.domain.traces.ports import By, Counts, Found, Observations, Operations, Window
from cdctl.domain.traces.sql import statements
from cdctl.domain.traces.sql.duckdb import FILES, DuckWriting
from cdctl.domain.traces.sql.tallies import counts_of, minutes
from cdctl.domain.traces.sql.writing import Statement
from cdctl.domain.traces.traceql.tree import Spanset
from cdctl.errors import UnavailableError, UsageError
from cdctl.stores.spans import duck_observed, duck_rows
from cdctl.stores.spans.reading import Listing, Lost, SpanFiles

T = TypeVar("T")
MEMORY = "1GB"
MOST_OF_A_TRACE = 100_000
"""Spans of one trace that are shown."""
_TRIES = 4
"""How often files are listed anew when one is gone that was there a moment ago."""


class DuckSpans:
    """A `SpanStore`. Made without IO; every question is answered in a thread, from the files that are alive then."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = SpanFiles(folder)
        self._connection: Any = None

    @property
    def identity(self) -> str:
        """The folder, and how often spans came in for times long past."""
        try:
            past = str(self._files.listing(Window(0, 0)).past)
        except UnavailableError:
            past = "none"
        return f"spans {self.folder.absolute()} {past}"

    async def aclose(self) -> None:
        """Close the database in memory."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def probe(self) -> tuple[bool, str, str]:
        """See `SpanSearch`. A folder in which nothing is yet is fine: spans may come."""
        _duckdb()
        if not self.folder.exists():
            return True, "there are no spans yet", ""
        listing = await asyncio.to_thread(self._files.listing)
        if listing.lost:
            return False, f"{len(listing.lost)} files cannot be read: {listing.lost[0]}", ""
        files = "1 file" if len(listing.files) == 1 else f"{len(listing.files):,} files"
        return True, f"holds {listing.rows:,} spans in {files}", ""

    async def count(self, counting: Counting, group_by: Sequence[Attribute], spans: Sequence[Span]) -> list[Counts]:
        """See `SpanStore`."""
        return [await self._count(counting, group_by, span) for span in spans]

    async def _count(self, counting: Counting, group_by: Sequence[Attribute], span: Span) -> Counts:
        asked = statements.roll_up(counting, group_by, span, DuckWriting())
        table, lost = await self._table(asked)
        heard = await asyncio.to_thread(self._files.seen, Window(span.start, span.end))
        bucket, tallies = duck_rows.tallies(table, statements.TALLIES)
        keys = (
            [table.column(f"g{n}").to_pylist() for n in range(len(group_by))]
            if table is not None
            else [()] * len(group_by)
        )
        return counts_of(
            bucket,
            keys,
            tallies,
            span,
            minutes(heard, span),
            bad=counting.bad,
            notes=tuple(f"server: {one}" for one in lost),
        )

    async def find(self, wanted: Spanset, window: Window, limit: int) -> Found:
        """See `SpanSearch`."""
        asked = statements.finding(wanted, window, limit + 1, DuckWriting(), duck_rows.COLUMNS, "trace_id, span_id")
        rows, lost = await self._rows(asked)
        return Found(tuple(map(duck_rows.span_row, rows[:limit])), len(rows) > limit, tuple(map(str, lost)), bool(lost))

    async def trace(self, trace_id: str) -> Found:
        """See `SpanSearch`."""
        asked = statements.whole_trace(trace_id, MOST_OF_A_TRACE + 1, DuckWriting(), duck_rows.COLUMNS, "span_id")
        rows, lost = await self._rows(asked)
        most = MOST_OF_A_TRACE
        return Found(tuple(map(duck_rows.span_row, rows[:most])), len(rows) > most, tuple(map(str, lost)), bool(lost))

    async def top(self, wanted: Spanset, window: Window, limit: int, by: By = "operation") -> Operations:
        """See `SpanSearch`."""
        table, lost = await self._table(statements.operations(wanted, window, limit, DuckWriting(), by))
        return Operations(duck_rows.operations(table, window), tuple(map(str, lost)), bool(lost))

    async def observe(self, counting: Counting, window: Window, most: int) -> Observations:
        """See `SpanStore`. Of more events than `most`, an even share that their ids decide; weights are scaled up."""
        table, _ = await self._table(statements.how_many(counting, window, DuckWriting()))
        held = table.column(0)[0].as_py() if table is not None else 0
        kept = min(1.0, most / held) if held else 1.0
        asked = statements.events(counting, window, DuckWriting(), duck_observed.COLUMNS, kept)
        table, _ = await self._table(asked)
        return await asyncio.to_thread(duck_observed.observations, table, kept, bad=counting.bad)

    async def _rows(self, asked: Statement) -> tuple[list[dict[str, Any]], Sequence[Lost]]:
        table, lost = await self._table(asked)
        return (table.to_pylist() if table is not None else []), lost

    async def _table(self, asked: Statement) -> tuple[Any, Sequence[Lost]]:
        """The answer as a pyarrow.Table, None when there are no files to ask; and the files that could not be read."""
        return await self._run(lambda cursor: self._asked(cursor, asked))

    async def _run(self, work: Callable[[Any], T]) -> T:
        cursor = self._cursor()
        try:
            return await asyncio.to_thread(work, cursor)
        except asyncio.CancelledError:
            cursor.interrupt()  # the thread ends, too
            raise

    def _cursor(self) -> Any:
        duckdb = _duckdb()
        if self._connection is None:
            self._connection = duckdb.connect(
                config={
                    "memory_limit": MEMORY,
                    "temp_directory": f"{tempfile.gettempdir()}/cdctl-spans-{os.getpid()}",
                    "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false",
                }
            )
        return self._connection.cursor()

    def _asked(self, cursor: Any, asked: Statement) -> tuple[Any, Sequence[Lost]]:
        duckdb = _duckdb()
        damaged: tuple[Lost, ...] = ()
        for left in reversed(range(_TRIES)):
            listing = self._files.listing(_reach(asked))
            bad = {str(one.path) for one in damaged}
            paths = [path for path in listing.paths if path not in bad]
            lost = (*listing.lost, *damaged)
            if not paths:
                return None, lost
            try:
                values = {**asked.values, FILES: paths}
                return cursor.sql(asked.text, params=values).to_arrow_table(), lost
            except duckdb.Error as error:
                if not left or not (more := self._cause(error, listing, duckdb)):
                    raise _unanswered(error, self.folder, duckdb) from None
                damaged = tuple({*damaged, *more[0]})
        raise AssertionError("the last try returns or raises")

    def _cause(self, error: Exception, listing: Listing, duckdb: Any) -> tuple[Sequence[Lost]] | None:
        """Files that are to be left out; none when one was taken away meanwhile. None: asking again is no use."""
        elsewhere = (duckdb.OutOfMemoryException, duckdb.InterruptException, duckdb.BinderException)
        if isinstance(error, elsewhere):
            return None
        if any(not Path(path).exists() for path in listing.paths):
            return ((),)
        damaged = self._files.damaged(listing)
        return (damaged,) if damaged else None


def _reach(asked: Statement) -> Window | None:
    """Which files may matter. A nanosecond more: seconds are not exact."""
    if asked.reach is None:
        return None
    return Window((asked.reach[0] - 1000) / statements.SECOND, (asked.reach[1] + 1000) / statements.SECOND)


def _duckdb() -> Any:
    try:
        import duckdb
        import pyarrow  # noqa: F401 - answers come as its tables
    except ImportError as error:
        raise UnavailableError(
            f"spans cannot be asked for: {error.name} is not installed", hint="pip install 'cdctl[traces]'"
        ) from None
    return duckdb


def _unanswered(error: Exception, folder: Path, duckdb: Any) -> Exception:
    said = safe(str(error).partition("\n")[0], 300)
    if isinstance(error, duckdb.OutOfMemoryException):
        hint = "ask for a shorter window, fewer groups, or a narrower filter"
        return UsageError(f"the answer does not fit into {MEMORY} of memory", subject=str(folder), hint=hint)
    if isinstance(error, duckdb.InterruptException):
        return UnavailableError("asking was interrupted", subject=str(folder))
    return UnavailableError(f"the spans cannot be read: {said}", subject=str(folder))
