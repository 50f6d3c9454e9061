"""Rows of a fleet by what they have in common: a number for each group, and how many of what are in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[Any]
Ints = NDArray[np.int64]
BLOCK = 1 << 16
"""Rows that are looked at together: what is between the columns and the counts stays in the processor's cache."""
CELLS = 1 << 22
"""Counts in a table of all groups that could be; when there would be more, only those that are get a place."""


def combined(parts: Sequence[Codes], sizes: Sequence[int]) -> Codes:
    """One number a row for all its codes (of mixed base `sizes`), in as few bytes as hold it: that is four times as
    fast."""
    most = float(np.prod(sizes, dtype=np.float64))
    small = np.uint16 if most <= 1 << 16 else np.uint32 if most <= 1 << 32 else np.int64
    key = parts[0].astype(small)
    for part, size in zip(parts[1:], sizes[1:], strict=True):
        np.multiply(key, small(size), out=key)
        np.add(key, part if part.dtype == key.dtype else part.astype(small), out=key)
    return key


def tables(parts: Sequence[Codes], sizes: Sequence[int]) -> tuple[Ints, Ints]:
    """Groups [g] (numbers of mixed base, of all parts but the last), in order, and how many rows of each have which
    code of the last part [g, sizes[-1]]."""
    if np.prod(sizes, dtype=np.float64) > CELLS:
        return _of_many(parts, sizes)
    size, last = int(np.prod(sizes, dtype=np.int64)), sizes[-1]
    table = np.zeros(size, np.int64)
    block = max(BLOCK, size)
    for begin in range(0, len(parts[-1]), block):
        table += np.bincount(combined([part[begin : begin + block] for part in parts], sizes), minlength=size)
    found = np.flatnonzero(table.reshape(-1, last).any(axis=1))
    return found, table.reshape(-1, last)[found]


def _of_many(parts: Sequence[Codes], sizes: Sequence[int]) -> tuple[Ints, Ints]:
    """The same when a table of all groups that could be is too large: by sorting those that are."""
    keys, numbers = np.unique(combined(parts, sizes), return_counts=True)
    groups, which = np.unique(keys // sizes[-1], return_inverse=True)
    table = np.zeros((len(groups), sizes[-1]), np.int64)
    table[which, keys % sizes[-1]] = numbers
    return groups, table


def sums(parts: Sequence[Codes], sizes: Sequence[int], groups: Ints, amounts: NDArray[Any]) -> NDArray[np.float64]:
    """What `amounts` [n] add up to in each of `groups` [g], which are in order and have every row in one of them."""
    size = float(np.prod(sizes, dtype=np.float64))
    found = np.zeros(len(groups) if size > CELLS else int(size))
    block = BLOCK if size > CELLS else max(BLOCK, int(size))
    for begin in range(0, len(amounts), block):
        key = combined([part[begin : begin + block] for part in parts], sizes)
        key = np.searchsorted(groups, key) if size > CELLS else key
        found += np.bincount(key, amounts[begin : begin + block], len(found))
    return found if size > CELLS else found[groups]


def ranks(texts: Sequence[str]) -> Ints:
    """Place of each text in their order, from 0."""
    found = np.zeros(len(texts), np.int64)
    found[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(len(texts))
    return found
