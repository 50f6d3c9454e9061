"""What a reader finds in a span store."""

from __future__ import annotations

from pathlib import Path

import duckdb

from cdctl.stores.spans.reading import SpanFiles


def numbers(folder: Path) -> list[int]:
    """Of all spans that are there, as `span_batches` numbers them."""
    paths = list(SpanFiles(folder).listing().paths)
    if not paths:
        return []
    sql = f"SELECT CAST(span_attributes['n'] AS INT) FROM read_parquet({paths}) ORDER BY 1"
    with duckdb.connect() as db:
        return [row[0] for row in db.execute(sql).fetchall()]
