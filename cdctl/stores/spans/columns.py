"""The columns of a span file, and how batches become them. Every file has every column, in this order.

Texts stay dictionary-coded from the format that read them to the page that is written: no text per span is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from cdctl.domain.traces.attributes import PROMOTED
from cdctl.domain.traces.batch import TEXTS, Bytes, Coded, Pairs, SpanBatch
from cdctl.domain.traces.failing import failed
from cdctl.errors import UnavailableError

FORMAT = 1
"""Of span files. A file with a higher one was written by a newer cdctl."""
SPAN_MAP, RESOURCE_MAP = "span_attributes", "resource_attributes"
CODED = (*TEXTS, *map(str, PROMOTED))
"""Columns of texts in which the same ones come again and again."""


def pyarrow() -> Any:
    """The library, with its part for Parquet. Raises UnavailableError when it is not installed."""
    try:
        import pyarrow.parquet
    except ImportError:
        raise UnavailableError(
            "spans cannot be kept: pyarrow is not installed", hint="pip install 'cdctl[traces]'"
        ) from None
    return pyarrow


def schema() -> Any:
    """As Parquet says it: texts are plain there."""
    pa = pyarrow()
    pairs = pa.map_(pa.string(), pa.string())
    return pa.schema(
        [
            ("trace_id", pa.binary(16)),
            ("span_id", pa.binary(8)),
            ("parent_id", pa.binary(8)),
            *((name, pa.int64()) for name in ("start_ns", "end_ns", "duration_ns")),
            *((name, pa.string()) for name in ("name", "scope", "message", "state")),
            ("kind", pa.int8()),
            ("status", pa.int8()),
            ("weight", pa.float64()),
            *((name, pa.string()) for name in ("events", "links")),
            ("failed", pa.bool_()),
            *((str(attribute), pa.string()) for attribute in PROMOTED),
            (SPAN_MAP, pairs),
            (RESOURCE_MAP, pairs),
        ]
    )


def table(batches: Sequence[SpanBatch]) -> Any:
    """All spans of the batches, in their order, as one pyarrow.Table of the columns above."""
    pa = pyarrow()
    count = sum(map(len, batches))
    parent = _joined([batch.parent for batch in batches])
    start, end = (np.concatenate([getattr(batch, name) for batch in batches]) for name in ("start", "end"))
    weight = np.concatenate([batch.weight for batch in batches])
    made: dict[str, Any] = {
        "trace_id": _ids(_joined([batch.trace for batch in batches])),
        "span_id": _ids(_joined([batch.span for batch in batches])),
        "parent_id": _ids(parent, ~parent.any(axis=1)),
        "start_ns": pa.array(start),
        "end_ns": pa.array(end),
        "duration_ns": pa.array(end - start),
        "kind": pa.array(np.concatenate([batch.kind for batch in batches])),
        "status": pa.array(np.concatenate([batch.status for batch in batches])),
        "weight": pa.array(weight, mask=np.isnan(weight)),
        "failed": pa.array(np.concatenate([failed(batch) for batch in batches])),
        SPAN_MAP: _pairs([batch.attributes for batch in batches]),
        RESOURCE_MAP: _pairs([batch.resource for batch in batches]),
    }
    for name in TEXTS:
        made[name] = _texts([(batch.texts.get(name), len(batch)) for batch in batches], count)
    for attribute in PROMOTED:
        made[str(attribute)] = _texts([(batch.columns.get(attribute), len(batch)) for batch in batches], count)
    return pa.table({field.name: made[field.name] for field in schema()})


def plain(part: Any) -> Any:
    """The same table with texts instead of codes: what is a small part of a batch would else carry all its words."""
    pa = pyarrow()
    return part.cast(pa.schema(schema()))


def ids(part: Any) -> tuple[Bytes, Bytes]:
    """Trace ids [n, 16] and span ids [n, 8] of a table or a record batch with these columns."""
    found = []
    for name, width in (("trace_id", 16), ("span_id", 8)):
        column = part.column(name)
        chunks = column.chunks if hasattr(column, "chunks") else [column]
        found.append(_joined([_bytes(chunk, width) for chunk in chunks], width))
    return found[0], found[1]


def _bytes(column: Any, width: int) -> Bytes:
    raw = np.frombuffer(column.buffers()[1], np.uint8) if len(column) else np.empty(0, np.uint8)
    begin = column.offset * width
    return raw[begin : begin + len(column) * width].reshape(-1, width)


def _joined(parts: Sequence[Bytes], width: int = 0) -> Bytes:
    if not parts:
        return np.empty((0, width), np.uint8)
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _ids(values: Bytes, absent: Any = None) -> Any:
    pa = pyarrow()
    count, width = values.shape
    valid, nulls = None, 0
    if absent is not None:
        valid = pa.py_buffer(np.packbits(~absent, bitorder="little").tobytes())
        nulls = int(absent.sum())
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.binary(width), count, [valid, data], null_count=nulls)


def _texts(parts: Iterable[tuple[Coded | None, int]], count: int) -> Any:
    pa = pyarrow()
    parts = list(parts)
    if all(coded is None or not len(coded.values) for coded, _ in parts):
        return pa.nulls(count, pa.string())
    return _merged([_coded(coded, size) for coded, size in parts])


def _coded(coded: Coded | None, count: int) -> Any:
    pa = pyarrow()
    if coded is None:
        codes = pa.nulls(count, pa.int32())
        return pa.DictionaryArray.from_arrays(codes, pa.array([], pa.string()))
    codes = pa.array(coded.codes, pa.int32(), mask=coded.codes < 0)
    return pa.DictionaryArray.from_arrays(codes, _words(coded.values))


def _words(values: Sequence[str]) -> Any:
    """Texts; halves of surrogate pairs, which UTF-8 cannot write, become marks of replacement."""
    pa = pyarrow()
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([text.encode("utf-8", "replace").decode() for text in values], pa.string())


def _merged(parts: Sequence[Any]) -> Any:
    """One dictionary for all parts."""
    if len(parts) == 1:
        return parts[0]
    whole = pyarrow().chunked_array(parts).unify_dictionaries()
    return whole.combine_chunks()


def _pairs(parts: Sequence[Pairs]) -> Any:
    pa = pyarrow()
    shifts = np.cumsum([0, *(int(part.offsets[-1]) for part in parts)])
    offsets = [part.offsets[:-1] + shift for part, shift in zip(parts, shifts, strict=False)]
    all_offsets = pa.array(np.concatenate([*offsets, shifts[-1:]]).astype(np.int32))
    keys = _merged([_coded(part.keys, len(part.keys.codes)) for part in parts])
    values = _merged([_coded(part.values, len(part.values.codes)) for part in parts])
    return pa.MapArray.from_arrays(all_offsets, keys, values)
