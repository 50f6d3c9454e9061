"""Pairs of key and value by the bytes they were written in: each different one is read once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from cdctl.domain.traces.batch import Codes
from cdctl.formats import limits
from cdctl.formats.coding import Coder
from cdctl.formats.columns import Truths


class Read(NamedTuple):
    """Pairs that were read: keys, values as texts, and the places of those that cannot be read (with empty texts)."""

    keys: Sequence[str]
    values: Sequence[str]
    bad: Sequence[int] = ()


class ReadPairs(Protocol):
    """How a format reads pairs as they were written."""

    def __call__(self, raw: Sequence[Any]) -> Read:
        """All of these."""
        ...


class Pairing:
    """A number for every different pair, and what it says."""

    def __init__(self, read: ReadPairs) -> None:
        self._read = read
        self._pairs = Coder[Hashable]()
        self._keys, self._values = Coder[str](), Coder[str]()
        self._key_codes: list[Codes] = []
        self._value_codes: list[Codes] = []
        self._bad: list[int] = []
        self._cut: list[int] = []

    def code(self, raw: Sequence[Hashable]) -> tuple[Codes, bool]:
        """Numbers of these pairs [n], and whether all of them could be read."""
        before = len(self._pairs)
        codes = self._pairs.code(raw)
        if len(self._pairs) > before:
            self._learn(self._pairs.since(before), before)
        return codes, not (self._bad and bool(self.bad[codes].any()))

    def _learn(self, raw: Sequence[Hashable], before: int) -> None:
        keys, values, bad = self._read(raw)
        self._bad += [before + place for place in bad]
        if max(map(len, keys)) > limits.KEY:
            keys = [key[: limits.KEY] for key in keys]
        if max(map(len, values)) > limits.VALUE:
            self._cut += [before + place for place, value in enumerate(values) if len(value) > limits.VALUE]
            values = [value[: limits.VALUE] for value in values]
        self._key_codes.append(self._keys.code(keys))
        self._value_codes.append(self._values.code(values))

    @property
    def keys(self) -> tuple[Codes, list[str]]:
        """The key of every pair as a code, and the different keys."""
        return _cat(self._key_codes), self._keys.things

    @property
    def values(self) -> tuple[Codes, list[str]]:
        """The value of every pair as a code, and the different values."""
        return _cat(self._value_codes), self._values.things

    @property
    def bad(self) -> Truths:
        """Which pairs cannot be read."""
        return self._marked(self._bad)

    @property
    def cut(self) -> Truths:
        """Which pairs have a value that was cut."""
        return self._marked(self._cut)

    def _marked(self, places: Sequence[int]) -> Truths:
        marks = np.zeros(len(self._pairs), np.bool_)
        marks[list(places)] = True
        return marks


def _cat(codes: Sequence[Codes]) -> Codes:
    return np.concatenate([np.zeros(0, np.int32), *codes])
