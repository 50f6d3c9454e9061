"""Many files of one hour become one, sorted and without repetition, in little memory whatever their size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cdctl.stores.spans.columns import CODED, ids, pyarrow
from cdctl.stores.spans.files import ROWS_A_GROUP, Writing, sync
from cdctl.stores.spans.known import Known
from cdctl.stores.spans.manifest import SpanFile

_ROWS_IN_ALL = 1 << 15
_LEAST_ROWS = 1 << 10
_BUFFER = 1 << 16


class _Input:
    """A file, some rows at a time. rows: those at hand; more: whether others may follow them."""

    def __init__(self, path: Path, rows: int) -> None:
        self._file = pyarrow().parquet.ParquetFile(
            path, page_checksum_verification=True, read_dictionary=list(CODED), buffer_size=_BUFFER
        )
        self._batches = self._file.iter_batches(rows, use_threads=False)
        self.more = True
        self.rows: Any = None
        self.next()

    def next(self) -> None:
        batch = next(self._batches, None)
        self.more = batch is not None
        pa = pyarrow()
        self.rows = pa.Table.from_batches([batch]) if batch is not None else None
        self._end = batch.column("end_ns").to_numpy() if batch is not None else np.empty(0, np.int64)

    @property
    def last(self) -> int:
        return int(self._end[-1])

    def until(self, edge: int | None) -> Any:
        """Rows whose end is not after the edge; the others stay at hand."""
        count = len(self._end) if edge is None else int(np.searchsorted(self._end, edge, "right"))
        taken = self.rows.slice(0, count)
        self.rows, self._end = self.rows.slice(count), self._end[count:]
        if not len(self._end):
            self.next()
        return taken

    def close(self) -> None:
        self._file.close()


def merged(folder: Path, files: Sequence[SpanFile], number: int, now: float, going: Callable[[], bool]) -> SpanFile:
    """One file in the place of several, durable and not yet alive. Raises OSError, ValueError (pyarrow.ArrowInvalid) of
    a damaged one, and InterruptedError when it is not to go on."""
    writing = Writing(folder, number, files[0].hour, replaces=[file.number for file in files])
    known = Known(lambda _: (), folder)
    try:
        waiting: list[Any] = []
        for part in _sorted(folder, files):
            if not going():
                raise InterruptedError
            trace, span = ids(part)
            new = known.new(0, trace, span)
            known.add(0, trace[new], span[new])
            waiting.append(part if new.all() else part.take(np.flatnonzero(new)))
            if sum(map(len, waiting)) >= ROWS_A_GROUP:
                writing.put(_whole(waiting))
                waiting = []
        if waiting:
            writing.put(_whole(waiting))
        made = writing.done(now)
        sync(folder)
    except BaseException:
        writing.drop()
        raise
    return made


def _sorted(folder: Path, files: Sequence[SpanFile]) -> Iterator[Any]:
    """All rows by end. A file is opened when its time has come: those of a receiver hardly overlap."""
    ahead = sorted(files, key=lambda file: file.first, reverse=True)
    at_once = max(_ROWS_IN_ALL // len(files), _LEAST_ROWS)
    inputs: list[_Input] = []
    try:
        while ahead or inputs:
            if not inputs:
                inputs.append(_Input(folder / ahead[-1].name, at_once))
                ahead.pop()
            edge = min(one.last for one in inputs)
            while ahead and ahead[-1].first <= edge:
                inputs.append(_Input(folder / ahead[-1].name, at_once))
                ahead.pop()
                edge = min(edge, inputs[-1].last)
            yield _together([one.until(edge) for one in inputs])
            for one in [one for one in inputs if not one.more]:
                inputs.remove(one)
                one.close()
    finally:
        for one in inputs:
            one.close()


def _whole(parts: Sequence[Any]) -> Any:
    """One table, and one dictionary for each of its columns: the writer keeps what is coded only then."""
    return pyarrow().concat_tables(parts).unify_dictionaries()


def _together(parts: Sequence[Any]) -> Any:
    parts = [part for part in parts if len(part)]
    if len(parts) == 1:
        return parts[0]
    whole = _whole(parts)
    return whole.take(np.argsort(whole.column("end_ns").to_numpy(), kind="stable"))
