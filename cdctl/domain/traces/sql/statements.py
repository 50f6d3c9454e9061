"""What is asked of spans: events per bucket, spans, traces, operations. One text for both engines."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.slo.series import Span
from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.counting import Counting, Which
from cdctl.domain.traces.ports import By, Window
from cdctl.domain.traces.sql.predicate import predicate
from cdctl.domain.traces.sql.writing import Statement, Writing
from cdctl.domain.traces.traceql.tree import Spanset

_SERVER, _CONSUMER = 2, 5
SECOND = 1_000_000_000
TALLIES = ("total", "raw", "squares", "unknown", "part", "part_raw", "part_squares", "part_unknown")
"""What a roll-up says of each group and bucket: sums of weights, spans, squared weights and spans of unknown weight, of
all events and of those of the part."""


def nanos(window: Window) -> tuple[int, int]:
    """The bounds of a window in whole nanoseconds."""
    return round(window.start * SECOND), round(window.end * SECOND)


def roll_up(counting: Counting, group_by: Sequence[Attribute], span: Span, write: Writing) -> Statement:
    """Columns: bucket (from 0), one text per attribute (empty where there is none), then `TALLIES`."""
    start, step = span.start * SECOND, span.step * SECOND
    window = write.window(start, span.end * SECOND)
    bucket = write.quotient(f"({write.end} - {write.bind(start + 1)})", write.bind(step))
    groups = [f"coalesce({write.attribute(one.scope, one.key)}, '') AS g{n}" for n, one in enumerate(group_by)]
    names = ", ".join(["bucket", *(f"g{n}" for n in range(len(group_by)))])
    inner = ", ".join([f"{bucket} AS bucket", *groups, *_judged(counting, write)])
    return write.statement(
        f"SELECT {names}, sum(w) AS total, count(*) AS raw, sum(w * w) AS squares,"
        " count(*) FILTER (WHERE lost) AS unknown,"
        " coalesce(sum(w) FILTER (WHERE hit), 0) AS part, count(*) FILTER (WHERE hit) AS part_raw,"
        " coalesce(sum(w * w) FILTER (WHERE hit), 0) AS part_squares,"
        " count(*) FILTER (WHERE hit AND lost) AS part_unknown"
        f" FROM (SELECT {inner} FROM {write.spans} WHERE {window} AND {_counted(counting, write)}) AS events"
        f" GROUP BY {names}"
    )


def _judged(counting: Counting, write: Writing) -> tuple[str, str, str]:
    """What an event stands for, whether that is a guess, and whether it is of the part."""
    part = predicate(counting.part.where, write)
    hit = f"({part} AND {write.failed})" if counting.failing else part
    return f"coalesce({write.weight}, 1) AS w", f"{write.weight} IS NULL AS lost", f"coalesce({hit}, false) AS hit"


def _counted(counting: Counting, write: Writing) -> str:
    return f"{which_spans(counting.which, write)} AND {predicate(counting.total.where, write)}"


def which_spans(which: Which, write: Writing) -> str:
    """The condition for the spans that count as events."""
    if which == "all":
        return "true"
    return write.root if which == "root" else f"({write.kind} IN ({_SERVER}, {_CONSUMER}) OR {write.root})"


def minutes_seen(span: Span, write: Writing) -> Statement:
    """Columns: bucket (from 0), minutes of it in which any span at all ended."""
    start, step = span.start * SECOND, span.step * SECOND
    window = write.window(start, span.end * SECOND)
    since = f"({write.end} - {write.bind(start + 1)})"
    minute = write.quotient(since, write.bind(60 * SECOND))
    return write.statement(
        f"SELECT {write.quotient('minute', write.bind(max(1, span.step // 60)))} AS bucket, count(*) AS minutes"
        f" FROM (SELECT DISTINCT {minute} AS minute FROM {write.spans} WHERE {window}) AS minutes GROUP BY bucket"
        if step % (60 * SECOND) == 0
        else f"SELECT {write.quotient(since, write.bind(step))} AS bucket, {span.step} / 60.0 AS minutes"
        f" FROM {write.spans} WHERE {window} GROUP BY bucket"
    )


def finding(wanted: Spanset, window: Window, limit: int, write: Writing, columns: str, order: str) -> Statement:
    """The `columns` of spans that match, newest end first, at most `limit`; `order` settles equal ends."""
    bounds = write.window(*nanos(window))
    where = predicate(wanted.where, write)
    return write.statement(
        f"SELECT {columns} FROM {write.spans} WHERE {bounds} AND {where}"
        f" ORDER BY {write.end} DESC, {order} LIMIT {limit:d}"
    )


def whole_trace(trace_id: str, limit: int, write: Writing, columns: str, order: str) -> Statement:
    """The `columns` of all spans of a trace (32 digits of lower-case hex), by start."""
    return write.statement(
        f"SELECT {columns} FROM {write.spans} WHERE {write.of_trace(trace_id)}"
        f" ORDER BY {write.start}, {order} LIMIT {limit:d}"
    )


def operations(wanted: Spanset, window: Window, limit: int, write: Writing, by: By) -> Statement:
    """Columns: service, name, kind (a number; of a whole service, no name and -1), weights of all spans and of those
    that failed, and a list of the quantiles 0.5, 0.95 and 0.99 of their durations in nanoseconds; most first."""
    bounds = write.window(*nanos(window))
    service = f"coalesce({write.attribute('resource', 'service.name')}, '') AS service"
    name, kind = (write.text("name"), write.kind) if by == "operation" else ("''", "-1")
    inner = (
        f"{service}, {name} AS name, {kind} AS kind, coalesce({write.weight}, 1) AS w,"
        f" {write.failed} AS failed, {write.duration} AS took"
    )
    return write.statement(
        "SELECT service, name, kind, sum(w) AS count, coalesce(sum(w) FILTER (WHERE failed), 0) AS failures,"
        f" {write.quantiles('took', 0.5, 0.95, 0.99)} AS quantiles"
        f" FROM (SELECT {inner} FROM {write.spans} WHERE {bounds} AND {predicate(wanted.where, write)}) AS spans"
        f" GROUP BY service, name, kind ORDER BY count DESC, service, name, kind LIMIT {limit:d}"
    )


def events(counting: Counting, window: Window, write: Writing, columns: str, kept: float = 1.0) -> Statement:
    """Columns: hit, w, then `columns`, of every event of the window, or of a share of them that their ids decide."""
    bounds = write.window(*nanos(window))
    weight, _, hit = _judged(counting, write)
    where = f"{bounds} AND {_counted(counting, write)}"
    if kept < 1:
        where += f" AND {write.share(20)} < {round(kept * (1 << 20)):d}"
    return write.statement(f"SELECT {hit}, {weight}, {columns} FROM {write.spans} WHERE {where}")


def how_many(counting: Counting, window: Window, write: Writing) -> Statement:
    """One column: how many events a window holds."""
    bounds = write.window(*nanos(window))
    return write.statement(f"SELECT count(*) FROM {write.spans} WHERE {bounds} AND {_counted(counting, write)}")


def held(write: Writing) -> Statement:
    """Columns: version of the engine, and how many spans there are."""
    return write.statement(f"SELECT version() AS version, count(*) AS spans FROM {write.spans}")
