"""From key-value pairs of spans to a column for each attribute that has one of its own; the others stay pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.traces.attributes import OLD_NAMES, PROMOTED, Attribute
from cdctl.domain.traces.batch import Coded, Codes, Pairs
from cdctl.formats.coding import compact
from cdctl.formats.columns import Truths

_FLAGS = 1 << 26
"""Cells of the table in which keys that come twice are looked for; beyond, they are sorted."""


@dataclass(slots=True)
class Flat:
    """Pairs of all owners (spans, or resources), one after the other: [n_pairs] each. `counts`: pairs of each, [n]."""

    counts: Codes
    keys: Codes
    values: Codes

    @property
    def owners(self) -> Codes:
        """Whose each pair is: [n_pairs]."""
        return np.repeat(np.arange(len(self.counts), dtype=np.int32), self.counts)

    @property
    def offsets(self) -> Codes:
        """Where the pairs of each begin, and where the last ones end: [n + 1]."""
        return np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int32)

    def only(self, kept: Truths) -> Flat:
        """The pairs of the owners that are kept: [n]."""
        if kept.all():
            return self
        pairs = np.repeat(kept, self.counts)
        return Flat(self.counts[kept], self.keys[pairs], self.values[pairs])

    def without(self, dropped: Truths) -> Flat:
        """Without some of the pairs: [n_pairs]."""
        if not dropped.any():
            return self
        counts = np.bincount(self.owners[~dropped], minlength=len(self.counts)).astype(np.int32)
        return Flat(counts, self.keys[~dropped], self.values[~dropped])

    def spread(self, codes: Codes) -> Flat:
        """The pairs of owner codes[i], for each i."""
        counts = self.counts[codes]
        ends = np.cumsum(counts)
        within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
        at = np.repeat(self.offsets[codes], counts) + within
        return Flat(counts, self.keys[at], self.values[at])

    def pairs(self, keys: Sequence[str], values: Sequence[str]) -> Pairs:
        """As a batch has them."""
        return Pairs(self.offsets, Coded(self.keys, keys), compact(self.values, values))


def once(flat: Flat, keys: int) -> Flat:
    """Without pairs whose owner has the key (of so many different ones) already: the first counts."""
    owners = flat.owners
    cells = owners.astype(np.int64) * keys + flat.keys
    size = len(flat.counts) * keys
    if size <= _FLAGS:
        there = np.zeros(size, np.bool_)
        there[cells] = True
        if np.count_nonzero(there) == len(cells):
            return flat
    first = np.unique(cells, return_index=True)[1]
    again = np.ones(len(cells), np.bool_)
    again[first] = False
    return flat.without(again)


def promote(flat: Flat, scope: str, keys: Sequence[str]) -> tuple[Mapping[Attribute, Codes], Flat]:
    """Columns of the promoted attributes that occur, as codes of values or -1: [n] each; and the pairs that are left.

    An old name is in the column of its new one, unless a span has both: then it stays a pair.
    """
    attributes, kinds = _kinds(scope, keys)
    kind_of = kinds[flat.keys]
    order = np.argsort(kind_of, kind="stable")  # int8: a radix sort
    bounds = np.searchsorted(kind_of[order], np.arange(len(attributes) * 2 + 1))
    owners, taken = flat.owners, np.zeros(len(kind_of), np.bool_)
    columns: dict[Attribute, Codes] = {}
    for index, attribute in enumerate(attributes):
        new, old = (order[bounds[kind] : bounds[kind + 1]] for kind in (2 * index, 2 * index + 1))
        if not len(new) and not len(old):
            continue
        column = np.full(len(flat.counts), -1, np.int32)
        column[owners[new]] = flat.values[new]
        spare = old[column[owners[old]] < 0][::-1]  # of two old names the first counts
        column[owners[spare]] = flat.values[spare]
        taken[new] = taken[spare] = True
        columns[attribute] = column
    return columns, flat.without(taken)


def _kinds(scope: str, keys: Sequence[str]) -> tuple[Sequence[Attribute], NDArray[np.int8]]:
    """Promoted attributes of a scope, and for each key: twice the index of its attribute, 1 more for an old name; the
    highest number for what is not promoted."""
    attributes = [attribute for attribute in PROMOTED if attribute.scope == scope]
    index = {attribute.key: 2 * place for place, attribute in enumerate(attributes)}
    index |= {old: index[new] + 1 for old, new in OLD_NAMES.items() if new in index and old not in index}
    return attributes, np.array([index.get(key, 2 * len(attributes)) for key in keys], np.int8)
