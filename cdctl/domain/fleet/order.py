"""Sorting rows by a field: what is not known comes last either way; equals keep the order of first sight."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.layout import ID_BYTES
from cdctl.domain.fleet.selection.fields import Kind
from cdctl.domain.fleet.selection.values import version_key
from cdctl.domain.fleet.view import FleetView

Rows = NDArray[np.int64]


def sort(view: FleetView, rows: Rows, name: str, descending: bool, first: int | None) -> Rows:
    """`rows` in order, at least the first `first` of them (None: all). Few of many are found without sorting all."""
    if view.kind(name) is Kind.VIN:
        return _by_id(view, rows, descending, first)
    key = _key(view, name)[rows]
    known = ~np.isnan(key) if key.dtype.kind == "f" else key != 0
    unknown, rows, key = rows[~known], rows[known], key[known]
    if key.dtype.kind == "u":
        key = key.astype(np.int64)
    key = -key if descending else key
    if first is not None and first < len(rows) // 2:
        near = key <= np.partition(key, first)[first]
        rows, key = rows[near], key[near]
    rows = rows[np.argsort(key, kind="stable")]
    return np.concatenate([rows, unknown])


def _key(view: FleetView, name: str) -> NDArray[Any]:
    """What compares as the field does: 0 (or NaN in floats) where it is not known."""
    kind = view.kind(name)
    if kind is Kind.NUMBER:
        numbers = view.number(name)
        return numbers if numbers.dtype.kind == "f" else numbers.astype(np.float64)
    if kind is Kind.AGE:
        return view.age(name)
    if kind is Kind.CODES:
        codes, sets = view.code_sets(name)
        return _ranks([names if code else None for code, names in enumerate(sets)])[codes]
    codes, texts = view.coded(name)
    if kind is Kind.STATE:
        return _ranks(texts)[codes]
    return _ranks([(version_key(text), text) if code else None for code, text in enumerate(texts)])[codes]


def _ranks(values: list[Any]) -> NDArray[np.int64]:
    """Place of each value in their order, from 1; 0 for None."""
    ranks = np.zeros(len(values), np.int64)
    order = sorted((code for code, value in enumerate(values) if value is not None), key=lambda code: values[code])
    ranks[order] = np.arange(1, len(order) + 1)
    return ranks


def _by_id(view: FleetView, rows: Rows, descending: bool, first: int | None) -> Rows:
    words = view.ids.view(">u8").reshape(view.n, ID_BYTES // 8)
    key = words[:, 0][rows].astype(np.uint64)
    if first is not None and first < len(rows) // 2:
        edge = np.partition(key, len(rows) - 1 - first if descending else first)
        near = key >= edge[len(rows) - 1 - first] if descending else key <= edge[first]
        rows = rows[near]
    last = [words[:, word][rows].astype(np.uint64) for word in reversed(range(words.shape[1]))]
    order = np.lexsort([~word for word in last] if descending else last)
    return rows[order]
