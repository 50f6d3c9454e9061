"""From ids to rows, many at a time: a hash table in arrays, because a dict of a million ids alone takes 132 MB.

Open addressing with linear probing over 64-bit slots (32 bits of fingerprint, 32 of row + 1; 0 is empty), at most half
full. It doubles without a pause: a new table takes what is new, and every call moves some thousand older rows over.

The hash is keyed, so that nobody who chooses ids can choose collisions: pair-wise multilinear over the ids' 32-bit
words, of which the upper half is strongly universal (Lemire and Kaser, "Strongly universal string hashing is fast",
2014), then the finalizer of MurmurHash3 to break up runs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.inventory import is_id
from cdctl.domain.fleet.layout import ID_BYTES

_WORDS = ID_BYTES // 8
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(33)
_SMALLEST = 1 << 13
_STEP = 4096
_ALONE, _RUN = np.arange(1, dtype=np.uint64), np.arange(16, dtype=np.uint64)
_CLEAR_ROW, _CLEAR_CALL = 20, 1024
"""Slots of the next table cleared ahead, a row and a call: memory that is touched first costs most of a growth."""
Ids = NDArray[np.bytes_]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]


def encode(ids: Sequence[str]) -> tuple[Ids, NDArray[np.bool_] | None]:
    """Ids as S40, and which of them can be ids (see `is_id`); None when all can."""
    lengths = set(map(len, ids))
    text = "".join(ids)
    if ids and text.isascii() and min(lengths) > 0 and max(lengths) <= ID_BYTES:
        flat = np.frombuffer(text.encode(), np.uint8)
        if not ((flat - np.uint8(0x21)) > 0x5D).any() and "+" not in text and "#" not in text:
            if len(lengths) > 1:
                return np.array(ids, dtype=f"S{ID_BYTES}"), None
            padded = np.zeros((len(ids), ID_BYTES), np.uint8)
            padded[:, : lengths.pop()] = flat.reshape(len(ids), -1)
            return padded.view(f"S{ID_BYTES}").ravel(), None
    good = list(map(is_id, ids))
    if all(good):  # of nothing, that is
        return np.zeros(0, dtype=f"S{ID_BYTES}"), None
    kept = [name if fine else "" for name, fine in zip(ids, good, strict=True)]
    return np.array(kept, dtype=f"S{ID_BYTES}"), np.array(good, dtype=np.bool_)


class Index:
    """Rows of ids. `ids` S40[capacity] is the column where ids are kept; its first `rows` are there already.

    `key` is for tests; left out, it is drawn anew in each process.
    """

    def __init__(self, ids: Ids, rows: int = 0, key: Words | None = None) -> None:
        self.ids = ids
        self.rows = rows
        self._words = ids.view(np.uint64).reshape(-1, _WORDS)
        # A hash that others cannot foresee needs a key that they cannot: the one place where chance enters the domain.
        drawn = np.random.SeedSequence().generate_state(2 * _WORDS + 1, np.uint64) if key is None else key
        self._first, self._keys = drawn[0], drawn[1:].reshape(_WORDS, 2)
        self._table = self._room(rows)
        self._old: Words | None = None
        self._moved = self._until = self._cleared = 0
        self._next: Words | None = None
        for begin in range(0, rows, 1 << 16):
            self._place(self._table, begin, min(begin + (1 << 16), rows))

    @property
    def nbytes(self) -> int:
        """Memory of the table, without the ids."""
        return sum(table.nbytes for table in (self._table, self._old, self._next) if table is not None)

    def find(self, ids: Ids) -> Ints:
        """Row of each id, -1 where there is none."""
        words = self._as_words(ids)
        return self._find(words, self._hash(words))

    def find_or_add(self, ids: Ids) -> Ints:
        """Row of each id; unknown ones get the next rows in the order they are first named, as far as the capacity
        goes, and -1 beyond."""
        words = self._as_words(ids)
        hashes = self._hash(words)
        rows = self._find(words, hashes)
        missing = np.flatnonzero(rows < 0)
        while len(missing) and self.rows < len(self.ids):
            rows[missing] = self._add(words, hashes, missing)
            # Two ids with one 64-bit hash: only the first was added.
            missing = missing[rows[missing] < 0] if self.rows < len(self.ids) else missing[:0]
        self._migrate(_STEP)
        return rows

    def _add(self, words: Words, hashes: Words, missing: Ints) -> Ints:
        _, first, which = np.unique(hashes[missing], return_index=True, return_inverse=True)
        order = np.argsort(first)
        fits = order[: len(self.ids) - self.rows]
        begin, self.rows = self.rows, self.rows + len(fits)
        given = np.full(len(first), -1, np.int64)
        given[fits] = np.arange(begin, self.rows)
        self._words[begin : self.rows] = words[missing[first[fits]]]
        self._grow(begin)
        self._place(self._table, begin, self.rows)
        self._migrate(4 * len(fits))
        self._prepare(len(fits))
        rows = given[which]
        rows[~_same(words, missing, words, missing[first[which]])] = -1
        return rows

    @staticmethod
    def _as_words(ids: Ids) -> Words:
        return np.ascontiguousarray(ids).view(np.uint64).reshape(-1, _WORDS)

    def _hash(self, words: Words) -> Words:
        hashes = np.full(len(words), self._first)
        for number, (low, high) in enumerate(self._keys):
            word = words[:, number]
            hashes += ((word & _LOW) + low) * ((word >> _HALF) + high)
        hashes ^= hashes >> _SHIFT
        hashes *= _MIX
        hashes ^= hashes >> _SHIFT
        return hashes

    def _find(self, words: Words, hashes: Words) -> Ints:
        rows = np.full(len(words), -1, np.int64)
        self._probe(self._table, words, hashes, np.arange(len(words)), rows)
        if self._old is not None:
            self._probe(self._old, words, hashes, np.flatnonzero(rows < 0), rows)
        return rows

    def _probe(self, table: Words, words: Words, hashes: Words, open_: Ints, rows: Ints) -> None:
        """Fill `rows` at the places `open_` that the table knows: one slot each first, then runs of slots."""
        last = np.uint64(len(table) - 1)
        at, run = hashes[open_] & last, _ALONE
        while len(open_):
            slots = table[(at[:, None] + run) & last]
            alike = (((slots ^ hashes[open_, None]) >> _HALF) == 0) & (slots != 0)
            hit = np.flatnonzero(alike.any(axis=1))
            found = (slots[hit, alike[hit].argmax(axis=1)] & _LOW).astype(np.int64) - 1
            sure = _same(self._words, found, words, open_[hit])
            rows[open_[hit[sure]]] = found[sure]
            for place in open_[hit[~sure]].tolist():  # another id with these 32 bits: one in four billion
                rows[place] = self._search(table, words[place], int(hashes[place]))
            go_on = (slots != 0).all(axis=1)
            go_on[hit] = False
            open_, at = open_[go_on], at[go_on] + np.uint64(len(run))
            run = _RUN

    def _search(self, table: Words, word: Words, hashed: int) -> int:
        """The same for one id, slot by slot."""
        at = hashed & (len(table) - 1)
        while slot := int(table[at]):
            if slot >> 32 == hashed >> 32 and (self._words[(slot & 0xFFFFFFFF) - 1] == word).all():
                return (slot & 0xFFFFFFFF) - 1
            at = (at + 1) & (len(table) - 1)
        return -1

    def _place(self, table: Words, begin: int, end: int) -> None:
        """Enter rows that the table does not have."""
        hashes = self._hash(self._words[begin:end])
        entries = (hashes & ~_LOW) | np.arange(begin + 1, end + 1, dtype=np.uint64)
        last = np.uint64(len(table) - 1)
        at = hashes & last
        while len(entries):
            free = np.flatnonzero(table[at] == 0)
            table[at[free]] = entries[free]  # of several for one slot the last stays, the others look further
            left = table[at] != entries
            entries, at = entries[left], (at[left] + np.uint64(1)) & last

    def _grow(self, placed: int) -> None:
        if self.rows * 2 <= len(self._table):
            return
        # Only after a leap, many more at once than there were, is anything left to move or to clear.
        self._migrate(placed)
        self._old, self._moved, self._until = self._table, 0, placed
        self._prepare(len(self._table))
        ready, self._next = self._next, None
        fits = ready is not None and len(ready) > 2 * self.rows
        self._table = ready if ready is not None and fits else self._room(self.rows)

    def _prepare(self, rows: int) -> None:
        """Get a table of twice the size ready, once this one is three eighths full."""
        if self._next is None:
            if self._old is not None or self.rows * 8 <= 3 * len(self._table):
                return
            self._next, self._cleared = np.empty(2 * len(self._table), np.uint64), 0
        begin, self._cleared = self._cleared, self._cleared + _CLEAR_ROW * rows + _CLEAR_CALL
        self._next[begin : self._cleared] = 0

    def _migrate(self, count: int) -> None:
        if self._old is None:
            return
        end = min(self._moved + count, self._until)
        self._place(self._table, self._moved, end)
        self._moved = end
        if end == self._until:
            self._old = None

    @staticmethod
    def _room(rows: int) -> Words:
        """An empty table that can take twice as many; its memory is touched only as it fills."""
        size = _SMALLEST
        while size < 2 * rows + 2:
            size *= 2
        return np.zeros(size, np.uint64)


def _same(left: Words, left_at: Ints, right: Words, right_at: Ints) -> NDArray[np.bool_]:
    a, b = left.take(left_at, axis=0), right.take(right_at, axis=0)
    same: NDArray[np.bool_] = a[:, 0] == b[:, 0]
    for word in range(1, _WORDS):
        same &= a[:, word] == b[:, word]
    return same
