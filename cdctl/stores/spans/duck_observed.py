"""DuckDB's rows as events with their attributes in codes: no Python object per span."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, overload

import numpy as np

from cdctl.domain.traces.attributes import PROMOTED, Attribute, present
from cdctl.domain.traces.batch import Coded
from cdctl.domain.traces.ports import Observations

_MAPS = {"span": "span_attributes", "resource": "resource_attributes"}
COLUMNS = ", ".join(["end_ns, trace_id", *(f'"{attribute}"' for attribute in PROMOTED), *_MAPS.values()])
"""What `observations` needs beside hit and w."""
MOST_KEYS = 200
"""Attributes without a column of their own that are taken, the most frequent ones."""


class Words(Sequence[str]):
    """The texts of a dictionary, made when they are looked at."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __len__(self) -> int:
        return len(self._array)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        """One text, or a list of them."""
        if isinstance(index, slice):
            found: Sequence[str] = self._array[index].to_pylist()
            return found
        text: str = self._array[int(index)].as_py()
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(self._array.to_pylist())


def observations(table: Any, kept: float, *, bad: bool, promoted: bool = True) -> Observations:
    """All rows of a pyarrow.Table (None: no rows); weights are divided by the share that was kept. bad: what is hit is
    bad, else it is good. promoted: the table has columns for promoted attributes."""
    if table is None or not len(table):
        nothing = np.zeros(0, np.int64)
        return Observations(nothing.astype(bool), nothing.astype(float), nothing, np.zeros((0, 16), np.uint8), {})
    work: list[tuple[Attribute, Callable[[], Coded]]] = []
    for attribute in PROMOTED if promoted else ():
        column = table.column(str(attribute))
        if column.null_count < len(column):
            work.append((attribute, partial(_coded, column)))
    for scope, name in _MAPS.items():
        work += [(Attribute(scope, present(scope, key)), coded) for key, coded in _mapped(table.column(name))]
    columns: dict[Attribute, Coded] = {}
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:  # arrow lets go of the interpreter while it encodes
        for (attribute, _), coded in zip(work, pool.map(lambda one: one[1](), work), strict=True):
            columns[attribute] = _either(columns[attribute], coded) if attribute in columns else coded
    trace = table.column("trace_id").combine_chunks()
    return Observations(
        bad=table.column("hit").to_numpy() == bad,
        weight=table.column("w").to_numpy() / kept,
        end=table.column("end_ns").to_numpy(),
        trace=_ids(trace, len(table)),
        columns=columns,
    )


def _coded(column: Any) -> Coded:
    one = column.dictionary_encode().unify_dictionaries().combine_chunks()
    one = one.chunk(0) if hasattr(one, "chunk") else one
    return Coded(
        one.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32, copy=False), Words(one.dictionary)
    )


def _mapped(column: Any) -> Iterator[tuple[str, Callable[[], Coded]]]:
    """The most frequent keys of a column of maps, each with what makes a column of its values."""
    whole = column.combine_chunks()
    whole = whole.chunk(0) if hasattr(whole, "chunk") else whole
    offsets = whole.offsets.to_numpy()
    begin, stop = int(offsets[0]), int(offsets[-1])
    if begin == stop:
        return
    owner = np.repeat(np.arange(len(whole), dtype=np.int32), np.diff(offsets))
    keys = whole.keys.slice(begin, stop - begin).dictionary_encode()
    items = whole.items.slice(begin, stop - begin)
    codes = keys.indices.to_numpy(zero_copy_only=False)
    counts = np.bincount(codes, minlength=len(keys.dictionary))
    few = len(counts) <= 1 << 16  # numbers of 16 bits are sorted by radix: ten times as fast
    order = np.argsort(codes.astype(np.uint16) if few else codes, kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts)])
    for key in np.argsort(-counts, kind="stable")[:MOST_KEYS]:
        rows = order[starts[key] : starts[key + 1]]
        yield keys.dictionary[int(key)].as_py(), partial(_taken, items, rows, owner, len(whole))


def _taken(items: Any, rows: Any, owner: Any, spans: int) -> Coded:
    """The values at some rows, as a column of all spans."""
    import pyarrow

    taken = items.take(pyarrow.array(rows)).dictionary_encode()
    found = np.full(spans, -1, np.int32)
    found[owner[rows]] = taken.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Coded(found, Words(taken.dictionary))


def _either(one: Coded, other: Coded) -> Coded:
    """A column whose values came by two names: the first name's, else the second's."""
    codes = np.where(one.codes >= 0, one.codes, np.where(other.codes >= 0, other.codes + len(one.values), -1))
    return Coded(codes.astype(np.int32), [*one.values, *other.values])


def _ids(column: Any, count: int) -> Any:
    """Trace ids as bytes, [n, 16]."""
    import pyarrow

    one = column.chunk(0) if hasattr(column, "chunk") else column
    fixed = one.cast(pyarrow.binary(16))
    raw = np.frombuffer(fixed.buffers()[1], np.uint8)
    return raw[fixed.offset * 16 : (fixed.offset + count) * 16].reshape(-1, 16)
