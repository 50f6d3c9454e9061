"""Which spans are kept, by trace and span id: exact, and bounded in memory.

Per hour of the end time: a span that is sent again has the same end, so it belongs to the same hour. What is known of
an hour is read from its files when the first span of that hour comes, and forgotten when it was not used for long. A
span is 24 bytes: a key of 64 bits, sorted, that mixes all of its ids with a secret (nobody can choose ids that
collide), and the trace id. From both the span id follows, so two that are equal are the same span.
"""

from __future__ import annotations

import secrets
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.traces.batch import Bytes

_Keys = NDArray[np.uint64]
MOST = 32 << 20
"""Spans that are known at once, if they are of several hours."""
_SPILL = 1 << 18
"""Spans from which a segment lives in a file without a name: the kernel may take its memory back."""
_LARGE = 1 << 20
_SEGMENTS = 12


class _Segment(NamedTuple):
    """Sorted by key. hi and lo: the trace id."""

    key: _Keys
    hi: _Keys
    lo: _Keys


class Known:
    """Spans that are kept, by hour. `load` gives the ids in the files of an hour."""

    def __init__(self, load: Callable[[int], Iterable[tuple[Bytes, Bytes]]], folder: Path, most: int = MOST) -> None:
        self._load, self._folder, self._most = load, folder, most
        self._salt = [np.uint64(secrets.randbits(64)) for _ in range(2)]
        self._hours: OrderedDict[int, list[_Segment]] = OrderedDict()
        self._size = 0

    def new(self, hour: int, trace: Bytes, span: Bytes) -> NDArray[np.bool_]:
        """Which are not kept, and of those that come twice here the first: [n]."""
        asked = self._segment(trace, span)
        order = np.argsort(asked.key, kind="stable")
        ordered = _Segment(*(column[order] for column in asked))
        known = _twice(ordered)
        for segment in self._segments(hour):
            known |= _within(ordered, segment)
        fresh = np.empty(len(known), np.bool_)
        fresh[order] = ~known
        return fresh

    def add(self, hour: int, trace: Bytes, span: Bytes) -> None:
        """They are kept from now on."""
        segments = self._segments(hour)
        self._append(segments, self._segment(trace, span))
        if len(segments) > _SEGMENTS:
            self._merge(segments)
        while self._size > self._most and len(self._hours) > 1:
            self.drop(next(iter(self._hours)))

    def drop(self, hour: int) -> None:
        """Forget an hour; it is read again when it is asked for."""
        self._size -= sum(len(segment.key) for segment in self._hours.pop(hour, []))

    def _segments(self, hour: int) -> list[_Segment]:
        if hour not in self._hours:
            segments: list[_Segment] = []
            for trace, span in self._load(hour):
                self._append(segments, self._segment(trace, span))
            if len(segments) > _SEGMENTS:
                self._merge(segments)
            self._hours[hour] = segments
        self._hours.move_to_end(hour)
        return self._hours[hour]

    def _segment(self, trace: Bytes, span: Bytes) -> _Segment:
        parts = np.ascontiguousarray(trace).view(np.uint64)
        hi, lo = parts[:, 0], parts[:, 1]
        ours = np.ascontiguousarray(span).view(np.uint64)[:, 0]
        return _Segment(ours ^ _mixed(_mixed(hi ^ self._salt[0]) ^ lo ^ self._salt[1]), hi, lo)

    def _append(self, segments: list[_Segment], segment: _Segment) -> None:
        segments.append(self._kept(_sorted(segment)))
        self._size += len(segment.key)

    def _merge(self, segments: list[_Segment]) -> None:
        small = [segment for segment in segments if len(segment.key) < _LARGE]
        if len(small) < 2:
            return
        segments[:] = [segment for segment in segments if len(segment.key) >= _LARGE]
        segments.append(self._kept(_sorted(_Segment(*map(np.concatenate, zip(*small, strict=True))))))

    def _kept(self, segment: _Segment) -> _Segment:
        if len(segment.key) < _SPILL:
            return segment
        try:
            with tempfile.TemporaryFile(dir=self._folder) as file:
                for column in segment:
                    file.write(column.tobytes())
                file.flush()
                held = np.memmap(file, np.uint64, "r", shape=(3, len(segment.key)))
        except OSError:  # a full disk: then nothing can be written anyway, and this is the least of it
            return segment
        return _Segment(*held)


def _mixed(value: _Keys) -> _Keys:
    """SplitMix64's finalizer, a bijection: https://prng.di.unimi.it/splitmix64.c"""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def _sorted(segment: _Segment) -> _Segment:
    order = np.argsort(segment.key, kind="stable")
    return _Segment(*(column[order] for column in segment))


def _twice(ordered: _Segment) -> NDArray[np.bool_]:
    """Which of a sorted segment came before in it."""
    found = np.zeros(len(ordered.key), np.bool_)
    same = np.flatnonzero(ordered.key[1:] == ordered.key[:-1]) + 1
    if len(same):
        seen: dict[int, set[tuple[int, int]]] = {}
        for at in np.union1d(same - 1, same).tolist():
            kept = seen.setdefault(int(ordered.key[at]), set())
            ids = (int(ordered.hi[at]), int(ordered.lo[at]))
            found[at] = ids in kept
            kept.add(ids)
    return found


def _within(asked: _Segment, segment: _Segment) -> NDArray[np.bool_]:
    """Which of the asked, sorted by key, are in a segment."""
    count = len(segment.key)
    found = np.zeros(len(asked.key), np.bool_)
    at = np.searchsorted(segment.key, asked.key)
    open_ = np.flatnonzero(at < count)
    while len(open_):
        place = at[open_]
        same = segment.key[place] == asked.key[open_]
        open_, place = open_[same], place[same]
        equal = (segment.hi[place] == asked.hi[open_]) & (segment.lo[place] == asked.lo[open_])
        found[open_[equal]] = True
        open_ = open_[~equal]
        at[open_] += 1
        open_ = open_[at[open_] < count]
    return found
