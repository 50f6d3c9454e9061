"""Span files on disk: written whole, durable before they are named, read by their ids."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from cdctl.domain.traces.batch import Bytes
from cdctl.stores.spans.columns import CODED, FORMAT, RESOURCE_MAP, SPAN_MAP, ids, pyarrow
from cdctl.stores.spans.manifest import HOUR_NS, SpanFile, name_of

ROWS_A_GROUP = 122_880
"""Of a row group: what DuckDB reads with one thread."""
FORMAT_KEY, REPLACES_KEY = "cdctl.spans", "cdctl.replaces"
"""Metadata of a file: its format, and the numbers of the files it stands for."""
_HALF = ".half"
_IDS_AT_ONCE = 1 << 18


class Writing:
    """A file that is being written: tables sorted by end go in one after the other. It is in place when it is done."""

    def __init__(self, folder: Path, number: int, hour: int, *, replaces: Sequence[int] = ()) -> None:
        """replaces: numbers of the files that it stands for; it will last, so it is made to be found in. Raises
        OSError."""
        self._folder, self._number, self._hour = folder, number, hour
        self._path = folder / f"{number:010d}{_HALF}"
        self._rows, self._first, self._last = 0, 0, 0
        self._pa = pyarrow()
        self._metadata = {FORMAT_KEY: str(FORMAT), REPLACES_KEY: ",".join(map(str, replaces))}
        self._file = self._path.open("wb")
        self._writer: Any = None
        self._options: dict[str, Any] = {
            "compression": "zstd",
            "compression_level": 3 if replaces else 1,
            "use_dictionary": ["trace_id", *CODED, *_paths()],
            "column_encoding": {"end_ns": "DELTA_BINARY_PACKED", "start_ns": "DELTA_BINARY_PACKED"},
            "store_schema": False,
            "write_page_checksum": True,
        }
        if replaces:
            self._options["bloom_filter_options"] = {"trace_id": {"ndv": ROWS_A_GROUP // 4, "fpp": 0.01}}

    def put(self, part: Any) -> None:
        """Rows whose end is not before that of any row before them. Raises OSError."""
        if not len(part):
            return
        if self._writer is None:
            self._writer = self._pa.parquet.ParquetWriter(self._file, part.schema, **self._options)
        self._writer.write_table(part, ROWS_A_GROUP)
        end = part.column("end_ns")
        self._first = self._first if self._rows else end[0].as_py()
        self._last = end[-1].as_py()
        self._rows += len(part)

    def done(self, now: float) -> SpanFile:
        """Durable and in place, and not yet alive; the folder is to be synced. Raises OSError."""
        self._writer.add_key_value_metadata(self._metadata)
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        size = self._file.tell()
        self._file.close()
        crc = checksum(self._path)
        found = SpanFile(self._number, self._hour, self._rows, self._first, self._last, size, crc, now)
        self._path.rename(self._folder / found.name)
        return found

    def drop(self) -> None:
        """As if it had never been."""
        with suppress(Exception):  # a writer whose disk is full cannot even end its file
            if self._writer is not None:
                self._writer.close()
        with suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)
        (self._folder / name_of(self._number, self._hour)).unlink(missing_ok=True)


def _paths() -> list[str]:
    return [f"{name}.key_value.{part}" for name in (SPAN_MAP, RESOURCE_MAP) for part in ("key", "value")]


def checksum(path: Path) -> int:
    """CRC-32 of a file. Raises OSError."""
    found = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            found = zlib.crc32(chunk, found)
    return found


def sync(folder: Path) -> None:
    """Names in a folder are durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def whole(folder: Path, file: SpanFile) -> str:
    """Why a file is not as it was written, as far as a glance tells; empty when it seems to be."""
    try:
        size = (folder / file.name).stat().st_size
    except FileNotFoundError:
        return "it is not there"
    except OSError as error:
        return error.strerror or type(error).__name__
    return "" if size == file.size else f"it has {size} bytes, {file.size} were written"


def proven(folder: Path, file: SpanFile) -> str:
    """Why a file is not as it was written, byte by byte; empty when it is."""
    glance = whole(folder, file)
    if glance:
        return glance
    try:
        return "" if checksum(folder / file.name) == file.crc else "its bytes have changed"
    except OSError as error:
        return error.strerror or type(error).__name__


def ids_of(folder: Path, file: SpanFile) -> Iterator[tuple[Bytes, Bytes]]:
    """Trace and span ids of a file, some at a time. Raises OSError, and ValueError (pyarrow.ArrowInvalid) of a damaged
    one."""
    with pyarrow().parquet.ParquetFile(folder / file.name) as opened:
        for batch in opened.iter_batches(_IDS_AT_ONCE, columns=["trace_id", "span_id"], use_threads=False):
            yield ids(batch)


def hours(end: Any) -> list[tuple[int, int, int]]:
    """Hour, begin and stop of each run of one hour in ends that are sorted."""
    hour = np.asarray(end) // HOUR_NS
    if not len(hour):
        return []
    cuts = [0, *(np.flatnonzero(np.diff(hour)) + 1).tolist(), len(hour)]
    return [(int(hour[a]), a, b) for a, b in pairwise(cuts)]


def sweep(folder: Path, known: set[str]) -> int:
    """Take away what the manifest does not know: what was being written when the last writer ended."""
    swept = 0
    for path in folder.iterdir():
        if path.name not in known and path.suffix in {_HALF, ".parquet"}:
            path.unlink(missing_ok=True)
            swept += 1
    return swept
