"""ClickHouse's HTTP interface over chdb, its engine in a library: `with serving(rows) as (table, asked)`."""

from __future__ import annotations

import atexit
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from http_served import served

TABLE = """
CREATE TABLE otel_traces (
  Timestamp DateTime64(9), TraceId String, SpanId String, ParentSpanId String, TraceState String,
  SpanName LowCardinality(String), SpanKind LowCardinality(String), ServiceName LowCardinality(String),
  ResourceAttributes Map(LowCardinality(String), String), ScopeName String, ScopeVersion String,
  SpanAttributes Map(LowCardinality(String), String), Duration UInt64, StatusCode LowCardinality(String),
  StatusMessage String,
  Events Nested (Timestamp DateTime64(9), Name LowCardinality(String), Attributes Map(LowCardinality(String), String)),
  Links Nested (TraceId String, SpanId String, TraceState String, Attributes Map(LowCardinality(String), String))
) ENGINE = MergeTree PARTITION BY toDate(Timestamp) ORDER BY (ServiceName, SpanName, toDateTime(Timestamp))
"""
"""As the Collector's exporter makes it."""


_NAMES = count()
_SESSIONS: list[Any] = []


def _session() -> Any:
    """The only one that a process can have."""
    if not _SESSIONS:
        from chdb.session import Session

        _SESSIONS.append(Session())
        atexit.register(_SESSIONS[0].close)
    return _SESSIONS[0]


@contextmanager
def serving(
    rows: Sequence[Mapping[str, Any]], *, locked: bool = False
) -> Iterator[tuple[dict[str, object], list[dict[str, str]]]]:
    """What the settings say of it, and the parameters of every question. rows: as JSONEachRow. locked: nobody may
    change settings."""
    session, database = _session(), f"traces{next(_NAMES)}"
    session.query(f"CREATE DATABASE {database}")
    session.query(TABLE.replace("otel_traces", f"{database}.otel_traces"))
    if rows:
        text = "\n".join(json.dumps(row) for row in rows)
        session.query(f"INSERT INTO {database}.otel_traces FORMAT JSONEachRow {text}")
    asked: list[dict[str, str]] = []
    one = threading.Lock()

    class Asked(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            told = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
            asked.append(told)
            sql = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            if locked and "readonly" in told:
                self._answer(500, b"Code: 164. DB::Exception: Cannot modify 'readonly' setting. (READONLY)")
                return
            with one:
                self._answer(*_answered(session, sql, told))

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return None

    try:
        with served(Asked) as url:
            yield {"clickhouse": url, "database": database}, asked
    finally:
        session.query(f"DROP DATABASE {database}")


def _answered(session: Any, sql: str, told: Mapping[str, str]) -> tuple[int, bytes]:
    text, _, form = sql.rpartition(" FORMAT ")
    try:
        # What the text of a parameter means is told by TSV, over HTTP as well as in SET.
        told = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in told.items()}
        if params := [f"{name} = '{value}'" for name, value in told.items() if name.startswith("param_")]:
            session.query(f"SET {', '.join(params)}")
        return 200, session.query(text, form).bytes()
    except RuntimeError as error:
        said = str(error).encode()
        return (404 if b"Code: 60." in said else 500), said[said.find(b"Code:") :]
