"""A million spans with about 20 attributes into 5-minute groups, against bare DuckDB over the same files.

    python tests/benchmarks/trace_rollup.py

The same question both times: events, and those with an HTTP status of at least 500, of entry spans. Ours is what a
promise costs: the manifest is read, the filter compiled, weights and their squares summed, groups arranged. Asked for
is less than 0.5 s. The same at a tenth, and what events with all attributes cost in codes.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np

from cdctl.domain.slo.series import Span
from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.batch import Coded, Pairs, SpanBatch
from cdctl.domain.traces.counting import Counting
from cdctl.domain.traces.ports import Window
from cdctl.domain.traces.traceql.parser import parse
from cdctl.domain.traces.traceql.tree import ALL
from cdctl.stores.spans.duck import DuckSpans
from cdctl.stores.spans.folder import SpanFolder

SPANS = 1_000_000
START, LENGTH = 1_796_000_400, 6 * 3600
ROUNDS = 5
OTHERS = 8
"""Attributes of a span without a column of their own."""


def batch(count: int, rng: np.random.Generator) -> SpanBatch:
    """Spans over six hours, with 10 attributes in columns and 10 in maps."""

    def coded(*values: str, absent: float = 0.0) -> Coded:
        codes = rng.integers(0, len(values), count).astype(np.int32)
        codes[rng.random(count) < absent] = -1
        return Coded(codes, values)

    def pairs(keys: int, values: int) -> Pairs:
        places = np.tile(np.arange(keys, dtype=np.int32), count)
        said = rng.integers(0, values, count * keys).astype(np.int32)
        offsets = np.arange(0, (count + 1) * keys, keys).astype(np.int32)
        return Pairs(
            offsets, Coded(places, [f"own.{n}" for n in range(keys)]), Coded(said, [f"v{n}" for n in range(values)])
        )

    end = np.sort(rng.integers(START * 10**9, (START + LENGTH) * 10**9, count))
    parent = rng.integers(1, 255, (count, 8)).astype(np.uint8)
    parent[rng.random(count) < 0.2] = 0
    columns = {
        Attribute("resource", "service.name"): coded(*(f"service-{n}" for n in range(12))),
        Attribute("resource", "service.version"): coded(*(f"1.{n}" for n in range(5))),
        Attribute("resource", "cloud.region"): coded("eu-central-1", "us-east-1", "cn-north-1"),
        Attribute("span", "region"): coded("eu", "us", "cn"),
        Attribute("span", "vehicle.id"): coded(*(f"WBA{n:014}" for n in range(20_000))),
        Attribute("span", "vehicle.model"): coded("i4", "i5", "i7", "ix"),
        Attribute("span", "vehicle.software"): coded(*(f"23-07.{n}" for n in range(20))),
        Attribute("span", "command.name"): coded("lock", "unlock", "climate.start", absent=0.5),
        Attribute("span", "http.route"): coded(*(f"/v1/{n}" for n in range(30))),
        Attribute("span", "http.response.status_code"): coded("200", "200", "200", "404", "500", absent=0.3),
    }
    return SpanBatch(
        trace=rng.integers(0, 256, (count, 16)).astype(np.uint8),
        span=rng.integers(0, 256, (count, 8)).astype(np.uint8),
        parent=parent,
        start=end - rng.integers(1, 2 * 10**9, count),
        end=end,
        kind=rng.integers(1, 6, count).astype(np.int8),
        status=np.where(rng.random(count) < 0.02, 2, 0).astype(np.int8),
        weight=np.where(rng.random(count) < 0.1, np.nan, 4.0),
        texts={"name": coded("GET /a", "POST /b", "lock")},
        columns=columns,
        attributes=pairs(OTHERS, 100),
        resource=pairs(2, 3),
    )


def timed(work: Callable[[], object]) -> float:
    """Median seconds of some rounds, after one that does not count."""
    work()
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


BARE = """
SELECT (end_ns - $start - 1) // 300000000000 AS bucket, {groups} count(*),
  count(*) FILTER (WHERE TRY_CAST("span.http.response.status_code" AS DOUBLE) >= 500)
FROM read_parquet($files) WHERE end_ns > $start AND end_ns <= $end AND (kind IN (2, 5) OR parent_id IS NULL)
GROUP BY ALL
"""
COUNTING = Counting(ALL, parse("{ span.http.response.status_code >= 500 }"), True)
GROUPS = (Attribute("resource", "service.name"), Attribute("span", "region"))


def measure(folder: Path, spans: int) -> None:
    """Fill a store and print a line for each question."""
    writer = SpanFolder(folder)
    rng = np.random.default_rng(1)
    for _ in range(10):
        writer.write(batch(spans // 10, rng))
    writer.close()
    store, run = DuckSpans(folder), Span(START, START + LENGTH, 300)
    files = [str(path) for path in folder.rglob("*.parquet")]
    bare = duckdb.connect()
    values = {"start": START * 10**9, "end": (START + LENGTH) * 10**9, "files": files}
    for title, by, groups in (
        ("one group", (), ""),
        ("service x region", GROUPS, '"resource.service.name", "span.region",'),
    ):
        ours = timed(lambda by=by: asyncio.run(store.count(COUNTING, by, [run])))
        sql = BARE.format(groups=groups)
        theirs = timed(lambda sql=sql: bare.execute(sql, values).fetchall())
        print(
            f"roll-up of {spans:>9,} spans, {title:<16} cdctl {ours:6.3f} s   bare DuckDB {theirs:6.3f} s   "
            f"x{ours / theirs:.2f}   (asked at 1 M: < 0.5 s)"
        )
    window = Window(START, START + LENGTH)
    every = Counting(ALL, COUNTING.part, True, "all")
    took = timed(lambda: asyncio.run(store.observe(every, window, spans)))
    print(f"events of {spans:>9,} spans with all 20 attributes in codes: {took:.2f} s")
    asyncio.run(store.aclose())


def main() -> None:
    """At a tenth, then whole."""
    with tempfile.TemporaryDirectory(prefix="cdctl-rollup-") as folder:
        measure(Path(folder) / "small", SPANS // 10)
        measure(Path(folder) / "large", SPANS)


if __name__ == "__main__":
    main()
