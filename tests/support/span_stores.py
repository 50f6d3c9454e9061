"""What a reader finds in a span store."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import duckdb

from cdctl.errors import UnavailableError
from cdctl.stores.spans.folder import SpanFolder, Written
from cdctl.stores.spans.reading import SpanFiles


def numbers(folder: Path) -> list[int]:
    """Of all spans that are there, as `span_batches` numbers them."""
    paths = list(SpanFiles(folder).listing().paths)
    if not paths:
        return []
    sql = f"SELECT CAST(span_attributes['n'] AS INT) FROM read_parquet({paths}) ORDER BY 1"
    with duckdb.connect() as db:
        return [row[0] for row in db.execute(sql).fetchall()]


class Slow:
    """A store whose disk waits for us, and fails when it is told to."""

    def __init__(self, folder: SpanFolder) -> None:
        self.folder, self.go, self.trouble = folder, threading.Event(), ""

    def write_all(self, batches: Any, **more: Any) -> Written:
        assert self.go.wait(30)
        if self.trouble and batches:
            raise UnavailableError(self.trouble)
        return self.folder.write_all(batches, **more)
